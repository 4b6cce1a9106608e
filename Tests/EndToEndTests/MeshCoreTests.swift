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
                let lora = "lora: { bandwidth: 250000, spreading-factor: 7 }"
                for index in UInt16(0)..<2 {
                    let (own, other) = (ports + 2 + index, ports + 3 - index)
                    _ = try await workshop.startDaemon(
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
                                air:
                                  radio: { type: udp, listen: "127.0.0.1:\(own)", peers: ["127.0.0.1:\(other)"], \(lora) }
                            """, to: "\(index).yaml"))
                }
                try await talk(workshop, ports)
            }
        }

        private func talk(_ workshop: Workshop, _ ports: UInt16) async throws {
            let (status, output) = try await workshop.finish(
                PythonTools.python,
                [Repository.path("Tests/Python/meshcore_messages.py"), "\(ports)", "\(ports + 1)"],
                within: .seconds(150))
            #expect(status == 0, "\(output)")
            let expected = ["connected", "adverts heard", "message acknowledged", "channel message received"]
            #expect(output.split(separator: "\n").map(String.init) == expected)
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
