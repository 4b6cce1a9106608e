import Scenarios
import Testing

@Suite("Sweeps")
struct SweepPlanTests {
    private static func scenario() throws -> Scenario {
        try ScenarioFile.read(text: ScenarioRunTests.line, file: "line.yaml")
    }

    @Test("Runs on one thread and on two give the same, and the same as a run by itself")
    func threads() throws {
        let plan = try SweepPlan(Self.scenario(), axes: ["sf=7..8"], seeds: "1..3")
        let alone = plan.run(jobs: 1)
        #expect(plan.run(jobs: 2) == alone)
        #expect(alone.runs.count == 6)
        #expect(alone.runs[0].report == ScenarioRun(try Self.scenario(), seed: 1).run())
        #expect(Set(alone.runs.map(\.report.hash)).count == 6)
        #expect(alone.csv.split(separator: "\n").count == 7)
    }

    @Test("Every combination is made with every seed")
    func points() throws {
        let plan = try SweepPlan(Self.scenario(), axes: ["sf=7,9", "power=10..11"], seeds: "4,6..7")
        #expect(plan.points.count == 12)
        #expect(plan.points[0].label == "sf=7 power=10")
        #expect(plan.points.prefix(3).map(\.seed) == [4, 6, 7])
    }

    @Test(
        "What cannot be swept is refused",
        arguments: [
            "sf", "sf=", "sf=6..7", "sf=9..7", "sf=a", "colour=1", "sf=7..8..9", "power=40",
        ])
    func refusals(axis: String) throws {
        let scenario = try Self.scenario()
        #expect(throws: SweepError.self) { _ = try SweepPlan(scenario, axes: [axis], seeds: "1") }
    }

    @Test("More runs than anybody waits for are refused before they are made")
    func tooMany() throws {
        let scenario = try Self.scenario()
        #expect(throws: SweepError.self) { _ = try SweepPlan(scenario, axes: [], seeds: "0..9223372036854775807") }
        #expect(throws: SweepError.tooMany) { _ = try SweepPlan(scenario, axes: ["sf=7..12"], seeds: "1..90000") }
    }

    @Test("A sweep that is stopped keeps the runs that were done")
    func stopped() throws {
        let plan = try SweepPlan(Self.scenario(), axes: [], seeds: "1..20")
        #expect(plan.run(jobs: 1) { done, _ in done < 3 }.runs.count == 3)
    }
}
