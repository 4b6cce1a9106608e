import WireCore

/// How options follow each other in a message: each by its distance from the one before.
/// - Source: RFC 7252 §3.1
enum CoAPOptionEncoding {
    /// Separates options from the payload.
    static let payloadMarker: UInt8 = 0xff

    /// Reads an option.
    /// - Parameter number: the number of the option before, then this one's.
    static func read(from reader: inout ByteReader, after number: inout Int) throws(ParseError) -> CoAPOption {
        let start = reader.offset
        let head = try reader.readUInt8("CoAP option")
        let delta = try readNibble(head >> 4, from: &reader, "CoAP option delta")
        let length = try readNibble(head & 0xf, from: &reader, "CoAP option length")
        // Both are at most 65804, so the sum cannot overflow.
        guard number + delta <= Int(UInt16.max) else {
            throw ParseError(field: "CoAP option delta", offset: start, reason: .invalid(value: UInt64(delta)))
        }
        number += delta
        let value = try reader.readBytes(length, "CoAP option value")
        return CoAPOption(CoAPOption.Number(rawValue: UInt16(number)), value: value)
    }

    static func write(_ option: CoAPOption, after number: UInt16, into writer: inout ByteWriter) {
        let delta = Int(option.number.rawValue) - Int(number)
        writer.write(nibble(delta) << 4 | nibble(option.value.count))
        writeExtension(delta, into: &writer)
        writeExtension(option.value.count, into: &writer)
        writer.write(contentsOf: option.value)
    }

    static func byteCount(_ option: CoAPOption, after number: UInt16) -> Int {
        1 + extensionLength(Int(option.number.rawValue) - Int(number)) + extensionLength(option.value.count)
            + option.value.count
    }

    // 13 and 14 say that one or two bytes follow, which count on from what fits without them; 15 is reserved.
    private static let oneByte = 13
    private static let twoBytes = 269

    private static func readNibble(
        _ nibble: UInt8, from reader: inout ByteReader, _ field: String
    ) throws(ParseError) -> Int {
        switch nibble {
        case 0...12: return Int(nibble)
        case 13: return oneByte + Int(try reader.readUInt8(field))
        case 14: return twoBytes + Int(try reader.readUInt16(field))
        default: throw ParseError(field: field, offset: reader.offset, reason: .invalid(value: UInt64(nibble)))
        }
    }

    private static func nibble(_ value: Int) -> UInt8 {
        value < oneByte ? UInt8(value) : value < twoBytes ? 13 : 14
    }

    private static func extensionLength(_ value: Int) -> Int {
        value < oneByte ? 0 : value < twoBytes ? 1 : 2
    }

    private static func writeExtension(_ value: Int, into writer: inout ByteWriter) {
        switch extensionLength(value) {
        case 0: break
        case 1: writer.write(UInt8(value - oneByte))
        default: writer.write(UInt16(value - twoBytes))
        }
    }
}
