import Foundation
import Testing

extension EndToEndTests {
    /// `heddle status` and the metrics of a daemon.
    @Suite struct StatusTests {
        @Test("A daemon tells how it is: in lines to people, in JSON to programs, and over HTTP where it was told to")
        func status() async throws {
            try await Workshop.run { workshop in
                let port = try FreePorts.base(count: 1)
                let more = """
                    network: { autostart: true, key: "00112233445566778899aabbccddeeff" }
                    metrics: { port: \(port) }
                    """
                let file = try workshop.write(workshop.configuration(more), to: "a.yaml")
                let daemon = try await workshop.startDaemon(file)
                #expect(daemon.output.contains("metrics are at http://"), "\(daemon.output)")
                let control = ["--control", workshop.path("a.sock")]

                let (status, text) = try await workshop.finish("heddle", ["status"] + control)
                #expect(status == 0)
                #expect(text.contains(/role {8}(detached|leader)/), "\(text)")
                #expect(text.contains("network     heddle, PAN 0x1234, channel 15"), "\(text)")
                #expect(!text.contains("00112233"), "the key is secret")

                let (jsonStatus, json) = try await workshop.finish("heddle", ["status", "--json"] + control)
                #expect(jsonStatus == 0)
                let report = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
                #expect(report?["version"] as? String == "0.1.0")
                #expect((report?["network"] as? [String: Any])?["channel"] as? Int == 15)

                let nobody = try await workshop.finish("heddle", ["status", "--control", workshop.path("no.sock")])
                #expect(nobody.status != 0 && nobody.output.contains("nothing listens on"), "\(nobody.output)")
            }
        }

        @Test("Without being told to, a daemon serves nothing over HTTP")
        func quiet() async throws {
            try await Workshop.run { workshop in
                let file = try workshop.write(workshop.configuration(), to: "a.yaml")
                let daemon = try await workshop.startDaemon(file)
                #expect(!daemon.output.contains("metrics"))
            }
        }
    }
}
