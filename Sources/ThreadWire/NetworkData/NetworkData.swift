public import WireCore

/// What the leader tells everybody: prefixes with their border routers and routes, services with their servers, and
/// who may let nodes in.
///
/// Elements keep their order, and those that Heddle does not know survive.
/// - Source: OpenThread as observed: recordings prefix and cliref, and the command `netdata show -x`
public struct NetworkData: Equatable, Sendable {
    /// The most that a leader takes in.
    /// - Units: bytes
    /// - Source: OpenThread as observed
    public static let maximumLength = 254

    public var tlvs: [NetworkDataTLV]

    public init(tlvs: [NetworkDataTLV] = []) { self.tlvs = tlvs }

    /// Reads all that is left.
    /// - Throws: when an element is cut off, or has a known type and a wrong length.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        tlvs = []
        while !reader.isAtEnd { tlvs.append(try NetworkDataTLV(parsing: &reader)) }
    }

    /// Reads a whole buffer.
    public init(_ bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader)
    }

    public var byteCount: Int { tlvs.reduce(0) { $0 + $1.byteCount } }

    public func serialize(into writer: inout ByteWriter) {
        for tlv in tlvs { tlv.serialize(into: &writer) }
    }

    /// The network data as one buffer.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.bytes
    }

    public var prefixes: [PrefixTLV] {
        tlvs.compactMap { if case .prefix(let prefix) = $0 { prefix } else { nil } }
    }

    public var services: [ServiceTLV] {
        tlvs.compactMap { if case .service(let service) = $0 { service } else { nil } }
    }

    public var commissioningData: CommissioningDataTLV? {
        for tlv in tlvs {
            if case .commissioningData(let data) = tlv { return data }
        }
        return nil
    }
}

/// One element at the top of the network data.
public enum NetworkDataTLV: Equatable, Sendable {
    case prefix(PrefixTLV)
    case commissioningData(CommissioningDataTLV)
    case service(ServiceTLV)
    /// Any other type, kept as it came.
    case unknown(UnknownNetworkDataTLV)

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let (type, isStable, rest) = try reader.readNetworkDataTLV()
        var value = rest
        switch type {
        case .prefix: self = .prefix(try PrefixTLV(isStable: isStable, parsing: &value))
        case .commissioningData:
            self = .commissioningData(
                CommissioningDataTLV(isStable: isStable, tlvs: try [MeshCoPTLV](parsing: &value)))
        case .service: self = .service(try ServiceTLV(isStable: isStable, parsing: &value))
        default: self = .unknown(UnknownNetworkDataTLV(type: type, isStable: isStable, value: value.readRemaining()))
        }
    }

    public var type: NetworkDataTLVType {
        switch self {
        case .prefix: .prefix
        case .commissioningData: .commissioningData
        case .service: .service
        case .unknown(let tlv): tlv.type
        }
    }

    public var isStable: Bool {
        switch self {
        case .prefix(let tlv): tlv.isStable
        case .commissioningData(let tlv): tlv.isStable
        case .service(let tlv): tlv.isStable
        case .unknown(let tlv): tlv.isStable
        }
    }

    public var byteCount: Int {
        switch self {
        case .prefix(let tlv): tlv.byteCount
        case .commissioningData(let tlv): tlv.byteCount
        case .service(let tlv): tlv.byteCount
        case .unknown(let tlv): tlv.byteCount
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        switch self {
        case .prefix(let tlv): tlv.serialize(into: &writer)
        case .commissioningData(let tlv): tlv.serialize(into: &writer)
        case .service(let tlv): tlv.serialize(into: &writer)
        case .unknown(let tlv): tlv.serialize(into: &writer)
        }
    }
}

/// Who lets nodes into the network at the moment.
public struct CommissioningDataTLV: Equatable, Sendable {
    public var isStable: Bool
    /// Session, border agent, steering data.
    public var tlvs: [MeshCoPTLV]

    public init(isStable: Bool = false, tlvs: [MeshCoPTLV]) {
        self.isStable = isStable
        self.tlvs = tlvs
    }

    public var sessionID: UInt16? {
        for tlv in tlvs {
            if case .commissionerSessionID(let id) = tlv { return id }
        }
        return nil
    }

    public var byteCount: Int { 2 + tlvs.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeNetworkDataTLV(.commissioningData, isStable: isStable, length: tlvs.byteCount)
        tlvs.serialize(into: &writer)
    }
}
