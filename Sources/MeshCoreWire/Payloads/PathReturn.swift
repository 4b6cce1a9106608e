public import WireCore

/// The plaintext of a path return: how its sender is reached, and what came of the packet that it answers.
public struct MeshCorePathReturn: Equatable, Sendable {
    public private(set) var path: MeshCorePath
    /// The type of the extra, whose upper four bits are reserved.
    public private(set) var rawExtraType: UInt8
    /// An acknowledgement or response, or four bytes that make the packet one of its kind.
    public private(set) var extra: [UInt8]

    /// The type when there is no extra.
    private static let none: UInt8 = 0xff
    public static let saltLength = 4

    /// A path with an extra; nil when they are too long together, or there is no extra.
    public init?(path: MeshCorePath, extraType: MeshCorePayloadType, extra: [UInt8]) {
        guard !extra.isEmpty, path.bytes.count + extra.count + 5 <= MeshCoreLimits.combinedPath else { return nil }
        self.path = path
        rawExtraType = extraType.rawValue
        self.extra = extra
    }

    /// A path alone.
    /// - Parameter salt: 4 random bytes.
    public init(path: MeshCorePath, salt: [UInt8]) {
        precondition(salt.count == Self.saltLength, "a salt of \(salt.count) bytes")
        self.path = path
        rawExtraType = Self.none
        extra = salt
    }

    /// Reads a decrypted payload; the extra may have padding behind it.
    /// - Throws: when the path is invalid or a part is missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        path = try MeshCorePath(parsing: &reader)
        rawExtraType = try reader.readUInt8("extra type")
        extra = reader.readRemaining()
    }

    public var extraType: MeshCorePayloadType { MeshCorePayloadType(rawValue: rawExtraType) }

    public var byteCount: Int { path.byteCount + 1 + extra.count }

    public func serialize(into writer: inout ByteWriter) {
        path.serialize(into: &writer)
        writer.write(rawExtraType)
        writer.write(contentsOf: extra)
    }
}
