public import WireCore

/// One element of an MLE message.
/// - Source: OpenThread as observed: recordings attach, sleepy, prefix, scan and steady
public enum MLETLV: Equatable, Sendable {
    case sourceAddress(RLOC16)
    case mode(DeviceMode)
    /// How long a silent child is kept.
    /// - Units: seconds
    case timeout(UInt32)
    /// Random bytes that only one who hears them now can give back.
    /// - Range: 4 bytes and more; OpenThread sends 8
    case challenge([UInt8])
    /// The bytes of the challenge that is answered.
    /// - Range: 4 bytes and more
    case response([UInt8])
    /// The sender's next link frame counter, under which nothing will come any more.
    case linkLayerFrameCounter(UInt32)
    /// The sender's next MLE frame counter; the link's counts for both when it is missing.
    case mleFrameCounter(UInt32)
    case route64(Route64)
    /// The address that a parent gives its child.
    case address16(RLOC16)
    case leaderData(LeaderData)
    /// The elements of a `NetworkData`.
    case networkData([UInt8])
    case tlvRequest([MLETLVType])
    case scanMask(ScanMask)
    case connectivity(Connectivity)
    /// How far above the weakest signal the other's frames were heard.
    /// - Units: dB
    case linkMargin(UInt8)
    /// 1 for a refusal.
    case status(UInt8)
    /// 2 for Thread 1.1, 3 for 1.2, 4 for 1.3, 5 for 1.4.
    case version(UInt16)
    case addressRegistration([AddressRegistration])
    case channel(ChannelTLV)
    case panID(PANID)
    case activeTimestamp(Timestamp)
    case pendingTimestamp(Timestamp)
    /// The elements of an `OperationalDataset`, without its timestamp.
    case activeOperationalDataset([UInt8])
    /// The elements of an `OperationalDataset`, without its timestamp.
    case pendingOperationalDataset([UInt8])
    case threadDiscovery([MeshCoPTLV])
    /// How often a parent must give its child a sign of life.
    /// - Units: seconds
    case supervisionInterval(UInt16)
    case cslChannel(ChannelTLV)
    /// How long a child may miss its coordinated listening.
    /// - Units: seconds
    case cslTimeout(UInt32)
    case cslAccuracy(CSLAccuracy)
    /// Any other type, kept as it came.
    case unknown(type: MLETLVType, value: [UInt8])

    /// The shortest challenge.
    /// - Units: bytes
    /// - Source: OpenThread as observed
    static let minimumChallengeLength = 4

    /// - Throws: for a known type also when its value has another length than it should.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let (rawType, rest) = try reader.readTypeLengthValue("MLE TLV")
        var value = rest
        let type = MLETLVType(rawValue: rawType)
        switch type {
        case .sourceAddress: self = .sourceAddress(RLOC16(rawValue: try value.readUInt16("source address")))
        case .mode: self = .mode(try DeviceMode(parsing: &value))
        case .timeout: self = .timeout(try value.readUInt32("timeout"))
        case .challenge: self = .challenge(try Self.readChallenge(&value, "challenge"))
        case .response: self = .response(try Self.readChallenge(&value, "response"))
        case .linkLayerFrameCounter:
            self = .linkLayerFrameCounter(try value.readUInt32("link-layer frame counter"))
        case .mleFrameCounter: self = .mleFrameCounter(try value.readUInt32("MLE frame counter"))
        case .route64: self = .route64(try Route64(parsing: &value))
        case .address16: self = .address16(RLOC16(rawValue: try value.readUInt16("address16")))
        case .leaderData: self = .leaderData(try LeaderData(parsing: &value))
        case .networkData: self = .networkData(value.readRemaining())
        case .tlvRequest: self = .tlvRequest(value.readRemaining().map { MLETLVType(rawValue: $0) })
        case .scanMask: self = .scanMask(try ScanMask(parsing: &value))
        case .connectivity: self = .connectivity(try Connectivity(parsing: &value))
        case .linkMargin: self = .linkMargin(try value.readUInt8("link margin"))
        case .status: self = .status(try value.readUInt8("status"))
        case .version: self = .version(try value.readUInt16("version"))
        case .addressRegistration:
            var registrations: [AddressRegistration] = []
            while !value.isAtEnd { registrations.append(try AddressRegistration(parsing: &value)) }
            self = .addressRegistration(registrations)
        case .channel: self = .channel(try ChannelTLV(parsing: &value))
        case .panID: self = .panID(PANID(rawValue: try value.readUInt16("PAN id")))
        case .activeTimestamp: self = .activeTimestamp(try Timestamp(parsing: &value))
        case .pendingTimestamp: self = .pendingTimestamp(try Timestamp(parsing: &value))
        case .activeOperationalDataset: self = .activeOperationalDataset(value.readRemaining())
        case .pendingOperationalDataset: self = .pendingOperationalDataset(value.readRemaining())
        case .threadDiscovery: self = .threadDiscovery(try [MeshCoPTLV](parsing: &value))
        case .supervisionInterval: self = .supervisionInterval(try value.readUInt16("supervision interval"))
        case .cslChannel: self = .cslChannel(try ChannelTLV(parsing: &value))
        case .cslTimeout: self = .cslTimeout(try value.readUInt32("CSL timeout"))
        case .cslAccuracy: self = .cslAccuracy(try CSLAccuracy(parsing: &value))
        default: self = .unknown(type: type, value: value.readRemaining())
        }
        try value.requireEnd(type.description)
    }

    private static func readChallenge(_ value: inout ByteReader, _ field: String) throws(ParseError) -> [UInt8] {
        try value.require(minimumChallengeLength, field)
        return value.readRemaining()
    }

    public var byteCount: Int { TypeLengthValue.byteCount(valueLength: valueLength) }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeTypeAndLength(type.rawValue, valueLength)
        switch self {
        case .sourceAddress(let rloc16), .address16(let rloc16): writer.write(rloc16.rawValue)
        case .mode(let mode): mode.serialize(into: &writer)
        case .timeout(let number), .linkLayerFrameCounter(let number), .mleFrameCounter(let number),
            .cslTimeout(let number):
            writer.write(number)
        case .challenge(let bytes), .response(let bytes), .networkData(let bytes),
            .activeOperationalDataset(let bytes), .pendingOperationalDataset(let bytes), .unknown(_, let bytes):
            writer.write(contentsOf: bytes)
        case .route64(let route64): route64.serialize(into: &writer)
        case .leaderData(let leaderData): leaderData.serialize(into: &writer)
        case .tlvRequest(let types): for type in types { writer.write(type.rawValue) }
        case .scanMask(let mask): mask.serialize(into: &writer)
        case .connectivity(let connectivity): connectivity.serialize(into: &writer)
        case .linkMargin(let number), .status(let number): writer.write(number)
        case .version(let number), .supervisionInterval(let number): writer.write(number)
        case .addressRegistration(let registrations):
            for registration in registrations { registration.serialize(into: &writer) }
        case .channel(let channel), .cslChannel(let channel): channel.serialize(into: &writer)
        case .panID(let id): writer.write(id.rawValue)
        case .activeTimestamp(let timestamp), .pendingTimestamp(let timestamp): timestamp.serialize(into: &writer)
        case .threadDiscovery(let tlvs): tlvs.serialize(into: &writer)
        case .cslAccuracy(let accuracy): accuracy.serialize(into: &writer)
        }
    }

    private var valueLength: Int {
        switch self {
        case .sourceAddress, .address16, .version, .panID, .supervisionInterval: 2
        case .mode(let mode): mode.byteCount
        case .timeout, .linkLayerFrameCounter, .mleFrameCounter, .cslTimeout: 4
        case .challenge(let bytes), .response(let bytes), .networkData(let bytes),
            .activeOperationalDataset(let bytes), .pendingOperationalDataset(let bytes), .unknown(_, let bytes):
            bytes.count
        case .route64(let route64): route64.byteCount
        case .leaderData(let leaderData): leaderData.byteCount
        case .tlvRequest(let types): types.count
        case .scanMask(let mask): mask.byteCount
        case .connectivity(let connectivity): connectivity.byteCount
        case .linkMargin, .status: 1
        case .addressRegistration(let registrations): registrations.reduce(0) { $0 + $1.byteCount }
        case .channel(let channel), .cslChannel(let channel): channel.byteCount
        case .activeTimestamp(let timestamp), .pendingTimestamp(let timestamp): timestamp.byteCount
        case .threadDiscovery(let tlvs): tlvs.byteCount
        case .cslAccuracy(let accuracy): accuracy.byteCount
        }
    }

    public var type: MLETLVType {
        switch self {
        case .sourceAddress: .sourceAddress
        case .mode: .mode
        case .timeout: .timeout
        case .challenge: .challenge
        case .response: .response
        case .linkLayerFrameCounter: .linkLayerFrameCounter
        case .mleFrameCounter: .mleFrameCounter
        case .route64: .route64
        case .address16: .address16
        case .leaderData: .leaderData
        case .networkData: .networkData
        case .tlvRequest: .tlvRequest
        case .scanMask: .scanMask
        case .connectivity: .connectivity
        case .linkMargin: .linkMargin
        case .status: .status
        case .version: .version
        case .addressRegistration: .addressRegistration
        case .channel: .channel
        case .panID: .panID
        case .activeTimestamp: .activeTimestamp
        case .pendingTimestamp: .pendingTimestamp
        case .activeOperationalDataset: .activeOperationalDataset
        case .pendingOperationalDataset: .pendingOperationalDataset
        case .threadDiscovery: .threadDiscovery
        case .supervisionInterval: .supervisionInterval
        case .cslChannel: .cslChannel
        case .cslTimeout: .cslTimeout
        case .cslAccuracy: .cslAccuracy
        case .unknown(let type, _): type
        }
    }
}
