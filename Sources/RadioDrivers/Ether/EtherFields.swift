import WireCore

extension ByteReader {
    /// A byte that is 0 or 1.
    mutating func readFlag(_ field: String) throws(ParseError) -> Bool {
        let position = offset
        switch try readUInt8(field) {
        case 0: return false
        case 1: return true
        case let other: throw ParseError(field: field, offset: position, reason: .invalid(value: UInt64(other)))
        }
    }

    /// Bytes that are UTF-8.
    mutating func readText(_ count: Int, _ field: String) throws(ParseError) -> String {
        let position = offset
        guard let text = String(validating: try readBytes(count, field), as: UTF8.self) else {
            throw ParseError(field: field, offset: position, reason: .invalid(value: UInt64(count)))
        }
        return text
    }

    /// A signed number of hundredths.
    mutating func readHundredths(_ field: String) throws(ParseError) -> Double {
        Double(Int16(bitPattern: try readUInt16(field))) / 100
    }
}

extension ByteWriter {
    mutating func write(flag: Bool) {
        write(flag ? 1 : 0 as UInt8)
    }

    /// Writes a number as hundredths; what 16 bits cannot hold becomes the nearest that they can.
    mutating func write(hundredthsOf value: Double) {
        let hundredths = (value * 100).rounded()
        write(UInt16(bitPattern: Int16(min(max(hundredths, -32_768), 32_767))))
    }
}
