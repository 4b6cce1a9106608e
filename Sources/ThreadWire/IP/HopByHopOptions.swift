public import WireCore

/// The header of options that every node on a datagram's way looks at; destination options have the same form.
/// - Source: RFC 8200 §4.2, §4.3, §4.6
public struct HopByHopOptions: Equatable, Sendable {
    /// What follows this header.
    public var nextHeader: NextHeader
    /// In the order of the wire, padding included.
    public var options: [IPv6Option]

    public init(nextHeader: NextHeader, options: [IPv6Option]) {
        self.nextHeader = nextHeader
        self.options = options
    }

    /// - Throws: `.truncated` when the header or an option is cut short; whatever reading an MPL option throws.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        nextHeader = NextHeader(rawValue: try reader.readUInt8("options next header"))
        let length = Int(try reader.readUInt8("options length"))
        var content = try reader.readSlice(length * 8 + 6, "options")
        options = []
        while !content.isAtEnd { options.append(try IPv6Option(parsing: &content)) }
    }

    /// Rounded up to a multiple of 8.
    public var byteCount: Int { (2 + optionsByteCount + 7) / 8 * 8 }

    private var optionsByteCount: Int { options.reduce(0) { $0 + $1.byteCount } }

    /// Writes the header, with padding behind the options up to the next multiple of 8 bytes.
    /// - Precondition: the header takes at most 2,048 bytes, as its length field says no more.
    public func serialize(into writer: inout ByteWriter) {
        precondition(byteCount <= 2048, "options of \(byteCount) bytes")
        writer.write(nextHeader.rawValue)
        writer.write(UInt8(byteCount / 8 - 1))
        for option in options { option.serialize(into: &writer) }
        IPv6Option.padding(byteCount - 2 - optionsByteCount)?.serialize(into: &writer)
    }

    /// The first MPL option; nil when there is none.
    public var mpl: MPLOption? {
        for case .mpl(let option) in options { return option }
        return nil
    }
}

/// One option of a hop-by-hop or destination options header.
/// - Source: RFC 8200 §4.2
public enum IPv6Option: Equatable, Sendable {
    /// One byte of padding.
    case pad1
    /// Padding of a type byte, a length byte and this many zeros.
    case padN(UInt8)
    case mpl(MPLOption)
    /// Any other option, and padding that is not zero.
    case unknown(type: UInt8, value: [UInt8])

    /// The padding of a given size; nil for none.
    /// - Parameter count: the whole option, in bytes.
    /// - Precondition: `count` is at most 257.
    public static func padding(_ count: Int) -> IPv6Option? {
        switch count {
        case 0: nil
        case 1: .pad1
        default: .padN(UInt8(count - 2))
        }
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let type = try reader.readUInt8("option type")
        guard type != 0 else {
            self = .pad1
            return
        }
        let length = Int(try reader.readUInt8("option length"))
        var value = try reader.readSlice(length, "option data")
        if type == MPLOption.optionType {
            self = .mpl(try MPLOption(parsing: &value))
            return
        }
        let bytes = value.readRemaining()
        self = type == 1 && !bytes.contains { $0 != 0 } ? .padN(UInt8(length)) : .unknown(type: type, value: bytes)
    }

    public var byteCount: Int {
        switch self {
        case .pad1: 1
        case .padN(let count): 2 + Int(count)
        case .mpl(let option): 2 + option.byteCount
        case .unknown(_, let value): 2 + value.count
        }
    }

    /// - Precondition: an unknown option's value has at most 255 bytes.
    public func serialize(into writer: inout ByteWriter) {
        switch self {
        case .pad1:
            writer.write(0 as UInt8)
        case .padN(let count):
            writer.write(1 as UInt8)
            writer.write(count)
            writer.write(repeating: 0, count: Int(count))
        case .mpl(let option):
            writer.write(MPLOption.optionType)
            writer.write(UInt8(option.byteCount))
            option.serialize(into: &writer)
        case .unknown(let type, let value):
            precondition(value.count <= 255, "an option of \(value.count) bytes")
            writer.write(type)
            writer.write(UInt8(value.count))
            writer.write(contentsOf: value)
        }
    }

    /// What a node does that does not know the option.
    public enum UnknownAction: Equatable, Sendable {
        case skip
        case discard
        /// Discard, and answer with a parameter problem.
        case discardAndReport
        /// Discard, and answer with a parameter problem unless the destination was multicast.
        case discardAndReportUnicast
    }

    /// What a node does that does not know this option, as the two highest bits of its type say.
    /// - Source: RFC 8200 §4.2
    public var unknownAction: UnknownAction {
        guard case .unknown(let type, _) = self else { return .skip }
        return switch type >> 6 {
        case 0: .skip
        case 1: .discard
        case 2: .discardAndReport
        default: .discardAndReportUnicast
        }
    }
}
