public import WireCore

/// The first byte of an MLE datagram: how the rest of it is secured.
/// - Source: OpenThread as observed: recording scan, whose Discovery Requests alone are sent without security
public enum MLESecuritySuite: UInt8, CaseIterable, Sendable {
    /// An auxiliary security header follows, then the sealed message and its code.
    case ieee802154 = 0
    /// The message follows in the clear.
    case none = 255

    /// The UDP port of MLE, of sender and receiver alike.
    public static let port: UInt16 = 19788

    /// - Throws: `.unsupported` for any other suite.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let value = try reader.readUInt8("security suite")
        guard let suite = Self(rawValue: value) else {
            throw ParseError(field: "security suite", offset: offset, reason: .unsupported(value: UInt64(value)))
        }
        self = suite
    }

    public var byteCount: Int { 1 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(rawValue)
    }
}
