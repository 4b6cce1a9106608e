public import WireCore

/// What a node that looks for networks tells of itself.
/// - Source: OpenThread as observed: recording scan, Discovery Requests
public struct DiscoveryRequest: Equatable, Sendable {
    /// The version of Thread.
    /// - Range: 0 to 15
    public var version: UInt8
    /// Looks for a network to be let into.
    public var isJoiner: Bool

    public init(version: UInt8, isJoiner: Bool) {
        self.version = version
        self.isJoiner = isJoiner
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let flags = try reader.readUInt8("discovery request flags")
        version = flags >> 4
        isJoiner = flags & 0x08 != 0
        try reader.skip(1, "reserved")
    }

    public var byteCount: Int { 2 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(version << 4 | (isJoiner ? 0x08 : 0))
        writer.write(0 as UInt8)
    }
}

/// What a node tells of its network to one that looks for networks.
/// - Source: OpenThread as observed: recording scan, Discovery Responses
public struct DiscoveryResponse: Equatable, Sendable {
    /// The version of Thread.
    /// - Range: 0 to 15
    public var version: UInt8
    /// A commissioner on the mesh may be used.
    public var permitsNativeCommissioner: Bool
    /// The network uses commercial commissioning.
    public var usesCommercialCommissioning: Bool

    public init(version: UInt8, permitsNativeCommissioner: Bool, usesCommercialCommissioning: Bool = false) {
        self.version = version
        self.permitsNativeCommissioner = permitsNativeCommissioner
        self.usesCommercialCommissioning = usesCommercialCommissioning
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let flags = try reader.readUInt8("discovery response flags")
        version = flags >> 4
        permitsNativeCommissioner = flags & 0x08 != 0
        usesCommercialCommissioning = flags & 0x04 != 0
        try reader.skip(1, "reserved")
    }

    public var byteCount: Int { 2 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(version << 4 | (permitsNativeCommissioner ? 0x08 : 0) | (usesCommercialCommissioning ? 0x04 : 0))
        writer.write(0 as UInt8)
    }
}
