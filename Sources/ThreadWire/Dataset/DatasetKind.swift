/// Which of the two operational datasets of a node.
public enum DatasetKind: UInt8, CaseIterable, Sendable {
    /// The values that the network uses.
    case active
    /// The values that it will use when the delay is over.
    case pending
}

extension OperationalDataset {
    /// The longest that a change may be put off.
    /// - Units: milliseconds
    /// - Source: OpenThread as observed: 72 hours
    public static let maximumDelay: UInt32 = 72 * 3600 * 1000

    /// The timestamp that is the version of a dataset of this kind; nil also for the value that stands for none.
    public func timestamp(of kind: DatasetKind) -> Timestamp? {
        let timestamp =
            switch kind {
            case .active: activeTimestamp
            case .pending: pendingTimestamp
            }
        return timestamp.flatMap { $0.isUnset ? nil : $0 }
    }

    /// Sets the timestamp that is the version of a dataset of this kind, or takes it out.
    public mutating func setTimestamp(_ timestamp: Timestamp?, of kind: DatasetKind) {
        switch kind {
        case .active: activeTimestamp = timestamp
        case .pending: pendingTimestamp = timestamp
        }
    }

    /// Takes all elements of another dataset over.
    /// - Returns: false when the result would be too long; nothing has changed then.
    public mutating func update(with other: OperationalDataset) -> Bool {
        var updated = self
        for tlv in other.tlvs { updated.set(tlv) }
        guard updated.byteCount <= Self.maximumLength else { return false }
        self = updated
        return true
    }

    /// Whether its channels can be used: those of page 0 that IEEE 802.15.4 has at 2.4 GHz, as OpenThread demands.
    public var hasUsableChannels: Bool {
        tlvs.allSatisfy { tlv in
            switch tlv {
            case .channel(let value), .wakeUpChannel(let value):
                value.page == 0 && Self.channels.contains(value.channel)
            default: true
            }
        }
    }

    /// The channels of page 0 that a radio at 2.4 GHz has.
    public static let channels: ClosedRange<UInt16> = 11...26
}

extension Timestamp {
    /// Whether all bits are set, which stands for no timestamp.
    /// - Source: OpenThread as observed
    public var isUnset: Bool { seconds == 0xffff_ffff_ffff && ticks == 0x7fff && isAuthoritative }
}
