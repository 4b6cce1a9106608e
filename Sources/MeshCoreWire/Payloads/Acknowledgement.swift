public import WireCore

/// The four bytes that prove that a message arrived.
public struct MeshCoreAcknowledgementHash: Hashable, Sendable {
    /// The bytes in their order, the first the most significant.
    public let rawValue: UInt32

    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        rawValue = UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8 | UInt32(fourth)
    }

    /// The hash in the first four bytes; nil when there are fewer.
    public init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 4 else { return nil }
        let start = bytes.startIndex
        self.init(bytes[start], bytes[start + 1], bytes[start + 2], bytes[start + 3])
    }

    /// - Range: 4 bytes
    public var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (24 - 8 * UInt32($0))) } }
}

/// That a message arrived.
public struct MeshCoreAcknowledgement: Equatable, Sendable {
    public var hash: MeshCoreAcknowledgementHash
    /// What makes the packets of repeated acknowledgements differ; nobody reads it.
    public var salt: [UInt8]

    public init(hash: MeshCoreAcknowledgementHash, salt: [UInt8] = []) {
        self.hash = hash
        self.salt = salt
    }

    /// - Throws: when there are fewer than four bytes.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let bytes = try reader.readBytes(4, "acknowledgement hash")
        hash = MeshCoreAcknowledgementHash(bytes[0], bytes[1], bytes[2], bytes[3])
        salt = reader.readRemaining()
    }

    public var byteCount: Int { 4 + salt.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(contentsOf: hash.bytes)
        writer.write(contentsOf: salt)
    }
}

/// One of several packets of which any will do: only acknowledgements are sent so.
public struct MeshCoreMultipart: Equatable, Sendable {
    /// How many packets follow this one.
    /// - Range: 0 to 15
    public var remaining: UInt8
    public var innerType: MeshCorePayloadType
    public var inner: [UInt8]

    /// - Parameter remaining: Only the low four bits count.
    public init(remaining: UInt8, innerType: MeshCorePayloadType, inner: [UInt8]) {
        self.remaining = remaining & 0x0f
        self.innerType = innerType
        self.inner = inner
    }

    /// - Throws: when there is no first byte.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let first = try reader.readUInt8("multipart header")
        remaining = first >> 4
        innerType = MeshCorePayloadType(rawValue: first)
        inner = reader.readRemaining()
    }

    public var byteCount: Int { 1 + inner.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(remaining << 4 | innerType.rawValue)
        writer.write(contentsOf: inner)
    }
}
