import WireCore

/// The headers at the front of a datagram that can be compressed and restored without loss.
struct HeaderChain {
    enum Header {
        /// An IPv6 header and where it stands.
        case ipv6(IPv6Header, offset: Int)
        /// Hop-by-hop options: where the options stand, without the padding that the receiver restores.
        case hopByHop(nextHeader: NextHeader, content: Range<Int>)
        /// Always the last.
        case udp(UDPHeader)
    }

    private(set) var headers: [Header] = []
    /// Where the first byte behind these headers stands.
    private(set) var end = 0

    init(scanning datagram: [UInt8]) {
        var reader = ByteReader(datagram)
        var next: NextHeader? = .ipv6
        while let header = next {
            next = try? scan(header, &reader)
        }
    }

    /// Takes one header into the chain.
    /// - Returns: what follows it; nil when the chain ends.
    private mutating func scan(_ header: NextHeader, _ reader: inout ByteReader) throws(ParseError) -> NextHeader? {
        let start = reader.offset
        switch header {
        case .ipv6:
            let header = try IPv6Header(parsing: &reader)
            guard Int(header.payloadLength) == reader.remaining else { return nil }
            headers.append(.ipv6(header, offset: start))
            end = reader.offset
            return header.nextHeader
        case .hopByHop:
            guard case .ipv6 = headers.last else { return nil }
            let options = try HopByHopOptions(parsing: &reader)
            let padding = Self.elidablePadding(options)
            let content = start + 2..<reader.offset - padding
            // RFC 6282 §4.2: one byte tells the length.
            guard content.count <= 255 else { return nil }
            headers.append(.hopByHop(nextHeader: options.nextHeader, content: content))
            end = reader.offset
            return options.nextHeader
        case .udp:
            let header = try UDPHeader(parsing: &reader)
            guard Int(header.length) == reader.offset - start + reader.remaining else { return nil }
            headers.append(.udp(header))
            end = reader.offset
            return nil
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
