import Foundation
import Testing

/// The programs as a user starts them: real processes, sockets and files. One after the other, since they share
/// the processors with what they are timed against.
@Suite(.serialized, .timeLimit(.minutes(TestLength.isLong ? 60 : 5))) struct EndToEndTests {}

enum TestLength {
    /// Whether `make test-long` runs them, which takes its time.
    static let isLong = ProcessInfo.processInfo.environment["HEDDLE_LONG"] != nil
}

extension EndToEndTests {
    /// `heddled --check`.
    @Suite struct ConfigurationCheckTests {
        @Test(
            "The configurations that are shipped are valid",
            arguments: ["config/heddled.yaml", "config/demo/a.yaml", "config/demo/b.yaml", "config/demo/c.yaml"])
        func shipped(file: String) async throws {
            try await Workshop.run { workshop in
                let (status, output) = try await workshop.finish(
                    "heddled", ["--check", "--config", Repository.path(file)])
                #expect(status == 0, "\(output)")
                #expect(output.contains("\(file) is valid"))
            }
        }

        @Test(
            "What is wrong with a configuration is told in one line: file, key, what was found and what is allowed",
            arguments: [
                (more: "colour: blue", key: "colour", found: "colour", allowed: "state"),
                (more: "tun: { enabled: perhaps }", key: "tun.enabled", found: "perhaps", allowed: "true or false"),
                (more: "network: { channel: 27 }", key: "network.channel", found: "27", allowed: "11 to 26"),
            ])
        func invalid(more: String, key: String, found: String, allowed: String) async throws {
            try await Workshop.run { workshop in
                let file = try workshop.write(workshop.configuration(more), to: "wrong.yaml")
                let (status, output) = try await workshop.finish("heddled", ["--check", "--config", file])
                #expect(status == 1)
                let lines = output.split(separator: "\n").filter { $0.contains(key) }
                #expect(lines.count == 1, "\(output)")
                let line = try #require(lines.first)
                #expect(line.contains("\(file):4: \(key): found"))
                #expect(line.contains(found))
                #expect(line.contains("expected") && line.contains(allowed), "\(line)")
            }
        }

        @Test("A configuration that is not there is named in one line")
        func missing() async throws {
            try await Workshop.run { workshop in
                let file = workshop.path("nowhere.yaml")
                let (status, output) = try await workshop.finish("heddled", ["--check", "--config", file])
                #expect(status == 1)
                #expect(output.split(separator: "\n").count == 1)
                #expect(output.contains(file))
            }
        }

        @Test("A configuration with a key that others may read gets a warning that names the remedy")
        func permissions() async throws {
            try await Workshop.run { workshop in
                let text = workshop.configuration("network: { key: \"00112233445566778899aabbccddeeff\" }")
                let file = try workshop.write(text, to: "open.yaml", mode: 0o644)
                let (status, output) = try await workshop.finish("heddled", ["--check", "--config", file])
                #expect(status == 0)
                #expect(output.contains("chmod 600 \(file)"), "\(output)")

                try workshop.write(text, to: "open.yaml", mode: 0o600)
                let (_, quiet) = try await workshop.finish("heddled", ["--check", "--config", file])
                #expect(!quiet.contains("chmod"), "\(quiet)")
            }
        }
    }
}
