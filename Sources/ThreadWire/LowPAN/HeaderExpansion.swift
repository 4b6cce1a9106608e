import WireCore

/// The reading side of header compression: walks the compressed headers once and writes them in full.
struct HeaderExpansion {
    let shared: HeaderCompression.Shared
    /// The whole datagram's size; nil when it follows from what is left behind the headers.
    let datagramSize: Int?
    private var writer: ByteWriter
    /// Where the headers stand whose length is known only once all headers are; most datagrams have one.
    private var firstIPv6Position: Int?
    private var innerIPv6Positions: [Int] = []
    private var udpPosition: Int?
    private var isChecksumElided = false
    private var innermost: (source: IPv6Address, destination: IPv6Address)?

    /// - Parameter space: a buffer without content, whose memory is used.
    init(shared: HeaderCompression.Shared, datagramSize: Int?, space: consuming [UInt8]) {
        self.shared = shared
        self.datagramSize = datagramSize
        writer = ByteWriter(appendingTo: consume space)
    }

    mutating func run(_ reader: inout ByteReader) throws(ParseError) -> [UInt8] {
        let start = reader.offset
        var isNextCompressed = try expandBase(&reader)
        while isNextCompressed {
            let header = try Self.peekNextHeader(reader, 0)
            switch header {
            case .udp:
                try expandUDP(&reader)
                isNextCompressed = false
            case .ipv6:
                try reader.skip(1, "LOWPAN_NHC")
                isNextCompressed = try expandBase(&reader)
            default:
                isNextCompressed = try expandExtension(header, &reader)
            }
        }
        let size = datagramSize ?? writer.count + reader.remaining
        guard size >= writer.count, size - IPv6Header.byteCount <= 0xffff else {
            throw ParseError(
                field: "datagram size", offset: start, reason: .invalidLength(found: size, expected: writer.count))
        }
        if let firstIPv6Position { patchPayloadLength(at: firstIPv6Position, size) }
        for position in innerIPv6Positions { patchPayloadLength(at: position, size) }
        if let udpPosition {
            writer.patch(UInt16(size - udpPosition), at: udpPosition + 4)
            if isChecksumElided { try restoreChecksum(udpPosition, reader) }
        }
        return writer.finish()
    }

    private mutating func patchPayloadLength(at position: Int, _ datagramSize: Int) {
        writer.patch(UInt16(datagramSize - position - IPv6Header.byteCount), at: position + 4)
    }

    // MARK: - LOWPAN_IPHC

    /// - Returns: whether the header behind it is compressed too.
    private mutating func expandBase(_ reader: inout ByteReader) throws(ParseError) -> Bool {
        let start = reader.offset
        let bits = try reader.readUInt16("LOWPAN_IPHC")
        guard bits & 0xe000 == HeaderCompression.BaseBits.dispatch else {
            throw ParseError(field: "LOWPAN_IPHC", offset: start, reason: .invalid(value: UInt64(bits)))
        }
        let hasContexts = bits & HeaderCompression.BaseBits.contextExtension != 0
        let contextIDs = hasContexts ? try reader.readUInt8("context identifiers") : 0
        let (trafficClass, flowLabel) = try readTrafficClass(bits, &reader)
        let isNextCompressed = bits & HeaderCompression.BaseBits.nextHeaderCompressed != 0
        let inlineNextHeader = isNextCompressed ? nil : NextHeader(rawValue: try reader.readUInt8("next header"))
        let hopLimit: UInt8 =
            switch bits & HeaderCompression.BaseBits.hopLimit255 {
            case HeaderCompression.BaseBits.hopLimit1: 1
            case HeaderCompression.BaseBits.hopLimit64: 64
            case HeaderCompression.BaseBits.hopLimit255: 255
            default: try reader.readUInt8("hop limit")
            }
        let source = try AddressExpansion(shared: shared, bits: bits, contextIDs: contextIDs, offset: start)
            .source(&reader)
        let destination = try AddressExpansion(shared: shared, bits: bits, contextIDs: contextIDs, offset: start)
            .destination(&reader)
        let nextHeader: NextHeader
        if let inlineNextHeader {
            nextHeader = inlineNextHeader
        } else {
            nextHeader = try Self.peekNextHeader(reader, 0)
        }
        if firstIPv6Position == nil {
            firstIPv6Position = writer.count
        } else {
            innerIPv6Positions.append(writer.count)
        }
        innermost = (source, destination)
        IPv6Header(
            trafficClass: trafficClass, flowLabel: flowLabel, payloadLength: 0, nextHeader: nextHeader,
            hopLimit: hopLimit, source: source, destination: destination
        ).serialize(into: &writer)
        return isNextCompressed
    }

    private func readTrafficClass(
        _ bits: UInt16, _ reader: inout ByteReader
    ) throws(ParseError) -> (trafficClass: UInt8, flowLabel: UInt32) {
        func exchanged(_ byte: UInt8) -> UInt8 { byte << 2 | byte >> 6 }
        let isTrafficClassElided = bits & HeaderCompression.BaseBits.trafficClassElided != 0
        let isFlowLabelElided = bits & HeaderCompression.BaseBits.flowLabelElided != 0
        switch (isTrafficClassElided, isFlowLabelElided) {
        case (true, true):
            return (0, 0)
        case (false, true):
            return (exchanged(try reader.readUInt8("traffic class")), 0)
        case (true, false):
            let word = try reader.readBigEndian(3, "flow label")
            return (UInt8(word >> 22), UInt32(word & 0xf_ffff))
        case (false, false):
            let word = try reader.readUInt32("traffic class and flow label")
            return (exchanged(UInt8(word >> 24)), word & 0xf_ffff)
        }
    }

    // MARK: - LOWPAN_NHC

    /// Which header a LOWPAN_NHC byte stands for.
    /// - Source: RFC 6282 §4.2, §4.3.1
    private static func peekNextHeader(_ reader: ByteReader, _ distance: Int) throws(ParseError) -> NextHeader {
        guard let byte = reader.peek(distance) else {
            throw ParseError(
                field: "LOWPAN_NHC", offset: reader.offset + distance, reason: .truncated(needed: 1, available: 0))
        }
        switch byte {
        case 0xf0...0xf7: return .udp
        case 0xe0...0xe1: return .hopByHop
        case 0xe2...0xe3: return .routing
        case 0xe4...0xe5: return .fragment
        case 0xe6...0xe7: return .destinationOptions
        case 0xe8...0xe9: return .mobility
        case 0xee: return .ipv6
        // Also 0xef: RFC 6282 §4.2 says that the next header bit of an IPv6 header MUST be zero.
        default:
            throw ParseError(
                field: "LOWPAN_NHC", offset: reader.offset + distance, reason: .invalid(value: UInt64(byte)))
        }
    }

    /// - Returns: whether the header behind it is compressed too.
    private mutating func expandExtension(
        _ header: NextHeader, _ reader: inout ByteReader
    ) throws(ParseError) -> Bool {
        let start = reader.offset
        let isNextCompressed = try reader.readUInt8("LOWPAN_NHC") & NextHeaderCompression.isFollowed != 0
        let inlineNextHeader = isNextCompressed ? nil : NextHeader(rawValue: try reader.readUInt8("next header"))
        let length = Int(try reader.readUInt8("extension header length"))
        let content = try reader.readSlice(length, "extension header")
        let nextHeader: NextHeader
        if let inlineNextHeader {
            nextHeader = inlineNextHeader
        } else {
            nextHeader = try Self.peekNextHeader(reader, 0)
        }
        let missing = (8 - (2 + length) % 8) % 8
        let isPaddable = header == .hopByHop || header == .destinationOptions
        // A fragment header has 8 bytes, and padding means something only behind options.
        guard isPaddable || (missing == 0 && (header != .fragment || length == 6)) else {
            throw ParseError(
                field: "extension header length", offset: start, reason: .invalidLength(found: length, expected: 6))
        }
        writer.write(nextHeader.rawValue)
        writer.write(UInt8((2 + length + missing) / 8 - 1))
        writer.write(contentsOf: content.bytes[content.remainingRange])
        IPv6Option.padding(missing)?.serialize(into: &writer)
        return isNextCompressed
    }

    /// - Source: RFC 6282 §4.3.3
    private mutating func expandUDP(_ reader: inout ByteReader) throws(ParseError) {
        let start = reader.offset
        let bits = try reader.readUInt8("LOWPAN_NHC")
        let sourcePort: UInt16
        let destinationPort: UInt16
        switch bits & 3 {
        case 0:
            sourcePort = try reader.readUInt16("UDP source port")
            destinationPort = try reader.readUInt16("UDP destination port")
        case 1:
            sourcePort = try reader.readUInt16("UDP source port")
            destinationPort = 0xf000 | UInt16(try reader.readUInt8("UDP destination port"))
        case 2:
            sourcePort = 0xf000 | UInt16(try reader.readUInt8("UDP source port"))
            destinationPort = try reader.readUInt16("UDP destination port")
        default:
            let ports = UInt16(try reader.readUInt8("UDP ports"))
            sourcePort = 0xf0b0 | ports >> 4
            destinationPort = 0xf0b0 | ports & 0xf
        }
        isChecksumElided = bits & 4 != 0
        if isChecksumElided, datagramSize != nil {
            throw ParseError(field: "UDP checksum", offset: start, reason: .unsupported(value: UInt64(bits)))
        }
        let checksum = isChecksumElided ? 0 : try reader.readUInt16("UDP checksum")
        udpPosition = writer.count
        UDPHeader(sourcePort: sourcePort, destinationPort: destinationPort, length: 0, checksum: checksum)
            .serialize(into: &writer)
    }

    /// Computes a checksum that the sender left out, from the payload that is all there.
    /// - Source: RFC 6282 §4.3.2
    private mutating func restoreChecksum(_ position: Int, _ reader: ByteReader) throws(ParseError) {
        guard let innermost else { return }
        let datagram = writer.bytes[position...] + reader.bytes[reader.remainingRange]
        writer.patch(
            UDPHeader.checksum(of: datagram, source: innermost.source, destination: innermost.destination),
            at: position + 6)
    }
}
