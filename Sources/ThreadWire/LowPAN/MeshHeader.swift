public import WireCore

/// The header in front of a frame that several hops carry below IP: from whom, to whom, how many hops are left.
/// - Source: RFC 4944 §5.2
public struct MeshHeader: Equatable, Sendable {
    /// From this number of hops on, the header carries it in a byte of its own.
    static let deepHopsLeft: UInt8 = 15

    /// How many more times the frame may be sent.
    public var hopsLeft: UInt8
    /// Short or extended, never none.
    public let originator: LinkAddress
    /// Short or extended, never none.
    public let finalDestination: LinkAddress

    /// - Precondition: neither address is `.none`.
    public init(hopsLeft: UInt8, originator: LinkAddress, finalDestination: LinkAddress) {
        precondition(originator != .none && finalDestination != .none, "a mesh header without an address")
        self.hopsLeft = hopsLeft
        self.originator = originator
        self.finalDestination = finalDestination
    }

    /// A header between two short addresses: the only kind in a Thread network.
    public init(hopsLeft: UInt8, originator: ShortAddress, finalDestination: ShortAddress) {
        self.init(hopsLeft: hopsLeft, originator: .short(originator), finalDestination: .short(finalDestination))
    }

    /// - Throws: `.invalid` when the dispatch is not that of a mesh header, `.truncated` when a field is cut short.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let start = reader.offset
        let dispatch = try reader.readUInt8("mesh dispatch")
        guard LowPANDispatch(dispatch) == .mesh else {
            throw ParseError(field: "mesh dispatch", offset: start, reason: .invalid(value: UInt64(dispatch)))
        }
        let nibble = dispatch & 0xf
        hopsLeft = nibble == Self.deepHopsLeft ? try reader.readUInt8("mesh hops left") : nibble
        originator = try Self.readAddress(isShort: dispatch & 0x20 != 0, &reader, "mesh originator")
        finalDestination = try Self.readAddress(isShort: dispatch & 0x10 != 0, &reader, "mesh final destination")
    }

    private static func readAddress(
        isShort: Bool, _ reader: inout ByteReader, _ field: String
    ) throws(ParseError) -> LinkAddress {
        isShort
            ? .short(ShortAddress(rawValue: try reader.readUInt16(field)))
            : .extended(ExtendedAddress(rawValue: try reader.readUInt64(field)))
    }

    public var byteCount: Int {
        (hopsLeft >= Self.deepHopsLeft ? 2 : 1) + Self.byteCount(originator) + Self.byteCount(finalDestination)
    }

    private static func byteCount(_ address: LinkAddress) -> Int {
        switch address {
        case .none: 0
        case .short: 2
        case .extended: 8
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        var dispatch: UInt8 = 0x80 | min(hopsLeft, Self.deepHopsLeft)
        if case .short = originator { dispatch |= 0x20 }
        if case .short = finalDestination { dispatch |= 0x10 }
        writer.write(dispatch)
        if hopsLeft >= Self.deepHopsLeft { writer.write(hopsLeft) }
        Self.write(originator, into: &writer)
        Self.write(finalDestination, into: &writer)
    }

    private static func write(_ address: LinkAddress, into writer: inout ByteWriter) {
        switch address {
        case .none: break
        case .short(let short): writer.write(short.rawValue)
        case .extended(let extended): writer.write(extended.rawValue)
        }
    }

    /// Takes one hop from a mesh header where it stands, before the frame is sent on.
    ///
    /// A header with a byte of its own for the hops keeps it, however few are left.
    /// - Parameter position: where the header begins.
    /// - Returns: false when no hop is left, or no mesh header stands there; the bytes are then as they were.
    public static func decrementHopsLeft(in bytes: inout [UInt8], at position: Int) -> Bool {
        guard bytes.indices.contains(position), LowPANDispatch(bytes[position]) == .mesh else { return false }
        let counter = bytes[position] & 0xf == deepHopsLeft ? position + 1 : position
        guard counter < bytes.count else { return false }
        let hopsLeft = counter == position ? bytes[counter] & 0xf : bytes[counter]
        // RFC 4944 §5.2: the number is decremented before the frame is sent on, and at zero it is discarded.
        guard hopsLeft > 1 else { return false }
        bytes[counter] -= 1
        return true
    }
}
