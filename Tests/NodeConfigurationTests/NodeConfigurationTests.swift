import EngineCore
import LoRaPHY
import Foundation
import NodeConfiguration
import TestSupport
import Testing
import ThreadWire

@Suite struct NodeConfigurationTests {
    private static let minimal = """
        state: ./var/a.sqlite
        control: ./run/a.sock
        radio: { type: ether, address: "127.0.0.1:7000", node: A }

        """

    private func problems(_ text: String) -> [String] {
        do {
            _ = try NodeConfiguration(text: text, file: "a.yaml")
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("Every key is read into its typed value")
    func everyKey() throws {
        let text = """
            state: ./var/a.sqlite
            control: ./run/a.sock
            log: { level: debug, modules: { mac: trace } }
            radio:
              type: ether
              address: "[::1]:7001"
              node: A
              lora: { region: US915, frequency: 915000000, bandwidth: 500000, spreading-factor: 12, coding-rate: 8,
                      power: -9, antenna-gain: -1.5, control-share: 25, sync-word: 0x2b }
              profile: pymesh
            network: { autostart: true, key: "0134C0DE1AB51234C0DE1AB5CA1A110F", channel: 26, pan-id: 0xabcd,
                       name: "sixteen bytes ok", mesh-local-prefix: "fd00:1:2:3::/64",
                       extended-pan-id: "1111111122222222", extended-address: "0200000000000001" }
            tun: { enabled: true, name: mesh0 }
            device: { eui64: "18b4300000000001", vendor: Loom, model: "a model" }
            sockets: 64
            """
        let configuration = try NodeConfiguration(text: text, file: "/etc/heddle/a.yaml")
        #expect(configuration.file == "/etc/heddle/a.yaml")
        #expect(configuration.state == "/etc/heddle/var/a.sqlite")
        #expect(configuration.control == "/etc/heddle/run/a.sock")
        #expect(configuration.log.level == .debug)
        #expect(configuration.log.modules == ["mac": .trace])
        #expect(configuration.radio.device == .ether(address: NetworkEndpoint(host: "::1", port: 7001), node: "A"))
        #expect(configuration.radio.profile == .pymesh)
        let lora = configuration.radio.lora
        #expect(lora.region == .us915)
        #expect(lora.rules == Region.us915.subBands[0])
        #expect(lora.antennaGain == Decibels(-1.5))
        #expect(lora.controlShare == 25)
        #expect(lora.syncWord == 0x2b)
        #expect(lora.frequency == Hertz(915_000_000))
        #expect(lora.bandwidth == Hertz(500_000))
        #expect(lora.spreadingFactor == 12)
        #expect(lora.codingRate == 8)
        #expect(lora.power == DecibelMilliwatts(-9))
        let network = configuration.network
        #expect(network.autostart)
        #expect(network.extendedAddress == ExtendedAddress(rawValue: 0x0200_0000_0000_0001))
        let dataset = try #require(network.dataset)
        #expect(dataset.key.count == 16 && dataset.key[..<4] == [0x01, 0x34, 0xc0, 0xde] && dataset.key[15] == 0x0f)
        #expect(dataset.channel == 26)
        #expect(dataset.panID == PANID(rawValue: 0xabcd))
        #expect(dataset.name == "sixteen bytes ok")
        #expect(dataset.meshLocalPrefix == IPv6Prefix("fd00:1:2:3::/64"))
        #expect(dataset.extendedPANID == 0x1111_1111_2222_2222)
        #expect(configuration.tun.enabled)
        #expect(configuration.tun.name == "mesh0")
        #expect(configuration.device.eui64 == ExtendedAddress(rawValue: 0x18b4_3000_0000_0001))
        #expect(configuration.device.vendor == "Loom" && configuration.device.model == "a model")
        #expect(configuration.sockets == 64)
    }

    @Test("What a file leaves out has its default")
    func defaults() throws {
        let configuration = try NodeConfiguration(text: Self.minimal, file: "a.yaml")
        #expect(configuration.log.level == .info && configuration.log.modules.isEmpty)
        #expect(configuration.radio.profile == .lora)
        let lora = configuration.radio.lora
        #expect(
            lora.region == nil && lora.rules == nil && lora.frequency == Hertz(869_525_000)
                && lora.bandwidth == Hertz(250_000))
        #expect(lora.spreadingFactor == 7 && lora.codingRate == 5 && lora.power == DecibelMilliwatts(14))
        #expect(!configuration.network.autostart)
        #expect(configuration.network.dataset == nil && configuration.network.extendedAddress == nil)
        #expect(!configuration.tun.enabled && configuration.tun.name == "wpan0")
        #expect(configuration.device.eui64 == nil && configuration.device.vendor == "Heddle")
        #expect(configuration.device.model == "heddled")
        #expect(configuration.sockets == 3)

        let keyed = Self.minimal + "network: { key: 0134C0DE1AB51234C0DE1AB5CA1A110F }"
        let dataset = try #require(try NodeConfiguration(text: keyed, file: "a.yaml").network.dataset)
        #expect(dataset.channel == 15 && dataset.panID == PANID(rawValue: 0x1234) && dataset.name == "heddle")
        #expect(dataset.meshLocalPrefix == IPv6Prefix("fdde:ad00:beef::/64"))
        #expect(dataset.extendedPANID == 0xdead_00be_ef00_cafe)
    }

    @Test(
        "What would break the law of the region is refused with the rule",
        arguments: [
            (
                "region: EU868, power: 15, frequency: 868300000",
                "up to 14 dBm with this antenna from 868.000 to 868.600"
            ),
            ("region: EU868, power: 14, antenna-gain: 8, frequency: 868300000", "up to 8 dBm with this antenna"),
            (
                "region: EU868, frequency: 868650000",
                "868.650 MHz with 250 kHz does not lie within one of EU868's bands"
            ),
            ("region: US915", "869.525 MHz with 250 kHz does not lie within one of US915's bands"),
            ("region: US915, frequency: 915000000, spreading-factor: 9", "400 ms a transmission"),
            ("region: JP920, frequency: 921000000, power: 10", "channels of up to 200 kHz"),
        ])
    func law(lora: String, rule: String) {
        let text = "state: a\ncontrol: b\nradio: { type: ether, address: \"[::1]:7\", node: A, lora: { \(lora) } }\n"
        let errors = #expect(throws: ConfigurationErrors.self) { try NodeConfiguration(text: text, file: "a.yaml") }
        #expect(errors?.errors.map(\.keyPath) == ["radio.lora.region"])
        #expect(errors?.description.contains(rule) == true, "\(String(describing: errors))")
    }

    @Test("Every missing required key is named")
    func missing() {
        #expect(
            problems("log: { level: info }") == [
                "a.yaml:1: state: found nothing, expected the path of the state file",
                "a.yaml:1: control: found nothing, expected the path of the control socket",
                "a.yaml:1: radio: found nothing, expected a mapping with the radio's settings",
            ])
        #expect(
            problems("state: a\ncontrol: b\nradio: {}") == [
                "a.yaml:3: radio.type: found nothing, expected the kind of radio: ether, openthread, sx126x, kiss or udp"
            ])
        #expect(problems("state: a\ncontrol: b\nradio: { type: ether }").count == 2)
        #expect(problems("state: a\ncontrol: b\nradio: { type: openthread }").count == 1)
    }

    @Test(
        "A value outside its range is refused",
        arguments: [
            "radio.lora.spreading-factor: 4", "radio.lora.spreading-factor: 13", "radio.lora.bandwidth: 200000",
            "radio.lora.coding-rate: 4", "radio.lora.coding-rate: 9", "radio.lora.power: -10", "radio.lora.power: 34",
            "radio.lora.frequency: 149999999", "radio.lora.frequency: 960000001", "radio.lora.frequency: 869.525",
            "radio.lora.region: EU900", "radio.profile: wifi", "network.channel: 10", "network.channel: 27",
            "network.pan-id: 0xffff", "network.pan-id: -1", "network.name: 17 bytes of a name", "network.name: \"\"",
            "network.mesh-local-prefix: \"fdde:ad00::/48\"", "network.mesh-local-prefix: \"2001:db8::/64\"",
            "network.mesh-local-prefix: x", "network.extended-pan-id: \"dead\"", "network.autostart: 1",
            "network.extended-address: \"0000000000000000\"", "network.extended-address: \"ffffffffffffffff\"",
            "network.extended-address: \"020000000000000g\"", "tun.name: sixteen-bytes-00", "tun.name: a/b",
            "tun.name: \"a b\"", "tun.enabled: maybe", "log.level: loud", "log.modules: [mac]",
            "device.eui64: \"0000000000000000\"", "device.vendor: \"\"", "device.model: \"\"",
        ])
    func outOfRange(line: String) throws {
        let parts = line.split(separator: " ", maxSplits: 1)
        let path = String(parts[0].dropLast())
        let names = path.split(separator: ".").map(String.init)
        var text = "state: a\ncontrol: b\n"
        var sections = [
            "radio": "type: ether, address: \"a:1\", node: A",
            "network": "key: \"\(String(repeating: "0a", count: 16))\"",
            "tun": "", "log": "", "device": "",
        ]
        let inner = names.dropFirst().reversed().reduce(String(parts[1])) { value, name in
            value == parts[1] ? "\(name): \(value)" : "\(name): { \(value) }"
        }
        let section = try #require(sections[names[0]])
        sections[names[0]] = section + (section.isEmpty ? "" : ", ") + inner
        for (name, body) in sections { text += "\(name): { \(body) }\n" }
        let found = problems(text)
        #expect(found.count == 1 && found[0].contains(": \(path): found"), "\(text)\n\(found)")
    }

    @Test("A number of sockets that no program can have is refused", arguments: ["0", "65", "-1", "three", "[3]"])
    func sockets(value: String) {
        let found = problems(Self.minimal + "sockets: \(value)")
        #expect(found.count == 1 && found[0].contains(": sockets: found"), "\(found)")
    }

    @Test("A key of the wrong length is refused without being shown", arguments: ["0134C0DE", "zz", "[0134]"])
    func wrongKey(key: String) {
        let found = problems(Self.minimal + "network: { key: \(key) }")
        #expect(found.count == 1)
        #expect(!found.joined().contains("0134") && !found.joined().contains("zz"))
    }

    @Test("Parameters of a network without its key are refused")
    func parametersWithoutKey() {
        #expect(
            problems(Self.minimal + "network: { channel: 15 }") == [
                "a.yaml:4: network.key: found nothing, expected the network key of 32 hexadecimal digits"
            ])
    }

    @Test("A misspelt key is reported with the one that was meant")
    func misspelt() {
        #expect(
            problems(Self.minimal + "netwerk: { autostart: true }") == [
                "a.yaml:4: netwerk: found an unknown key, expected one of state, on-damaged-state, control, log, radio, "
                    + "network, tun, device, border-router, meshcore, metrics, sockets (did you mean `network`?)"
            ])
        #expect(problems(Self.minimal + "tun: { enable: true }").first?.contains("did you mean `enabled`?") == true)
    }

    @Test(
        "What is no host and port is refused",
        arguments: ["127.0.0.1", ":7000", "a:0", "a:65536", "::1:7000", "a:b", "[::1]", "[]:1", "a b:1", "a:+1"])
    func notAnEndpoint(text: String) {
        #expect(NetworkEndpoint(text) == nil)
        #expect(problems(Self.minimal.replacingOccurrences(of: "127.0.0.1:7000", with: text)).count == 1)
    }

    @Test("An endpoint is printed as it is read", arguments: ["127.0.0.1:7000", "[::1]:1", "host.local:65535"])
    func endpoint(text: String) {
        #expect(NetworkEndpoint(text)?.description == text)
    }
}

@Suite struct OpenThreadConfigurationTests {
    private func configuration(_ radio: String) throws(ConfigurationErrors) -> NodeConfiguration {
        try NodeConfiguration(text: "state: a\ncontrol: b\nradio: { type: openthread, \(radio) }", file: "a.yaml")
    }

    private func problems(_ radio: String) -> [String] {
        do {
            _ = try configuration(radio)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    private func openThread(_ radio: RadioSettings) -> OpenThreadSettings? {
        guard case .openThread(let settings) = radio.device else { return nil }
        return settings
    }

    @Test("A radio of OpenThread's simulation needs its number alone")
    func defaults() throws {
        let radio = try configuration("node-id: 3").radio
        let settings = try #require(openThread(radio))
        #expect(settings.nodeID == 3 && settings.portBase == 9000 && settings.interface == "127.0.0.1")
        #expect(radio.profile == .ieee802154)
    }

    @Test("Every key is read, and the limits of their ranges are within")
    func everyKey() throws {
        for (nodeID, portBase) in [(1, 1), (33, 65502)] {
            let text = "node-id: \(nodeID), port-base: \(portBase), interface: 127.255.0.9, profile: pymesh"
            let radio = try configuration(text).radio
            let settings = try #require(openThread(radio))
            #expect(settings.nodeID == nodeID && settings.portBase == portBase && settings.interface == "127.255.0.9")
            #expect(radio.profile == .pymesh)
        }
    }

    @Test(
        "A value outside its range is refused",
        arguments: [
            "node-id: 0", "node-id: 34", "node-id: A", "port-base: 0", "port-base: 65503", "port-base: nine",
            "interface: 0.0.0.0", "interface: 10.0.0.1", "interface: 128.0.0.1", "interface: lo", "interface: 127.0.0",
            "interface: 127.0.0.256", "interface: \"::1\"", "interface: \"127.0.0.1:9000\"", "interface: 127..0.1",
            "interface: 127.0.0.+1", "profile: lora", "profile: wifi",
        ])
    func outOfRange(line: String) {
        let key = String(line.prefix { $0 != ":" })
        let found = problems(key == "node-id" ? line : "node-id: 3, \(line)")
        #expect(found.count == 1 && found[0].contains(": radio.\(key): found"), "\(found)")
    }

    @Test("All mistakes are told at once")
    func allAtOnce() {
        let found = problems("port-base: 0, interface: eth0, profile: lora")
        #expect(found.count == 4 && found.contains { $0.contains("radio.node-id: found nothing") }, "\(found)")
    }

    @Test("Keys of another kind of radio are refused", arguments: ["address: \"127.0.0.1:1\"", "node: A", "lora: {}"])
    func foreignKeys(key: String) {
        let found = problems("node-id: 3, \(key)")
        #expect(found.count == 1 && found[0].contains("found an unknown key"), "\(found)")
        #expect(throws: ConfigurationErrors.self) {
            try NodeConfiguration(
                text: "state: a\ncontrol: b\nradio: { type: ether, address: \"a:1\", node: A, node-id: 3 }",
                file: "a.yaml")
        }
    }

    @Test("Of a radio of an unknown kind no key is called missing or unknown")
    func unknownKind() {
        let text = "state: a\ncontrol: b\nradio: { type: openthred, node-id: 3, lora: {} }"
        #expect(throws: ConfigurationErrors.self) { try NodeConfiguration(text: text, file: "a.yaml") }
        do {
            _ = try NodeConfiguration(text: text, file: "a.yaml")
        } catch {
            #expect(
                error.errors.map(\.description) == [
                    "a.yaml:3: radio.type: found `openthred`, expected one of ether, openthread, sx126x, kiss, udp "
                        + "(did you mean `openthread`?)"
                ])
        }
    }
}

@Suite struct FilePermissionsTests {
    @Test("A file with a network key that others can read draws a warning with the command to run")
    func readableKey() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.yaml").path
        let state = folder.appendingPathComponent("a b.sqlite").path
        let text = """
            state: ./a b.sqlite
            control: ./a.sock
            radio: { type: ether, address: "127.0.0.1:7000", node: A }

            """
        func warnings(key: Bool, mode: Int) throws -> [String] {
            let network = key ? "network: { key: 0134C0DE1AB51234C0DE1AB5CA1A110F }" : ""
            try Data((text + network).utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            return try NodeConfiguration(file: file).warnings
        }
        #expect(try warnings(key: true, mode: 0o600).isEmpty)
        #expect(try warnings(key: false, mode: 0o644).isEmpty)
        let open = try warnings(key: true, mode: 0o640)
        #expect(open.count == 1 && open[0].hasSuffix("run: chmod 600 \(file)"), "\(open)")

        // An administrator lends it to the group of the daemon: `chown root:heddle`, `chmod 640`.
        if geteuid() == 0 {
            #expect(chown(file, 1, getegid()) == 0)
            #expect(try NodeConfiguration(file: file).warnings.isEmpty)
            try FileManager.default.setAttributes([.posixPermissions: 0o660], ofItemAtPath: file)
            #expect(try NodeConfiguration(file: file).warnings.count == 1)
        }

        try Data().write(to: URL(fileURLWithPath: state))
        try FileManager.default.setAttributes([.posixPermissions: 0o604], ofItemAtPath: state)
        let openState = try warnings(key: false, mode: 0o644)
        #expect(openState.count == 1 && openState[0].hasSuffix("run: chmod 600 '\(state)'"), "\(openState)")
    }
}

@Suite struct ShippedConfigurationTests {
    private static let folder = Fixtures.directory.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("config")

    @Test("The shipped configuration loads, with its optional keys as they are and filled in")
    func shipped() throws {
        let file = Self.folder.appendingPathComponent("heddled.yaml")
        let configuration = try NodeConfiguration(file: file.path)
        #expect(configuration.network.dataset == nil)
        let text = try String(contentsOf: file, encoding: .utf8)
        let filled = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let body = line.drop { $0 == " " }
            guard body.hasPrefix("#"), body.dropFirst().first?.isLetter == true else { return String(line) }
            return String(repeating: " ", count: line.count - body.count) + body.dropFirst()
        }.joined(separator: "\n")
        let complete = try NodeConfiguration(text: filled, file: file.path)
        #expect(complete.log.modules.count == 2)
        #expect(complete.network.extendedAddress != nil)
        let defaults = try NodeConfiguration(
            text: "state: a\ncontrol: b\nradio: {type: ether, address: \"a:1\", node: A}\nnetwork: {key: "
                + String(repeating: "00", count: 16) + "}", file: "a.yaml")
        // What the comments call defaults are the defaults.
        var dataset = try #require(complete.network.dataset)
        dataset.key = [UInt8](repeating: 0, count: 16)
        #expect(dataset == defaults.network.dataset)
        #expect(complete.radio.lora == defaults.radio.lora && complete.radio.profile == defaults.radio.profile)
        #expect(complete.device.vendor == defaults.device.vendor && complete.device.model == defaults.device.model)
        var tun = complete.tun
        #expect(tun.namespace == "mesh")
        tun.namespace = nil
        #expect(tun == defaults.tun && complete.log.level == defaults.log.level)
        #expect(complete.sockets == defaults.sockets)
    }

    @Test("The radio of OpenThread's simulation in the shipped configuration loads, with the defaults it tells")
    func shippedOpenThread() throws {
        let file = Self.folder.appendingPathComponent("heddled.yaml")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let radio = lines.prefix { $0 != "network:" }.filter { $0.hasPrefix("#  ") }.map { $0.dropFirst(3) }
        #expect(radio.count > 4)
        let text = "state: a\ncontrol: b\n" + radio.joined(separator: "\n")
        let shipped = try NodeConfiguration(text: text, file: "a.yaml")
        let defaults = try NodeConfiguration(
            text: "state: a\ncontrol: b\nradio: { type: openthread, node-id: 3 }", file: "a.yaml")
        #expect(shipped.radio == defaults.radio)
    }

    @Test("The demonstration nodes share a network and differ in all else", arguments: ["a", "b", "c"])
    func demonstration(name: String) throws {
        let configuration = try NodeConfiguration(
            file: Self.folder.appendingPathComponent("demo/\(name).yaml").path)
        let first = try NodeConfiguration(file: Self.folder.appendingPathComponent("demo/a.yaml").path)
        #expect(configuration.network == first.network)
        #expect(configuration.network.dataset != nil)
        #expect(configuration.state.hasSuffix("demo/var/\(name).sqlite"))
        #expect(configuration.control.hasSuffix("demo/run/\(name).sock"))
        let address = NetworkEndpoint(host: "127.0.0.1", port: 7000)
        #expect(configuration.radio.device == .ether(address: address, node: name.uppercased()))
    }
}
