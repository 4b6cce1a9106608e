public import WireCore

/// One packet of a pcap file with its record header. How it is written depends on the file's header, so that is
/// passed along: a writer serializes the header once and then record after record.
/// - Source: tcpdump.org, pcap-savefile
public struct PcapRecord: Equatable, Sendable {
    /// Since the beginning of 1970; the file keeps what its resolution can, and the lowest 32 bits of the seconds.
    /// - Units: ns
    public var timestamp: UInt64
    /// How long the packet was on the wire.
    /// - Units: bytes
    public var originalLength: UInt32
    /// The packet as far as it was captured.
    public var bytes: [UInt8]

    public init(timestamp: UInt64, bytes: [UInt8]) {
        self.init(timestamp: timestamp, originalLength: UInt32(truncatingIfNeeded: bytes.count), bytes: bytes)
    }

    public init(timestamp: UInt64, originalLength: UInt32, bytes: [UInt8]) {
        self.timestamp = timestamp
        self.originalLength = originalLength
        self.bytes = bytes
    }

    /// - Throws: `.invalid` for a packet longer than `PcapFileHeader.maximumPacketLength`, `.truncated`.
    public init(parsing reader: inout ByteReader, of file: PcapFileHeader) throws(ParseError) {
        let seconds = try reader.readUInt32(file.byteOrder, "record seconds")
        let fraction = try reader.readUInt32(file.byteOrder, "record fraction of a second")
        // Both factors have 32 bits at the most, so neither product nor sum can overflow.
        timestamp = UInt64(seconds) * 1_000_000_000 + UInt64(fraction) * file.resolution.nanoseconds
        let lengthOffset = reader.offset
        let length = try reader.readUInt32(file.byteOrder, "record captured length")
        originalLength = try reader.readUInt32(file.byteOrder, "record original length")
        guard length <= PcapFileHeader.maximumPacketLength else {
            throw ParseError(
                field: "record captured length", offset: lengthOffset, reason: .invalid(value: UInt64(length)))
        }
        bytes = try reader.readBytes(Int(length), "record packet")
    }

    public var byteCount: Int { 16 + bytes.count }

    public func serialize(into writer: inout ByteWriter, of file: PcapFileHeader) {
        let fraction = timestamp % 1_000_000_000 / file.resolution.nanoseconds
        writer.write(timestamp / 1_000_000_000, count: 4, file.byteOrder)
        writer.write(fraction, count: 4, file.byteOrder)
        writer.write(UInt64(bytes.count), count: 4, file.byteOrder)
        writer.write(UInt64(originalLength), count: 4, file.byteOrder)
        writer.write(contentsOf: bytes)
    }
}
