public import WireCore

/// The hop-by-hop option that marks a multicast datagram, so that forwarders recognise it when it comes again.
/// - Source: RFC 7731 §6.1
public struct MPLOption: Equatable, Sendable {
    /// The option's type; a node that does not know it discards the datagram.
    public static let optionType: UInt8 = 0x6d

    /// Who numbers the datagrams.
    public enum SeedID: Hashable, Sendable {
        /// The IPv6 source address is the seed's identifier; the option carries none.
        case source
        /// Two bytes: in a Thread network the RLOC16 of the seed.
        case short(UInt16)
        /// Eight bytes.
        case long(UInt64)
        /// Sixteen bytes.
        case address(IPv6Address)

        /// How many bytes it takes in the option.
        var byteCount: Int {
            switch self {
            case .source: 0
            case .short: 2
            case .long: 8
            case .address: 16
            }
        }

        /// The option's S field.
        var code: UInt8 {
            switch self {
            case .source: 0
            case .short: 1
            case .long: 2
            case .address: 3
            }
        }
    }

    public var seedID: SeedID
    /// Whether the seed knows of no later datagram (the M flag).
    public var isLargestSequence: Bool
    /// The datagram's number, counted by the seed modulo 256.
    public var sequence: UInt8

    public init(seedID: SeedID, isLargestSequence: Bool = false, sequence: UInt8) {
        self.seedID = seedID
        self.isLargestSequence = isLargestSequence
        self.sequence = sequence
    }

    /// Reads the option's data, behind its type and length.
    /// - Parameter reader: Holds the option's data and nothing else.
    /// - Throws: `.unsupported` when the V flag announces another format, `.trailing` or `.truncated` when the length
    ///   is not that of the seed identifier.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let start = reader.offset
        let control = try reader.readUInt8("MPL control")
        // RFC 7731 §6.1: an option with V set MUST be dropped.
        guard control & 0x10 == 0 else {
            throw ParseError(field: "MPL control", offset: start, reason: .unsupported(value: UInt64(control)))
        }
        isLargestSequence = control & 0x20 != 0
        sequence = try reader.readUInt8("MPL sequence")
        switch control >> 6 {
        case 0: seedID = .source
        case 1: seedID = .short(try reader.readUInt16("MPL seed id"))
        case 2: seedID = .long(try reader.readUInt64("MPL seed id"))
        default: seedID = .address(try IPv6Address(parsing: &reader, "MPL seed id"))
        }
        try reader.requireEnd("MPL option")
    }

    /// How many bytes the option's data takes, without type and length.
    public var byteCount: Int { 2 + seedID.byteCount }

    /// Writes the option's data, without type and length.
    public func serialize(into writer: inout ByteWriter) {
        writer.write(seedID.code << 6 | (isLargestSequence ? 0x20 : 0))
        writer.write(sequence)
        switch seedID {
        case .source: break
        case .short(let value): writer.write(value)
        case .long(let value): writer.write(value)
        case .address(let address): address.serialize(into: &writer)
        }
    }
}
