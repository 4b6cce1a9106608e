public import WireCore

/// The first 24 bytes of a pcap file.
/// - Source: tcpdump.org, pcap-savefile
public struct PcapFileHeader: Equatable, Sendable {
    /// The unit in which the records' timestamps count below the second.
    public enum Resolution: Equatable, Sendable {
        case microseconds
        case nanoseconds

        /// How many nanoseconds one unit has.
        var nanoseconds: UInt64 {
            switch self {
            case .microseconds: 1000
            case .nanoseconds: 1
            }
        }
    }

    public var byteOrder: ByteOrder
    public var resolution: Resolution
    /// The most bytes of a packet that the file holds.
    public var snapLength: UInt32
    public var linkType: LinkType

    /// The length of the header.
    public static let byteCount = 24
    /// The most that is accepted of one packet, as libpcap does.
    /// - Units: bytes
    public static let maximumPacketLength: UInt32 = 262_144

    private static let microsecondMagic: UInt32 = 0xa1b2_c3d4
    private static let nanosecondMagic: UInt32 = 0xa1b2_3c4d

    public init(
        linkType: LinkType, byteOrder: ByteOrder = .littleEndian, resolution: Resolution = .microseconds,
        snapLength: UInt32 = 65_535
    ) {
        self.linkType = linkType
        self.byteOrder = byteOrder
        self.resolution = resolution
        self.snapLength = snapLength
    }

    /// - Throws: `.invalid` for another magic number, `.unsupported` for another version than 2, `.truncated`.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let start = reader.offset
        let magic = try reader.readUInt32("pcap magic number")
        switch magic {
        case Self.microsecondMagic: (byteOrder, resolution) = (.bigEndian, .microseconds)
        case Self.nanosecondMagic: (byteOrder, resolution) = (.bigEndian, .nanoseconds)
        case Self.microsecondMagic.byteSwapped: (byteOrder, resolution) = (.littleEndian, .microseconds)
        case Self.nanosecondMagic.byteSwapped: (byteOrder, resolution) = (.littleEndian, .nanoseconds)
        case let other:
            throw ParseError(field: "pcap magic number", offset: start, reason: .invalid(value: UInt64(other)))
        }
        let versionOffset = reader.offset
        let major = try reader.readUInt16(byteOrder, "pcap version")
        try reader.skip(2, "pcap minor version")
        guard major == 2 else {
            throw ParseError(field: "pcap version", offset: versionOffset, reason: .unsupported(value: UInt64(major)))
        }
        try reader.skip(8, "pcap reserved")
        snapLength = try reader.readUInt32(byteOrder, "pcap snapshot length")
        // The upper half tells the length of a frame check sequence, which the link types in use fix anyway.
        let type = try reader.readUInt32(byteOrder, "pcap link type")
        linkType = LinkType(rawValue: UInt16(truncatingIfNeeded: type))
    }

    public var byteCount: Int { Self.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        let magic =
            switch resolution {
            case .microseconds: Self.microsecondMagic
            case .nanoseconds: Self.nanosecondMagic
            }
        writer.write(UInt64(magic), count: 4, byteOrder)
        writer.write(2, count: 2, byteOrder)
        writer.write(4, count: 2, byteOrder)
        writer.write(0, count: 8, byteOrder)
        writer.write(UInt64(snapLength), count: 4, byteOrder)
        writer.write(UInt64(linkType.rawValue), count: 4, byteOrder)
    }
}
