/// What kind of packets a capture file holds.
/// - Source: the link-layer header types of tcpdump.org
public struct LinkType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let ethernet = LinkType(rawValue: 1)
    /// IP without a link header.
    public static let raw = LinkType(rawValue: 101)
    /// IEEE 802.15.4 frames that end with their frame check sequence.
    public static let ieee802154 = LinkType(rawValue: 195)
    /// IEEE 802.15.4 frames without a frame check sequence.
    public static let ieee802154WithoutFCS = LinkType(rawValue: 230)
    /// IEEE 802.15.4 frames behind a header of type-length-values.
    public static let ieee802154TAP = LinkType(rawValue: 283)
}

/// One packet of a capture file.
public struct CapturedPacket: Equatable, Sendable {
    /// Since the beginning of 1970; nil where the file tells none (a pcapng simple packet block).
    /// - Units: ns
    public var timestamp: UInt64?
    public var linkType: LinkType
    /// How long the packet was before it was cut to what the file holds.
    /// - Units: bytes
    public var originalLength: UInt32
    /// The packet as far as it was captured.
    public var bytes: [UInt8]

    public init(timestamp: UInt64?, linkType: LinkType, originalLength: UInt32, bytes: [UInt8]) {
        self.timestamp = timestamp
        self.linkType = linkType
        self.originalLength = originalLength
        self.bytes = bytes
    }
}
