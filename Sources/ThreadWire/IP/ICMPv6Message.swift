public import WireCore

/// A message of the Internet Control Message Protocol for IPv6.
/// - Source: RFC 4443
public enum ICMPv6Message: Equatable, Sendable {
    /// RFC 4443 §4.1
    case echoRequest(Echo)
    /// RFC 4443 §4.2
    case echoReply(Echo)
    /// RFC 4443 §3.1; the rest of the message is the beginning of the datagram that could not be delivered.
    case destinationUnreachable(UnreachableCode, invoking: [UInt8])
    /// RFC 4443 §3.2; the MTU of the next link, in bytes.
    case packetTooBig(mtu: UInt32, invoking: [UInt8])
    /// RFC 4443 §3.3
    case timeExceeded(TimeExceededCode, invoking: [UInt8])
    /// RFC 4443 §3.4; the pointer is the offset of the offending byte in the invoking datagram.
    case parameterProblem(ParameterProblemCode, pointer: UInt32, invoking: [UInt8])
    /// Any other type, and known types with codes that mean nothing: what follows the checksum.
    case unknown(type: UInt8, code: UInt8, body: [UInt8])

    /// The content of an echo request, which its reply repeats.
    public struct Echo: Equatable, Sendable {
        /// Tells one process that pings from another.
        public var identifier: UInt16
        public var sequence: UInt16
        public var payload: [UInt8]

        public init(identifier: UInt16, sequence: UInt16, payload: [UInt8]) {
            self.identifier = identifier
            self.sequence = sequence
            self.payload = payload
        }
    }

    /// - Source: RFC 4443 §3.1
    public struct UnreachableCode: RawRepresentable, Hashable, Sendable {
        public var rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let noRoute = UnreachableCode(rawValue: 0)
        public static let administrativelyProhibited = UnreachableCode(rawValue: 1)
        public static let beyondScope = UnreachableCode(rawValue: 2)
        public static let address = UnreachableCode(rawValue: 3)
        public static let port = UnreachableCode(rawValue: 4)
        public static let sourceAddressPolicy = UnreachableCode(rawValue: 5)
        public static let rejectRoute = UnreachableCode(rawValue: 6)
    }

    /// - Source: RFC 4443 §3.3
    public struct TimeExceededCode: RawRepresentable, Hashable, Sendable {
        public var rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let hopLimit = TimeExceededCode(rawValue: 0)
        public static let reassembly = TimeExceededCode(rawValue: 1)
    }

    /// - Source: RFC 4443 §3.4
    public struct ParameterProblemCode: RawRepresentable, Hashable, Sendable {
        public var rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let header = ParameterProblemCode(rawValue: 0)
        public static let nextHeader = ParameterProblemCode(rawValue: 1)
        public static let option = ParameterProblemCode(rawValue: 2)
    }

    /// Reads a message that takes all that is left, and checks its checksum.
    /// - Throws: `.checksum` when the checksum is wrong, `.truncated` when a field is cut short.
    public init(parsing reader: inout ByteReader, source: IPv6Address, destination: IPv6Address) throws(ParseError) {
        let start = reader.offset
        try reader.require(4, "ICMPv6 header")
        let whole = reader.bytes[reader.remainingRange]
        let type = try reader.readUInt8("ICMPv6 type")
        let code = try reader.readUInt8("ICMPv6 code")
        let checksum = try reader.readUInt16("ICMPv6 checksum")
        guard InternetChecksum.verify(whole, source: source, destination: destination, nextHeader: .icmpv6) else {
            var expected = InternetChecksum(
                source: source, destination: destination, length: whole.count, nextHeader: .icmpv6)
            expected.add(whole.prefix(2))
            expected.add(whole.dropFirst(4))
            throw ParseError(
                field: "ICMPv6 checksum", offset: start + 2,
                reason: .checksum(found: UInt64(checksum), expected: UInt64(expected.value)))
        }
        try self.init(type: type, code: code, parsing: &reader)
    }

    private init(type: UInt8, code: UInt8, parsing reader: inout ByteReader) throws(ParseError) {
        switch (type, code) {
        case (1, _):
            try reader.skip(4, "ICMPv6 unused")
            self = .destinationUnreachable(UnreachableCode(rawValue: code), invoking: reader.readRemaining())
        case (2, _):
            let mtu = try reader.readUInt32("ICMPv6 MTU")
            self = .packetTooBig(mtu: mtu, invoking: reader.readRemaining())
        case (3, _):
            try reader.skip(4, "ICMPv6 unused")
            self = .timeExceeded(TimeExceededCode(rawValue: code), invoking: reader.readRemaining())
        case (4, _):
            let pointer = try reader.readUInt32("ICMPv6 pointer")
            self = .parameterProblem(
                ParameterProblemCode(rawValue: code), pointer: pointer, invoking: reader.readRemaining())
        case (128, 0):
            self = .echoRequest(try Echo(parsing: &reader))
        case (129, 0):
            self = .echoReply(try Echo(parsing: &reader))
        default:
            self = .unknown(type: type, code: code, body: reader.readRemaining())
        }
    }

    public var type: UInt8 {
        switch self {
        case .destinationUnreachable: 1
        case .packetTooBig: 2
        case .timeExceeded: 3
        case .parameterProblem: 4
        case .echoRequest: 128
        case .echoReply: 129
        case .unknown(let type, _, _): type
        }
    }

    public var code: UInt8 {
        switch self {
        case .destinationUnreachable(let code, _): code.rawValue
        case .timeExceeded(let code, _): code.rawValue
        case .parameterProblem(let code, _, _): code.rawValue
        case .packetTooBig, .echoRequest, .echoReply: 0
        case .unknown(_, let code, _): code
        }
    }

    /// Whether it reports an error: no error may be sent about one.
    /// - Source: RFC 4443 §2.1, §2.4(e)
    public var isError: Bool { type < 128 }

    public var byteCount: Int {
        switch self {
        case .echoRequest(let echo), .echoReply(let echo): 8 + echo.payload.count
        case .destinationUnreachable(_, let invoking), .packetTooBig(_, let invoking), .timeExceeded(_, let invoking),
            .parameterProblem(_, _, let invoking):
            8 + invoking.count
        case .unknown(_, _, let body): 4 + body.count
        }
    }

    /// Writes the message with its checksum.
    public func serialize(into writer: inout ByteWriter, source: IPv6Address, destination: IPv6Address) {
        let start = writer.count
        writer.write(type)
        writer.write(code)
        writer.write(0 as UInt16)
        switch self {
        case .echoRequest(let echo), .echoReply(let echo):
            writer.write(echo.identifier)
            writer.write(echo.sequence)
            writer.write(contentsOf: echo.payload)
        case .destinationUnreachable(_, let invoking), .timeExceeded(_, let invoking):
            writer.write(0 as UInt32)
            writer.write(contentsOf: invoking)
        case .packetTooBig(let number, let invoking), .parameterProblem(_, let number, let invoking):
            writer.write(number)
            writer.write(contentsOf: invoking)
        case .unknown(_, _, let body):
            writer.write(contentsOf: body)
        }
        let checksum = InternetChecksum.compute(
            writer.bytes[start...], source: source, destination: destination, nextHeader: .icmpv6)
        writer.patch(checksum, at: start + 2)
    }
}

extension ICMPv6Message.Echo {
    init(parsing reader: inout ByteReader) throws(ParseError) {
        identifier = try reader.readUInt16("echo identifier")
        sequence = try reader.readUInt16("echo sequence")
        payload = reader.readRemaining()
    }
}
