public import WireCore

/// The plaintext of a login.
public struct MeshCoreLogin: Equatable, Sendable {
    /// The sender's time, which must be later than at its last login.
    /// - Units: seconds since 1970
    public var timestamp: UInt32
    /// From when on a room shall send posts; nil for other servers.
    public var syncSince: UInt32?
    /// - Range: at most 15 bytes without a zero byte
    public private(set) var password: [UInt8]

    /// - Parameter password: What exceeds 15 bytes, or follows a zero byte, is cut.
    public init(timestamp: UInt32, syncSince: UInt32? = nil, password: [UInt8]) {
        self.timestamp = timestamp
        self.syncSince = syncSince
        self.password = Array(password.prefix { $0 != 0 }.prefix(MeshCoreLimits.password))
    }

    /// - Parameter isForRoom: Whether the receiver is a room, whose logins have one field more.
    /// - Throws: when a part is missing.
    public init(parsing reader: inout ByteReader, isForRoom: Bool = false) throws(ParseError) {
        timestamp = try reader.readLittleEndian32("timestamp")
        syncSince = isForRoom ? try reader.readLittleEndian32("sync since") : nil
        password = Array(reader.readRemaining().prefix { $0 != 0 })
    }

    public var byteCount: Int { 4 + (syncSince == nil ? 0 : 4) + password.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(timestamp)
        if let syncSince { writer.writeLittleEndian(syncSince) }
        writer.write(contentsOf: password)
    }
}

/// What a server says to a login that it accepts: it is silent otherwise.
public enum MeshCoreLoginResponse: Equatable, Sendable {
    /// As servers answer today.
    case accepted(Acceptance)
    /// As old repeaters did: the letters OK.
    case legacy
    /// A server said no, which none does today.
    case refused(code: UInt8)

    /// The fields of an accepted login.
    public struct Acceptance: Equatable, Sendable {
        /// How often the server wants a sign of life; zero for never.
        /// - Units: 16 seconds
        public var keepAlive: UInt8
        /// 1 for administrators, of rooms 2 for guests.
        public var role: UInt8
        public var permissions: UInt8
        /// - Range: 4 bytes
        public var salt: [UInt8]
        /// What the server's protocol can do; nil when it does not say.
        public var level: UInt8?

        public init(keepAlive: UInt8 = 0, role: UInt8, permissions: UInt8, salt: [UInt8], level: UInt8?) {
            self.keepAlive = keepAlive
            self.role = role
            self.permissions = permissions
            self.salt = salt
            self.level = level
        }
    }

    /// Reads the data of a response.
    /// - Throws: when a part is missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let code = try reader.readUInt8("login result")
        if code == 0x4f, reader.peek() == 0x4b {
            _ = reader.readRemaining()
            self = .legacy
        } else if code == 0 {
            self = .accepted(
                Acceptance(
                    keepAlive: try reader.readUInt8("keep-alive"), role: try reader.readUInt8("role"),
                    permissions: try reader.readUInt8("permissions"), salt: try reader.readBytes(4, "salt"),
                    level: reader.isAtEnd ? nil : try reader.readUInt8("level")))
            _ = reader.readRemaining()
        } else {
            _ = reader.readRemaining()
            self = .refused(code: code)
        }
    }

    /// The data of a response.
    public var bytes: [UInt8] {
        switch self {
        case .accepted(let fields):
            [0, fields.keepAlive, fields.role, fields.permissions] + fields.salt + (fields.level.map { [$0] } ?? [])
        case .legacy: [0x4f, 0x4b]
        case .refused(let code): [code]
        }
    }
}
