import EngineCore
import Foundation
import NodeConfiguration
import Testing

@Suite struct UDPRadioConfigurationTests {
    private func configuration(_ radio: String) throws(ConfigurationErrors) -> NodeConfiguration {
        try NodeConfiguration(text: "state: a\ncontrol: b\nradio: { type: udp, \(radio) }", file: "a.yaml")
    }

    private func problems(_ radio: String) -> [String] {
        do {
            _ = try configuration(radio)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("A radio of datagrams has an address and peers")
    func everyKey() throws {
        let settings = try configuration(
            "listen: 127.0.0.1:7001, peers: [127.0.0.1:7002, 127.0.0.2:1], lora: { spreading-factor: 9 }")
        guard case .udp(let udp) = settings.radio.device else {
            Issue.record("another radio: \(settings.radio.device)")
            return
        }
        #expect(udp.listen == NetworkEndpoint(host: "127.0.0.1", port: 7001))
        #expect(
            udp.peers == [NetworkEndpoint(host: "127.0.0.1", port: 7002), NetworkEndpoint(host: "127.0.0.2", port: 1)])
        #expect(settings.radio.lora.spreadingFactor == 9 && settings.radio.profile == .lora)
        #expect(settings.warnings.isEmpty)
    }

    @Test("What is missing or wrong is named")
    func refused() {
        let address = "expected an address and a port, such as 127.0.0.1:7001 or [::1]:7001"
        let list = "expected a list of 1 to 32 addresses with their ports, such as [127.0.0.1:7002]"
        #expect(
            problems("lora: {}") == [
                "a.yaml:3: radio.listen: found nothing, \(address)", "a.yaml:3: radio.peers: found nothing, \(list)",
            ])
        #expect(
            problems("listen: host:1, peers: [127.0.0.1]") == [
                "a.yaml:3: radio.listen: found `host:1`, \(address)",
                "a.yaml:3: radio.peers[0]: found `127.0.0.1`, \(address)",
            ])
        #expect(problems("listen: 127.0.0.1:1, peers: []") == ["a.yaml:3: radio.peers: found 0 peers, \(list)"])
        #expect(
            problems("listen: 127.0.0.1:1, peers: [\"[::1]:2\"]") == [
                "a.yaml:3: radio.peers: found a list, expected addresses of the same kind as 127.0.0.1:1, all IPv4 "
                    + "or all IPv6"
            ])
    }

    @Test("A radio that others on the network can reach draws a warning", arguments: ["0.0.0.0", "192.0.2.1", "[::]"])
    func warning(host: String) throws {
        let peer = host.hasPrefix("[") ? "\"[::1]:1\"" : "127.0.0.1:1"
        let warnings = try configuration("listen: \"\(host):7001\", peers: [\(peer)]").warnings
        #expect(warnings.count == 1 && warnings[0].hasPrefix("radio.listen is \(host):7001: "))
    }
}

@Suite struct MeshCoreSettingsTests {
    private func configuration(_ meshCore: String) throws(ConfigurationErrors) -> NodeConfiguration {
        let radio = "radio: { type: ether, address: \"127.0.0.1:7000\", node: A }"
        return try NodeConfiguration(text: "state: a\ncontrol: b\n\(radio)\n\(meshCore)", file: "/etc/a.yaml")
    }

    private func problems(_ meshCore: String) -> [String] {
        do {
            _ = try configuration(meshCore)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("Without the key the node is no MeshCore node, nor when it says so")
    func absent() throws {
        #expect(try configuration("").meshCore == nil)
        #expect(try configuration("meshcore: { enabled: false, name: a }").meshCore == nil)
    }

    @Test("What is left out has its default")
    func defaults() throws {
        let settings = try #require(try configuration("meshcore: { enabled: true }").meshCore)
        #expect(settings.name == "Heddle" && settings.role == .companion)
        let companion = try #require(settings.companion)
        #expect(companion.listen == NetworkEndpoint(host: "127.0.0.1", port: 5000))
        #expect(companion.clients == .shared && companion.clientLimit == 16)
        #expect(settings.mesh && settings.air == nil && settings.applicationPort == nil)
        #expect(settings.bridge.isEnabled && settings.bridge.mesh == settings.bridge.air)
        #expect(settings.bridge.mesh.passesIn && settings.bridge.mesh.passesOut)
        #expect(settings.bridge.mesh.types == nil && settings.bridge.mesh.channels == nil)
        #expect(settings.bridge.mesh.packetsPerMinute == nil)
    }

    @Test("Every key is read into its typed value")
    func everyKey() throws {
        let settings = try #require(
            try configuration(
                """
                meshcore:
                  enabled: true
                  name: alpha
                  role: companion
                  companion: { listen: "[::1]:5001", clients: newest-wins, client-limit: 2 }
                  links:
                    mesh: false
                    air:
                      radio: { type: udp, listen: 127.0.0.1:7008, peers: [127.0.0.1:7001],
                               lora: { frequency: 869618000, bandwidth: 62500, spreading-factor: 8, coding-rate: 5 } }
                  applications: { port: 5555 }
                  bridge:
                    enabled: false
                    mesh: { in: false, out: false, types: [advert, raw], packets-per-minute: 60 }
                    air: { channels: [public, "#x", 00112233445566778899aabbccddeeff] }
                """
            ).meshCore)
        #expect(settings.name == "alpha")
        let companion = try #require(settings.companion)
        #expect(companion.listen == NetworkEndpoint(host: "::1", port: 5001))
        #expect(companion.clients == .newestWins && companion.clientLimit == 2)
        #expect(!settings.mesh && settings.applicationPort == 5555)
        let air = try #require(settings.air)
        #expect(air.lora.frequency == Hertz(869_618_000) && air.lora.bandwidth == Hertz(62_500))
        #expect(air.lora.spreadingFactor == 8 && air.lora.codingRate == 5)
        #expect(!settings.bridge.isEnabled)
        let mesh = settings.bridge.mesh
        #expect(!mesh.passesIn && !mesh.passesOut && mesh.packetsPerMinute == 60)
        #expect(mesh.types?.map(\.code) == [4, 15])
        let key = (0..<16).map { UInt8($0 * 0x11) }
        #expect(settings.bridge.air.channels == [.everybody, .hashtag("#x"), .key(key)])
    }

    @Test("A radio for MeshCore's air modulates as its firmware does where nothing else is said")
    func airDefaults() throws {
        let air = "air: { radio: { type: udp, listen: 127.0.0.1:7008, peers: [127.0.0.1:7001] } }"
        let settings = try #require(try configuration("meshcore: { links: { \(air) } }").meshCore)
        let lora = try #require(settings.air).lora
        #expect(lora.frequency == Hertz(869_618_000) && lora.bandwidth == Hertz(62_500))
        #expect(lora.spreadingFactor == 8 && lora.codingRate == 5)
        #expect(try configuration("meshcore: { links: { air: false } }").meshCore?.air == nil)
        #expect(try configuration("meshcore: { companion: { listen: false } }").meshCore?.companion?.listen == nil)
    }

    @Test(
        "A value outside its range is refused",
        arguments: [
            ("enabled: 1", "enabled"), ("name: \"\"", "name"), ("name: a name that has 32 bytes is long", "name"),
            ("role: room", "role"), ("companion: { listen: 5000 }", "companion.listen"),
            ("companion: { clients: all }", "companion.clients"),
            ("companion: { client-limit: 0 }", "companion.client-limit"), ("links: { mesh: maybe }", "links.mesh"),
            ("links: { air: true }", "links.air"), ("links: { air: {} }", "links.air.radio"),
            ("links: { air: { radio: { type: openthread, node-id: 1 } } }", "links.air.radio.type"),
            ("role: repeater, companion: { listen: false }", "companion"),
            ("bridge: { mesh: { in: 2 } }", "bridge.mesh.in"),
            ("bridge: { mesh: { types: [news] } }", "bridge.mesh.types[0]"),
            ("bridge: { air: { channels: [heddle] } }", "bridge.air.channels[0]"),
            ("bridge: { air: { packets-per-minute: 0 } }", "bridge.air.packets-per-minute"), ("link: {}", "link"),
            ("applications: { port: 80 }", "applications.port"), ("applications: true", "applications"),
        ])
    func refused(text: String, path: String) {
        let found = problems("meshcore: { \(text) }")
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("/etc/a.yaml:4: meshcore.\(path): found ") == true, "\(found)")
    }

    @Test("Apps that others on the network may pretend to be draw a warning", arguments: ["0.0.0.0", "::", "host"])
    func warning(host: String) throws {
        let endpoint = NetworkEndpoint(host: host, port: 5000)
        let warnings = try configuration("meshcore: { companion: { listen: \"\(endpoint)\" } }").warnings
        #expect(warnings.count == 1 && warnings[0].hasPrefix("meshcore.companion.listen is \(endpoint): "))
        #expect(try configuration("meshcore: { companion: { listen: localhost:5000 } }").warnings == [])
    }

    @Test("The example in the shipped file is one of every key, and can be read")
    func example() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("config/heddled.yaml")
        let lines = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "#meshcore:"))
        let text = lines[start...].prefix { $0.hasPrefix("#") }.map { $0.dropFirst() }.joined(separator: "\n")
        let settings = try #require(try configuration(text).meshCore)
        #expect(settings.name == "alpha" && settings.air != nil)
        #expect(settings.bridge.mesh.types?.count == 5 && settings.bridge.mesh.channels?.count == 2)
    }
}
