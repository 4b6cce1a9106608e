public import WireCore

/// One packet of MeshCore, as it stands on the air, in a bridge and in an exported contact.
public struct MeshCorePacket: Equatable, Sendable {
    public var route: MeshCoreRoute
    public var payloadType: MeshCorePayloadType
    /// The version of the payload's format; radios know only 0.
    /// - Range: 0 to 3
    public var version: UInt8
    /// The hops done (flood) or to do (direct); signal-to-noise ratios in a trace.
    public var path: MeshCorePath
    /// - Range: at most 184 bytes
    public var payload: [UInt8]

    /// Where a packet's bytes come from, which decides what is taken.
    public enum Form: Sendable {
        /// From a link: only version 0; the payload may be empty.
        case link
        /// From an export or a bridge: any version; there must be a payload.
        case stored
    }

    public init(
        route: MeshCoreRoute, payloadType: MeshCorePayloadType, version: UInt8 = 0, path: MeshCorePath = .zeroHop,
        payload: [UInt8]
    ) {
        precondition(payload.count <= MeshCoreLimits.payload, "a payload of \(payload.count) bytes")
        self.route = route
        self.payloadType = payloadType
        self.version = version & 3
        self.path = path
        self.payload = payload
    }

    /// Reads a packet that takes all bytes that are left.
    /// - Throws: when it is longer than 255 bytes, its version or path is not one that is known, a part is missing, or
    ///   the payload is longer than 184 bytes.
    public init(parsing reader: inout ByteReader, form: Form = .link) throws(ParseError) {
        let start = reader.offset
        guard reader.remaining <= MeshCoreLimits.packet else {
            throw ParseError(
                field: "packet", offset: start,
                reason: .invalidLength(found: reader.remaining, expected: MeshCoreLimits.packet))
        }
        let header = try reader.readUInt8("header")
        version = header >> 6
        guard form == .stored || version == 0 else {
            throw ParseError(field: "version", offset: start, reason: .unsupported(value: UInt64(version)))
        }
        payloadType = MeshCorePayloadType(rawValue: header >> 2)
        switch header & 3 {
        case 0: route = .transportFlood(try MeshCoreTransportCodes(parsing: &reader))
        case 1: route = .flood
        case 2: route = .direct
        default: route = .transportDirect(try MeshCoreTransportCodes(parsing: &reader))
        }
        path = try MeshCorePath(parsing: &reader)
        let payloadOffset = reader.offset
        payload = reader.readRemaining()
        guard payload.count <= MeshCoreLimits.payload, form == .link || !payload.isEmpty else {
            throw ParseError(
                field: "payload", offset: payloadOffset,
                reason: .invalidLength(found: payload.count, expected: payload.isEmpty ? 1 : MeshCoreLimits.payload))
        }
    }

    /// The same of a whole buffer.
    /// - Throws: as `init(parsing:form:)`.
    public init(_ bytes: [UInt8], form: Form = .link) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader, form: form)
    }

    public var byteCount: Int { 1 + (route.transportCodes == nil ? 0 : 4) + path.byteCount + payload.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(version << 6 | payloadType.rawValue << 2 | route.bits)
        route.transportCodes?.serialize(into: &writer)
        path.serialize(into: &writer)
        writer.write(contentsOf: payload)
    }

    /// The packet as bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.finish()
    }

    /// Whether it is for whoever hears it, and goes no further.
    public var isZeroHop: Bool { !route.isFlood && path.isEmpty }
}

extension MeshCoreTransportCodes {
    /// - Throws: when bytes are missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        region = UInt16(try reader.readLittleEndian(2, "transport code 1"))
        home = UInt16(try reader.readLittleEndian(2, "transport code 2"))
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(UInt64(region), count: 2)
        writer.writeLittleEndian(UInt64(home), count: 2)
    }
}
