import WireCore

/// The headers at the front of a datagram that can be compressed and restored without loss, one after the other.
struct HeaderChain: IteratorProtocol {
    enum Header {
        /// An IPv6 header and where it stands.
        case ipv6(IPv6Header, offset: Int)
        /// Hop-by-hop options: where the options stand, without the padding that the receiver restores.
        case hopByHop(nextHeader: NextHeader, content: Range<Int>)
        /// Always the last.
        case udp(UDPHeader)
    }

    /// Where the first byte behind the headers that came stands.
    private(set) var end = 0
    private var reader: ByteReader
    /// What comes next; nil when the chain has ended.
    private var expected: NextHeader? = .ipv6
    private var isBehindIPv6 = false

    init(scanning datagram: [UInt8]) { reader = ByteReader(datagram) }

    mutating func next() -> Header? {
        guard let kind = expected else { return nil }
        expected = nil
        let header = try? scan(kind)
        if header != nil { end = reader.offset }
        return header
    }

    /// - Returns: nil when the header cannot be compressed.
    private mutating func scan(_ kind: NextHeader) throws(ParseError) -> Header? {
        let start = reader.offset
        let wasBehindIPv6 = isBehindIPv6
        isBehindIPv6 = kind == .ipv6
        switch kind {
        case .ipv6:
            let header = try IPv6Header(parsing: &reader)
            guard Int(header.payloadLength) == reader.remaining else { return nil }
            expected = header.nextHeader
            return .ipv6(header, offset: start)
        case .hopByHop:
            guard wasBehindIPv6 else { return nil }
            let options = try HopByHopOptions(parsing: &reader)
            let padding = Self.elidablePadding(options)
            let content = start + 2..<reader.offset - padding
            // RFC 6282 §4.2: one byte tells the length.
            guard content.count <= 255 else { return nil }
            expected = options.nextHeader
            return .hopByHop(nextHeader: options.nextHeader, content: content)
        case .udp:
            let header = try UDPHeader(parsing: &reader)
            guard Int(header.length) == reader.offset - start + reader.remaining else { return nil }
            return .udp(header)
        default:
            return nil
        }
    }

    /// How many bytes of trailing padding may be left out, because the receiver restores them.
    /// - Source: RFC 6282 §4.2: one trailing padding option of at most 7 bytes
    private static func elidablePadding(_ options: HopByHopOptions) -> Int {
        switch options.options.last {
        case .pad1: 1
        case .padN(let count) where count <= 5: 2 + Int(count)
        case .padN, .mpl, .unknown, nil: 0
        }
    }
}
