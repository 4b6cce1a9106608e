/// The ones' complement checksum of UDP and ICMPv6 over the pseudo-header and the upper layer's bytes.
/// - Source: RFC 1071; pseudo-header RFC 8200 §8.1
public struct InternetChecksum: Sendable {
    private var sum: UInt32 = 0
    /// The first byte of a 16-bit word whose second has not come yet.
    private var pending: UInt8?

    public init() {}

    /// Begins with the pseudo-header.
    /// - Parameter length: the upper layer's header and data, in bytes.
    public init(source: IPv6Address, destination: IPv6Address, length: Int, nextHeader: NextHeader) {
        for word in [source.high, source.low, destination.high, destination.low] {
            for shift in [48, 32, 16, 0] as [UInt64] { add(UInt16(truncatingIfNeeded: word >> shift)) }
        }
        add(UInt16(truncatingIfNeeded: length >> 16))
        add(UInt16(truncatingIfNeeded: length))
        add(UInt16(nextHeader.rawValue))
    }

    private mutating func add(_ word: UInt16) {
        sum &+= UInt32(word)
        // Folding at each step keeps the sum within 17 bits, however long the data is.
        sum = sum & 0xffff &+ sum >> 16
    }

    public mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if let first = pending {
                add(UInt16(first) << 8 | UInt16(byte))
                pending = nil
            } else {
                pending = byte
            }
        }
    }

    /// The complement of the sum: what a header carries, or zero when the bytes include a correct checksum.
    public var value: UInt16 {
        var copy = self
        if let last = pending { copy.add(UInt16(last) << 8) }
        return ~UInt16(truncatingIfNeeded: copy.sum)
    }

    /// The checksum of an upper layer's bytes whose checksum field is zero.
    /// - Parameter bytes: the upper layer's header and data.
    public static func compute(
        _ bytes: ArraySlice<UInt8>, source: IPv6Address, destination: IPv6Address, nextHeader: NextHeader
    ) -> UInt16 {
        var checksum = InternetChecksum(
            source: source, destination: destination, length: bytes.count, nextHeader: nextHeader)
        checksum.add(bytes)
        return checksum.value
    }

    /// Whether an upper layer's bytes carry their right checksum.
    /// - Parameter bytes: the upper layer's header, checksum included, and data.
    public static func verify(
        _ bytes: ArraySlice<UInt8>, source: IPv6Address, destination: IPv6Address, nextHeader: NextHeader
    ) -> Bool {
        compute(bytes, source: source, destination: destination, nextHeader: nextHeader) == 0
    }
}
