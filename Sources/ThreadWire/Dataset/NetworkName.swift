public import WireCore

/// The name of a network, for people.
/// - Range: at most 16 bytes of UTF-8
public struct NetworkName: Hashable, Sendable {
    /// - Units: bytes
    public static let maximumLength = 16

    /// The name as sent; a peer may send bytes that are no UTF-8.
    public let bytes: [UInt8]

    /// - Returns: nil when the name is empty or longer than 16 bytes.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.maximumLength else { return nil }
        self.bytes = bytes
    }

    /// Reads all that is left.
    /// - Throws: `.invalidLength` when that is more than 16 bytes.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        guard reader.remaining <= Self.maximumLength else {
            throw ParseError(
                field: "network name", offset: reader.offset,
                reason: .invalidLength(found: reader.remaining, expected: Self.maximumLength))
        }
        bytes = reader.readRemaining()
    }

    public var byteCount: Int { bytes.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(contentsOf: bytes)
    }
}

extension NetworkName: CustomStringConvertible {
    /// The name; bytes that are no UTF-8 are shown as replacement characters.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// A 64-bit identifier that tells networks apart whose PAN identifiers are equal.
public struct ExtendedPANID: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

extension ExtendedPANID: CustomStringConvertible {
    /// Sixteen hexadecimal digits, as OpenThread prints them.
    public var description: String { hexadecimal(rawValue, digits: 16) }
}
