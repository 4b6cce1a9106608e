/// What follows a header: another IPv6 header or the upper layer's.
/// - Source: RFC 8200 §3; the numbers are IANA's "Assigned Internet Protocol Numbers"
public struct NextHeader: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Hop-by-Hop Options
    public static let hopByHop = NextHeader(rawValue: 0)
    public static let tcp = NextHeader(rawValue: 6)
    public static let udp = NextHeader(rawValue: 17)
    /// An IPv6 header: IPv6 in IPv6.
    public static let ipv6 = NextHeader(rawValue: 41)
    /// Routing Header
    public static let routing = NextHeader(rawValue: 43)
    /// Fragment Header
    public static let fragment = NextHeader(rawValue: 44)
    public static let icmpv6 = NextHeader(rawValue: 58)
    /// Nothing follows.
    public static let none = NextHeader(rawValue: 59)
    /// Destination Options
    public static let destinationOptions = NextHeader(rawValue: 60)
    /// Mobility Header
    public static let mobility = NextHeader(rawValue: 135)
}
