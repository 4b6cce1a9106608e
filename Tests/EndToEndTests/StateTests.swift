import Foundation
import Testing

extension EndToEndTests {
    /// A state file that is damaged, and a disk that is full.
    @Suite struct StateTests {
        /// Makes a state, then damages it.
        /// - Returns: the link address that the node had.
        private func damage(_ workshop: Workshop, _ configuration: String) async throws -> String {
            let daemon = try await workshop.startDaemon(configuration)
            let (_, address) = try await workshop.finish(
                "heddle", ["cli", "--control", workshop.path("a.sock"), "extaddr"])
            daemon.send(signal: SIGTERM)
            _ = try await daemon.status(within: .seconds(5))
            let path = workshop.path("a.sqlite")
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try Data(repeating: 0x5a, count: 8192).write(to: URL(fileURLWithPath: path))
            return address
        }

        private let network = "network: { autostart: true, key: \"00112233445566778899aabbccddeeff\" }"

        @Test("A damaged state is kept under another name, the log says so, and the node starts as a new one")
        func startsAsNew() async throws {
            try await Workshop.run { workshop in
                let file = try workshop.write(workshop.configuration(network), to: "a.yaml")
                let former = try await damage(workshop, file)
                let daemon = try await workshop.startDaemon(file)
                #expect(daemon.lineCount(with: "is damaged") == 1, "\(daemon.output)")
                let kept = try FileManager.default.contentsOfDirectory(atPath: workshop.folder.path)
                    .filter { $0.hasPrefix("a.sqlite.damaged-") }
                try #require(kept.count == 1)
                #expect(daemon.output.contains("kept as \(workshop.path(kept[0])), starting as a new node"))
                let (_, now) = try await workshop.finish(
                    "heddle", ["cli", "--control", workshop.path("a.sock"), "extaddr"])
                #expect(now != former && now.contains("Done"), "a new address: frame counters begin anew with it")
            }
        }

        @Test(
            "A node that is to refuse a damaged state, or whose fixed address would repeat frame counters, does not start",
            arguments: [
                ("on-damaged-state: refuse", "move it away to start as a new node"),
                ("# starts as new", "would use frame counters again"),
            ])
        func refuses(policy: String, told: String) async throws {
            try await Workshop.run { workshop in
                let fixed = network.replacing(" }", with: ", extended-address: \"0200000000000001\" }")
                let file = try workshop.write(workshop.configuration(policy + "\n" + fixed), to: "a.yaml")
                _ = try await damage(workshop, file)
                let damaged = try Data(contentsOf: URL(fileURLWithPath: workshop.path("a.sqlite")))
                for _ in 1...2 {
                    let (status, output) = try await workshop.finish(
                        "heddled", ["--config", file], within: .seconds(10))
                    #expect(status == 1 && output.contains("is damaged") && output.contains(told), "\(output)")
                }
                #expect(try Data(contentsOf: URL(fileURLWithPath: workshop.path("a.sqlite"))) == damaged)
            }
        }

        // MARK: A full disk

        private static let mountObstacle: String? =
            geteuid() == 0 && Namespaces.path(of: "mount") != nil
            ? nil : "full disk test skipped: mounting a small file system needs root"

        @Test(
            "On a full disk a node goes on within the room that its state has, for thousands of frame counters",
            .enabled(if: mountObstacle == nil, Comment(rawValue: mountObstacle ?? "")))
        func fullDisk() async throws {
            try await Workshop.run { workshop in
                let disk = workshop.path("disk")
                try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
                let mounted = try Namespaces.tool("mount", ["-t", "tmpfs", "-o", "size=512k", "heddle", disk])
                guard mounted.status == 0 else { return print("full disk test skipped: \(mounted.output)") }
                defer { _ = try? Namespaces.tool("umount", ["-l", disk]) }
                let portBase = try FreePorts.base(count: 3)
                for (number, name) in [(1, "a"), (2, "b")] {
                    let state = name == "a" ? "disk/a.sqlite" : "b.sqlite"
                    let text = """
                        state: ./\(state)
                        control: ./\(name).sock
                        radio: { type: openthread, node-id: \(number), port-base: \(portBase) }
                        \(network)
                        """
                    let daemon = try await workshop.startDaemon(workshop.write(text, to: "\(name).yaml"))
                    let isAttached = try await eventually(within: .seconds(20)) {
                        daemon.output.contains("role detached -> ")
                    }
                    try #require(isAttached, "\(daemon.output)")
                }
                // Whatever room is left goes to somebody else.
                let filler = FileManager.default.createFile(atPath: disk + "/filler", contents: Data())
                try #require(filler)
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: disk + "/filler"))
                while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
                #expect((try? handle.write(contentsOf: Data(count: 4096))) == nil, "the disk is full")

                let counters = { () async throws -> UInt64 in
                    let (_, output) = try await workshop.finish(
                        "heddle", ["cli", "--control", workshop.path("a.sock"), "counters", "mac"])
                    return output.firstMatch(of: /TxTotal: ([0-9]+)/).flatMap { UInt64($0.1) } ?? 0
                }
                let (_, target) = try await workshop.finish(
                    "heddle", ["cli", "--control", workshop.path("b.sock"), "ipaddr", "mleid"])
                let address = target.split(separator: "\n").first.map(String.init) ?? ""
                let before = try await counters()
                for _ in 0..<3 {
                    let (_, output) = try await workshop.finish(
                        "heddle",
                        ["cli", "--control", workshop.path("a.sock"), "ping", address, "1000", "100", "0.02"],
                        within: .seconds(60))
                    #expect(output.contains("100 packets transmitted, "), "\(output)")
                    #expect(!output.contains(" 0 packets received"), "\(output)")
                }
                #expect(try await counters() > before + 2500)
            }
        }
    }
}
