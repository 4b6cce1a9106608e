/// Reads a buffer from front to back; every read names the field, so that an error can say which one failed.
///
/// A reader is a cursor over shared storage: copying it or taking a sub-reader copies no bytes. Offsets are
/// positions in the whole buffer, also in a sub-reader, so that errors point into the frame as captured.
public struct ByteReader: Sendable {
    /// The whole buffer.
    public let bytes: [UInt8]
    @usableFromInline
    var position: Int
    /// The position behind the last byte that may be read.
    public let end: Int

    /// The position of the next byte to read, from the start of `bytes`.
    @inlinable
    public var offset: Int { position }

    @inlinable
    public init(_ bytes: [UInt8]) {
        self.init(bytes, in: 0..<bytes.count)
    }

    /// A reader of one part of a buffer.
    @inlinable
    public init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "range \(range) outside of the buffer")
        self.init(unchecked: bytes, offset: range.lowerBound, end: range.upperBound)
    }

    @inlinable
    init(unchecked bytes: [UInt8], offset: Int, end: Int) {
        self.bytes = bytes
        self.position = offset
        self.end = end
    }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { end - position }
    @inlinable
    public var isAtEnd: Bool { position == end }
    /// The part of `bytes` that has not been read yet.
    @inlinable
    public var remainingRange: Range<Int> { position..<end }

    /// - Throws: `.truncated` when fewer than `count` bytes are left.
    @inlinable
    public func require(_ count: Int, _ field: String) throws(ParseError) {
        guard count >= 0, count <= remaining else { throw truncation(count, field) }
    }

    @usableFromInline
    func truncation(_ count: Int, _ field: String) -> ParseError {
        ParseError(field: field, offset: position, reason: .truncated(needed: count, available: remaining))
    }

    @inlinable
    public mutating func readUInt8(_ field: String) throws(ParseError) -> UInt8 {
        try require(1, field)
        defer { position += 1 }
        return bytes[position]
    }

    /// Reads a number in network byte order (most significant byte first).
    @inlinable
    public mutating func readUInt16(_ field: String) throws(ParseError) -> UInt16 {
        UInt16(bigEndian: try load(field))
    }

    /// Reads a number in network byte order.
    @inlinable
    public mutating func readUInt32(_ field: String) throws(ParseError) -> UInt32 {
        UInt32(bigEndian: try load(field))
    }

    /// Reads a number in network byte order.
    @inlinable
    public mutating func readUInt64(_ field: String) throws(ParseError) -> UInt64 {
        UInt64(bigEndian: try load(field))
    }

    /// Reads a number as it lies in memory.
    @inlinable
    mutating func load<Number: FixedWidthInteger & BitwiseCopyable>(_ field: String) throws(ParseError) -> Number {
        let count = MemoryLayout<Number>.size
        try require(count, field)
        defer { position += count }
        let start = position
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Number.self) }
    }

    /// Reads a number of 1 to 8 bytes in network byte order.
    public mutating func readBigEndian(_ count: Int, _ field: String) throws(ParseError) -> UInt64 {
        try require(count, field)
        var value: UInt64 = 0
        for index in offset..<(offset + count) { value = value << 8 | UInt64(bytes[index]) }
        position += count
        return value
    }

    /// Reads a number of 1 to 8 bytes, least significant byte first, as IEEE 802.15.4 sends them.
    @inlinable
    public mutating func readLittleEndian(_ count: Int, _ field: String) throws(ParseError) -> UInt64 {
        switch count {
        case 2: return UInt64(UInt16(littleEndian: try load(field)))
        case 4: return UInt64(UInt32(littleEndian: try load(field)))
        case 8: return UInt64(littleEndian: try load(field))
        default: return try readBytewise(count, field)
        }
    }

    @usableFromInline
    mutating func readBytewise(_ count: Int, _ field: String) throws(ParseError) -> UInt64 {
        try require(count, field)
        var value: UInt64 = 0
        for index in (offset..<(offset + count)).reversed() { value = value << 8 | UInt64(bytes[index]) }
        position += count
        return value
    }

    /// Copies the next `count` bytes.
    public mutating func readBytes(_ count: Int, _ field: String) throws(ParseError) -> [UInt8] {
        try require(count, field)
        defer { position += count }
        return Array(bytes[offset..<(offset + count)])
    }

    /// Copies all that is left.
    public mutating func readRemaining() -> [UInt8] {
        defer { position = end }
        return Array(bytes[offset..<end])
    }

    /// A reader of the next `count` bytes, which this reader then stands behind.
    @inlinable
    public mutating func readSlice(_ count: Int, _ field: String) throws(ParseError) -> ByteReader {
        try require(count, field)
        defer { position += count }
        return ByteReader(unchecked: bytes, offset: offset, end: offset + count)
    }

    @inlinable
    public mutating func skip(_ count: Int, _ field: String) throws(ParseError) {
        try require(count, field)
        position += count
    }

    /// The byte `distance` ahead, without moving; nil behind the end.
    @inlinable
    public func peek(_ distance: Int = 0) -> UInt8? {
        distance >= 0 && distance < remaining ? bytes[position + distance] : nil
    }

    /// - Throws: `.trailing` when bytes are left.
    public func requireEnd(_ field: String) throws(ParseError) {
        guard isAtEnd else { throw ParseError(field: field, offset: offset, reason: .trailing(count: remaining)) }
    }
}
