/// What kind of header the first byte of a 6LoWPAN payload announces.
/// - Source: RFC 4944 §5.1; RFC 6282 §3.1; RFC 8025 §3 for pages
public enum LowPANDispatch: Equatable, Sendable {
    /// An IPv6 datagram as it is, behind the dispatch byte.
    case ipv6
    /// A compressed IPv6 header.
    case compressed
    case mesh
    case firstFragment
    case subsequentFragment
    /// Another page of dispatch values, which Thread does not use.
    case page(UInt8)
    /// Not 6LoWPAN at all.
    case notLowPAN
    /// A value without meaning here.
    case unknown(UInt8)

    /// The dispatch byte of an IPv6 datagram as it is.
    public static let ipv6Byte: UInt8 = 0x41

    public init(_ byte: UInt8) {
        switch byte {
        case 0x00...0x3f: self = .notLowPAN
        case Self.ipv6Byte: self = .ipv6
        case 0x60...0x7f: self = .compressed
        case 0x80...0xbf: self = .mesh
        case 0xc0...0xc7: self = .firstFragment
        case 0xe0...0xe7: self = .subsequentFragment
        case 0xf0...0xff: self = .page(byte & 0xf)
        default: self = .unknown(byte)
        }
    }
}
