public import WireCore

/// The header of a UDP datagram.
/// - Source: RFC 768; RFC 8200 §8.1 for IPv6
public struct UDPHeader: Equatable, Sendable {
    /// How many bytes the header takes.
    public static let byteCount = 8

    public var sourcePort: UInt16
    public var destinationPort: UInt16
    /// Header and payload together.
    /// - Units: bytes
    public var length: UInt16
    /// Never zero on the wire: over IPv6 a UDP checksum is mandatory.
    public var checksum: UInt16

    public init(sourcePort: UInt16, destinationPort: UInt16, length: UInt16, checksum: UInt16) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.length = length
        self.checksum = checksum
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        try reader.require(Self.byteCount, "UDP header")
        sourcePort = try reader.readUInt16("UDP source port")
        destinationPort = try reader.readUInt16("UDP destination port")
        length = try reader.readUInt16("UDP length")
        checksum = try reader.readUInt16("UDP checksum")
    }

    /// The port in the header that a reader stands before, without reading it; nil when it is cut off.
    public static func destinationPort(ahead reader: ByteReader) -> UInt16? {
        guard reader.remaining >= byteCount, let high = reader.peek(2), let low = reader.peek(3) else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    /// Reads the header of a datagram that takes all that is left, and checks length and checksum.
    ///
    /// The reader then stands at the payload.
    /// - Throws: `.invalidLength` when the length is not that of the datagram, `.checksum` when the checksum is wrong
    ///   or missing.
    public init(parsing reader: inout ByteReader, source: IPv6Address, destination: IPv6Address) throws(ParseError) {
        let datagram = reader.remainingRange
        self = try UDPHeader(parsing: &reader)
        guard Int(length) == datagram.count else {
            throw ParseError(
                field: "UDP length", offset: datagram.lowerBound + 4,
                reason: .invalidLength(found: Int(length), expected: datagram.count))
        }
        // RFC 8200 §8.1: a node MUST discard a datagram whose checksum is zero, unless a tunnel protocol allows it.
        guard
            checksum != 0,
            InternetChecksum.verify(
                reader.bytes[datagram], source: source, destination: destination, nextHeader: .udp)
        else {
            let expected = Self.checksum(of: reader.bytes[datagram], source: source, destination: destination)
            throw ParseError(
                field: "UDP checksum", offset: datagram.lowerBound + 6,
                reason: .checksum(found: UInt64(checksum), expected: UInt64(expected)))
        }
    }

    public var byteCount: Int { Self.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        let ports = UInt64(sourcePort) << 16 | UInt64(destinationPort)
        writer.write(ports << 32 | UInt64(length) << 16 | UInt64(checksum))
    }

    /// Writes a whole UDP datagram: header with length and checksum, then the payload.
    /// - Precondition: the payload has at most 65,527 bytes.
    public static func serialize(
        payload: [UInt8], sourcePort: UInt16, destinationPort: UInt16, source: IPv6Address, destination: IPv6Address,
        into writer: inout ByteWriter
    ) {
        precondition(payload.count <= 0xffff - byteCount, "a UDP payload of \(payload.count) bytes")
        let start = writer.count
        UDPHeader(
            sourcePort: sourcePort, destinationPort: destinationPort, length: UInt16(byteCount + payload.count),
            checksum: 0
        ).serialize(into: &writer)
        writer.write(contentsOf: payload)
        let checksum = checksum(of: writer.bytes[start...], source: source, destination: destination)
        writer.patch(checksum, at: start + 6)
    }

    /// The checksum that a UDP datagram must carry, whatever its checksum field holds now.
    /// - Parameter datagram: header and payload.
    /// - Source: RFC 8200 §8.1: a computed zero is sent as all ones
    public static func checksum(
        of datagram: ArraySlice<UInt8>, source: IPv6Address, destination: IPv6Address
    ) -> UInt16 {
        var checksum = InternetChecksum(
            source: source, destination: destination, length: datagram.count, nextHeader: .udp)
        checksum.add(datagram.prefix(6))
        checksum.add(datagram.dropFirst(byteCount))
        return checksum.value == 0 ? 0xffff : checksum.value
    }
}
