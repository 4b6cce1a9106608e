public import WireCore

/// A set of router ids, as eight bytes whose first bit stands for router 0.
/// - Source: OpenThread as observed: recording attach, frame 14
public struct RouterIDMask: Hashable, Sendable {
    /// The most significant bit is router 0, the least significant one stands for no router.
    public var bits: UInt64

    /// - Parameter bits: the most significant bit is router 0.
    public init(bits: UInt64 = 0) { self.bits = bits }

    public init(_ ids: some Sequence<RouterID>) {
        bits = 0
        for id in ids { insert(id) }
    }

    /// How many ids are in the set.
    /// - Range: 0 to 64; a peer may set the bit that stands for no router
    public var count: Int { bits.nonzeroBitCount }
    public var isEmpty: Bool { bits == 0 }

    @inlinable
    public func contains(_ id: RouterID) -> Bool { bits & Self.bit(id) != 0 }

    /// How many smaller ids are in the set; nil when this one is not.
    @inlinable
    public func position(of id: RouterID) -> Int? {
        guard id.rawValue < 64 else { return nil }
        let bit = Self.bit(id)
        return bits & bit != 0 ? (bits & ~(bit | (bit &- 1))).nonzeroBitCount : nil
    }

    @inlinable
    public mutating func insert(_ id: RouterID) { bits |= Self.bit(id) }

    public mutating func remove(_ id: RouterID) { bits &= ~Self.bit(id) }

    @inlinable
    static func bit(_ id: RouterID) -> UInt64 {
        precondition(id.rawValue < 64, "a router id of \(id.rawValue)")
        return 1 << UInt64(63 - id.rawValue)
    }
}

extension RouterIDMask: Sequence {
    /// The ids in ascending order.
    public struct Iterator: IteratorProtocol {
        @usableFromInline
        var bits: UInt64

        @inlinable
        public mutating func next() -> RouterID? {
            guard bits != 0 else { return nil }
            let id = UInt8(bits.leadingZeroBitCount)
            bits &= ~(1 << UInt64(63 - id))
            return RouterID(rawValue: id)
        }
    }

    public func makeIterator() -> Iterator { Iterator(bits: bits) }
}

extension RouterIDMask {
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        bits = try reader.readUInt64("router id mask")
    }

    public var byteCount: Int { 8 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(bits)
    }
}
