public import WireCore

/// A message of the Constrained Application Protocol.
/// - Source: RFC 7252 §3
public struct CoAPMessage: Equatable, Sendable {
    /// How a message is delivered.
    /// - Source: RFC 7252 §3
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// Sent again until it is acknowledged.
        case confirmable = 0
        case nonConfirmable = 1
        case acknowledgement = 2
        case reset = 3
    }

    public var type: Kind
    public var code: CoAPCode
    /// Tells duplicates apart and ties acknowledgements to messages.
    public var messageID: UInt16
    /// Ties answers to requests.
    /// - Range: 0 to 8 bytes
    public private(set) var token: [UInt8]
    /// In ascending order of numbers; options of one number keep their order.
    public private(set) var options: [CoAPOption]
    public var payload: [UInt8]

    /// The UDP port of Thread's management messages, of sender and receiver alike.
    /// - Source: OpenThread as observed: recording line_traffic, frame 16
    public static let threadManagementPort: UInt16 = 61631
    static let maximumTokenLength = 8
    private static let version: UInt8 = 1

    /// - Parameters:
    ///   - token: at most 8 bytes.
    ///   - options: in any order.
    public init(
        type: Kind, code: CoAPCode, messageID: UInt16, token: [UInt8] = [], options: [CoAPOption] = [],
        payload: [UInt8] = []
    ) {
        precondition(token.count <= Self.maximumTokenLength, "a token of \(token.count) bytes")
        self.type = type
        self.code = code
        self.messageID = messageID
        self.token = token
        self.options = []
        self.payload = payload
        for option in options { append(option) }
    }

    /// Puts an option behind all of its number and below.
    public mutating func append(_ option: CoAPOption) {
        let index = options.firstIndex { $0.number > option.number } ?? options.count
        options.insert(option, at: index)
    }

    /// The segments of the path that is asked for, joined by `/`, as in `a/as`.
    /// - Source: RFC 7252 §5.10.1
    public var uriPath: String {
        var path = ""
        for (index, option) in options.lazy.filter({ $0.number == .uriPath }).enumerated() {
            path += (index == 0 ? "" : "/") + String(decoding: option.value, as: UTF8.self)
        }
        return path
    }

    /// The options that ask for a path.
    /// - Parameter path: segments of at most 255 bytes, joined by `/`.
    /// - Source: RFC 7252 §5.10.1
    public static func options(path: String) -> [CoAPOption] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { CoAPOption(.uriPath, value: Array($0)) }
    }

    /// Reads all that is left.
    /// - Throws: `.unsupported` for another version; `.invalidLength` for a token of more than 8 bytes; `.invalid` for
    ///   a reserved length or an option number above 65535; `.truncated` for a payload marker without a payload;
    ///   `.trailing` for an empty message that has more than its header (all of RFC 7252 §3, §4.1: format errors).
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let start = reader.offset
        let first = try reader.readUInt8("CoAP version")
        guard first >> 6 == Self.version else {
            throw ParseError(field: "CoAP version", offset: start, reason: .unsupported(value: UInt64(first >> 6)))
        }
        // Four values of two bits: there is one for each.
        type = Kind(rawValue: first >> 4 & 3) ?? .reset
        let tokenLength = Int(first & 0xf)
        guard tokenLength <= Self.maximumTokenLength else {
            throw ParseError(
                field: "CoAP token", offset: start,
                reason: .invalidLength(found: tokenLength, expected: Self.maximumTokenLength))
        }
        code = CoAPCode(rawValue: try reader.readUInt8("CoAP code"))
        messageID = try reader.readUInt16("CoAP message id")
        if code == .empty {
            try reader.requireEnd("empty CoAP message")
            guard tokenLength == 0 else {
                throw ParseError(
                    field: "CoAP token", offset: start, reason: .invalidLength(found: tokenLength, expected: 0))
            }
        }
        token = try reader.readBytes(tokenLength, "CoAP token")
        options = []
        payload = []
        var number = 0
        while !reader.isAtEnd {
            if reader.peek() == CoAPOptionEncoding.payloadMarker {
                try reader.skip(1, "CoAP payload marker")
                try reader.require(1, "CoAP payload")
                payload = reader.readRemaining()
                return
            }
            options.append(try CoAPOptionEncoding.read(from: &reader, after: &number))
        }
    }

    public var byteCount: Int {
        var count = 4 + token.count + (payload.isEmpty ? 0 : 1 + payload.count)
        var number: UInt16 = 0
        for option in options {
            count += CoAPOptionEncoding.byteCount(option, after: number)
            number = option.number.rawValue
        }
        return count
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.version << 6 | type.rawValue << 4 | UInt8(token.count))
        writer.write(code.rawValue)
        writer.write(messageID)
        writer.write(contentsOf: token)
        var number: UInt16 = 0
        for option in options {
            CoAPOptionEncoding.write(option, after: number, into: &writer)
            number = option.number.rawValue
        }
        if !payload.isEmpty {
            writer.write(CoAPOptionEncoding.payloadMarker)
            writer.write(contentsOf: payload)
        }
    }

    /// The message as one buffer.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.bytes
    }
}
