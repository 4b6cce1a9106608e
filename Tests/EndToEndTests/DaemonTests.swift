import Foundation
import Testing

extension EndToEndTests {
    /// One daemon, without an ether.
    @Suite struct DaemonTests {
        @Test("A second daemon on the same control path is refused, names the first one and touches nothing")
        func sameControlPath() async throws {
            try await Workshop.run { workshop in
                let first = try await workshop.startDaemon(workshop.write(workshop.configuration(), to: "a.yaml"))
                let file = try workshop.write(workshop.configuration(state: "b.sqlite"), to: "b.yaml")
                let (status, output) = try await workshop.finish("heddled", ["--config", file], within: .seconds(10))
                #expect(status == 1)
                #expect(output.contains("a.sock belongs to process \(first.processID) "), "\(output)")
                #expect(!FileManager.default.fileExists(atPath: workshop.path("b.sqlite")))

                let answer = try await workshop.finish(
                    "heddle", ["cli", "--control", workshop.path("a.sock"), "state"])
                #expect(answer.status == 0, "the first one is still there: \(answer.output)")
            }
        }

        @Test("A second daemon on the same state is refused, since it would repeat frame counters")
        func sameState() async throws {
            try await Workshop.run { workshop in
                let first = try await workshop.startDaemon(workshop.write(workshop.configuration(), to: "a.yaml"))
                let file = try workshop.write(workshop.configuration(control: "b.sock"), to: "b.yaml")
                let (status, output) = try await workshop.finish("heddled", ["--config", file], within: .seconds(10))
                #expect(status == 1)
                #expect(output.contains("a.sqlite") && output.contains("process \(first.processID) "), "\(output)")
            }
        }

        @Test(
            "A second daemon on the same TUN interface is refused and names the first one",
            .enabled(if: canMakeInterfaces, "needs root and /dev/net/tun"))
        func sameInterface() async throws {
            try await Workshop.run { workshop in
                let tun = "tun: { enabled: true, name: hdl\(getpid()) }"
                let first = try await workshop.startDaemon(workshop.write(workshop.configuration(tun), to: "a.yaml"))
                let file = try workshop.write(
                    workshop.configuration(control: "b.sock", state: "b.sqlite", tun), to: "b.yaml")
                let (status, output) = try await workshop.finish("heddled", ["--config", file], within: .seconds(10))
                #expect(status == 1)
                #expect(
                    output.contains("hdl\(getpid()) is in use by process \(first.processID) "), "\(output)")
            }
        }

        @Test(
            "It ends within two seconds when it is asked to, and takes its control socket away",
            arguments: [SIGTERM, SIGINT])
        func ends(signal: Int32) async throws {
            try await Workshop.run { workshop in
                let daemon = try await workshop.startDaemon(workshop.write(workshop.configuration(), to: "a.yaml"))
                #expect(FileManager.default.fileExists(atPath: workshop.path("a.sock")))
                daemon.send(signal: signal)
                #expect(try await daemon.status(within: .seconds(2)) == 0, "\(daemon.output)")
                #expect(!FileManager.default.fileExists(atPath: workshop.path("a.sock")))
            }
        }

        @Test("Where nothing listens, the command line says so and what to do")
        func nothingListens() async throws {
            try await Workshop.run { workshop in
                let path = workshop.path("nobody.sock")
                let (status, output) = try await workshop.finish("heddle", ["cli", "--control", path, "state"])
                #expect(status != nil && status != 0)
                #expect(output.contains("nothing listens on \(path); start heddled"), "\(output)")
            }
        }

        private static var canMakeInterfaces: Bool {
            geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0
        }
    }
}
