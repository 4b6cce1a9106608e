import Foundation
import Testing

extension EndToEndTests {
    /// Daemons on the virtual radio of OpenThread's simulation, among themselves.
    @Suite struct OpenThreadAirTests {
        private static let nodes = ["a", "b", "c"]

        @Test("Three daemons on OpenThread's virtual radio form one partition and ping each other, fragments too")
        func network() async throws {
            try await Workshop.run { workshop in
                let portBase = try FreePorts.base(count: 4)
                for (index, node) in Self.nodes.enumerated() {
                    _ = try await workshop.startDaemon(
                        workshop.write(Self.configuration(node, number: index + 1, portBase), to: "\(node).yaml"))
                    try await Self.succeeds(node, ["ifconfig", "up"], in: workshop)
                    try await Self.succeeds(node, ["thread", "start"], in: workshop)
                    // The first one alone forms the partition that the others find.
                    let isAttached = try await eventually(within: .seconds(20)) {
                        let (_, state) = try await Self.run(node, ["state"], in: workshop)
                        return (index == 0 ? ["leader"] : ["child", "router"]).contains { state.hasPrefix($0) }
                    }
                    try #require(isAttached, "\(node)")
                }
                let partitions = try await Self.answers("partitionid", in: workshop)
                #expect(Set(partitions).count == 1, "\(partitions)")
                let addresses = try await Self.answers("ipaddr", "mleid", in: workshop)
                for sender in Self.nodes {
                    for (receiver, address) in zip(Self.nodes, addresses) where receiver != sender {
                        for size in ["8", "1000"] {
                            let isReached = try await eventually(within: .seconds(10)) {
                                let (_, output) = try await Self.run(sender, ["ping", address, size], in: workshop)
                                return output.contains(" 1 packets received")
                            }
                            #expect(isReached, "\(sender) to \(receiver), \(size) bytes")
                        }
                    }
                }
            }
        }

        @Test("Of two daemons with one number the second says that the port is taken")
        func sameNumber() async throws {
            try await Workshop.run { workshop in
                let portBase = try FreePorts.base(count: 4)
                var daemons: [RunningProgram] = []
                for node in ["a", "b"] {
                    let file = try workshop.write(Self.configuration(node, number: 1, portBase), to: "\(node).yaml")
                    daemons.append(try await workshop.startDaemon(file))
                }
                let second = daemons[1]
                #expect(
                    try await eventually(within: .seconds(5)) { second.output.contains("Address already in use") },
                    "\(second.output)")
            }
        }

        private static func configuration(_ node: String, number: Int, _ portBase: UInt16) -> String {
            """
            state: ./\(node).sqlite
            control: ./\(node).sock
            radio: { type: openthread, node-id: \(number), port-base: \(portBase), interface: 127.0.0.1 }
            network: { key: "\(MeshOfDaemons.networkKey)" }
            """
        }

        private static func run(
            _ node: String, _ words: [String], in workshop: Workshop
        ) async throws -> (status: Int32?, output: String) {
            try await workshop.finish("heddle", ["cli", "--control", workshop.path("\(node).sock")] + words)
        }

        private static func succeeds(_ node: String, _ words: [String], in workshop: Workshop) async throws {
            let (status, output) = try await run(node, words, in: workshop)
            try #require(status == 0, "\(words): \(output)")
        }

        /// What each node answers to a command before `Done`.
        private static func answers(_ words: String..., in workshop: Workshop) async throws -> [String] {
            var answers: [String] = []
            for node in nodes {
                let (_, output) = try await run(node, words, in: workshop)
                answers.append(output.split(separator: "\n").first.map(String.init) ?? "")
            }
            return answers
        }
    }
}
