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
        let (partial, hasCarry) = sum.addingReportingOverflow(words)
        sum = partial &+ (hasCarry ? 1 : 0)
    }

    public mutating func add(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            if let first = pending, let second = bytes.first {
                add(UInt64(first) << 8 | UInt64(second))
                pending = nil
                offset = 1
            }
            while offset + 8 <= bytes.count {
                add(UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
                offset += 8
            }
            while offset + 2 <= bytes.count {
                add(UInt64(bytes[offset]) << 8 | UInt64(bytes[offset + 1]))
                offset += 2
            }
            if offset < bytes.count { pending = bytes[offset] }
        }
    }

    public mutating func add(_ bytes: [UInt8]) { add(bytes[...]) }

    /// The complement of the sum: what a header carries, or zero when the bytes include a correct checksum.
    public var value: UInt16 {
        // In halves, so that the last byte cannot carry out of them.
        var folded = (sum & 0xffff_ffff) &+ sum >> 32 &+ (pending.map { UInt64($0) << 8 } ?? 0)
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
