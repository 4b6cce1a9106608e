public import ThreadWire
import WireCore

/// Which Thread network a node belongs to.
public struct NetworkSettings: Equatable, Sendable {
    /// Whether the node brings its interface up and attaches when the daemon starts.
    /// - Default: false
    public var autostart: Bool
    /// The network's parameters; nil when the file has no key: the node then uses those in its state, or waits
    /// for commands.
    public var dataset: DatasetSettings?
    /// The radio's own address; nil when it is to be made at random once and kept in the state.
    public var extendedAddress: ExtendedAddress?

    init(_ mapping: YAMLMapping?) {
        autostart = mapping?.optional("autostart")?.boolean() ?? false
        dataset = mapping.flatMap(DatasetSettings.init)
        extendedAddress = mapping?.optional("extended-address")?
            .parsed(expected: "16 hexadecimal digits, not all zeros or all f") { Self.address($0) }
    }

    /// An address of sixteen hexadecimal digits that a device may have.
    static func address(_ text: String) -> ExtendedAddress? {
        guard let value = word(text), value != 0, value != .max else { return nil }
        return ExtendedAddress(rawValue: value)
    }

    /// The number that exactly sixteen hexadecimal digits stand for.
    fileprivate static func word(_ text: String) -> UInt64? {
        guard let digits = bytes(hexadecimal: text), digits.count == 8 else { return nil }
        return digits.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The parameters that all nodes of a network must share, as OpenThread's active dataset holds them.
public struct DatasetSettings: Equatable, Sendable {
    /// The network key; secret.
    /// - Range: 16 bytes
    public var key: [UInt8]
    /// - Range: 11 to 26
    /// - Default: 15
    public var channel: UInt8
    /// - Range: 0 to 0xfffe
    /// - Default: 0x1234
    public var panID: PANID
    /// - Range: 1 to 16 bytes of UTF-8
    /// - Default: heddle
    public var name: String
    /// - Range: 64 bits long, within fd00::/8
    /// - Default: fdde:ad00:beef::/64
    public var meshLocalPrefix: IPv6Prefix
    /// The extended PAN ID, in the order people write it.
    /// - Default: dead00beef00cafe
    public var extendedPANID: UInt64

    /// Nil without a key.
    init?(_ mapping: YAMLMapping) {
        let key = mapping.optional("key")
        let channel = mapping.optional("channel")
        let panID = mapping.optional("pan-id")
        let name = mapping.optional("name")
        let prefix = mapping.optional("mesh-local-prefix")
        let extendedPANID = mapping.optional("extended-pan-id")
        self.channel = UInt8(channel?.integer(in: 11...26) ?? 15)
        self.panID = PANID(rawValue: UInt16(panID?.integer(in: 0...0xfffe) ?? 0x1234))
        self.name = name?.string(bytes: 1...16) ?? "heddle"
        meshLocalPrefix =
            prefix?.parsed(expected: "a prefix of 64 bits within fd00::/8, such as fdde:ad00:beef::/64") { text in
                guard let prefix = IPv6Prefix(text), prefix.length == 64, prefix.address[0] == 0xfd else { return nil }
                return prefix
            } ?? IPv6Prefix(IPv6Address(high: 0xfdde_ad00_beef_0000, low: 0), length: 64)
        self.extendedPANID =
            extendedPANID?.parsed(expected: "16 hexadecimal digits") { NetworkSettings.word($0) }
            ?? 0xdead_00be_ef00_cafe
        guard let key else {
            // The other parameters make no network: better to say so than to ignore them.
            if [channel, panID, name, prefix, extendedPANID].contains(where: { $0 != nil }) {
                _ = mapping.required("key", expected: "the network key of 32 hexadecimal digits")
            }
            return nil
        }
        let keyBytes = key.parsed(expected: "32 hexadecimal digits", secret: true) { text in
            bytes(hexadecimal: text).flatMap { $0.count == 16 ? $0 : nil }
        }
        guard let keyBytes else { return nil }
        self.key = keyBytes
    }
}
