import Foundation
import NodeConfiguration
import Scenarios
import TestSupport
import Testing

@Suite("The importer of city scenarios")
struct CityScenarioTests {
    /// A city of the importer's format: four repeaters in a line, a companion at each end.
    private static var city: [String: Any] {
        [
            "simulation": ["duration_ms": 60_000, "radio": ["sf": 10, "bw": 250_000, "cr": 1]],
            "nodes": [
                ["name": "r0", "role": "repeater", "lat": 47.7, "lon": -122.2], ["name": "r1", "role": "repeater"],
                ["name": "ann", "role": "companion"], ["name": "ben", "role": "companion"],
            ],
            "topology": [
                "links": [
                    ["from": "r0", "to": "r1", "snr": 3.5, "rssi": -110, "snr_std_dev": 0.5, "bidir": true],
                    ["from": "ann", "to": "r0", "snr": 10, "rssi": -70, "bidir": false],
                    ["from": "r1", "to": "ben", "snr": 10, "rssi": -70, "loss": 0.25],
                ]
            ],
            "message_schedule": [
                ["from": "ann", "to": "ben", "start_ms": 500, "interval_ms": 1000, "count": 2, "message": "hello, Ben"]
            ],
            "channel_schedule": [["from": "ben", "channel": 0, "start_ms": 700, "message": "all"]],
        ]
    }

    private func read(_ city: Any) throws -> Scenario {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("city-\(UUID().uuidString).json")
        try JSONSerialization.data(withJSONObject: city, options: .fragmentsAllowed).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try ScenarioFile.read(text: "import: \(file.path)", file: "s.yaml")
    }

    @Test("Nodes, links, radio and schedules come over")
    func imported() throws {
        let scenario = try read(Self.city)
        #expect(scenario.nodes.map(\.name) == ["r0", "r1", "ann", "ben"])
        #expect(scenario.radio.modulation.spreadingFactor == 10)
        #expect(scenario.radio.modulation.preambleLength == 16)
        #expect(scenario.duration == .seconds(60))
        guard case .city(let links) = scenario.air else {
            Issue.record("not the air of the study")
            return
        }
        #expect(links.count == 5)
        #expect(links[0].snr.value == 3.5 && links[1].from == 1 && links[1].to == 0)
        #expect(links.last?.erasure == 0.25)
        #expect(scenario.traffic[0].schedule == .times([.milliseconds(500), .milliseconds(1500)]))
        #expect(scenario.traffic[0].byteCount == 10)
        #expect(scenario.traffic[1].kind == .multicast && scenario.traffic[1].to == [2])
    }

    /// The city with one value replaced, or removed.
    private static func damaged(_ path: [String], _ value: Any?) -> Any {
        func change(_ node: Any, _ path: ArraySlice<String>) -> Any? {
            guard let key = path.first else { return value }
            if var list = node as? [Any], let index = Int(key) {
                list[index] = change(list[index], path.dropFirst()) ?? NSNull()
                return list
            }
            var object = node as? [String: Any] ?? [:]
            object[key] = change(object[key] ?? NSNull(), path.dropFirst())
            return object
        }
        return change(city, path[...]) ?? NSNull()
    }

    private static let damages: [([String], String?, String)] = [
        (["simulation"], nil, "simulation"), (["simulation", "radio", "sf"], "text", "simulation.radio.sf"),
        (["nodes"], "text", "nodes"), (["nodes", "1", "name"], "r0", "nodes[1].name"),
        (["nodes", "1", "role"], "king", "nodes[1].role"), (["topology", "links"], nil, "topology.links"),
        (["topology", "links", "1", "from"], "nobody", "topology.links[1].from"),
        (["topology", "links", "0", "snr"], "loud", "topology.links[0].snr"),
        (["message_schedule", "0", "to"], "nobody", "message_schedule[0].to"),
        (["message_schedule", "0", "start_ms"], "soon", "message_schedule[0].start_ms"),
    ]

    @Test("A file of the wrong shape is refused with the place of what is wrong", arguments: damages.indices)
    func wrongShape(index: Int) throws {
        let (path, value, keyPath) = Self.damages[index]
        let error = try #require(throws: ConfigurationErrors.self) { _ = try self.read(Self.damaged(path, value)) }
        #expect(error.errors.map(\.keyPath) == [keyPath])
        #expect(error.errors.allSatisfy { $0.file.hasSuffix(".json") && !$0.found.isEmpty && !$0.expected.isEmpty })
    }

    @Test("What is no object, or not there, is refused")
    func notThere() {
        #expect(throws: ConfigurationErrors.self) { _ = try self.read([1, 2]) }
        #expect(throws: ConfigurationErrors.self) {
            _ = try ScenarioFile.read(text: "import: /nowhere/city.json", file: "s.yaml")
        }
    }

    /// A file of the study; nil where it is not.
    private static func file(_ name: String) -> String? {
        var folder = Fixtures.directory
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let file = folder.appendingPathComponent("shared/vectors/scenarios/\(name).json").path
            if FileManager.default.fileExists(atPath: file) { return file }
        }
        return nil
    }

    @Test("The cities of the study are read and run, where they are", arguments: ["city-medium", "city-dense"])
    func cities(name: String) throws {
        guard let file = Self.file(name) else {
            print("skipped: no folder above the repository has shared/vectors/scenarios/\(name).json")
            return
        }
        let scenario = try ScenarioFile.read(text: "import: \(file)\nduration: 3 min", file: "s.yaml")
        #expect(scenario.nodes.count == (name == "city-medium" ? 138 : 147))
        #expect(scenario.traffic.count == 66)
        let report = ScenarioRun(scenario).run()
        // The last is switched on after two minutes, and asks for a parent at once.
        #expect(report.nodes.allSatisfy { $0.framesSent > 0 })
        #expect(report.hash == ScenarioRun(scenario).run().hash)
    }
}
