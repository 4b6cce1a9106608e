public import WireCore

/// Reads the packets of a pcap or pcapng file one after the other.
public struct CaptureReader: Sendable {
    private var reader: ByteReader
    private var format: Format

    private enum Format: Sendable {
        case pcap(PcapFileHeader)
        case pcapng(ByteOrder, [PcapngInterface])
        /// Behind an error there is nothing to go on with.
        case ended
    }

    /// - Throws: `.invalid` when the file is neither pcap nor pcapng, and what their headers throw.
    public init(_ bytes: [UInt8]) throws(ParseError) {
        reader = ByteReader(bytes)
        var ahead = reader
        if try ahead.readUInt32("file magic number") == PcapngBlock.sectionHeaderType {
            // The first block tells its order itself.
            format = .pcapng(.littleEndian, [])
        } else {
            format = .pcap(try PcapFileHeader(parsing: &reader))
        }
    }

    /// The next packet; nil at the end of the file.
    /// - Throws: What is wrong with the file where it cannot be read on; after that there are no more packets.
    public mutating func next() throws(ParseError) -> CapturedPacket? {
        do {
            return try read()
        } catch {
            format = .ended
            throw error
        }
    }

    private mutating func read() throws(ParseError) -> CapturedPacket? {
        guard !reader.isAtEnd else { return nil }
        switch format {
        case .pcap(let header):
            let record = try PcapRecord(parsing: &reader, of: header)
            return CapturedPacket(
                timestamp: record.timestamp, linkType: header.linkType, originalLength: record.originalLength,
                bytes: record.bytes)
        case .pcapng(let order, let interfaces): return try readBlocks(order, interfaces)
        case .ended: return nil
        }
    }

    private mutating func readBlocks(
        _ order: ByteOrder, _ interfaces: [PcapngInterface]
    ) throws(ParseError) -> CapturedPacket? {
        var order = order
        var interfaces = interfaces
        defer { format = .pcapng(order, interfaces) }
        while !reader.isAtEnd {
            let start = reader.offset
            switch try PcapngBlock(parsing: &reader, order: order) {
            case .sectionHeader(let new):
                order = new
                interfaces = []
            case .interfaceDescription(let interface): interfaces.append(interface)
            case .enhancedPacket(let index, let timestamp, let originalLength, let bytes):
                let interface = try known(index, in: interfaces, at: start)
                guard let nanoseconds = interface.nanoseconds(timestamp) else {
                    throw ParseError(field: "packet timestamp", offset: start, reason: .invalid(value: timestamp))
                }
                return CapturedPacket(
                    timestamp: nanoseconds, linkType: interface.linkType, originalLength: originalLength, bytes: bytes)
            case .simplePacket(let originalLength, let padded):
                let interface = try known(0, in: interfaces, at: start)
                let limit = interface.snapLength == 0 ? originalLength : min(originalLength, interface.snapLength)
                guard limit <= padded.count else {
                    throw ParseError(
                        field: "packet", offset: start, reason: .truncated(needed: Int(limit), available: padded.count))
                }
                return CapturedPacket(
                    timestamp: nil, linkType: interface.linkType, originalLength: originalLength,
                    bytes: Array(padded.prefix(Int(limit))))
            case .other: continue
            }
        }
        return nil
    }

    private func known(
        _ index: UInt32, in interfaces: [PcapngInterface], at offset: Int
    ) throws(ParseError) -> PcapngInterface {
        guard index < interfaces.count else {
            throw ParseError(field: "packet interface", offset: offset, reason: .invalid(value: UInt64(index)))
        }
        return interfaces[Int(index)]
    }
}
