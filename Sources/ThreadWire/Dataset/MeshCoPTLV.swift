public import WireCore

/// One element of a dataset, or of a message about commissioning.
/// - Source: OpenThread as observed: the command `dataset active -x`; recordings joiner and scan
public enum MeshCoPTLV: Equatable, Sendable {
    case channel(ChannelTLV)
    case panID(PANID)
    case extendedPANID(ExtendedPANID)
    case networkName(NetworkName)
    /// The key of a commissioner, made from its pass phrase.
    /// - Units: 16 bytes
    case pskc([UInt8])
    /// - Units: 16 bytes
    case networkKey([UInt8])
    case networkKeySequence(UInt32)
    /// A prefix of 64 bits.
    case meshLocalPrefix(IPv6Prefix)
    case borderAgentLocator(RLOC16)
    case commissionerSessionID(UInt16)
    case securityPolicy(SecurityPolicy)
    /// The types that are asked for.
    case get([MeshCoPTLVType])
    case activeTimestamp(Timestamp)
    case state(Int8)
    case joinerUDPPort(UInt16)
    case pendingTimestamp(Timestamp)
    /// How long until a pending dataset becomes the active one.
    /// - Units: milliseconds
    case delayTimer(UInt32)
    case channelMask(ChannelMask)
    case wakeUpChannel(ChannelTLV)
    case discoveryRequest(DiscoveryRequest)
    case discoveryResponse(DiscoveryResponse)
    /// Any other type, kept as it came.
    case unknown(type: MeshCoPTLVType, value: [UInt8])

    /// - Throws: for a known type also when its value has another length than it should.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let (rawType, rest) = try reader.readTypeLengthValue("MeshCoP TLV")
        var value = rest
        let type = MeshCoPTLVType(rawValue: rawType)
        switch type {
        case .channel: self = .channel(try ChannelTLV(parsing: &value))
        case .panID: self = .panID(PANID(rawValue: try value.readUInt16("PAN id")))
        case .extendedPANID: self = .extendedPANID(ExtendedPANID(rawValue: try value.readUInt64("extended PAN id")))
        case .networkName: self = .networkName(try NetworkName(parsing: &value))
        case .pskc: self = .pskc(try value.readBytes(Self.keyLength, "PSKc"))
        case .networkKey: self = .networkKey(try value.readBytes(Self.keyLength, "network key"))
        case .networkKeySequence: self = .networkKeySequence(try value.readUInt32("network key sequence"))
        case .meshLocalPrefix:
            self = .meshLocalPrefix(
                IPv6Prefix(IPv6Address(high: try value.readUInt64("mesh-local prefix"), low: 0), length: 64))
        case .borderAgentLocator:
            self = .borderAgentLocator(RLOC16(rawValue: try value.readUInt16("border agent locator")))
        case .commissionerSessionID: self = .commissionerSessionID(try value.readUInt16("commissioner session id"))
        case .securityPolicy: self = .securityPolicy(try SecurityPolicy(parsing: &value))
        case .get: self = .get(value.readRemaining().map { MeshCoPTLVType(rawValue: $0) })
        case .activeTimestamp: self = .activeTimestamp(try Timestamp(parsing: &value))
        case .state: self = .state(Int8(bitPattern: try value.readUInt8("state")))
        case .joinerUDPPort: self = .joinerUDPPort(try value.readUInt16("joiner UDP port"))
        case .pendingTimestamp: self = .pendingTimestamp(try Timestamp(parsing: &value))
        case .delayTimer: self = .delayTimer(try value.readUInt32("delay timer"))
        case .channelMask: self = .channelMask(try ChannelMask(parsing: &value))
        case .wakeUpChannel: self = .wakeUpChannel(try ChannelTLV(parsing: &value))
        case .discoveryRequest: self = .discoveryRequest(try DiscoveryRequest(parsing: &value))
        case .discoveryResponse: self = .discoveryResponse(try DiscoveryResponse(parsing: &value))
        default: self = .unknown(type: type, value: value.readRemaining())
        }
        try value.requireEnd(type.description)
    }

    public var type: MeshCoPTLVType {
        switch self {
        case .channel: .channel
        case .panID: .panID
        case .extendedPANID: .extendedPANID
        case .networkName: .networkName
        case .pskc: .pskc
        case .networkKey: .networkKey
        case .networkKeySequence: .networkKeySequence
        case .meshLocalPrefix: .meshLocalPrefix
        case .borderAgentLocator: .borderAgentLocator
        case .commissionerSessionID: .commissionerSessionID
        case .securityPolicy: .securityPolicy
        case .get: .get
        case .activeTimestamp: .activeTimestamp
        case .state: .state
        case .joinerUDPPort: .joinerUDPPort
        case .pendingTimestamp: .pendingTimestamp
        case .delayTimer: .delayTimer
        case .channelMask: .channelMask
        case .wakeUpChannel: .wakeUpChannel
        case .discoveryRequest: .discoveryRequest
        case .discoveryResponse: .discoveryResponse
        case .unknown(let type, _): type
        }
    }

    /// - Units: bytes
    static let keyLength = 16

    private var valueLength: Int {
        switch self {
        case .channel(let channel), .wakeUpChannel(let channel): channel.byteCount
        case .panID, .borderAgentLocator, .commissionerSessionID, .joinerUDPPort: 2
        case .extendedPANID, .meshLocalPrefix: 8
        case .networkName(let name): name.byteCount
        case .pskc(let key), .networkKey(let key): key.count
        case .networkKeySequence, .delayTimer: 4
        case .securityPolicy(let policy): policy.byteCount
        case .get(let types): types.count
        case .activeTimestamp(let timestamp), .pendingTimestamp(let timestamp): timestamp.byteCount
        case .state: 1
        case .channelMask(let mask): mask.byteCount
        case .discoveryRequest(let request): request.byteCount
        case .discoveryResponse(let response): response.byteCount
        case .unknown(_, let value): value.count
        }
    }

    public var byteCount: Int { TypeLengthValue.byteCount(valueLength: valueLength) }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeTypeAndLength(type.rawValue, valueLength)
        switch self {
        case .channel(let channel), .wakeUpChannel(let channel): channel.serialize(into: &writer)
        case .panID(let id): writer.write(id.rawValue)
        case .extendedPANID(let id): writer.write(id.rawValue)
        case .networkName(let name): name.serialize(into: &writer)
        case .pskc(let key), .networkKey(let key):
            precondition(key.count == Self.keyLength, "a key of \(key.count) bytes")
            writer.write(contentsOf: key)
        case .networkKeySequence(let number), .delayTimer(let number): writer.write(number)
        case .meshLocalPrefix(let prefix): writer.write(prefix.address.high)
        case .borderAgentLocator(let rloc16): writer.write(rloc16.rawValue)
        case .commissionerSessionID(let number), .joinerUDPPort(let number): writer.write(number)
        case .securityPolicy(let policy): policy.serialize(into: &writer)
        case .get(let types): for type in types { writer.write(type.rawValue) }
        case .activeTimestamp(let timestamp), .pendingTimestamp(let timestamp): timestamp.serialize(into: &writer)
        case .state(let state): writer.write(UInt8(bitPattern: state))
        case .channelMask(let mask): mask.serialize(into: &writer)
        case .discoveryRequest(let request): request.serialize(into: &writer)
        case .discoveryResponse(let response): response.serialize(into: &writer)
        case .unknown(_, let value): writer.write(contentsOf: value)
        }
    }
}

extension [MeshCoPTLV] {
    /// Reads elements until nothing is left.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        self = []
        while !reader.isAtEnd { append(try MeshCoPTLV(parsing: &reader)) }
    }

    /// Reads a whole buffer.
    public init(buffer bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader)
    }

    public var byteCount: Int { reduce(0) { $0 + $1.byteCount } }

    /// The elements as one buffer.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.bytes
    }

    public func serialize(into writer: inout ByteWriter) {
        for tlv in self { tlv.serialize(into: &writer) }
    }
}
