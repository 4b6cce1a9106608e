import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Daemons that are killed at any moment.
    @Suite struct CrashTests {
        /// What a node must still have after a crash.
        private struct Identity: Equatable {
            var extendedAddress: String
            var meshLocalAddress: String
            var locator: String
        }

        private static let killsInARow = 4

        @Test(
            """
            A daemon that is killed again and again at random moments under traffic, leader or not, comes back with its \
            addresses within one attach, and no frame counter is used twice
            """)
        func kills() async throws {
            let kills = TestLength.isLong ? 200 : 10
            let seed = UInt64.random(in: 0...UInt64.max)
            print("crash test: \(kills) kills, seed \(seed)")
            var generator = SeededGenerator(seed: seed)
            try await Workshop.run { workshop in
                let mesh = try await MeshOfDaemons(workshop, modulation: "spreading-factor: 5, bandwidth: 500000")
                try #require(try await eventually(within: .seconds(60)) { try await mesh.isFormed() })
                try #require(try await eventually(within: .seconds(20)) { try await mesh.isConnected() })
                var identities: [String: Identity] = [:]
                for node in MeshOfDaemons.nodes { identities[node] = try await identity(of: node, in: mesh) }
                let traffic = try start(identities, in: workshop)

                var times: [Duration] = []
                var early = 0
                for number in 1...kills {
                    // One after the other, and the next when all have found together again: who is asked for the place
                    // of another must not have been killed itself just before.
                    let node = MeshOfDaemons.nodes[(number - 1) / Self.killsInARow % MeshOfDaemons.nodes.count]
                    if number > 1, (number - 1).isMultiple(of: Self.killsInARow) {
                        let isSettled = try await eventually(within: .seconds(60)) {
                            guard try await mesh.isFormed() else { return false }
                            return try await mesh.isConnected()
                        }
                        #expect(isSettled, "before kill \(number), seed \(seed)")
                    }
                    try await kill(node, in: mesh)
                    // Every third time it does not even get to an end: killed again while it starts or attaches.
                    if number.isMultiple(of: 3) {
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...1200, using: &generator)))
                        try await kill(node, in: mesh)
                        early += 1
                    }
                    times.append(
                        try await returnTime(of: node, as: identities[node], in: mesh, "kill \(number), seed \(seed)"))
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...700, using: &generator)))
                }
                let answered = traffic.map { $0.stop() }
                times.sort()
                print(
                    """
                    crash test: \(kills) kills and \(early) more while starting; back within \(times[times.count / 2]) \
                    (median), \(times[times.count - 1]) (longest); \(answered) pings answered
                    """)
                #expect(answered.reduce(0, +) > 0, "there was traffic")
                #expect(try await eventually(within: .seconds(30)) { try await mesh.isConnected() }, "seed \(seed)")
                try await repeatsNoCounter(mesh, seed: seed)
            }
        }

        private func identity(of node: String, in mesh: MeshOfDaemons) async throws -> Identity {
            Identity(
                extendedAddress: try await mesh.answer(node, "extaddr"),
                meshLocalAddress: try await mesh.answer(node, "ipaddr", "mleid"),
                locator: try await mesh.answer(node, "rloc16"))
        }

        private func start(_ identities: [String: Identity], in workshop: Workshop) throws -> [Traffic] {
            try [("a", "c"), ("b", "a"), ("c", "b")].map { sender, receiver in
                try Traffic(
                    control: workshop.path("\(sender).sock"), to: identities[receiver]?.meshLocalAddress ?? "",
                    outputFile: URL(fileURLWithPath: workshop.path("\(sender).traffic")))
            }
        }

        /// Kills a daemon and starts it again at once.
        private func kill(_ node: String, in mesh: MeshOfDaemons) async throws {
            let daemon = try #require(mesh.daemons[node])
            daemon.kill()
            try #require(try await eventually(within: .seconds(2)) { !daemon.isRunning })
            try await mesh.restart(node)
        }

        /// Waits until a daemon is attached again: by its first attach, at its old place.
        private func returnTime(
            of node: String, as identity: Identity?, in mesh: MeshOfDaemons, _ comment: String
        ) async throws -> Duration {
            let start = ContinuousClock.now
            let daemon = try #require(mesh.daemons[node])
            let isAttached = try await eventually(within: .seconds(60)) {
                daemon.output.contains(/role detached -> (child|router|leader)/)
            }
            let time = ContinuousClock.now - start
            #expect(isAttached, "\(node), \(comment): \(daemon.output)")
            // Who comes back as a child first asks for its old place as a router.
            var found = try await self.identity(of: node, in: mesh)
            _ = try await eventually(within: .seconds(20)) {
                found = try await self.identity(of: node, in: mesh)
                return found == identity
            }
            #expect(found == identity, "\(node), \(comment): \(daemon.output)")
            #expect(daemon.lineCount(with: "attach attempt") == 0, "\(node), \(comment): \(daemon.output)")
            return time
        }

        private func repeatsNoCounter(_ mesh: MeshOfDaemons, seed: UInt64) async throws {
            mesh.ether.send(signal: SIGTERM)
            #expect(try await mesh.ether.status(within: .seconds(10)) == 0)
            let decoded = try await mesh.workshop.finish(
                "heddle",
                ["decode", mesh.captures[0], "--network-key", MeshOfDaemons.networkKey, "--json"],
                within: .seconds(120))
            var counters = FrameCounters()
            try counters.add(decoded.output)
            print("crash test: \(counters.frames.count) frame counters used, \(counters.repeated.count) twice")
            #expect(counters.frames.count > 200)
            #expect(counters.repeated.isEmpty, "seed \(seed)")
        }
    }
}
