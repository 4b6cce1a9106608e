import ThreadWire
import WireCore

/// What the filter looks at in a datagram.
struct PacketFacts: Equatable {
    enum Content: Equatable {
        case udp(source: UInt16, destination: UInt16)
        case tcp(source: UInt16, destination: UInt16, TCPFlags)
        case echoRequest(UInt16)
        case echoReply(UInt16)
        /// An ICMPv6 error, and the flow of the datagram that it is about as the one inside sent it; nil when that
        /// cannot be told.
        case error(about: Flow?)
        case otherMessage(type: UInt8)
        /// A fragment but the first of its datagram.
        case laterFragment(UInt32)
        case other(NextHeader)
    }

    let source: IPv6Address
    let destination: IPv6Address
    let content: Content
    /// What the fragments of a datagram have in common, of the first one of several.
    let fragment: UInt32?

    /// Nil when a header is cut short or the length is wrong.
    init?(_ datagram: [UInt8]) {
        var reader = ByteReader(datagram)
        guard let header = try? IPv6Header(parsing: &reader), Int(header.payloadLength) == reader.remaining else {
            return nil
        }
        var fragment: UInt32?
        guard let content = try? Self.content(&reader, header, fragment: &fragment, isQuotation: false) else {
            return nil
        }
        source = header.source
        destination = header.destination
        self.content = content
        self.fragment = fragment
    }

    /// Walks the extension headers to what they carry.
    /// - Parameter isQuotation: whether the datagram is repeated in an error message, whose own errors do not count.
    private static func content(
        _ reader: inout ByteReader, _ header: IPv6Header, fragment: inout UInt32?, isQuotation: Bool
    ) throws(ParseError) -> Content {
        var next = header.nextHeader
        while true {
            switch next {
            case .hopByHop, .destinationOptions:
                next = try skipOptions(&reader)
            case .fragment:
                next = NextHeader(rawValue: try reader.readUInt8("fragment next header"))
                try reader.skip(1, "fragment reserved")
                let offsetAndFlags = try reader.readUInt16("fragment offset")
                let identification = try reader.readUInt32("fragment identification")
                if offsetAndFlags & ~7 != 0 { return .laterFragment(identification) }
                // RFC 8200 §4.5: the lowest bit says that more follow.
                if offsetAndFlags & 1 != 0 { fragment = identification }
            case .udp:
                return .udp(
                    source: try reader.readUInt16("UDP source port"),
                    destination: try reader.readUInt16("UDP destination port"))
            case .tcp:
                return try tcp(&reader, isQuotation: isQuotation)
            case .icmpv6:
                return try message(&reader, isQuotation: isQuotation)
            default:
                // Routing headers too: they would lead around what is checked here (RFC 5095).
                return .other(next)
            }
        }
    }

    private static func skipOptions(_ reader: inout ByteReader) throws(ParseError) -> NextHeader {
        let next = NextHeader(rawValue: try reader.readUInt8("options next header"))
        let length = try reader.readUInt8("options length")
        try reader.skip(Int(length) * 8 + 6, "options")
        return next
    }

    private static func tcp(_ reader: inout ByteReader, isQuotation: Bool) throws(ParseError) -> Content {
        let source = try reader.readUInt16("TCP source port")
        let destination = try reader.readUInt16("TCP destination port")
        // RFC 4443 §3 lets an error repeat no more than fits.
        if isQuotation { return .tcp(source: source, destination: destination, []) }
        try reader.skip(9, "TCP numbers")
        return .tcp(
            source: source, destination: destination, TCPFlags(rawValue: try reader.readUInt8("TCP flags")))
    }

    private static func message(_ reader: inout ByteReader, isQuotation: Bool) throws(ParseError) -> Content {
        let type = try reader.readUInt8("ICMPv6 type")
        try reader.skip(3, "ICMPv6 code and checksum")
        switch type {
        case 128: return .echoRequest(try reader.readUInt16("echo identifier"))
        case 129: return .echoReply(try reader.readUInt16("echo identifier"))
        case 1...4 where !isQuotation:
            try reader.skip(4, "ICMPv6 error")
            return .error(about: quotedFlow(&reader))
        default: return .otherMessage(type: type)
        }
    }

    /// The flow of the datagram that an error repeats; its sender is the one inside.
    private static func quotedFlow(_ reader: inout ByteReader) -> Flow? {
        var fragment: UInt32?
        guard let header = try? IPv6Header(parsing: &reader),
            let content = try? content(&reader, header, fragment: &fragment, isQuotation: true)
        else { return nil }
        let ends = (inside: header.source, outside: header.destination)
        switch content {
        case .udp(let source, let destination):
            return Flow(.udp, ends, insidePort: source, outsidePort: destination)
        case .tcp(let source, let destination, _):
            return Flow(.tcp, ends, insidePort: source, outsidePort: destination)
        case .echoRequest(let identifier), .echoReply(let identifier):
            return Flow(.echo, ends, insidePort: identifier, outsidePort: 0)
        case .error, .otherMessage, .laterFragment, .other:
            return nil
        }
    }
}
