public import WireCore

/// One element of an address or server message.
/// - Source: OpenThread as observed: recordings line_traffic and prefix
public enum TMFTLV: Equatable, Sendable {
    /// The address that is looked for.
    case targetEID(IPv6Address)
    case macExtendedAddress(ExtendedAddress)
    case rloc16(RLOC16)
    /// The interface identifier of the node's mesh-local address, by which nodes are told apart.
    case meshLocalEID(UInt64)
    case status(TMFStatus)
    /// - Units: seconds
    case timeSinceLastTransaction(UInt32)
    case routerMask(RouterMask)
    /// The elements of a `NetworkData`.
    case threadNetworkData([UInt8])
    /// - Units: seconds
    case timeout(UInt32)
    case networkName(NetworkName)
    case ipv6Addresses([IPv6Address])
    case commissionerSessionID(UInt16)
    /// Any other type, kept as it came.
    case unknown(type: TMFTLVType, value: [UInt8])

    /// - Throws: for a known type also when its value has another length than it should.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let (rawType, rest) = try reader.readTypeLengthValue("Thread TLV")
        var value = rest
        let type = TMFTLVType(rawValue: rawType)
        switch type {
        case .targetEID: self = .targetEID(try IPv6Address(parsing: &value, "target EID"))
        case .macExtendedAddress:
            self = .macExtendedAddress(ExtendedAddress(rawValue: try value.readUInt64("extended address")))
        case .rloc16: self = .rloc16(RLOC16(rawValue: try value.readUInt16("RLOC16")))
        case .meshLocalEID: self = .meshLocalEID(try value.readUInt64("ML-EID"))
        case .status: self = .status(TMFStatus(rawValue: try value.readUInt8("status")))
        case .timeSinceLastTransaction:
            self = .timeSinceLastTransaction(try value.readUInt32("time since last transaction"))
        case .routerMask: self = .routerMask(try RouterMask(parsing: &value))
        case .threadNetworkData: self = .threadNetworkData(value.readRemaining())
        case .timeout: self = .timeout(try value.readUInt32("timeout"))
        case .networkName: self = .networkName(try NetworkName(parsing: &value))
        case .ipv6Addresses:
            var addresses: [IPv6Address] = []
            while !value.isAtEnd { addresses.append(try IPv6Address(parsing: &value)) }
            self = .ipv6Addresses(addresses)
        case .commissionerSessionID: self = .commissionerSessionID(try value.readUInt16("commissioner session id"))
        default: self = .unknown(type: type, value: value.readRemaining())
        }
        try value.requireEnd(type.description)
    }

    public var type: TMFTLVType {
        switch self {
        case .targetEID: .targetEID
        case .macExtendedAddress: .macExtendedAddress
        case .rloc16: .rloc16
        case .meshLocalEID: .meshLocalEID
        case .status: .status
        case .timeSinceLastTransaction: .timeSinceLastTransaction
        case .routerMask: .routerMask
        case .threadNetworkData: .threadNetworkData
        case .timeout: .timeout
        case .networkName: .networkName
        case .ipv6Addresses: .ipv6Addresses
        case .commissionerSessionID: .commissionerSessionID
        case .unknown(let type, _): type
        }
    }

    public var byteCount: Int { TypeLengthValue.byteCount(valueLength: valueLength) }

    private var valueLength: Int {
        switch self {
        case .targetEID: IPv6Address.byteCount
        case .macExtendedAddress, .meshLocalEID: 8
        case .rloc16, .commissionerSessionID: 2
        case .status: 1
        case .timeSinceLastTransaction, .timeout: 4
        case .routerMask(let mask): mask.byteCount
        case .threadNetworkData(let bytes), .unknown(_, let bytes): bytes.count
        case .networkName(let name): name.byteCount
        case .ipv6Addresses(let addresses): addresses.count * IPv6Address.byteCount
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeTypeAndLength(type.rawValue, valueLength)
        switch self {
        case .targetEID(let address): address.serialize(into: &writer)
        case .macExtendedAddress(let address): writer.write(address.rawValue)
        case .rloc16(let rloc16): writer.write(rloc16.rawValue)
        case .meshLocalEID(let identifier): writer.write(identifier)
        case .status(let status): writer.write(status.rawValue)
        case .timeSinceLastTransaction(let seconds), .timeout(let seconds): writer.write(seconds)
        case .routerMask(let mask): mask.serialize(into: &writer)
        case .threadNetworkData(let bytes), .unknown(_, let bytes): writer.write(contentsOf: bytes)
        case .networkName(let name): name.serialize(into: &writer)
        case .ipv6Addresses(let addresses): for address in addresses { address.serialize(into: &writer) }
        case .commissionerSessionID(let number): writer.write(number)
        }
    }
}

/// The routers of a partition, and how often their set has changed.
/// - Source: OpenThread as observed: recording line_traffic, answers to Address Solicit
public struct RouterMask: Equatable, Sendable {
    public var idSequence: UInt8
    public var routerIDMask: RouterIDMask

    public init(idSequence: UInt8, routerIDMask: RouterIDMask) {
        self.idSequence = idSequence
        self.routerIDMask = routerIDMask
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        idSequence = try reader.readUInt8("id sequence")
        routerIDMask = try RouterIDMask(parsing: &reader)
    }

    public var byteCount: Int { 1 + routerIDMask.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(idSequence)
        routerIDMask.serialize(into: &writer)
    }
}
