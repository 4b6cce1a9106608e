public import WireCore

/// What an element of the network data tells. It shares its byte with the flag that says whether the element is
/// stable, which is the lowest bit.
/// - Source: OpenThread as observed: recordings prefix and cliref, and the command `netdata show -x`
public struct NetworkDataTLVType: RawRepresentable, Hashable, Sendable {
    /// - Range: 0 to 127
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let hasRoute = Self(rawValue: 0)
    public static let prefix = Self(rawValue: 1)
    public static let borderRouter = Self(rawValue: 2)
    public static let context = Self(rawValue: 3)
    public static let commissioningData = Self(rawValue: 4)
    public static let service = Self(rawValue: 5)
    public static let server = Self(rawValue: 6)
}

extension NetworkDataTLVType: CustomStringConvertible {
    /// The type's name, or its number when it has none.
    public var description: String {
        switch self {
        case .hasRoute: "Has Route"
        case .prefix: "Prefix"
        case .borderRouter: "Border Router"
        case .context: "6LoWPAN ID"
        case .commissioningData: "Commissioning Data"
        case .service: "Service"
        case .server: "Server"
        default: "Network Data TLV \(rawValue)"
        }
    }
}

extension ByteReader {
    /// Reads type, stable flag and length of an element of the network data, and makes a reader of the value.
    mutating func readNetworkDataTLV() throws(ParseError) -> (
        type: NetworkDataTLVType, isStable: Bool, value: ByteReader
    ) {
        let head = try readUInt8("network data TLV")
        let length = try readUInt8("network data TLV")
        let value = try readSlice(Int(length), "network data TLV")
        return (NetworkDataTLVType(rawValue: head >> 1), head & 1 != 0, value)
    }
}

extension ByteWriter {
    /// Writes type, stable flag and length of an element of the network data; its value is to follow.
    mutating func writeNetworkDataTLV(_ type: NetworkDataTLVType, isStable: Bool, length: Int) {
        precondition(length <= Int(UInt8.max), "a network data element of \(length) bytes")
        write(type.rawValue << 1 | (isStable ? 1 : 0))
        write(UInt8(length))
    }
}

/// An element of a type that Heddle does not know, kept as it came.
public struct UnknownNetworkDataTLV: Equatable, Sendable {
    public var type: NetworkDataTLVType
    public var isStable: Bool
    public var value: [UInt8]

    public init(type: NetworkDataTLVType, isStable: Bool, value: [UInt8]) {
        self.type = type
        self.isStable = isStable
        self.value = value
    }

    public var byteCount: Int { 2 + value.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeNetworkDataTLV(type, isStable: isStable, length: value.count)
        writer.write(contentsOf: value)
    }
}
