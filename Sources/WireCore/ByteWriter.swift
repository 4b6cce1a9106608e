/// Writes a buffer from front to back. Writing cannot fail: a value that cannot be written cannot be made.
public struct ByteWriter: Sendable {
    /// What has been written so far.
    public private(set) var bytes: [UInt8]

    /// - Parameter capacity: How many bytes to reserve, so that writing them allocates once.
    public init(capacity: Int = 128) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// A writer that appends to a buffer.
    public init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = consume bytes
    }

    public var count: Int { bytes.count }

    /// Gives the buffer away; the writer begins anew. Unlike `bytes` it leaves the buffer to one owner, who can go on
    /// writing without a copy.
    public mutating func finish() -> [UInt8] {
        var finished: [UInt8] = []
        swap(&finished, &bytes)
        return finished
    }

    public mutating func write(_ value: UInt8) {
        bytes.append(value)
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

    /// Writes the low `count` bytes of a number, most significant first.
    public mutating func writeBigEndian(_ value: UInt64, count: Int) {
        // All bytes at once: one by one each would look whether there is room.
        withUnsafeBytes(of: value.bigEndian) {
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[(8 - count)...]))
        }
    }

    /// Writes the low `count` bytes of a number, least significant first, as IEEE 802.15.4 sends them.
    public mutating func writeLittleEndian(_ value: UInt64, count: Int) {
        withUnsafeBytes(of: value.littleEndian) {
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
    }

    public mutating func write(contentsOf other: [UInt8]) {
        bytes.append(contentsOf: other)
    }

    public mutating func write(contentsOf other: ArraySlice<UInt8>) {
        bytes.append(contentsOf: other)
    }

    public mutating func write(repeating value: UInt8, count: Int) {
        bytes.append(contentsOf: repeatElement(value, count: count))
    }

    /// Replaces a byte that was written before, such as a length known only afterwards.
    public mutating func patch(_ value: UInt8, at position: Int) {
        bytes[position] = value
    }

    /// Replaces two bytes that were written before, in network byte order.
    public mutating func patch(_ value: UInt16, at position: Int) {
        bytes[position] = UInt8(truncatingIfNeeded: value >> 8)
        bytes[position + 1] = UInt8(truncatingIfNeeded: value)
    }
}
