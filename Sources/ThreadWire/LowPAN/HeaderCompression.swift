public import WireCore

/// IPv6 headers as 6LoWPAN sends them: what the link or a context already tells is left out.
///
/// Compression makes the same choices as OpenThread as observed in the recordings, so that the same datagram becomes
/// the same bytes: hop-by-hop options, UDP and IPv6 in IPv6 are compressed behind the first header, other headers
/// are not; a UDP checksum is always sent.
/// - Source: RFC 6282
public enum HeaderCompression {
    /// The field that a parse error names when a peer used a context that this node does not know.
    public static let contextField = "LOWPAN_IPHC context"

    /// The link addresses and contexts that both ends know without being told.
    struct Shared {
        let source: LinkAddress
        let destination: LinkAddress
        let contexts: LowPANContextTable
    }

    /// Compresses the headers of a datagram. Those of a datagram whose lengths contradict its size, which
    /// compression could not restore, are written as they are.
    /// - Parameters:
    ///   - datagram: a whole IPv6 datagram.
    ///   - source: the frame's source address, or the mesh header's originator when there is one.
    ///   - destination: the frame's destination address, or the mesh header's final destination.
    /// - Returns: how many bytes of the datagram the written headers stand for; the rest follows as it is.
    public static func compress(
        datagram: [UInt8], source: LinkAddress, destination: LinkAddress, contexts: LowPANContextTable,
        into writer: inout ByteWriter
    ) -> Int {
        let shared = Shared(source: source, destination: destination, contexts: contexts)
        var chain = HeaderChain(scanning: datagram)
        guard var header = chain.next() else {
            writer.write(LowPANDispatch.ipv6Byte)
            return 0
        }
        while true {
            let following = chain.next()
            let isFollowed = following != nil
            switch header {
            case .ipv6(let header, let offset):
                if offset > 0 { writer.write(NextHeaderCompression.ipv6) }
                compress(header, isNextHeaderCompressed: isFollowed, shared: shared, into: &writer)
            case .hopByHop(let nextHeader, let content):
                NextHeaderCompression.compressHopByHop(
                    nextHeader: nextHeader, content: datagram[content], isNextHeaderCompressed: isFollowed,
                    into: &writer)
            case .udp(let header):
                NextHeaderCompression.compress(header, into: &writer)
            }
            guard let following else { return chain.end }
            header = following
        }
    }

    /// Expands the headers at the front of a 6LoWPAN payload; the reader then stands at the rest of the datagram.
    /// - Parameters:
    ///   - source: the frame's source address, or the mesh header's originator when there is one.
    ///   - destination: the frame's destination address, or the mesh header's final destination.
    ///   - datagramSize: the whole datagram's size as a fragment header tells it; nil when the datagram is not
    ///     fragmented, so that its size follows from what is left to read.
    ///   - space: a buffer without content, whose memory is used for the headers.
    /// - Returns: the headers with their lengths filled in; nothing when the datagram was not compressed.
    /// - Throws: `.unsupported` naming `contextField` for an unknown context, `.unsupported` for another page
    ///   (RFC 8025) and for a checksum left out of a fragmented datagram, `.invalid` for reserved encodings,
    ///   `.invalidLength` when the headers exceed `datagramSize`, `.truncated` when a field is cut short.
    public static func decompress(
        parsing reader: inout ByteReader, source: LinkAddress, destination: LinkAddress,
        contexts: LowPANContextTable, datagramSize: Int?, space: consuming [UInt8] = []
    ) throws(ParseError) -> [UInt8] {
        let start = reader.offset
        let dispatch = reader.peek().map(LowPANDispatch.init)
        switch dispatch {
        case .compressed:
            var expansion = HeaderExpansion(
                shared: Shared(source: source, destination: destination, contexts: contexts),
                datagramSize: datagramSize, space: consume space)
            return try expansion.run(&reader)
        case .ipv6:
            try reader.skip(1, "LoWPAN dispatch")
            return space
        case .page(let page):
            throw ParseError(field: "LoWPAN page", offset: start, reason: .unsupported(value: UInt64(page)))
        case .mesh, .firstFragment, .subsequentFragment, .notLowPAN, .unknown, nil:
            let byte = try reader.readUInt8("LoWPAN dispatch")
            throw ParseError(field: "LoWPAN dispatch", offset: start, reason: .invalid(value: UInt64(byte)))
        }
    }
}
