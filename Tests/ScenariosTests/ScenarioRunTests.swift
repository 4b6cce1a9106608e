import Foundation
import Scenarios
import TestSupport
import Testing

@Suite("Runs of scenarios")
struct ScenarioRunTests {
    static let line = """
        name: line
        duration: 10 min
        topology: { shape: line, count: 4, loss: 100 }
        traffic:
          - { kind: request, from: N0, to: N3, every: 20 s, start: 4 min, end: 9 min }
        """

    @Test("The same scenario and seed give the same report, another seed another")
    func determinism() throws {
        let scenario = try ScenarioFile.read(text: Self.line, file: "line.yaml")
        let first = ScenarioRun(scenario).run()
        #expect(try ScenarioRun(scenario).run().json() == first.json())
        #expect(ScenarioRun(scenario, seed: 2).run().hash != first.hash)
        #expect(first.delivery == 1)
    }

    @Test("The scenario that is shipped is valid, and what it asserts holds", arguments: ["scenarios/rooftops.yaml"])
    func shipped(name: String) throws {
        let file = Fixtures.directory.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("config/\(name)").path
        let report = ScenarioRun(try ScenarioFile.read(file)).run()
        #expect(report.holds, "\(report.assertions)")
        #expect(!report.assertions.isEmpty)
    }
}
