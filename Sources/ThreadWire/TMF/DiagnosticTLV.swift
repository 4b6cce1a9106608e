public import WireCore

/// One element of a diagnostic message; diagnostics number their elements apart from all others.
/// - Source: OpenThread as observed: recording cliref, the command `networkdiagnostic get`
public enum DiagnosticTLV: Equatable, Sendable {
    case extendedAddress(ExtendedAddress)
    case address16(RLOC16)
    case mode(DeviceMode)
    /// - Units: seconds
    case timeout(UInt32)
    case connectivity(Connectivity)
    case route64(Route64)
    case leaderData(LeaderData)
    /// The elements of a `NetworkData`.
    case networkData([UInt8])
    case ipv6Addresses([IPv6Address])
    /// The types that are asked for.
    case typeList([DiagnosticTLVType])
    /// - Units: seconds
    case maximumChildTimeout(UInt32)
    case eui64(UInt64)
    case version(UInt16)
    /// Ties answers to a query.
    case queryID(UInt16)
    /// Any other type, kept as it came.
    case unknown(type: DiagnosticTLVType, value: [UInt8])

    /// - Throws: for a known type also when its value has another length than it should.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let (rawType, rest) = try reader.readTypeLengthValue("diagnostic TLV")
        var value = rest
        let type = DiagnosticTLVType(rawValue: rawType)
        switch type {
        case .extendedAddress:
            self = .extendedAddress(ExtendedAddress(rawValue: try value.readUInt64("extended address")))
        case .address16: self = .address16(RLOC16(rawValue: try value.readUInt16("address16")))
        case .mode: self = .mode(try DeviceMode(parsing: &value))
        case .timeout: self = .timeout(try value.readUInt32("timeout"))
        case .connectivity: self = .connectivity(try Connectivity(parsing: &value))
        case .route64: self = .route64(try Route64(parsing: &value))
        case .leaderData: self = .leaderData(try LeaderData(parsing: &value))
        case .networkData: self = .networkData(value.readRemaining())
        case .ipv6Addresses:
            var addresses: [IPv6Address] = []
            while !value.isAtEnd { addresses.append(try IPv6Address(parsing: &value)) }
            self = .ipv6Addresses(addresses)
        case .typeList: self = .typeList(value.readRemaining().map { DiagnosticTLVType(rawValue: $0) })
        case .maximumChildTimeout: self = .maximumChildTimeout(try value.readUInt32("maximum child timeout"))
        case .eui64: self = .eui64(try value.readUInt64("EUI-64"))
        case .version: self = .version(try value.readUInt16("version"))
        case .queryID: self = .queryID(try value.readUInt16("query id"))
        default: self = .unknown(type: type, value: value.readRemaining())
        }
        try value.requireEnd(type.description)
    }

    public var type: DiagnosticTLVType {
        switch self {
        case .extendedAddress: .extendedAddress
        case .address16: .address16
        case .mode: .mode
        case .timeout: .timeout
        case .connectivity: .connectivity
        case .route64: .route64
        case .leaderData: .leaderData
        case .networkData: .networkData
        case .ipv6Addresses: .ipv6Addresses
        case .typeList: .typeList
        case .maximumChildTimeout: .maximumChildTimeout
        case .eui64: .eui64
        case .version: .version
        case .queryID: .queryID
        case .unknown(let type, _): type
        }
    }

    public var byteCount: Int { TypeLengthValue.byteCount(valueLength: valueLength) }

    private var valueLength: Int {
        switch self {
        case .extendedAddress, .eui64: 8
        case .address16, .version, .queryID: 2
        case .mode(let mode): mode.byteCount
        case .timeout, .maximumChildTimeout: 4
        case .connectivity(let connectivity): connectivity.byteCount
        case .route64(let route64): route64.byteCount
        case .leaderData(let leaderData): leaderData.byteCount
        case .networkData(let bytes), .unknown(_, let bytes): bytes.count
        case .ipv6Addresses(let addresses): addresses.count * IPv6Address.byteCount
        case .typeList(let types): types.count
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeTypeAndLength(type.rawValue, valueLength)
        switch self {
        case .extendedAddress(let address): writer.write(address.rawValue)
        case .address16(let rloc16): writer.write(rloc16.rawValue)
        case .mode(let mode): mode.serialize(into: &writer)
        case .timeout(let seconds), .maximumChildTimeout(let seconds): writer.write(seconds)
        case .connectivity(let connectivity): connectivity.serialize(into: &writer)
        case .route64(let route64): route64.serialize(into: &writer)
        case .leaderData(let leaderData): leaderData.serialize(into: &writer)
        case .networkData(let bytes), .unknown(_, let bytes): writer.write(contentsOf: bytes)
        case .ipv6Addresses(let addresses): for address in addresses { address.serialize(into: &writer) }
        case .typeList(let types): for type in types { writer.write(type.rawValue) }
        case .eui64(let number): writer.write(number)
        case .version(let number), .queryID(let number): writer.write(number)
        }
    }
}

extension [DiagnosticTLV] {
    /// Reads elements until nothing is left.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        self = []
        while !reader.isAtEnd { append(try DiagnosticTLV(parsing: &reader)) }
    }

    public var byteCount: Int { reduce(0) { $0 + $1.byteCount } }

    public func serialize(into writer: inout ByteWriter) {
        for tlv in self { tlv.serialize(into: &writer) }
    }
}
