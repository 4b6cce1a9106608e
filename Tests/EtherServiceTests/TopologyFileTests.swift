import EtherService
import Foundation
import LoRaChannel
import NodeConfiguration
import Testing

@Suite("Topology files")
struct TopologyFileTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("config/topology")

    /// Who hears whom, by name.
    static func neighbors(_ topology: Topology) -> [String: Set<String>] {
        var result: [String: Set<String>] = [:]
        for link in topology.channelLinks {
            result[topology.nodes[link.to], default: []].insert(topology.nodes[link.from])
        }
        return result
    }

    @Test("The shipped files are all known here, and each is the shape that its name says")
    func shipped() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(files == ["grid.yaml", "line.yaml", "pair.yaml", "star.yaml"])
        func read(_ name: String) throws -> Topology {
            try TopologyFile.read(Self.folder.appendingPathComponent(name).path)
        }
        #expect(try Self.neighbors(read("pair.yaml")) == ["A": ["B"], "B": ["A"]])
        #expect(try Self.neighbors(read("line.yaml")) == ["A": ["B"], "B": ["A", "C"], "C": ["B"]])
        let star = try Self.neighbors(read("star.yaml"))
        #expect(star["A"]?.count == 8)
        #expect(star.filter { $0.key != "A" }.allSatisfy { $0.value == ["A"] })
        let grid = try Self.neighbors(read("grid.yaml"))
        #expect(grid["E"]?.count == 8)
        #expect(grid["A"] == ["B", "D", "E"])
        #expect(grid["B"] == ["A", "C", "D", "E", "F"])
        #expect(grid["I"] == ["E", "F", "H"])
    }

    @Test("Links count both ways unless they say one-way")
    func directions() throws {
        let topology = try TopologyFile.read(
            text: """
                nodes: [A, B, C]
                links:
                  - { from: A, to: B, loss: 90.5 }
                  - { from: B, to: C, loss: 95, one-way: true }
                """, file: "t.yaml")
        #expect(Self.neighbors(topology) == ["A": ["B"], "B": ["A"], "C": ["B"]])
        #expect(topology.links[0].loss.value == 90.5)
    }

    @Test("Nodes without links are a topology too")
    func lonely() throws {
        #expect(try TopologyFile.read(text: "nodes: [A]", file: "t.yaml").nodes == ["A"])
    }

    /// What is wrong with a text: key path, found, expected.
    static func errors(_ text: String) -> [ConfigurationError] {
        do {
            _ = try TopologyFile.read(text: text, file: "t.yaml")
            return []
        } catch {
            return error.errors
        }
    }

    @Test(
        "Each mistake is told with file, key path, what was found and what was expected",
        arguments: [
            ("links: []", "nodes", "nothing", "names"),
            ("nodes: []", "nodes", "0 nodes", "1 to 1000 names"),
            ("nodes: A", "nodes", "`A`", "a list"),
            ("nodes: [A, A]", "nodes[1]", "`A`", "no other node"),
            ("nodes: [A, [B]]", "nodes[1]", "a list", "a text"),
            ("nodes: [A, B]\nlinks: { from: A }", "links", "a mapping", "a list"),
            ("nodes: [A, B]\nlinks: [A]", "links[0]", "`A`", "a mapping"),
            ("nodes: [A, B]\nlinks: [{ from: A, to: X, loss: 9 }]", "links[0].to", "`X`", "one of the nodes: A, B"),
            ("nodes: [A, B]\nlinks: [{ from: A, to: B }]", "links[0].loss", "nothing", "dB"),
            ("nodes: [A, B]\nlinks: [{ from: A, to: B, loss: far }]", "links[0].loss", "`far`", "a number from"),
            ("nodes: [A, B]\nlinks: [{ from: A, to: B, loss: -1 }]", "links[0].loss", "`-1`", "dB"),
            ("nodes: [A, B]\nlinks: [{ from: A, to: B, loss: 1, one-way: 1 }]", "links[0].one-way", "`1`", "true or"),
            ("nodes: [A, B]\nlinks: [{ from: A, to: A, loss: 1 }]", "links[0]", "itself", "two nodes"),
            ("nodes: [A, B]\nseed: 4", "seed", "an unknown key", "nodes, links"),
            ("nodes: [A, B]\nlinks: [{ from: A, to: B, loss: 1, los: 2 }]", "links[0].los", "an unknown key", "loss"),
        ])
    func mistakes(text: String, keyPath: String, found: String, expected: String) throws {
        let error = try #require(Self.errors(text).first { $0.keyPath == keyPath })
        #expect(error.file == "t.yaml")
        #expect(error.found.contains(found), "\(error)")
        #expect(error.expected.contains(expected), "\(error)")
    }

    @Test("A link that is there already is refused, in either direction")
    func duplicates() {
        let start = "nodes: [A, B]\nlinks:\n  - { from: A, to: B, loss: 1 }\n"
        #expect(Self.errors(start + "  - { from: B, to: A, loss: 1 }").map(\.keyPath) == ["links[1]"])
        #expect(Self.errors(start + "  - { from: A, to: B, loss: 2 }").map(\.keyPath) == ["links[1]"])
    }

    @Test("All mistakes of a file are told at once")
    func several() {
        let text = "nodes: [A, B]\nlinks:\n  - { from: X, to: B, loss: 1 }\n  - { from: A, to: B, loss: x }\nzoo: 1"
        #expect(Self.errors(text).map(\.keyPath) == ["links[0].from", "links[1].loss", "zoo"])
    }

    @Test("A file that is not there is told in a sentence")
    func missing() {
        #expect(throws: ConfigurationErrors.self) { try TopologyFile.read("/nonexistent/line.yaml") }
    }
}
