import WireCore

/// In which order the numbers of a capture file stand: that of the machine that wrote it.
public enum ByteOrder: Equatable, Sendable {
    case bigEndian
    case littleEndian
}

extension ByteReader {
    mutating func read(_ count: Int, _ order: ByteOrder, _ field: String) throws(ParseError) -> UInt64 {
        switch order {
        case .bigEndian: try readBigEndian(count, field)
        case .littleEndian: try readLittleEndian(count, field)
        }
    }

    mutating func readUInt16(_ order: ByteOrder, _ field: String) throws(ParseError) -> UInt16 {
        UInt16(truncatingIfNeeded: try read(2, order, field))
    }

    mutating func readUInt32(_ order: ByteOrder, _ field: String) throws(ParseError) -> UInt32 {
        UInt32(truncatingIfNeeded: try read(4, order, field))
    }
}

extension ByteWriter {
    mutating func write(_ value: UInt64, count: Int, _ order: ByteOrder) {
        switch order {
        case .bigEndian: writeBigEndian(value, count: count)
        case .littleEndian: writeLittleEndian(value, count: count)
        }
    }
}
