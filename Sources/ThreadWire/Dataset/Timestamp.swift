public import WireCore

/// When a dataset was made. The younger dataset replaces the older one, so this is its version too.
/// - Source: OpenThread as observed: recording line_traffic, frames 7 and 12
public struct Timestamp: Hashable, Sendable {
    /// Seconds since 1970, or any number that counts up.
    /// - Range: 48 bits
    public let seconds: UInt64
    /// - Units: 1/32768 s
    /// - Range: 15 bits
    public let ticks: UInt16
    /// Whether the time came from a clock that can be trusted.
    public let isAuthoritative: Bool

    /// Bits outside of the ranges are cut off.
    public init(seconds: UInt64, ticks: UInt16 = 0, isAuthoritative: Bool = false) {
        self.seconds = seconds & 0xffff_ffff_ffff
        self.ticks = ticks & 0x7fff
        self.isAuthoritative = isAuthoritative
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        seconds = try reader.readBigEndian(6, "timestamp seconds")
        let low = try reader.readUInt16("timestamp ticks")
        ticks = low >> 1
        isAuthoritative = low & 1 != 0
    }

    public var byteCount: Int { 8 }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeBigEndian(seconds, count: 6)
        writer.write(ticks << 1 | (isAuthoritative ? 1 : 0))
    }
}

extension Timestamp: Comparable {
    /// Compares seconds, then ticks; of two equal times the authoritative one is the greater.
    public static func < (left: Self, right: Self) -> Bool {
        if left.seconds != right.seconds { return left.seconds < right.seconds }
        if left.ticks != right.ticks { return left.ticks < right.ticks }
        return !left.isAuthoritative && right.isAuthoritative
    }
}
