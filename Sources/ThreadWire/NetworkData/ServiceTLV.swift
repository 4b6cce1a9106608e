public import WireCore

/// A service of the mesh, and who serves it.
/// - Source: OpenThread as observed: recording cliref, the command `service add`
public struct ServiceTLV: Equatable, Sendable {
    /// The number of the Thread Group, which is left out on the air.
    /// - Source: IANA, private enterprise numbers
    public static let threadEnterpriseNumber: UInt32 = 44970

    public var isStable: Bool
    /// - Range: 0 to 15
    public var serviceID: UInt8
    /// Who defines what the service data mean.
    public var enterpriseNumber: UInt32
    /// - Range: at most 252 bytes
    public var serviceData: [UInt8]
    public var subTLVs: [ServiceSubTLV]

    private static let threadEnterpriseBit: UInt8 = 0x80

    public init(
        isStable: Bool, serviceID: UInt8, enterpriseNumber: UInt32 = Self.threadEnterpriseNumber,
        serviceData: [UInt8], subTLVs: [ServiceSubTLV]
    ) {
        self.isStable = isStable
        self.serviceID = serviceID
        self.enterpriseNumber = enterpriseNumber
        self.serviceData = serviceData
        self.subTLVs = subTLVs
    }

    /// Reads all that is left: the value of an element.
    init(isStable: Bool, parsing value: inout ByteReader) throws(ParseError) {
        self.isStable = isStable
        let flags = try value.readUInt8("service id")
        serviceID = flags & 0xf
        enterpriseNumber =
            flags & Self.threadEnterpriseBit != 0
            ? Self.threadEnterpriseNumber : try value.readUInt32("enterprise number")
        let length = try value.readUInt8("service data length")
        serviceData = try value.readBytes(Int(length), "service data")
        subTLVs = []
        while !value.isAtEnd { subTLVs.append(try ServiceSubTLV(parsing: &value)) }
    }

    private var isThreadEnterprise: Bool { enterpriseNumber == Self.threadEnterpriseNumber }

    private var valueLength: Int {
        subTLVs.reduce(2 + (isThreadEnterprise ? 0 : 4) + serviceData.count) { $0 + $1.byteCount }
    }

    public var byteCount: Int { 2 + valueLength }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeNetworkDataTLV(.service, isStable: isStable, length: valueLength)
        writer.write((isThreadEnterprise ? Self.threadEnterpriseBit : 0) | serviceID & 0xf)
        if !isThreadEnterprise { writer.write(enterpriseNumber) }
        writer.write(UInt8(serviceData.count))
        writer.write(contentsOf: serviceData)
        for tlv in subTLVs { tlv.serialize(into: &writer) }
    }

    /// All servers of the service.
    public var servers: [ServerTLV] {
        subTLVs.compactMap { if case .server(let server) = $0 { server } else { nil } }
    }
}

/// One element of a service.
public enum ServiceSubTLV: Equatable, Sendable {
    case server(ServerTLV)
    /// Any other type, kept as it came.
    case unknown(UnknownNetworkDataTLV)

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let (type, isStable, rest) = try reader.readNetworkDataTLV()
        var value = rest
        switch type {
        case .server: self = .server(try ServerTLV(isStable: isStable, parsing: &value))
        default:
            self = .unknown(UnknownNetworkDataTLV(type: type, isStable: isStable, value: value.readRemaining()))
        }
    }

    public var isStable: Bool {
        switch self {
        case .server(let tlv): tlv.isStable
        case .unknown(let tlv): tlv.isStable
        }
    }

    public var byteCount: Int {
        switch self {
        case .server(let tlv): tlv.byteCount
        case .unknown(let tlv): tlv.byteCount
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        switch self {
        case .server(let tlv): tlv.serialize(into: &writer)
        case .unknown(let tlv): tlv.serialize(into: &writer)
        }
    }
}

/// A node that serves a service.
public struct ServerTLV: Equatable, Sendable {
    public var isStable: Bool
    public var rloc16: RLOC16
    /// - Range: at most 253 bytes
    public var serverData: [UInt8]

    public init(isStable: Bool, rloc16: RLOC16, serverData: [UInt8]) {
        self.isStable = isStable
        self.rloc16 = rloc16
        self.serverData = serverData
    }

    /// Reads all that is left: the value of an element.
    init(isStable: Bool, parsing value: inout ByteReader) throws(ParseError) {
        self.isStable = isStable
        rloc16 = RLOC16(rawValue: try value.readUInt16("server RLOC16"))
        serverData = value.readRemaining()
    }

    public var byteCount: Int { 4 + serverData.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeNetworkDataTLV(.server, isStable: isStable, length: 2 + serverData.count)
        writer.write(rloc16.rawValue)
        writer.write(contentsOf: serverData)
    }
}
