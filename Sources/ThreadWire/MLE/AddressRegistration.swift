public import WireCore

/// One address that a child tells its parent: whole, or as an interface identifier under a prefix that the network
/// data has a context for.
/// - Source: OpenThread as observed: recording prefix, Child Update Requests
public enum AddressRegistration: Equatable, Sendable {
    /// - Parameter contextID: 0 to 15.
    case compressed(contextID: UInt8, interfaceIdentifier: UInt64)
    case uncompressed(IPv6Address)

    private static let compressedBit: UInt8 = 0x80

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let control = try reader.readUInt8("address registration control")
        if control & Self.compressedBit != 0 {
            self = .compressed(
                contextID: control & 0xf, interfaceIdentifier: try reader.readUInt64("interface identifier"))
        } else {
            self = .uncompressed(try IPv6Address(parsing: &reader))
        }
    }

    public var byteCount: Int {
        switch self {
        case .compressed: 9
        case .uncompressed: 17
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        switch self {
        case .compressed(let contextID, let interfaceIdentifier):
            writer.write(Self.compressedBit | contextID & 0xf)
            writer.write(interfaceIdentifier)
        case .uncompressed(let address):
            writer.write(0 as UInt8)
            address.serialize(into: &writer)
        }
    }
}
