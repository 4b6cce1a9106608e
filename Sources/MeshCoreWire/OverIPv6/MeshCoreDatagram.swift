public import WireCore

/// One MeshCore packet inside a UDP datagram of the IPv6 mesh: two bytes of header, then the packet as on the air.
/// - Source: docs/meshcore-over-ipv6.md
public struct MeshCoreDatagram: Equatable, Sendable {
    /// What a datagram carries.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// A packet, as it would be on the air.
        case packet = 0
    }

    /// The UDP port, from the range that 6LoWPAN compresses to four bits.
    public static let port: UInt16 = 61622
    /// The version that is sent and understood.
    public static let version: UInt8 = 1
    public static let headerLength = 2

    /// The packet's bytes.
    /// - Range: 1 to 255 bytes
    public let packet: [UInt8]

    /// Nil when no packet has so many bytes.
    public init?(packet: [UInt8]) {
        guard (1...MeshCoreLimits.packet).contains(packet.count) else { return nil }
        self.packet = packet
    }

    /// Reads a datagram's whole payload.
    /// - Throws: when it has another version or kind, or no packet has so many bytes.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        var offset = reader.offset
        let version = try reader.readUInt8("version")
        guard version == Self.version else {
            throw ParseError(field: "version", offset: offset, reason: .unsupported(value: UInt64(version)))
        }
        offset = reader.offset
        let kind = try reader.readUInt8("kind")
        guard Kind(rawValue: kind) != nil else {
            throw ParseError(field: "kind", offset: offset, reason: .unsupported(value: UInt64(kind)))
        }
        offset = reader.offset
        let bytes = reader.readRemaining()
        guard let datagram = MeshCoreDatagram(packet: bytes) else {
            throw ParseError(
                field: "packet", offset: offset,
                reason: .invalidLength(found: bytes.count, expected: bytes.isEmpty ? 1 : MeshCoreLimits.packet))
        }
        self = datagram
    }

    /// The same of a whole buffer.
    /// - Throws: as `init(parsing:)`.
    public init(_ bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader)
    }

    public var byteCount: Int { Self.headerLength + packet.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.version)
        writer.write(Kind.packet.rawValue)
        writer.write(contentsOf: packet)
    }

    /// The datagram's payload.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.finish()
    }
}
