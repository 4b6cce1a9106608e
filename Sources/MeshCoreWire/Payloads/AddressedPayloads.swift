public import WireCore

/// A payload that is encrypted for one node: request, response, text or path return.
public struct MeshCoreAddressedPayload: Equatable, Sendable {
    /// The first byte of the destination's key.
    public var destination: UInt8
    /// The first byte of the source's key.
    public var source: UInt8
    /// Code and ciphertext.
    /// - Range: more than 2 bytes
    public var sealed: [UInt8]

    public init(destination: UInt8, source: UInt8, sealed: [UInt8]) {
        self.destination = destination
        self.source = source
        self.sealed = sealed
    }

    /// - Throws: when a byte is missing or there is nothing behind the code.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        destination = try reader.readUInt8("destination hash")
        source = try reader.readUInt8("source hash")
        sealed = try reader.readSealed()
    }

    public var byteCount: Int { 2 + sealed.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(destination)
        writer.write(source)
        writer.write(contentsOf: sealed)
    }
}

/// A request of a node that the destination need not know: its whole key comes along.
public struct MeshCoreAnonymousRequest: Equatable, Sendable {
    /// The first byte of the destination's key.
    public var destination: UInt8
    public var sender: MeshCorePublicKey
    /// Code and ciphertext.
    /// - Range: more than 2 bytes
    public var sealed: [UInt8]

    public init(destination: UInt8, sender: MeshCorePublicKey, sealed: [UInt8]) {
        self.destination = destination
        self.sender = sender
        self.sealed = sealed
    }

    /// - Throws: when a byte is missing or there is nothing behind the code.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        destination = try reader.readUInt8("destination hash")
        sender = try reader.readPublicKey("sender")
        sealed = try reader.readSealed()
    }

    public var byteCount: Int { 33 + sealed.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(destination)
        writer.write(contentsOf: sender.bytes)
        writer.write(contentsOf: sealed)
    }
}

/// A payload for all who have a channel's key.
public struct MeshCoreGroupPayload: Equatable, Sendable {
    /// The first byte of the hash of the channel's key.
    public var channel: UInt8
    /// Code and ciphertext.
    /// - Range: more than 2 bytes
    public var sealed: [UInt8]

    public init(channel: UInt8, sealed: [UInt8]) {
        self.channel = channel
        self.sealed = sealed
    }

    /// - Throws: when a byte is missing or there is nothing behind the code.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        channel = try reader.readUInt8("channel hash")
        sealed = try reader.readSealed()
    }

    public var byteCount: Int { 1 + sealed.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(channel)
        writer.write(contentsOf: sealed)
    }
}

extension ByteReader {
    mutating func readSealed() throws(ParseError) -> [UInt8] {
        try require(MeshCoreLimits.code + 1, "code and ciphertext")
        return readRemaining()
    }

    mutating func readPublicKey(_ field: String) throws(ParseError) -> MeshCorePublicKey {
        let offset = offset
        guard let key = MeshCorePublicKey(try readBytes(MeshCorePublicKey.byteCount, field)) else {
            throw ParseError(field: field, offset: offset, reason: .invalid(value: 0))
        }
        return key
    }

    mutating func readLittleEndian32(_ field: String) throws(ParseError) -> UInt32 {
        UInt32(try readLittleEndian(4, field))
    }
}

extension ByteWriter {
    mutating func writeLittleEndian(_ value: UInt32) {
        writeLittleEndian(UInt64(value), count: 4)
    }

    mutating func writeLittleEndian(_ value: UInt16) {
        writeLittleEndian(UInt64(value), count: 2)
    }
}
