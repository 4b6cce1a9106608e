public import WireCore

/// Asks who is in range.
public struct MeshCoreDiscoverRequest: Equatable, Sendable {
    /// Whether the first bytes of keys suffice as answer.
    public var wantsPrefixOnly: Bool
    /// The types of nodes that shall answer, each a bit.
    public var typeFilter: UInt8
    public var tag: UInt32
    /// Who did not change since then need not answer.
    /// - Units: seconds since 1970
    public var since: UInt32

    static let code: UInt8 = 0x80

    public init(wantsPrefixOnly: Bool, typeFilter: UInt8, tag: UInt32, since: UInt32 = 0) {
        self.wantsPrefixOnly = wantsPrefixOnly
        self.typeFilter = typeFilter
        self.tag = tag
        self.since = since
    }

    /// - Throws: when it is another control packet, or type filter or tag are missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let first = try reader.readControl(Self.code)
        wantsPrefixOnly = first & 1 != 0
        typeFilter = try reader.readUInt8("type filter")
        tag = try reader.readLittleEndian32("discover tag")
        since = reader.remaining >= 4 ? try reader.readLittleEndian32("since") : 0
    }

    public var byteCount: Int { 10 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.code | (wantsPrefixOnly ? 1 : 0))
        writer.write(typeFilter)
        writer.writeLittleEndian(tag)
        writer.writeLittleEndian(since)
    }

    public func asks(for type: MeshCoreNodeType) -> Bool {
        type.rawValue < 8 && typeFilter & 1 << type.rawValue != 0
    }
}

/// The answer to who is in range.
public struct MeshCoreDiscoverResponse: Equatable, Sendable {
    /// - Range: 0 to 15
    public var type: MeshCoreNodeType
    /// How well the request was heard.
    /// - Units: quarters of a decibel
    public var snrQuarters: Int8
    public var tag: UInt32
    /// The key, or its first 8 bytes.
    public var key: [UInt8]

    static let code: UInt8 = 0x90
    public static let prefixLength = 8

    public init(type: MeshCoreNodeType, snrQuarters: Int8, tag: UInt32, key: [UInt8]) {
        self.type = type
        self.snrQuarters = snrQuarters
        self.tag = tag
        self.key = key
    }

    /// - Throws: when it is another control packet, or a part is missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        type = MeshCoreNodeType(rawValue: try reader.readControl(Self.code) & 0x0f)
        snrQuarters = Int8(bitPattern: try reader.readUInt8("signal-to-noise ratio"))
        tag = try reader.readLittleEndian32("discover tag")
        key = reader.readRemaining()
    }

    public var byteCount: Int { 6 + key.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.code | type.rawValue & 0x0f)
        writer.write(UInt8(bitPattern: snrQuarters))
        writer.writeLittleEndian(tag)
        writer.write(contentsOf: key)
    }
}

extension ByteReader {
    /// The first byte of a control packet, if its upper half is `code`.
    fileprivate mutating func readControl(_ code: UInt8) throws(ParseError) -> UInt8 {
        let start = offset
        let first = try readUInt8("control type")
        guard first & 0xf0 == code else {
            throw ParseError(field: "control type", offset: start, reason: .invalid(value: UInt64(first)))
        }
        return first
    }
}
