/// An IPv6 address.
/// - Source: RFC 4291
public struct IPv6Address: Hashable, Comparable, Sendable {
    /// The first eight bytes: for unicast usually the prefix.
    public var high: UInt64
    /// The last eight bytes: for unicast the interface identifier.
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An address from a 64-bit prefix and an interface identifier.
    public init(prefix: IPv6Prefix, interfaceIdentifier: UInt64) {
        self.init(high: prefix.address.high, low: interfaceIdentifier)
    }

    /// The address of the link-local scope with an interface identifier.
    /// - Source: RFC 4291 §2.5.6
    public init(linkLocal interfaceIdentifier: UInt64) {
        self.init(high: 0xfe80_0000_0000_0000, low: interfaceIdentifier)
    }

    public static let unspecified = IPv6Address(high: 0, low: 0)
    public static let loopback = IPv6Address(high: 0, low: 1)
    /// ff02::1
    public static let linkLocalAllNodes = IPv6Address(high: 0xff02_0000_0000_0000, low: 1)
    /// ff02::2
    public static let linkLocalAllRouters = IPv6Address(high: 0xff02_0000_0000_0000, low: 2)
    /// ff03::1
    public static let realmLocalAllNodes = IPv6Address(high: 0xff03_0000_0000_0000, low: 1)
    /// ff03::2
    public static let realmLocalAllRouters = IPv6Address(high: 0xff03_0000_0000_0000, low: 2)
    /// ff03::fc
    /// - Source: RFC 7731 §4.1, ALL_MPL_FORWARDERS with realm-local scope
    public static let realmLocalAllMPLForwarders = IPv6Address(high: 0xff03_0000_0000_0000, low: 0xfc)

    public var isUnspecified: Bool { self == .unspecified }
    public var isMulticast: Bool { high >> 56 == 0xff }
    /// fe80::/10
    public var isLinkLocalUnicast: Bool { high >> 54 == 0x3fa }
    /// The scope of a multicast address: 2 link, 3 realm; nil for unicast.
    /// - Source: RFC 7346 §2
    public var multicastScope: UInt8? { isMulticast ? UInt8(high >> 48 & 0xf) : nil }

    /// The short address when the interface identifier has the form 0000:00ff:fe00:xxxx.
    /// - Source: RFC 6282 §3.2.2
    public var locator: ShortAddress? {
        low >> 16 == 0x0000_00ff_fe00 ? ShortAddress(rawValue: UInt16(truncatingIfNeeded: low)) : nil
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }

    /// The byte at a position.
    /// - Range: 0 (first) to 15
    public subscript(position: Int) -> UInt8 {
        let word = position < 8 ? high : low
        return UInt8(truncatingIfNeeded: word >> UInt64(56 - position % 8 * 8))
    }

    /// The sixteen bytes in network order.
    public var bytes: [UInt8] { (0..<16).map { self[$0] } }

    /// How many leading bits two addresses share.
    /// - Range: 0 to 128
    public func commonPrefixLength(with other: IPv6Address) -> Int {
        let difference = high ^ other.high
        return difference != 0 ? difference.leadingZeroBitCount : 64 + (low ^ other.low).leadingZeroBitCount
    }
}

/// The leading bits that addresses of one network share.
/// - Source: RFC 4291 §2.3
public struct IPv6Prefix: Hashable, Sendable {
    /// The prefix itself; all bits behind `length` are zero.
    public let address: IPv6Address
    /// - Range: 0 to 128 bits
    public let length: UInt8

    /// Bits of `address` behind `length` are cleared.
    public init(_ address: IPv6Address, length: UInt8) {
        precondition(length <= 128, "a prefix of \(length) bits")
        func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits)) }
        self.address = IPv6Address(
            high: address.high & mask(Int(length)), low: address.low & mask(Int(length) - 64))
        self.length = length
    }

    public func contains(_ other: IPv6Address) -> Bool {
        address.commonPrefixLength(with: other) >= Int(length)
    }
}
