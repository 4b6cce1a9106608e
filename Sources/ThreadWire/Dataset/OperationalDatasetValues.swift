// The values of a dataset by name; setting one to nil takes it out.

extension OperationalDataset {
    public var activeTimestamp: Timestamp? {
        get { first { if case .activeTimestamp(let value) = $0 { value } else { nil } } }
        set { replace(.activeTimestamp, newValue.map { .activeTimestamp($0) }) }
    }

    public var pendingTimestamp: Timestamp? {
        get { first { if case .pendingTimestamp(let value) = $0 { value } else { nil } } }
        set { replace(.pendingTimestamp, newValue.map { .pendingTimestamp($0) }) }
    }

    /// - Range: 11 to 26 on page 0
    public var channel: UInt16? {
        get { first { if case .channel(let value) = $0 { value.channel } else { nil } } }
        set { replace(.channel, newValue.map { .channel(ChannelTLV(channel: $0)) }) }
    }

    public var wakeUpChannel: UInt16? {
        get { first { if case .wakeUpChannel(let value) = $0 { value.channel } else { nil } } }
        set { replace(.wakeUpChannel, newValue.map { .wakeUpChannel(ChannelTLV(channel: $0)) }) }
    }

    /// The channels of page 0, the least significant bit for channel 0.
    public var channelMask: UInt32? {
        get { first { if case .channelMask(let value) = $0 { value.channels } else { nil } } }
        set { replace(.channelMask, newValue.map { .channelMask(ChannelMask(channels: $0)) }) }
    }

    /// How long until a pending dataset becomes the active one.
    /// - Units: milliseconds
    public var delayTimer: UInt32? {
        get { first { if case .delayTimer(let value) = $0 { value } else { nil } } }
        set { replace(.delayTimer, newValue.map { .delayTimer($0) }) }
    }

    public var extendedPANID: ExtendedPANID? {
        get { first { if case .extendedPANID(let value) = $0 { value } else { nil } } }
        set { replace(.extendedPANID, newValue.map { .extendedPANID($0) }) }
    }

    /// A prefix of 64 bits.
    public var meshLocalPrefix: IPv6Prefix? {
        get { first { if case .meshLocalPrefix(let value) = $0 { value } else { nil } } }
        set { replace(.meshLocalPrefix, newValue.map { .meshLocalPrefix($0) }) }
    }

    /// - Units: 16 bytes
    public var networkKey: [UInt8]? {
        get { first { if case .networkKey(let value) = $0 { value } else { nil } } }
        set { replace(.networkKey, newValue.map { .networkKey(Self.checked($0)) }) }
    }

    public var networkName: NetworkName? {
        get { first { if case .networkName(let value) = $0 { value } else { nil } } }
        set { replace(.networkName, newValue.map { .networkName($0) }) }
    }

    public var panID: PANID? {
        get { first { if case .panID(let value) = $0 { value } else { nil } } }
        set { replace(.panID, newValue.map { .panID($0) }) }
    }

    /// The key of a commissioner, made from its pass phrase.
    /// - Units: 16 bytes
    public var pskc: [UInt8]? {
        get { first { if case .pskc(let value) = $0 { value } else { nil } } }
        set { replace(.pskc, newValue.map { .pskc(Self.checked($0)) }) }
    }

    public var securityPolicy: SecurityPolicy? {
        get { first { if case .securityPolicy(let value) = $0 { value } else { nil } } }
        set { replace(.securityPolicy, newValue.map { .securityPolicy($0) }) }
    }

    private func first<Value>(_ value: (MeshCoPTLV) -> Value?) -> Value? {
        for tlv in tlvs {
            if let found = value(tlv) { return found }
        }
        return nil
    }

    private mutating func replace(_ type: MeshCoPTLVType, _ tlv: MeshCoPTLV?) {
        if let tlv { set(tlv) } else { remove(type) }
    }

    private static func checked(_ key: [UInt8]) -> [UInt8] {
        precondition(key.count == MeshCoPTLV.keyLength, "a key of \(key.count) bytes")
        return key
    }
}
