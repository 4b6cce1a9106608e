/// Writes a buffer from front to back. Writing cannot fail: a value that cannot be written cannot be made.
public struct ByteWriter: Sendable {
    /// What has been written so far.
    @inlinable
    public var bytes: [UInt8] { buffer }
    @usableFromInline
    var buffer: [UInt8]

    /// - Parameter capacity: How many bytes to reserve, so that writing them allocates once.
    public init(capacity: Int = 128) {
        buffer = []
        buffer.reserveCapacity(capacity)
    }

    /// A writer that appends to a buffer.
    public init(appendingTo bytes: consuming [UInt8]) {
        buffer = consume bytes
    }

    @inlinable
    public var count: Int { buffer.count }

    /// Gives the buffer away; the writer begins anew. Unlike `bytes` it leaves the buffer to one owner, who can go on
    /// writing without a copy.
    public mutating func finish() -> [UInt8] {
        var finished: [UInt8] = []
        swap(&finished, &buffer)
        return finished
    }

    @inlinable
    public mutating func write(_ value: UInt8) {
        buffer.append(value)
    }

    /// Writes a number in network byte order (most significant byte first).
    public mutating func write(_ value: UInt16) {
        writeBigEndian(UInt64(value), count: 2)
    }

    /// Writes a number in network byte order.
    public mutating func write(_ value: UInt32) {
        writeBigEndian(UInt64(value), count: 4)
    }

    /// Writes a number in network byte order.
    public mutating func write(_ value: UInt64) {
        writeBigEndian(value, count: 8)
    }

    /// Writes numbers in network byte order, all at once: one by one each would look whether there is room.
    @inlinable
    public mutating func write<let count: Int>(_ numbers: InlineArray<count, UInt64>) {
        var ordered = numbers
        for index in ordered.indices { ordered[index] = ordered[index].bigEndian }
        withUnsafeBytes(of: &ordered) { buffer.append(contentsOf: $0) }
    }

    /// Writes the low `count` bytes of a number, most significant first.
    public mutating func writeBigEndian(_ value: UInt64, count: Int) {
        // All bytes at once: one by one each would look whether there is room.
        withUnsafeBytes(of: value.bigEndian) {
            buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[(8 - count)...]))
        }
    }

    /// Writes the low `count` bytes of a number, least significant first, as IEEE 802.15.4 sends them.
    public mutating func writeLittleEndian(_ value: UInt64, count: Int) {
        withUnsafeBytes(of: value.littleEndian) {
            buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
    }

    public mutating func write(contentsOf other: [UInt8]) {
        buffer.append(contentsOf: other)
    }

    public mutating func write(contentsOf other: ArraySlice<UInt8>) {
        buffer.append(contentsOf: other)
    }

    public mutating func write(repeating value: UInt8, count: Int) {
        buffer.append(contentsOf: repeatElement(value, count: count))
    }

    /// Replaces a byte that was written before, such as a length known only afterwards.
    public mutating func patch(_ value: UInt8, at position: Int) {
        buffer[position] = value
    }

    /// Replaces two bytes that were written before, in network byte order.
    public mutating func patch(_ value: UInt16, at position: Int) {
        buffer[position] = UInt8(truncatingIfNeeded: value >> 8)
        buffer[position + 1] = UInt8(truncatingIfNeeded: value)
    }
}
