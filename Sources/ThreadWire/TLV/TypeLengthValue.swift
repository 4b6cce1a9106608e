import WireCore

// How MLE, TMF and MeshCoP frame their elements: a type, a length and as many bytes of value.

extension ByteReader {
    /// Reads a type and a length, and makes a reader of the value.
    ///
    /// A length of 255 says that the true one stands in the two bytes behind it.
    /// - Throws: `.truncated` when the value is cut off; `.invalidLength` when the long form carries a length that
    ///   the short one could, which would not survive a round trip.
    /// - Source: OpenThread as observed (extended TLVs)
    mutating func readTypeLengthValue(_ field: String) throws(ParseError) -> (type: UInt8, value: ByteReader) {
        let type = try readUInt8(field)
        let start = offset
        let short = try readUInt8(field)
        guard short == TypeLengthValue.extendedLengthMark else { return (type, try readSlice(Int(short), field)) }
        let long = Int(try readUInt16(field))
        guard long >= Int(TypeLengthValue.extendedLengthMark) else {
            throw ParseError(
                field: field, offset: start,
                reason: .invalidLength(found: long, expected: Int(TypeLengthValue.extendedLengthMark)))
        }
        return (type, try readSlice(long, field))
    }
}

extension ByteWriter {
    /// Writes type and length of an element; its value is to follow.
    mutating func writeTypeAndLength(_ type: UInt8, _ length: Int) {
        precondition(length >= 0 && length <= Int(UInt16.max), "a value of \(length) bytes")
        write(type)
        if length < Int(TypeLengthValue.extendedLengthMark) {
            write(UInt8(length))
        } else {
            write(TypeLengthValue.extendedLengthMark)
            write(UInt16(length))
        }
    }
}

enum TypeLengthValue {
    /// The length that announces a longer one.
    static let extendedLengthMark: UInt8 = 255

    /// How many bytes an element with a value of `length` bytes takes.
    static func byteCount(valueLength length: Int) -> Int {
        length < Int(extendedLengthMark) ? 2 + length : 4 + length
    }
}
