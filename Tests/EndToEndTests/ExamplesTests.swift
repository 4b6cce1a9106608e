import Foundation
import Testing

extension EndToEndTests {
    /// The programs in Examples, on a mesh of three daemons, A – B – C.
    @Suite struct ExamplesTests {
        @Test(
            "Every snippet of Pymesh's page runs, and what it prints looks as the page shows",
            .enabled(if: hasPython, "needs python3"), .timeLimit(.minutes(5)))
        func pymeshPage() async throws {
            try await Workshop.run { workshop in
                let mesh = try await MeshOfDaemons(workshop)
                #expect(try await eventually(within: .seconds(90)) { try await mesh.isFormed() })
                #expect(try await eventually(within: .seconds(60)) { try await mesh.isConnected() })
                let (status, output) = try await workshop.finish(
                    "/usr/bin/env",
                    [
                        "python3", "-B", Repository.path("Examples/python/tests/page_on_mesh.py"),
                        workshop.path("a.sock"), workshop.path("c.sock"),
                    ], within: .seconds(200))
                #expect(status == 0 && output.hasSuffix("all snippets of the page have run\n"), "\(output)")
            }
        }

        @Test(
            "Each wrong use of the Python calls gives a named error and changes nothing",
            .enabled(if: hasPython, "needs python3"), .timeLimit(.minutes(2)))
        func pythonBadInput() async throws {
            try await Workshop.run { workshop in
                let network = "network: { autostart: true, key: \"\(MeshOfDaemons.networkKey)\" }"
                let daemon = try await workshop.startDaemon(
                    workshop.write(workshop.configuration(network), to: "a.yaml"))
                let (status, output) = try await workshop.finish(
                    "/usr/bin/env",
                    [
                        "python3", "-B", Repository.path("Examples/python/tests/bad_input.py"),
                        workshop.path("a.sock"), String(daemon.processID),
                    ], within: .seconds(60))
                #expect(status == 0 && output.contains("\nOK"), "\(output)")
            }
        }

        @Test(
            "A sweep over two workers of a cluster gives what one process gives",
            .enabled(if: hasDask, "needs python3 with distributed"), .timeLimit(.minutes(3)))
        func cluster() async throws {
            try await Workshop.run { workshop in
                let (status, output) = try await workshop.finish(
                    "/usr/bin/env",
                    [
                        "python3", "-B", Repository.path("Examples/cluster/tests/two_workers.py"),
                        RunningProgram.folder.appendingPathComponent("heddle").path,
                        Repository.path("config/scenarios/outage.yaml"),
                    ], within: .seconds(120))
                #expect(status == 0 && output.contains("\nOK"), "\(output)")
            }
        }

        @Test("What one says in the chat, the others read", .timeLimit(.minutes(5)))
        func chat() async throws {
            try await Workshop.run { workshop in
                let mesh = try await MeshOfDaemons(workshop)
                #expect(try await eventually(within: .seconds(90)) { try await mesh.isFormed() })
                func arguments(_ node: String, _ name: String) -> [String] {
                    ["--control", workshop.path("\(node).sock"), name]
                }
                let bob = try workshop.start("example-chat", ["--stay"] + arguments("b", "Bob"))
                let carol = try workshop.start("example-chat", ["--stay"] + arguments("c", "Carol"))
                #expect(
                    try await eventually(within: .seconds(10)) {
                        bob.output.hasPrefix("Bob is on the mesh") && carol.output.hasPrefix("Carol is on the mesh")
                    })
                // A multicast may be lost: it is said again until both have it.
                let isHeard = try await eventually(within: .seconds(60)) {
                    let (status, _) = try await workshop.finish(
                        "example-chat", arguments("a", "Alice"), input: "hello, over two hops\n")
                    try await Task.sleep(for: .seconds(2))
                    return status == 0 && bob.output.contains("\nAlice: hello, over two hops\n")
                        && carol.output.contains("\nAlice: hello, over two hops\n")
                }
                #expect(isHeard, "\(bob.output)\n\(carol.output)")
            }
        }

        @Test("A sensor's readings reach the collector two hops away, each once", .timeLimit(.minutes(5)))
        func sensor() async throws {
            try await Workshop.run { workshop in
                let mesh = try await MeshOfDaemons(workshop)
                #expect(try await eventually(within: .seconds(90)) { try await mesh.isFormed() })
                #expect(try await eventually(within: .seconds(60)) { try await mesh.isConnected() })
                let collector = try workshop.start(
                    "example-collector", ["--control", workshop.path("c.sock"), "--count", "3"])
                #expect(try await eventually(within: .seconds(10)) { collector.output.hasPrefix("collecting at ") })
                let address = try #require(
                    collector.output.split(separator: "\n").first?.split(separator: " ").last.map(String.init))
                let value = try workshop.write("21500\n", to: "temperature")
                let (status, output) = try await workshop.finish(
                    "example-sensor",
                    [
                        "--control", workshop.path("a.sock"), "--interval", "0.5", "--count", "3", "--name", "roof",
                        address, value,
                    ], within: .seconds(90))
                #expect(status == 0, "\(output)")
                #expect(try await collector.status(within: .seconds(10)) == 0, "\(collector.output)")
                let readings = collector.output.split(separator: "\n").dropFirst()
                #expect(readings.map { $0.prefix { $0 != "(" } } == (1...3).map { "roof #\($0): 21500 " })
                #expect(!output.contains("not acknowledged"), "\(output)")
            }
        }

        @Test(
            "Where no daemon runs, an example says so and what to do", arguments: ["example-chat", "example-collector"])
        func noDaemon(name: String) async throws {
            try await Workshop.run { workshop in
                let path = workshop.path("nobody.sock")
                let arguments = ["--control", path] + (name == "example-chat" ? ["Alice"] : [])
                let (status, output) = try await workshop.finish(name, arguments)
                #expect(status != nil && status != 0)
                #expect(output.contains("Nothing listens on \(path): start heddled"), "\(output)")
            }
        }

        private static var hasDask: Bool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", "import dask.distributed"]
            process.standardError = FileHandle.nullDevice
            do {
                try process.run()
            } catch {
                return false
            }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }

        private static var hasPython: Bool {
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains { folder in
                FileManager.default.isExecutableFile(atPath: "\(folder)/python3")
            }
        }
    }
}
