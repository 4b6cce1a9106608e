import WireCore

/// A block of a pcapng file, as far as packets need it. Values are read; Heddle writes pcap.
/// - Source: draft-ietf-opsawg-pcapng
enum PcapngBlock: Equatable, Sendable {
    case sectionHeader(ByteOrder)
    case interfaceDescription(PcapngInterface)
    case enhancedPacket(interface: UInt32, timestamp: UInt64, originalLength: UInt32, bytes: [UInt8])
    /// Only the first interface has these; how many bytes of them count, its snapshot length says.
    case simplePacket(originalLength: UInt32, padded: [UInt8])
    /// A block of another type, which readers skip.
    case other(type: UInt32)

    static let sectionHeaderType: UInt32 = 0x0a0d_0d0a
    private static let byteOrderMagic: UInt32 = 0x1a2b_3c4d

    /// - Parameter order: That of the section; a section header brings its own.
    /// - Throws: `.invalidLength` for a length that contradicts its rules, `.invalid`, `.unsupported`, `.truncated`.
    init(parsing reader: inout ByteReader, order: ByteOrder) throws(ParseError) {
        let type = try reader.readUInt32(order, "block type")
        // The type of a section header reads the same in both orders.
        let order = type == Self.sectionHeaderType ? try Self.sectionOrder(reader) : order
        let lengthOffset = reader.offset
        let length = Int(try reader.readUInt32(order, "block length"))
        guard length >= 12, length % 4 == 0 else {
            throw ParseError(
                field: "block length", offset: lengthOffset, reason: .invalidLength(found: length, expected: 12))
        }
        var body = try reader.readSlice(length - 12, "block body")
        let copyOffset = reader.offset
        let copy = Int(try reader.readUInt32(order, "block length copy"))
        guard copy == length else {
            throw ParseError(
                field: "block length copy", offset: copyOffset, reason: .invalidLength(found: copy, expected: length))
        }
        switch type {
        case Self.sectionHeaderType: self = try Self.sectionHeader(parsing: &body, order: order)
        case 1: self = .interfaceDescription(try PcapngInterface(parsing: &body, order: order))
        case 3:
            let originalLength = try body.readUInt32(order, "packet original length")
            self = .simplePacket(originalLength: originalLength, padded: body.readRemaining())
        case 6: self = try Self.enhancedPacket(parsing: &body, order: order)
        case let other: self = .other(type: other)
        }
    }

    /// The order that the magic number behind the section header's length tells, without moving the reader.
    private static func sectionOrder(_ reader: ByteReader) throws(ParseError) -> ByteOrder {
        var ahead = reader
        try ahead.skip(4, "block length")
        let offset = ahead.offset
        let magic = try ahead.readUInt32("section byte-order magic")
        switch magic {
        case byteOrderMagic: return .bigEndian
        case byteOrderMagic.byteSwapped: return .littleEndian
        case let other:
            throw ParseError(
                field: "section byte-order magic", offset: offset, reason: .invalid(value: UInt64(other)))
        }
    }

    private static func sectionHeader(
        parsing body: inout ByteReader, order: ByteOrder
    ) throws(ParseError) -> PcapngBlock {
        try body.skip(4, "section byte-order magic")
        let offset = body.offset
        let major = try body.readUInt16(order, "section version")
        guard major == 1 else {
            throw ParseError(field: "section version", offset: offset, reason: .unsupported(value: UInt64(major)))
        }
        try body.skip(10, "section minor version and length")
        return .sectionHeader(order)
    }

    private static func enhancedPacket(
        parsing body: inout ByteReader, order: ByteOrder
    ) throws(ParseError) -> PcapngBlock {
        let interface = try body.readUInt32(order, "packet interface")
        let high = try body.readUInt32(order, "packet timestamp")
        let low = try body.readUInt32(order, "packet timestamp")
        let length = try body.readUInt32(order, "packet captured length")
        let originalLength = try body.readUInt32(order, "packet original length")
        let bytes = try body.readBytes(Int(length), "packet")
        return .enhancedPacket(
            interface: interface, timestamp: UInt64(high) << 32 | UInt64(low), originalLength: originalLength,
            bytes: bytes)
    }
}

/// What an interface description block says about the packets of its interface.
struct PcapngInterface: Equatable, Sendable {
    var linkType: LinkType
    /// The most bytes of a packet; zero for no limit.
    var snapLength: UInt32
    /// The unit of timestamps: 10^−n s, or 2^−n s when the highest bit is set.
    var resolution: UInt8 = 6
    /// What is to be added to timestamps.
    /// - Units: s
    var offset: Int64 = 0

    init(parsing body: inout ByteReader, order: ByteOrder) throws(ParseError) {
        linkType = LinkType(rawValue: try body.readUInt16(order, "interface link type"))
        try body.skip(2, "interface reserved")
        snapLength = try body.readUInt32(order, "interface snapshot length")
        while body.remaining >= 4 {
            let code = try body.readUInt16(order, "option code")
            let lengthOffset = body.offset
            let length = Int(try body.readUInt16(order, "option length"))
            guard code != 0 else { break }
            var value = try body.readSlice(length, "option value")
            try body.skip(-length & 3, "option padding")
            switch code {
            case 9:
                guard length == 1 else { throw Self.wrongLength(length, expected: 1, at: lengthOffset) }
                resolution = try value.readUInt8("interface timestamp resolution")
            case 14:
                guard length == 8 else { throw Self.wrongLength(length, expected: 8, at: lengthOffset) }
                offset = Int64(bitPattern: try value.read(8, order, "interface timestamp offset"))
            case _: break
            }
        }
    }

    private static func wrongLength(_ found: Int, expected: Int, at offset: Int) -> ParseError {
        ParseError(field: "option length", offset: offset, reason: .invalidLength(found: found, expected: expected))
    }

    /// A timestamp in nanoseconds since 1970; nil when it lies outside of what 64 bits hold.
    func nanoseconds(_ timestamp: UInt64) -> UInt64? {
        let exponent = UInt64(resolution & 0x7f)
        let isBinary = resolution & 0x80 != 0
        guard exponent < (isBinary ? 64 : 20) else { return nil }
        let step: UInt64 = isBinary ? 2 : 10
        let unitsASecond = (0..<exponent).reduce(UInt64(1)) { product, _ in product * step }
        let seconds = Int64(exactly: timestamp / unitsASecond)
        let remainder = (timestamp % unitsASecond).multipliedFullWidth(by: 1_000_000_000)
        let fraction = unitsASecond.dividingFullWidth(remainder).quotient
        guard let seconds else { return nil }
        let (shifted, isShiftedTooFar) = seconds.addingReportingOverflow(offset)
        guard !isShiftedTooFar, shifted >= 0 else { return nil }
        let (whole, isTooLate) = UInt64(shifted).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isSumTooLate) = whole.addingReportingOverflow(fraction)
        return isTooLate || isSumTooLate ? nil : sum
    }
}
