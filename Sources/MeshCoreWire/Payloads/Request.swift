public import WireCore

/// What a request asks for.
public struct MeshCoreRequestType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let status = MeshCoreRequestType(rawValue: 1)
    public static let keepAlive = MeshCoreRequestType(rawValue: 2)
    public static let telemetry = MeshCoreRequestType(rawValue: 3)
    public static let minimumMaximumAverage = MeshCoreRequestType(rawValue: 4)
    public static let accessList = MeshCoreRequestType(rawValue: 5)
    public static let neighbours = MeshCoreRequestType(rawValue: 6)
    public static let owner = MeshCoreRequestType(rawValue: 7)
}

/// The plaintext of a request. What follows the parameters may be padding.
public struct MeshCoreRequest: Equatable, Sendable {
    /// The sender's time, which its answer repeats.
    /// - Units: seconds since 1970
    public var tag: UInt32
    public var type: MeshCoreRequestType
    public var parameters: [UInt8]

    public init(tag: UInt32, type: MeshCoreRequestType, parameters: [UInt8] = []) {
        self.tag = tag
        self.type = type
        self.parameters = parameters
    }

    /// - Throws: when tag or type are missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        tag = try reader.readLittleEndian32("request tag")
        type = MeshCoreRequestType(rawValue: try reader.readUInt8("request type"))
        parameters = reader.readRemaining()
    }

    public var byteCount: Int { 5 + parameters.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(tag)
        writer.write(type.rawValue)
        writer.write(contentsOf: parameters)
    }
}

/// The plaintext of a response. What follows the data may be padding.
public struct MeshCoreResponse: Equatable, Sendable {
    /// The request's tag; the server's time in the answer to a login.
    public var tag: UInt32
    public var data: [UInt8]

    public init(tag: UInt32, data: [UInt8]) {
        self.tag = tag
        self.data = data
    }

    /// - Throws: when the tag is not whole.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        tag = try reader.readLittleEndian32("response tag")
        data = reader.readRemaining()
    }

    public var byteCount: Int { 4 + data.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(tag)
        writer.write(contentsOf: data)
    }
}

/// Which neighbours a repeater shall tell of, and in which order.
public struct MeshCoreNeighboursRequest: Equatable, Sendable {
    /// In which order neighbours are told.
    public enum Order: UInt8, Sendable {
        case newestFirst = 0
        case oldestFirst = 1
        case strongestFirst = 2
        case weakestFirst = 3
    }

    /// How many at most.
    public var count: UInt8
    /// How many to leave out at the beginning.
    public var offset: UInt16
    /// nil for an order that is not known, which leaves them as they are.
    public var order: Order?
    /// How many bytes of each key.
    /// - Range: 0 to 255, of which 32 count
    public var prefixLength: UInt8

    public init(count: UInt8, offset: UInt16 = 0, order: Order? = .newestFirst, prefixLength: UInt8) {
        self.count = count
        self.offset = offset
        self.order = order
        self.prefixLength = prefixLength
    }

    /// Reads a request's parameters; what follows is salt.
    /// - Throws: when the version is not 0 or a part is missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let start = reader.offset
        let version = try reader.readUInt8("neighbours version")
        guard version == 0 else {
            throw ParseError(field: "neighbours version", offset: start, reason: .unsupported(value: UInt64(version)))
        }
        count = try reader.readUInt8("neighbours count")
        offset = UInt16(try reader.readLittleEndian(2, "neighbours offset"))
        order = Order(rawValue: try reader.readUInt8("neighbours order"))
        prefixLength = try reader.readUInt8("prefix length")
        _ = reader.readRemaining()
    }

    public var byteCount: Int { 6 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(UInt8(0))
        writer.write(count)
        writer.writeLittleEndian(offset)
        writer.write(order?.rawValue ?? 0)
        writer.write(prefixLength)
    }
}

/// What an anonymous request asks for, apart from a login.
public struct MeshCoreAnonymousQuery: Equatable, Sendable {
    /// What can be asked without a login.
    public enum Subject: UInt8, CaseIterable, Sendable {
        case regions = 1
        case owner = 2
        case basic = 3
    }

    /// The sender's time, which its answer repeats.
    public var tag: UInt32
    public var subject: Subject
    /// How the answer shall travel.
    public var replyPath: MeshCorePath

    public init(tag: UInt32, subject: Subject, replyPath: MeshCorePath) {
        self.tag = tag
        self.subject = subject
        self.replyPath = replyPath
    }

    /// - Throws: when it is no such query, its path is invalid or a part is missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        tag = try reader.readLittleEndian32("query tag")
        let offset = reader.offset
        let raw = try reader.readUInt8("query subject")
        guard let subject = Subject(rawValue: raw) else {
            throw ParseError(field: "query subject", offset: offset, reason: .unsupported(value: UInt64(raw)))
        }
        self.subject = subject
        replyPath = try MeshCorePath(parsing: &reader)
        _ = reader.readRemaining()
    }

    public var byteCount: Int { 5 + replyPath.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(tag)
        writer.write(subject.rawValue)
        replyPath.serialize(into: &writer)
    }
}
