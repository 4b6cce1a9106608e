import Foundation
import Testing

extension EndToEndTests {
    /// MeshCore's own Python package, unmodified, against daemons on a virtual ether.
    @Suite(.enabled(if: PythonTools.areThere, "scripts/python-tools has not been run"))
    struct MeshCoreTests {
        @Test("Two apps talk through two nodes of the IPv6 mesh: a message is acknowledged, a channel reaches both")
        func overTheMesh() async throws {
            try await Workshop.run { workshop in
                let ports = try FreePorts.base(count: 2)
                let ether = try await Ether(workshop, topology: "pair")
                for (index, name) in ["a", "b"].enumerated() {
                    _ = try await workshop.startDaemon(
                        workshop.write(
                            """
                            state: ./\(name).sqlite
                            control: ./\(name).sock
                            radio: { type: ether, address: "127.0.0.1:\(ether.port)", node: \(name.uppercased()) }
                            network: { autostart: true, key: "\(MeshOfDaemons.networkKey)" }
                            meshcore:
                              name: node \(name)
                              companion: { listen: "127.0.0.1:\(ports + UInt16(index))" }
                            """, to: "\(name).yaml"))
                }
                try await talk(workshop, ports)
            }
        }

        @Test("Two apps talk through two nodes whose air is raw frames in datagrams")
        func overTheAir() async throws {
            try await Workshop.run { workshop in
                let ports = try FreePorts.base(count: 4)
                for index in UInt16(0)..<2 { _ = try await startOnAir(workshop, ports, index) }
                try await talk(workshop, ports)
            }
        }

        @Test("A message that was acknowledged is there although its node was killed before an app had fetched it")
        func killed() async throws {
            try await Workshop.run { workshop in
                let ports = try FreePorts.base(count: 4)
                _ = try await startOnAir(workshop, ports, 0)
                let receiver = try await startOnAir(workshop, ports, 1)
                let sent = try await python(workshop, "send", "\(ports)", "\(ports + 1)", "do not lose me")
                #expect(sent.status == 0, "\(sent.output)")
                receiver.kill()
                _ = try await receiver.status(within: .seconds(5))
                _ = try await startOnAir(workshop, ports, 1)
                let fetched = try await python(workshop, "fetch", "\(ports + 1)", "do not lose me")
                #expect(fetched.status == 0 && fetched.output.contains("message fetched"), "\(fetched.output)")
            }
        }

        @Test("The package's methods get the answers that docs/meshcore-clients.md tells")
        func methods() async throws {
            try await Workshop.run { workshop in
                let ports = try FreePorts.base(count: 4)
                for index in UInt16(0)..<2 { _ = try await startOnAir(workshop, ports, index) }
                let (status, output) = try await python(workshop, "commands", "\(ports)", "\(ports + 1)")
                #expect(status == 0, "\(output)")
                let table = output.split(separator: "\n").filter { $0.hasPrefix("|") }.joined(separator: "\n")
                #expect(table.count > 1000)
                let page = try String(contentsOfFile: Repository.path("docs/meshcore-clients.md"), encoding: .utf8)
                #expect(page.contains(table), "the page has another table than this one:\n\(table)")
            }
        }

        /// A node without the IPv6 mesh, whose air is datagrams to the other one.
        private func startOnAir(_ workshop: Workshop, _ ports: UInt16, _ index: UInt16) async throws -> RunningProgram {
            let (own, other) = (ports + 2 + index, ports + 3 - index)
            let lora = "lora: { bandwidth: 250000, spreading-factor: 7 }"
            return try await workshop.startDaemon(
                workshop.write(
                    """
                    state: ./\(index).sqlite
                    control: ./\(index).sock
                    radio: { type: ether, address: "127.0.0.1:9", node: A }
                    meshcore:
                      name: node \(index)
                      companion: { listen: "127.0.0.1:\(ports + index)" }
                      links:
                        mesh: false
                        air: { radio: { type: udp, listen: "127.0.0.1:\(own)", peers: ["127.0.0.1:\(other)"], \(lora) } }
                    """, to: "\(index).yaml"))
        }

        private func talk(_ workshop: Workshop, _ ports: UInt16) async throws {
            let (status, output) = try await python(workshop, "talk", "\(ports)", "\(ports + 1)")
            #expect(status == 0, "\(output)")
            let expected = ["connected", "adverts heard", "message acknowledged", "channel message received"]
            #expect(output.split(separator: "\n").map(String.init) == expected)
        }

        private func python(
            _ workshop: Workshop, _ arguments: String...
        ) async throws -> (status: Int32?, output: String) {
            try await workshop.finish(
                PythonTools.python, [Repository.path("Tests/Python/meshcore_messages.py")] + arguments,
                within: .seconds(150))
        }
    }
}

/// MeshCore's Python clients, where scripts/python-tools has installed them.
enum PythonTools {
    static let python = Repository.path(".build-python/bin/python3")
    static var areThere: Bool { FileManager.default.isExecutableFile(atPath: python) }
}

/// An ether on a port of the kernel's choice.
struct Ether {
    let program: RunningProgram
    let port: String

    /// - Parameter topology: the name of a file in config/topology.
    init(_ workshop: Workshop, topology: String) async throws {
        let program = try workshop.start(
            "heddle",
            ["ether", "--topology", Repository.path("config/topology/\(topology).yaml"), "--listen", "127.0.0.1:0"])
        _ = try await eventually(within: .seconds(10)) { program.output.contains("listening on ") }
        let line = program.output.split(separator: "\n").first { $0.hasPrefix("listening on ") }
        guard let port = line?.split(separator: ":").last else { throw DaemonFailure(output: program.output) }
        self.program = program
        self.port = String(port)
    }
}
