/// The ones' complement checksum of UDP and ICMPv6 over the pseudo-header and the upper layer's bytes.
/// - Source: RFC 1071; pseudo-header RFC 8200 §8.1
public struct InternetChecksum: Sendable {
    private var sum: UInt64 = 0
    /// The first byte of a 16-bit word whose second has not come yet.
    private var pending: UInt8?

    public init() {}

    /// Begins with the pseudo-header.
    /// - Parameter length: the upper layer's header and data, in bytes.
    public init(source: IPv6Address, destination: IPv6Address, length: Int, nextHeader: NextHeader) {
        add(source.high)
        add(source.low)
        add(destination.high)
        add(destination.low)
        add(UInt64(truncatingIfNeeded: length))
        add(UInt64(nextHeader.rawValue))
    }

    /// Adds four 16-bit words at once: in ones' complement it does not matter where a carry comes from.
    private mutating func add(_ words: UInt64) {
        // Taken in halves, so that the sum has room for more of them than any buffer holds.
        sum &+= words >> 32
        sum &+= words & 0xffff_ffff
    }

    public mutating func add(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            if let first = pending, let second = rest.popFirst() {
                add(UInt64(first) << 8 | UInt64(second))
                pending = nil
            }
            while rest.count >= 8 {
                add(UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: rest.startIndex, as: UInt64.self)))
                rest.removeFirst(8)
            }
            while rest.count >= 2 {
                add(UInt64(rest[rest.startIndex]) << 8 | UInt64(rest[rest.startIndex + 1]))
                rest.removeFirst(2)
            }
            if let last = rest.first { pending = last }
        }
    }

    public mutating func add(_ bytes: [UInt8]) { add(bytes[...]) }

    /// The complement of the sum: what a header carries, or zero when the bytes include a correct checksum.
    public var value: UInt16 {
        var folded = sum &+ (pending.map { UInt64($0) << 8 } ?? 0)
        while folded > 0xffff { folded = folded & 0xffff &+ folded >> 16 }
        return ~UInt16(truncatingIfNeeded: folded)
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
