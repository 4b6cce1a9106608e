public import WireCore

/// What kind of text a message is.
/// - Range: 0 to 63
public struct MeshCoreTextType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// From one person to another; acknowledged.
    public static let plain = MeshCoreTextType(rawValue: 0)
    /// A command for a server, or its reply; not acknowledged.
    public static let commandLine = MeshCoreTextType(rawValue: 1)
    /// A room's post with the first bytes of its author's key; acknowledged.
    public static let signedPlain = MeshCoreTextType(rawValue: 2)
}

/// The plaintext of a text message.
public struct MeshCoreText: Equatable, Sendable {
    /// When it was sent, by the sender's clock.
    /// - Units: seconds since 1970
    public var timestamp: UInt32
    public var type: MeshCoreTextType
    /// Which attempt to deliver it this is, so that each has a packet of its own.
    ///
    /// Only two bits are part of the message; from the fourth on the whole number follows the text, where it does not
    /// change the acknowledgement.
    public var attempt: UInt8
    /// The first bytes of the author's key in signed text; else empty.
    /// - Range: 0 or 4 bytes
    public private(set) var authorPrefix: [UInt8]
    /// UTF-8, by rights; without a zero byte.
    public private(set) var text: [UInt8]

    public static let authorPrefixLength = 4

    /// A message; nil when the text holds a zero byte or is longer than a packet takes.
    public init?(timestamp: UInt32, type: MeshCoreTextType = .plain, attempt: UInt8 = 0, text: [UInt8]) {
        guard type != .signedPlain, type.rawValue < 64, !text.contains(0),
            text.count <= Self.maximumLength(attempt: attempt)
        else { return nil }
        self.timestamp = timestamp
        self.type = type
        self.attempt = attempt
        self.authorPrefix = []
        self.text = text
    }

    /// A room's post; nil when the prefix is not four bytes, the text holds a zero byte or is too long.
    public init?(timestamp: UInt32, attempt: UInt8 = 0, authorPrefix: [UInt8], text: [UInt8]) {
        guard authorPrefix.count == Self.authorPrefixLength, !text.contains(0),
            text.count + Self.authorPrefixLength <= Self.maximumLength(attempt: attempt)
        else { return nil }
        self.timestamp = timestamp
        self.type = .signedPlain
        self.attempt = attempt
        self.authorPrefix = authorPrefix
        self.text = text
    }

    /// How long a text may be.
    /// - Units: bytes
    public static func maximumLength(attempt: UInt8) -> Int { MeshCoreLimits.text - (attempt > 3 ? 2 : 0) }

    /// Reads a decrypted payload: the text ends at its first zero byte.
    /// - Throws: when timestamp, flags or the author of signed text are missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        timestamp = try reader.readLittleEndian32("timestamp")
        let flags = try reader.readUInt8("text flags")
        type = MeshCoreTextType(rawValue: flags >> 2)
        authorPrefix = type == .signedPlain ? try reader.readBytes(Self.authorPrefixLength, "author") : []
        let rest = reader.readRemaining()
        text = Array(rest.prefix { $0 != 0 })
        let behind = rest.dropFirst(text.count + 1).first ?? 0
        // The long form counts only where it agrees with the bits that are part of the message.
        attempt = behind > 3 && behind & 3 == flags & 3 ? behind : flags & 3
    }

    /// What the acknowledgement's hash covers.
    public var acknowledgedBytes: [UInt8] {
        var writer = ByteWriter(capacity: 9 + text.count)
        writer.writeLittleEndian(timestamp)
        writer.write(type.rawValue << 2 | attempt & 3)
        writer.write(contentsOf: authorPrefix)
        writer.write(contentsOf: text)
        return writer.finish()
    }

    public var byteCount: Int { 5 + authorPrefix.count + text.count + (attempt > 3 ? 2 : 0) }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(contentsOf: acknowledgedBytes)
        if attempt > 3 {
            writer.write(UInt8(0))
            writer.write(attempt)
        }
    }

    /// The byte that an acknowledgement repeats, so that acknowledgements of attempts differ.
    public var extendedAttempt: UInt8 { attempt > 3 ? attempt : 0 }
}

/// The plaintext of a channel's text.
public struct MeshCoreGroupText: Equatable, Sendable {
    /// - Units: seconds since 1970, by the sender's clock
    public var timestamp: UInt32
    /// Sender's name, colon, space and text: nothing proves who wrote it.
    public private(set) var text: [UInt8]

    /// - Parameters:
    ///   - sender: the name; a text with it is cut to 160 bytes.
    public init(timestamp: UInt32, sender: [UInt8], text: [UInt8]) {
        let whole = sender.prefix { $0 != 0 } + [0x3a, 0x20] + text.prefix { $0 != 0 }
        self.timestamp = timestamp
        self.text = Array(whole.prefix(MeshCoreLimits.text))
    }

    /// Reads a decrypted payload: the text ends at its first zero byte.
    /// - Throws: when timestamp or flags are missing, or the text is not a plain one.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        timestamp = try reader.readLittleEndian32("timestamp")
        let offset = reader.offset
        let flags = try reader.readUInt8("text flags")
        guard flags >> 2 == 0 else {
            throw ParseError(field: "text type", offset: offset, reason: .unsupported(value: UInt64(flags >> 2)))
        }
        text = Array(reader.readRemaining().prefix { $0 != 0 })
    }

    public var byteCount: Int { 5 + text.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(timestamp)
        writer.write(UInt8(0))
        writer.write(contentsOf: text)
    }
}

/// The plaintext of a channel's datagram. It has no timestamp: of two with the same content the second is a duplicate.
public struct MeshCoreGroupData: Equatable, Sendable {
    /// Whose data it is, by MeshCore's registry.
    public var type: UInt16
    /// - Range: at most 165 bytes
    public private(set) var data: [UInt8]

    /// A datagram; nil when there are more than 165 bytes.
    public init?(type: UInt16, data: [UInt8]) {
        guard data.count <= MeshCoreLimits.channelData else { return nil }
        self.type = type
        self.data = data
    }

    /// Reads a decrypted payload; what follows the data is padding.
    /// - Throws: when a part is missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        type = UInt16(try reader.readLittleEndian(2, "data type"))
        let count = try reader.readUInt8("data length")
        data = try reader.readBytes(Int(count), "data")
        _ = reader.readRemaining()
    }

    public var byteCount: Int { 3 + data.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(type)
        writer.write(UInt8(data.count))
        writer.write(contentsOf: data)
    }
}
