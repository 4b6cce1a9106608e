public import EngineCore

/// Which radio a node uses and how.
public struct RadioSettings: Equatable, Sendable {
    /// Where the radio is.
    public enum Device: Equatable, Sendable {
        /// A virtual ether that many nodes share over TCP.
        /// - Parameter node: this node's name in the ether's topology.
        case ether(address: NetworkEndpoint, node: String)
        /// The virtual radio of OpenThread's simulation.
        case openThread(OpenThreadSettings)
    }

    /// The link profile: how the speed of the link shapes the protocol.
    public enum Profile: String, CaseIterable, Sendable {
        /// LoRa with the radio's own checksum and timers computed from airtime.
        case lora
        /// Frames and timers of Pymesh devices.
        case pymesh
        /// Thread's own figures, 250 kb/s.
        case ieee802154
    }

    /// The kinds of radio that the file can name.
    private enum Kind: String, CaseIterable {
        case ether
        case openthread
    }

    public var device: Device
    /// Of a radio that modulates otherwise, the defaults.
    public var lora: LoRaSettings
    /// - Default: lora; ieee802154 for OpenThread's simulation
    public var profile: Profile

    /// Nil only if an error was recorded.
    init?(_ mapping: YAMLMapping) {
        let kinds = Kind.allCases.map(\.rawValue).joined(separator: " or ")
        let kind: Kind? = mapping.required("type", expected: "the kind of radio: \(kinds)")?.choice()
        switch kind {
        case .ether: self.init(ether: mapping)
        case .openthread: self.init(openThread: mapping)
        case nil:
            // Which keys there should be only the kind tells: all are known, and none is missed.
            for key in ["address", "node", "lora", "profile"] + OpenThreadSettings.keys { _ = mapping.optional(key) }
            return nil
        }
    }

    private init?(ether mapping: YAMLMapping) {
        let address = mapping.required("address", expected: NetworkEndpoint.expected)?
            .parsed(expected: NetworkEndpoint.expected) { NetworkEndpoint($0) }
        let node = mapping.required("node", expected: "the node's name in the topology file")?.string(bytes: 1...64)
        lora = LoRaSettings(mapping.optional("lora")?.mapping())
        profile = mapping.optional("profile")?.choice() ?? .lora
        guard let address, let node else { return nil }
        device = .ether(address: address, node: node)
    }

    private init?(openThread mapping: YAMLMapping) {
        let settings = OpenThreadSettings(mapping)
        let profile = mapping.optional("profile")?
            .parsed(expected: "ieee802154 or pymesh, whose frames OpenThread's radios can carry") { text in
                Profile(rawValue: text).flatMap { $0 == .lora ? nil : $0 }
            }
        guard let settings else { return nil }
        device = .openThread(settings)
        lora = LoRaSettings(nil)
        self.profile = profile ?? .ieee802154
    }
}

/// How a LoRa radio modulates.
public struct LoRaSettings: Equatable, Sendable {
    /// A region's rules for bands, power and duty cycle.
    public enum Region: String, CaseIterable, Sendable {
        case eu868 = "EU868"
        case eu433 = "EU433"
        case us915 = "US915"
        case au915 = "AU915"
        case as923 = "AS923"
        case in865 = "IN865"
        case kr920 = "KR920"
        case jp920 = "JP920"
        /// No rules: for cables and virtual ethers.
        case none
    }

    /// - Default: EU868
    public var region: Region
    /// The carrier's frequency.
    /// - Range: 150 to 960 MHz
    /// - Default: 869.525 MHz
    public var frequency: Hertz
    /// - Range: one of ``bandwidths``
    /// - Default: 250 kHz
    public var bandwidth: Hertz
    /// - Range: 5 to 12
    /// - Default: 7
    public var spreadingFactor: UInt8
    /// The denominator of the code rate: 5 stands for 4/5.
    /// - Range: 5 to 8
    /// - Default: 5
    public var codingRate: UInt8
    /// The power at the antenna connector.
    /// - Range: -9 to 22 dBm, whole numbers
    /// - Default: 14 dBm
    public var power: DecibelMilliwatts

    /// The bandwidths that SX126x chips have.
    /// - Units: Hz
    public static let bandwidths: [Int] = [
        7810, 10420, 15630, 20830, 31250, 41670, 62500, 125_000, 250_000, 500_000,
    ]

    init(_ mapping: YAMLMapping?) {
        region = mapping?.optional("region")?.choice() ?? .eu868
        let frequency = mapping?.optional("frequency")?.integer(in: 150_000_000...960_000_000, unit: "Hz")
        self.frequency = Hertz(UInt64(frequency ?? 869_525_000))
        let expected = "one of " + Self.bandwidths.map(String.init).joined(separator: ", ") + " Hz"
        let bandwidth = mapping?.optional("bandwidth")?.parsed(expected: expected) { text in
            Int(text).flatMap { Self.bandwidths.contains($0) ? $0 : nil }
        }
        self.bandwidth = Hertz(UInt64(bandwidth ?? 250_000))
        spreadingFactor = UInt8(mapping?.optional("spreading-factor")?.integer(in: 5...12) ?? 7)
        codingRate = UInt8(mapping?.optional("coding-rate")?.integer(in: 5...8) ?? 5)
        power = DecibelMilliwatts(Double(mapping?.optional("power")?.integer(in: -9...22, unit: "dBm") ?? 14))
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
