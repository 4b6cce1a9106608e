import MeshCoreWire

/// Which radio a node uses and how.
public struct RadioSettings: Equatable, Sendable {
    /// Where the radio is.
    public enum Device: Equatable, Sendable {
        /// A virtual ether that many nodes share over TCP.
        /// - Parameter node: this node's name in the ether's topology.
        case ether(address: NetworkEndpoint, node: String)
        /// The virtual radio of OpenThread's simulation.
        case openThread(OpenThreadSettings)
        /// A Semtech SX1261, SX1262 or SX1268 on a serial interface.
        case sx126x(SX126xSettings)
        /// A LoRa modem with MeshCore's KISS firmware.
        case kiss(KISSSettings)
        /// Raw LoRa frames as UDP datagrams to programs that are named one by one.
        case udp(UDPRadioSettings)
    }

    /// The link profile: how the speed of the link shapes the protocol.
    public enum Profile: String, CaseIterable, Sendable {
        /// LoRa with the radio's own checksum and timers computed from airtime.
        case lora
        /// Frames and timers of Pymesh devices.
        case pymesh
        /// Thread's own figures, 250 kb/s.
        case ieee802154

        /// The longest frame that is sent.
        /// - Units: bytes
        var longestFrame: Int { self == .lora ? 255 : 127 }
    }

    /// The kinds of radio that the file can name.
    private enum Kind: String, CaseIterable {
        case ether
        case openthread
        case sx126x
        case kiss
        case udp
    }

    public var device: Device
    /// Of a radio that modulates otherwise, the defaults.
    public var lora: LoRaSettings
    /// - Default: lora; ieee802154 for OpenThread's simulation
    public var profile: Profile

    /// Nil only if an error was recorded.
    init?(_ mapping: YAMLMapping) {
        let kinds = "ether, openthread, sx126x, kiss or udp"
        let kind: Kind? = mapping.required("type", expected: "the kind of radio: \(kinds)")?.choice()
        switch kind {
        case .ether: self.init(ether: mapping)
        case .openthread: self.init(openThread: mapping)
        case .sx126x: self.init(sx126x: mapping)
        case .kiss: self.init(kiss: mapping)
        case .udp: self.init(udp: mapping)
        case nil:
            // Which keys there should be only the kind tells: all are known, and none is missed.
            for key in ["address", "node", "lora", "profile", "board"] + OpenThreadSettings.keys
                + KISSSettings.keys + UDPRadioSettings.keys
            {
                _ = mapping.optional(key)
            }
            return nil
        }
    }

    private init?(ether mapping: YAMLMapping) {
        let address = mapping.required("address", expected: NetworkEndpoint.expected)?
            .parsed(expected: NetworkEndpoint.expected) { NetworkEndpoint($0) }
        let node = mapping.required("node", expected: "the node's name in the topology file")?.string(bytes: 1...64)
        profile = mapping.optional("profile")?.choice() ?? .lora
        lora = LoRaSettings(mapping.optional("lora")?.mapping(), longestFrame: profile.longestFrame)
        guard let address, let node else { return nil }
        device = .ether(address: address, node: node)
    }

    private init?(sx126x mapping: YAMLMapping) {
        let expected = "a board's file, such as radios/waveshare-sx1262-hat.yaml"
        let board = mapping.required("board", expected: expected).flatMap { value -> SX126xSettings? in
            guard let path = value.path() else { return nil }
            do throws(ConfigurationErrors) { return try SX126xSettings(file: path) } catch {
                return value.refuse(found: "a file with this in it: \(error)", expected: expected)
            }
        }
        let profile: Profile? = mapping.optional("profile")?.choice()
        self.profile = profile ?? .lora
        let lora = mapping.required("lora", expected: Self.regionExpected)
        let settings = lora?.mapping()
        _ = settings?.required("region", expected: Self.lawExpected)
        self.lora = LoRaSettings(settings, longestFrame: self.profile.longestFrame)
        guard let board else { return nil }
        let highest = Int(board.maximumPower) + Int(board.amplifierGain)
        if Int(self.lora.power.value) > highest {
            _ =
                settings?.optional("power")?.refuse(expected: "at most \(highest) dBm, all that the board bears")
                as Int?
        }
        device = .sx126x(board)
    }

    private init?(udp mapping: YAMLMapping) {
        let settings = UDPRadioSettings(mapping)
        profile = mapping.optional("profile")?.choice() ?? .lora
        lora = LoRaSettings(mapping.optional("lora")?.mapping(), longestFrame: profile.longestFrame)
        guard let settings else { return nil }
        device = .udp(settings)
    }

    private init?(kiss mapping: YAMLMapping) {
        let place = KISSSettings(mapping)
        let profile: Profile? = mapping.optional("profile")?
            .parsed(expected: "lora, whose frames go without a check sequence of their own") { text in
                Profile(rawValue: text).flatMap { $0 == .lora ? $0 : nil }
            }
        self.profile = profile ?? .lora
        let lora = mapping.required("lora", expected: Self.regionExpected)
        let settings = lora?.mapping()
        _ = settings?.required("region", expected: Self.lawExpected)
        self.lora = LoRaSettings(
            settings, longestFrame: self.profile.longestFrame,
            preambleLength: KISSRadioParameters.preambleLength)
        guard let place else { return nil }
        device = .kiss(place)
    }

    private static let regionExpected = "a mapping with at least the region whose law is to be kept"
    /// Nobody is on the air by accident, nor under a law that nobody has chosen.
    private static let lawExpected = "the region whose law is kept, or none in a laboratory"

    private init?(openThread mapping: YAMLMapping) {
        let settings = OpenThreadSettings(mapping)
        let profile = mapping.optional("profile")?
            .parsed(expected: "ieee802154 or pymesh, whose frames OpenThread's radios can carry") { text in
                Profile(rawValue: text).flatMap { $0 == .lora ? nil : $0 }
            }
        guard let settings else { return nil }
        device = .openThread(settings)
        lora = LoRaSettings(nil, longestFrame: Profile.ieee802154.longestFrame)
        self.profile = profile ?? .ieee802154
    }
}

/// A host and a TCP or UDP port.
public struct NetworkEndpoint: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, an IPv6 address without its brackets.
    public var host: String
    /// - Range: 1 to 65535
    public var port: UInt16

    /// What a file may say, for errors.
    public static let expected = "host:port, such as 127.0.0.1:7000 or [::1]:7000"

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port` or `[address]:port`.
    /// - Returns: nil when the text is neither.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || "[]/".contains($0) }),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0
        else { return nil }
        self.init(host: String(host), port: port)
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
