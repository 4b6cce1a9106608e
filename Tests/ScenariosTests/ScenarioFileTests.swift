import Foundation
import NodeConfiguration
import Scenarios
import TestSupport
import Testing

@Suite("Scenario files")
struct ScenarioFileTests {
    private static func errors(_ text: String) -> [ConfigurationError] {
        do {
            _ = try ScenarioFile.read(text: text, file: "s.yaml")
            return []
        } catch {
            return error.errors
        }
    }

    private static let two = """
        duration: 10 min
        nodes: [{ name: A, at: [0, 0] }, { name: B, at: [500, 0] }]

        """

    @Test(
        "What is wrong is told with its place, what was found and what was expected",
        arguments: [
            ("colour: red", "colour", "an unknown key"),
            ("seed: -1", "seed", "`-1`"),
            ("warm-up: -5 s", "warm-up", "`-5 s`"),
            ("traffic: [{ kind: udp, from: A, to: C, every: 10 s }]", "traffic[0].to", "`C`"),
            ("traffic: [{ kind: udp, from: A, to: A, every: 10 s }]", "traffic[0].to", "`A`"),
            ("traffic: [{ kind: udp, from: A, to: B }]", "traffic[0].every", "nothing"),
            ("traffic: [{ kind: udp, from: A, to: B, at: [-1 s] }]", "traffic[0].at[0]", "`-1 s`"),
            ("traffic: [{ kind: udp, from: A, to: B, at: [11 min] }]", "traffic[0].at[0]", "`11 min`"),
            ("traffic: [{ kind: fax, from: A, to: B, every: 1 s }]", "traffic[0].kind", "`fax`"),
            ("events: [{ at: -1 s, down: A }]", "events[0].at", "`-1 s`"),
            ("events: [{ at: 1 s, down: C }]", "events[0].down", "`C`"),
            ("events: [{ at: 1 s, down: A, up: B }]", "events[0]", "2 things that happen"),
            (
                "events: [{ at: 1 s, partition: [[A, B], [B]] }]", "events[0].partition",
                "groups that overlap, or one alone"
            ),
            ("radio: { bandwidth: 300000 }", "radio.bandwidth", "`300000`"),
            ("radio: { spreading-factor: 13 }", "radio.spreading-factor", "`13`"),
            ("radio: { region: EU999 }", "radio.region", "`EU999`"),
            ("radio: { region: EU868, power: 30 }", "radio.region", "`EU868`"),
            ("traffic: [{ kind: udp, from: A, to: B, every: 10 ms }]\nduration-: 1 s", "duration-", "an unknown key"),
            ("links: [{ from: A, to: A, loss: 90 }]", "links[0]", "a link from a node to itself"),
        ])
    func refusals(line: String, keyPath: String, found: String) throws {
        let errors = Self.errors(Self.two + line)
        let error = try #require(errors.first { $0.keyPath == keyPath }, "\(errors)")
        #expect(error.found == found)
        #expect(error.file == "s.yaml")
        #expect(!error.expected.isEmpty)
    }

    @Test("A scenario that asserts connection must be connected")
    func connection() throws {
        let far = """
            duration: 10 min
            nodes: [{ name: A, at: [0, 0] }, { name: B, at: [90000, 0] }]
            assert: { connected: true }
            """
        let error = try #require(Self.errors(far).first)
        #expect(error.keyPath == "assert.connected")
        #expect(error.found == "no way from A to B")
        #expect(Self.errors(Self.two + "assert: { connected: true }").isEmpty)
    }

    @Test("More messages than a run can hold are refused")
    func manyMessages() throws {
        let text = Self.two.replacing("10 min", with: "4 h") + "traffic: [{ kind: udp, from: A, to: B, every: 10 ms }]"
        let error = try #require(Self.errors(text).first)
        #expect(error.keyPath == "traffic")
        #expect(error.found == "about 1440001 messages")
    }

    @Test("All that is wrong is told at once")
    func all() {
        #expect(Self.errors(Self.two + "seed: x\ncolour: red\nstart-spread: -1 s").count == 3)
    }

    @Test("A named link takes the place of the one that positions gave")
    func namedLinks() throws {
        let text = Self.two + "links: [{ from: A, to: B, loss: 77, one-way: true }]"
        let scenario = try ScenarioFile.read(text: text, file: "s.yaml")
        #expect(scenario.links.count == 2)
        #expect(scenario.links.first { $0.from == 0 }?.loss.value == 77)
        // 31.2 dB for the first metre and 27 dB a decade.
        #expect(scenario.links.first { $0.from == 1 }?.loss.value == 104.07)
    }

    @Test(
        "A scenario that is shipped runs to its end, and what it asserts holds",
        arguments: ["scenarios/outage.yaml", "scenarios/grid.yaml"])
    func shipped(name: String) throws {
        let file = Fixtures.directory.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("config/\(name)").path
        let scenario = try ScenarioFile.read(file)
        let report = ScenarioRun(scenario).run()
        #expect(report.holds, "\(report.assertions)")
        #expect(!report.assertions.isEmpty)
        #expect(report.simulatedSeconds * 1_000_000 == Double(scenario.duration.components.seconds) * 1_000_000)
        #expect(report.recoveries.count == scenario.events.count)
    }
}
