import Foundation
import PcapWire
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

    @Test(
        "Where a region allows a hundredth of the time, nobody sends more, and frames that waited or were given up are counted"
    )
    func region() throws {
        let text = """
            name: one per cent
            duration: 1 h
            radio: { region: EU868, frequency: 868300000, bandwidth: 250000, spreading-factor: 9 }
            topology: { shape: line, count: 2, loss: 100 }
            traffic: [{ kind: udp, from: N0, to: N1, bytes: 200, every: 2 s, start: 3 min }]
            """
        let report = ScenarioRun(try ScenarioFile.read(text: text, file: "s.yaml")).run()
        #expect(report.nodes.allSatisfy { $0.airtimeShare <= 0.01 })
        #expect(report.nodes[0].airtimeWaits + report.nodes[0].airtimeGivenUp > 0)
        #expect(try #require(report.delivery) < 0.5)
        #expect(report.text.contains("the region's air time: "))
    }

    @Test("A run that is stopped gives the report of what there was by then")
    func stopped() throws {
        let scenario = try ScenarioFile.read(text: Self.line, file: "line.yaml")
        var seconds = 0
        let report = ScenarioRun(scenario).run { progress in
            seconds = Int(progress.simulated.components.seconds)
            return seconds < 300
        }
        #expect(report.isPartial)
        #expect(report.simulatedSeconds == 300)
        #expect(report.messages.count == 4)
        #expect(report.text.contains("ended early"))
    }

    @Test("The capture of a node has what it sent and received, that of the air what all sent")
    func captures() throws {
        let scenario = try ScenarioFile.read(text: Self.line, file: "line.yaml")
        func count(_ choice: CaptureChoice) throws -> (frames: Int, report: RunReport) {
            let run = ScenarioRun(scenario, capture: choice)
            let report = run.run()
            var reader = try CaptureReader(run.capturedFrames)
            var frames = 0
            while try reader.next() != nil { frames += 1 }
            return (frames, report)
        }
        let air = try count(.air)
        #expect(air.frames == air.report.nodes.reduce(0) { $0 + $1.framesSent })
        let node = try count(.node(1))
        #expect(node.frames == node.report.nodes[1].framesSent + node.report.nodes[1].framesReceived)
        #expect(ScenarioRun(scenario).capturedFrames.isEmpty)
    }

    @Test("A report as files has a table of nodes, flows, messages and air time")
    func files() throws {
        let report = ScenarioRun(try ScenarioFile.read(text: Self.line, file: "line.yaml")).run()
        let files = try report.files()
        func lines(_ name: String) throws -> [Substring] {
            let data = try #require(files.first { $0.name == name }?.data)
            return String(decoding: data, as: UTF8.self).split(separator: "\n")
        }
        #expect(try lines("nodes.csv").count == 5)
        #expect(try lines("flows.csv").count == 2)
        #expect(try lines("messages.csv").count == report.messages.count + 1)
        #expect(try lines("airtime.csv")[0].split(separator: ",").count == report.purposes.count + 1)
        // Each second on the air has one node and one purpose.
        let sum = report.nodes.flatMap(\.airtimeByPurpose.values).reduce(0, +)
        #expect(abs(sum - report.airtimeSeconds) < 0.001)
        #expect(abs(report.nodes.reduce(0) { $0 + $1.airtimeSeconds } - sum) < 0.001)
        #expect(try JSONDecoder().decode(RunReport.self, from: try #require(files.first).data) == report)
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
