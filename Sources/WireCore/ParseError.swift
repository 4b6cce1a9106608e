/// Why bytes from a file or a peer could not be read as what they claim to be.
///
/// Parse errors are expected: a stranger in radio range may send anything. They are counted by whoever
/// parses and never trap.
public struct ParseError: Error, Equatable, Sendable {
    /// The name of the field that could not be read, as its specification calls it.
    public let field: String
    /// Where the field begins, in bytes from the start of the buffer.
    public let offset: Int
    /// What is wrong with it.
    public let reason: Reason

    /// What can be wrong with a field.
    public enum Reason: Equatable, Sendable {
        /// The field needs more bytes than are left.
        case truncated(needed: Int, available: Int)
        /// The value has no meaning where it stands.
        case invalid(value: UInt64)
        /// The value is defined, but Heddle does not handle it.
        case unsupported(value: UInt64)
        /// A length that contradicts its specification.
        case invalidLength(found: Int, expected: Int)
        /// Bytes remain behind the last field.
        case trailing(count: Int)
        /// A checksum differs from the one computed.
        case checksum(found: UInt64, expected: UInt64)
    }

    public init(field: String, offset: Int, reason: Reason) {
        self.field = field
        self.offset = offset
        self.reason = reason
    }
}

extension ParseError: CustomStringConvertible {
    public var description: String {
        let what =
            switch reason {
            case .truncated(let needed, let available): "needs \(needed) bytes, \(available) are left"
            case .invalid(let value): "invalid value 0x\(String(value, radix: 16))"
            case .unsupported(let value): "unsupported value 0x\(String(value, radix: 16))"
            case .invalidLength(let found, let expected): "length \(found), expected \(expected)"
            case .trailing(let count): "\(count) bytes too many"
            case .checksum(let found, let expected):
                "checksum 0x\(String(found, radix: 16)), expected 0x\(String(expected, radix: 16))"
            }
        return "\(field) at byte \(offset): \(what)"
    }
}
