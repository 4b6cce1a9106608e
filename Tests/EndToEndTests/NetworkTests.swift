import Foundation
import Testing

extension EndToEndTests {
    /// Three daemons on an ether, through one story: forming a network takes too long to do it for each sentence.
    @Suite struct NetworkTests {
        @Test(
            """
            Three daemons form one partition, answer commands, start anew, outlive their ether, and one that was \
            killed comes back
            """)
        func story() async throws {
            try await Workshop.run { workshop in
                let mesh = try await MeshOfDaemons(workshop)
                try await formsOnePartition(mesh)
                try await answersCommands(mesh)
                try await readsCommandsFromStandardInput(mesh)
                try await startsAnew(mesh)
                try await outlivesItsEther(mesh)
                try await comesBackAfterAKill(mesh)

                mesh.ether.send(signal: SIGTERM)
                #expect(try await mesh.ether.status(within: .seconds(5)) == 0, "\(mesh.ether.output)")
                let capture = try mesh.joinedCapture()
                try await isExact(capture, in: workshop)
                try await repeatsNoCounter(capture, in: workshop)
            }
        }

        private func formsOnePartition(_ mesh: MeshOfDaemons) async throws {
            let isFormed = try await eventually(within: .seconds(60)) { try await mesh.isFormed() }
            let state = try await mesh.state()
            try #require(isFormed, "\(state)")
            #expect(try await eventually(within: .seconds(20)) { try await mesh.isConnected() })
        }

        private func answersCommands(_ mesh: MeshOfDaemons) async throws {
            let commands: [([String], Regex<Substring>)] = [
                (["state"], /^(?:leader|router)\nDone\n$/), (["rloc16"], /^[0-9a-f]{4}\nDone\n$/),
                (["ipaddr"], /^(?:fd|fe80)[0-9a-f:]+\n(?s:.*)Done\n$/),
                (["neighbor", "table"], /^\| Role \| RLOC16(?s:.*)\n\|   R  \| 0x(?s:.*)Done\n$/),
                (["router", "table"], /^\| ID \| RLOC16(?s:.*)Done\n$/),
                (["counters", "mac"], /^TxTotal: [1-9](?s:.*)RxTotal: [1-9](?s:.*)Done\n$/),
                (["counters", "mle"], /^Role Disabled: (?s:.*)Done\n$/),
            ]
            for (words, pattern) in commands {
                let (status, output) = try await mesh.workshop.finish(
                    "heddle", ["cli", "--control", mesh.workshop.path("a.sock")] + words)
                #expect(status == 0)
                #expect(output.contains(pattern), "\(words): \(output)")
            }
            let bogus = try await mesh.cli("a", "bogus")
            #expect(bogus.status == 1)
            #expect(bogus.output == "Error 35: InvalidCommand\n")
        }

        private func readsCommandsFromStandardInput(_ mesh: MeshOfDaemons) async throws {
            let control = ["cli", "--control", mesh.workshop.path("b.sock")]
            let good = try await mesh.workshop.finish("heddle", control, input: "rloc16\nstate\n")
            #expect(good.status == 0)
            #expect(good.output.contains(/^> rloc16\n[0-9a-f]{4}\nDone\n> state\n(leader|router)\nDone\n> \n$/))
            // A command that fails does not keep the next one from being run.
            let bad = try await mesh.workshop.finish("heddle", control, input: "bogus\nstate")
            #expect(bad.status == 1)
            #expect(bad.output.contains(/Error 35: InvalidCommand\n> state\n(leader|router)\nDone\n/), "\(bad.output)")
        }

        /// The ether dies and comes back on its port: the daemons run on, tell each of it once, and go on talking.
        private func outlivesItsEther(_ mesh: MeshOfDaemons) async throws {
            let daemons = mesh.daemons.values
            let connected = "the radio is connected"
            let before = daemons.map { $0.lineCount(with: connected) }
            mesh.ether.kill()
            let gone = "the radio is gone"
            #expect(
                try await eventually(within: .seconds(10)) { daemons.allSatisfy { $0.lineCount(with: gone) > 0 } })
            // They try again each second; a few attempts later there is still nothing new to tell.
            let isRepeated = try await eventually(within: .seconds(3)) {
                daemons.contains { !$0.isRunning || $0.lineCount(with: gone) != 1 }
            }
            #expect(!isRepeated)
            #expect(try await mesh.cli("b", "state").status == 0)

            try await mesh.restartEther()
            let isBack = try await eventually(within: .seconds(10)) {
                zip(daemons, before).allSatisfy { $0.lineCount(with: connected) == $1 + 1 }
            }
            #expect(isBack)
            #expect(try await eventually(within: .seconds(30)) { try await mesh.isConnected() })
            #expect(daemons.allSatisfy { $0.lineCount(with: gone) == 1 })
        }

        /// As with OpenThread: the same process comes back, the prompt too, and nothing says that it is done.
        private func startsAnew(_ mesh: MeshOfDaemons) async throws {
            let node = try await mesh.answer("c", "state") == "leader" ? "a" : "c"
            let place = try await [mesh.answer(node, "extaddr"), mesh.answer(node, "ipaddr", "mleid")]
            let control = ["cli", "--control", mesh.workshop.path("\(node).sock")]
            let reset = try await mesh.workshop.finish(
                "heddle", control, input: "reset\nipaddr mleid\nfactoryreset\nextaddr\nipaddr mleid\nexit\nversion\n")
            #expect(reset.status == 0, "\(reset.output)")
            let lines = reset.output.split(separator: "\n").map(String.init)
            #expect(
                lines.prefix(7)
                    == [
                        "> reset", "> ipaddr mleid", place[1], "Done", "> factoryreset", "> extaddr", place[0],
                    ][...], "\(reset.output)")
            // The address is another, since the network was forgotten; `exit` ends the commands.
            #expect(lines.count == 12 && lines[9] != place[1] && lines[10] == "Done", "\(reset.output)")
            #expect(reset.output.hasSuffix("Done\n> exit\n"), "\(reset.output)")
            #expect(mesh.daemons[node]?.isRunning == true)
            let isBack = try await eventually(within: .seconds(60)) {
                guard try await mesh.isOnePartition() else { return false }
                return try await mesh.isConnected()
            }
            let state = try await mesh.state()
            #expect(isBack, "\(state) \(mesh.daemons[node]?.output ?? "")")
        }

        /// A daemon that is killed and started on the same state is the same node.
        private func comesBackAfterAKill(_ mesh: MeshOfDaemons) async throws {
            let node = try await mesh.answer("c", "state") == "leader" ? "a" : "c"
            let identity = try await [mesh.answer(node, "extaddr"), mesh.answer(node, "ipaddr", "mleid")]
            let old = try #require(mesh.daemons[node])
            old.kill()
            #expect(try await old.status(within: .seconds(2)) == nil)
            try await mesh.start(node)
            #expect(try await [mesh.answer(node, "extaddr"), mesh.answer(node, "ipaddr", "mleid")] == identity)
            let isBack = try await eventually(within: .seconds(40)) {
                guard try await mesh.isOnePartition() else { return false }
                return try await mesh.isConnected()
            }
            let state = try await mesh.state()
            #expect(isBack, "\(state) \(mesh.daemons[node]?.output ?? "")")
        }

        private func isExact(_ capture: String, in workshop: Workshop) async throws {
            let (status, output) = try await workshop.finish(
                "heddle", ["decode", capture, "--network-key", MeshOfDaemons.networkKey, "--verify"])
            #expect(status == 0)
            let problems = output.split(separator: "\n").filter { $0.contains(/PROBLEM|DIFFERS/) }
            #expect(problems.isEmpty)
            let summary = try #require(output.split(separator: "\n").last)
            #expect(summary.contains(/^frames ([1-9][0-9]+), decrypted [1-9][0-9]*, byte-exact \1$/), "\(summary)")

            let wrong = try await workshop.finish(
                "heddle", ["decode", capture, "--network-key", "00112233445566778899aabbccddeeff", "--verify"])
            #expect(wrong.status == 1)
        }

        private func repeatsNoCounter(_ capture: String, in workshop: Workshop) async throws {
            var counters = FrameCounters()
            try counters.add(
                await workshop.finish(
                    "heddle", ["decode", capture, "--network-key", MeshOfDaemons.networkKey, "--json"]
                ).output)
            #expect(counters.frames.count > 50, "there is something to compare")
            #expect(Set(counters.frames.keys.map(\.layer)) == ["IEEE 802.15.4", "MLE Security"])
            #expect(counters.repeated.isEmpty)
        }
    }
}
