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
    case macCounters(DiagnosticMACCounters)
    /// - Units: percent
    case batteryLevel(UInt8)
    /// - Units: millivolts
    case supplyVoltage(UInt16)
    case childTable([DiagnosticChildTableEntry])
    /// The channel pages of IEEE 802.15.4 that the radio has.
    case channelPages([UInt8])
    /// The types that are asked for.
    case typeList([DiagnosticTLVType])
    /// - Units: seconds
    case maximumChildTimeout(UInt32)
    case eui64(UInt64)
    case version(UInt16)
    /// UTF-8, as are the four after it.
    case vendorName([UInt8])
    case vendorModel([UInt8])
    case vendorSoftwareVersion([UInt8])
    case stackVersion([UInt8])
    case vendorApplicationURL([UInt8])
    /// One of the parent's children; nil after the last.
    case child(DiagnosticChild?)
    /// One child's addresses; nil after the last.
    case childIPv6Addresses(DiagnosticChildAddresses?)
    /// One of the router's neighbors; nil after the last.
    case routerNeighbor(DiagnosticRouterNeighbor?)
    /// Which part of an answer of several messages this is.
    case answer(DiagnosticAnswerPart)
    /// Ties answers to a query.
    case queryID(UInt16)
    case mleCounters(DiagnosticMLECounters)
    case enhancedRoute(EnhancedRoute)
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
        case .macCounters: self = .macCounters(try DiagnosticMACCounters(parsing: &value))
        case .batteryLevel: self = .batteryLevel(try value.readUInt8("battery level"))
        case .supplyVoltage: self = .supplyVoltage(try value.readUInt16("supply voltage"))
        case .childTable:
            var entries: [DiagnosticChildTableEntry] = []
            while !value.isAtEnd { entries.append(try DiagnosticChildTableEntry(parsing: &value)) }
            self = .childTable(entries)
        case .channelPages: self = .channelPages(value.readRemaining())
        case .typeList: self = .typeList(value.readRemaining().map { DiagnosticTLVType(rawValue: $0) })
        case .maximumChildTimeout: self = .maximumChildTimeout(try value.readUInt32("maximum child timeout"))
        case .eui64: self = .eui64(try value.readUInt64("EUI-64"))
        case .version: self = .version(try value.readUInt16("version"))
        case .vendorName: self = .vendorName(value.readRemaining())
        case .vendorModel: self = .vendorModel(value.readRemaining())
        case .vendorSoftwareVersion: self = .vendorSoftwareVersion(value.readRemaining())
        case .stackVersion: self = .stackVersion(value.readRemaining())
        case .vendorApplicationURL: self = .vendorApplicationURL(value.readRemaining())
        case .child: self = .child(value.isAtEnd ? nil : try DiagnosticChild(parsing: &value))
        case .childIPv6Addresses:
            self = .childIPv6Addresses(value.isAtEnd ? nil : try DiagnosticChildAddresses(parsing: &value))
        case .routerNeighbor:
            self = .routerNeighbor(value.isAtEnd ? nil : try DiagnosticRouterNeighbor(parsing: &value))
        case .answer: self = .answer(DiagnosticAnswerPart(rawValue: try value.readUInt16("answer")))
        case .queryID: self = .queryID(try value.readUInt16("query id"))
        case .mleCounters: self = .mleCounters(try DiagnosticMLECounters(parsing: &value))
        case .enhancedRoute: self = .enhancedRoute(try EnhancedRoute(parsing: &value))
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
        case .macCounters: .macCounters
        case .batteryLevel: .batteryLevel
        case .supplyVoltage: .supplyVoltage
        case .childTable: .childTable
        case .channelPages: .channelPages
        case .typeList: .typeList
        case .maximumChildTimeout: .maximumChildTimeout
        case .eui64: .eui64
        case .version: .version
        case .vendorName: .vendorName
        case .vendorModel: .vendorModel
        case .vendorSoftwareVersion: .vendorSoftwareVersion
        case .stackVersion: .stackVersion
        case .vendorApplicationURL: .vendorApplicationURL
        case .child: .child
        case .childIPv6Addresses: .childIPv6Addresses
        case .routerNeighbor: .routerNeighbor
        case .answer: .answer
        case .queryID: .queryID
        case .mleCounters: .mleCounters
        case .enhancedRoute: .enhancedRoute
        case .unknown(let type, _): type
        }
    }

    public var byteCount: Int { TypeLengthValue.byteCount(valueLength: valueLength) }

    private var valueLength: Int {
        switch self {
        case .extendedAddress, .eui64: 8
        case .address16, .version, .queryID, .answer, .supplyVoltage: 2
        case .batteryLevel: 1
        case .mode(let mode): mode.byteCount
        case .timeout, .maximumChildTimeout: 4
        case .connectivity(let connectivity): connectivity.byteCount
        case .route64(let route64): route64.byteCount
        case .leaderData(let leaderData): leaderData.byteCount
        case .networkData(let bytes), .channelPages(let bytes), .vendorName(let bytes), .vendorModel(let bytes),
            .vendorSoftwareVersion(let bytes), .stackVersion(let bytes), .vendorApplicationURL(let bytes),
            .unknown(_, let bytes):
            bytes.count
        case .ipv6Addresses(let addresses): addresses.count * IPv6Address.byteCount
        case .typeList(let types): types.count
        case .macCounters: DiagnosticMACCounters.byteCount
        case .childTable(let entries): entries.count * DiagnosticChildTableEntry.byteCount
        case .child(let child): child == nil ? 0 : DiagnosticChild.byteCount
        case .childIPv6Addresses(let child): child?.byteCount ?? 0
        case .routerNeighbor(let neighbor): neighbor == nil ? 0 : DiagnosticRouterNeighbor.byteCount
        case .mleCounters: DiagnosticMLECounters.byteCount
        case .enhancedRoute(let route): route.byteCount
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
        case .networkData(let bytes), .channelPages(let bytes), .vendorName(let bytes), .vendorModel(let bytes),
            .vendorSoftwareVersion(let bytes), .stackVersion(let bytes), .vendorApplicationURL(let bytes),
            .unknown(_, let bytes):
            writer.write(contentsOf: bytes)
        case .ipv6Addresses(let addresses): for address in addresses { address.serialize(into: &writer) }
        case .typeList(let types): for type in types { writer.write(type.rawValue) }
        case .eui64(let number): writer.write(number)
        case .version(let number), .queryID(let number), .supplyVoltage(let number): writer.write(number)
        case .batteryLevel(let percent): writer.write(percent)
        case .macCounters(let counters): counters.serialize(into: &writer)
        case .childTable(let entries): for entry in entries { entry.serialize(into: &writer) }
        case .child(let child): child?.serialize(into: &writer)
        case .childIPv6Addresses(let child): child?.serialize(into: &writer)
        case .routerNeighbor(let neighbor): neighbor?.serialize(into: &writer)
        case .answer(let part): writer.write(part.rawValue)
        case .mleCounters(let counters): counters.serialize(into: &writer)
        case .enhancedRoute(let route): route.serialize(into: &writer)
        }
    }
}

/// Which part of an answer of several messages a message is.
/// - Source: OpenThread as observed: recording cliref, frame 661
public struct DiagnosticAnswerPart: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// - Parameter index: 0 to 127.
    public init(index: Int, isLast: Bool) {
        rawValue = UInt16(truncatingIfNeeded: index) & 0x7f | (isLast ? 0x8000 : 0)
    }

    public var index: Int { Int(rawValue & 0x7f) }
    public var isLast: Bool { rawValue & 0x8000 != 0 }
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
