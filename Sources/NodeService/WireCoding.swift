public import EngineCore
public import ThreadEngine
public import ThreadWire
import WireCore

// How the protocol's own values look in JSON: addresses and prefixes as people write them, numbers as numbers.

extension RLOC16: Codable {}
extension RouterID: Codable {}
extension PartitionID: Codable {}
extension LinkQuality: Codable {}
extension RoutePreference: Codable {}

extension IPv6Address: Codable {
    /// - Throws: `DecodingError` when the text is no address.
    public init(from decoder: any Decoder) throws {
        self = try decoder.text("an IPv6 address") { IPv6Address($0) }
    }

    public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

extension IPv6Prefix: Codable {
    /// - Throws: `DecodingError` when the text is no prefix.
    public init(from decoder: any Decoder) throws {
        self = try decoder.text("a prefix such as 2001:db8::/64") { IPv6Prefix($0) }
    }

    public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

extension ExtendedAddress: Codable {
    /// - Throws: `DecodingError` when the text is no such address.
    public init(from decoder: any Decoder) throws {
        self = try decoder.text("16 hexadecimal digits") { text in
            text.utf8.count == 16 ? UInt64(text, radix: 16).map { ExtendedAddress(rawValue: $0) } : nil
        }
    }

    public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

extension Role: Codable {
    /// - Throws: `DecodingError` when the text is no role.
    public init(from decoder: any Decoder) throws {
        self = try decoder.text("disabled, detached, child, router or leader") { text in
            Role.allCases.first { $0.description == text }
        }
    }

    public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

extension DecibelMilliwatts: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Double.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

extension Decibels: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Double.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

/// Bytes as hexadecimal digits.
struct HexadecimalBytes: Codable, Equatable, Sendable {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(from decoder: any Decoder) throws {
        bytes = try decoder.text("an even number of hexadecimal digits") { WireCore.bytes(hexadecimal: $0) }
    }

    func encode(to encoder: any Encoder) throws { try encoder.write(hexadecimal(bytes)) }
}

extension Decoder {
    /// A text that stands for a value.
    /// - Throws: `DecodingError` with what was expected when it stands for none.
    fileprivate func text<Value>(_ expected: String, _ parse: (String) -> Value?) throws -> Value {
        let text = try singleValueContainer().decode(String.self)
        guard let value = parse(text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath, debugDescription: "\"\(text)\" is not \(expected)"))
        }
        return value
    }
}

extension Encoder {
    fileprivate func write(_ text: String) throws {
        var container = singleValueContainer()
        try container.encode(text)
    }
}
