public import WireCore

/// The fixed header of every IPv6 datagram.
/// - Source: RFC 8200 §3
public struct IPv6Header: Equatable, Sendable {
    /// How many bytes the header takes.
    public static let byteCount = 40
    /// Where in the header the source address stands.
    /// - Units: bytes
    public static let sourceOffset = 8
    /// The smallest datagram size that every link must carry.
    /// - Units: bytes
    /// - Source: RFC 8200 §5
    public static let minimumMTU = 1280

    /// Differentiated services code point (high 6 bits) and explicit congestion notification (low 2 bits).
    public var trafficClass: UInt8
    /// - Range: 20 bits
    public var flowLabel: UInt32 {
        didSet { flowLabel &= 0xf_ffff }
    }
    /// How many bytes follow this header.
    public var payloadLength: UInt16
    public var nextHeader: NextHeader
    /// How many more times the datagram may be forwarded.
    public var hopLimit: UInt8
    public var source: IPv6Address
    public var destination: IPv6Address

    public init(
        trafficClass: UInt8 = 0, flowLabel: UInt32 = 0, payloadLength: UInt16, nextHeader: NextHeader, hopLimit: UInt8,
        source: IPv6Address, destination: IPv6Address
    ) {
        self.trafficClass = trafficClass
        self.flowLabel = flowLabel & 0xf_ffff
        self.payloadLength = payloadLength
        self.nextHeader = nextHeader
        self.hopLimit = hopLimit
        self.source = source
        self.destination = destination
    }

    /// - Throws: `.invalid` when the version is not 6, `.truncated` when fewer than 40 bytes are left.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        try reader.require(Self.byteCount, "IPv6 header")
        let start = reader.offset
        let word = try reader.readUInt32("IPv6 version")
        guard word >> 28 == 6 else {
            throw ParseError(field: "IPv6 version", offset: start, reason: .invalid(value: UInt64(word >> 28)))
        }
        trafficClass = UInt8(truncatingIfNeeded: word >> 20)
        flowLabel = word & 0xf_ffff
        payloadLength = try reader.readUInt16("IPv6 payload length")
        nextHeader = NextHeader(rawValue: try reader.readUInt8("IPv6 next header"))
        hopLimit = try reader.readUInt8("IPv6 hop limit")
        source = try IPv6Address(parsing: &reader, "IPv6 source address")
        destination = try IPv6Address(parsing: &reader, "IPv6 destination address")
    }

    public var byteCount: Int { Self.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        let word = 6 << 28 | UInt32(trafficClass) << 20 | flowLabel
        let rest = UInt32(payloadLength) << 16 | UInt32(nextHeader.rawValue) << 8 | UInt32(hopLimit)
        writer.write([UInt64(word) << 32 | UInt64(rest), source.high, source.low, destination.high, destination.low])
    }
}
