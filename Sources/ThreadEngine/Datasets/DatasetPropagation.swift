import EngineCore
import ThreadWire

// How datasets travel from the leader through the network: every message that brings network data tells the versions
// of both, and a node that has another version of one asks for it.
extension ThreadEngine {
    // MARK: Telling

    /// The versions of both datasets, each where there is one.
    /// - Source: OpenThread as observed: recording keyswitch, frames 77, 81, 95
    var timestampTLVs: [MLETLV] {
        var tlvs: [MLETLV] = []
        if let timestamp = datasets.active.networkTimestamp { tlvs.append(.activeTimestamp(timestamp)) }
        if let timestamp = datasets.pending.networkTimestamp { tlvs.append(.pendingTimestamp(timestamp)) }
        return tlvs
    }

    /// The same for a request: a pending dataset whose delay does not run is asked for anew.
    /// - Deviation: docs/deviations.md#resumed-delay
    var timestampTLVsOfRequest: [MLETLV] {
        timestampTLVs.filter { $0.type != .pendingTimestamp || datasets.delay != nil }
    }

    /// Which datasets a node lacks that tells these versions.
    func missingDatasets(of message: MLEMessage) -> [MLETLVType] {
        var types: [MLETLVType] = []
        if message.activeTimestamp.map({ $0 != datasets.active.networkTimestamp }) ?? true {
            types.append(.activeOperationalDataset)
        }
        if message.pendingTimestamp.map({ $0 != datasets.pending.networkTimestamp }) ?? true {
            types.append(.pendingOperationalDataset)
        }
        return types
    }

    /// A dataset as an element of a message, without its version, which is an element of its own; nil when there is
    /// none or another type is meant.
    func datasetTLV(_ type: MLETLVType, now: Instant) -> MLETLV? {
        let kind: DatasetKind
        switch type {
        case .activeOperationalDataset: kind = .active
        case .pendingOperationalDataset: kind = .pending
        default: return nil
        }
        guard var dataset = dataset(kind, now: now) else { return nil }
        dataset.setTimestamp(nil, of: kind)
        switch kind {
        case .active: return .activeOperationalDataset(dataset.bytes)
        case .pending: return .pendingOperationalDataset(dataset.bytes)
        }
    }

    // MARK: Learning

    /// Whether a message brings every dataset whose version it tells and this node does not have.
    func bringsDatasets(_ message: MLEMessage) -> Bool {
        if role == .leader { return true }
        for kind in DatasetKind.allCases {
            guard let timestamp = message.timestamp(of: kind), isOther(timestamp, than: kind) else { continue }
            if message.datasetBytes(of: kind) == nil { return false }
        }
        return true
    }

    /// Takes over the datasets that a message of the parent or of a router brings. The leader takes none: its own are
    /// the network's.
    mutating func adoptDatasets(of message: MLEMessage, now: Instant) {
        guard role != .leader else { return }
        for kind in DatasetKind.allCases {
            guard let timestamp = message.timestamp(of: kind), isOther(timestamp, than: kind),
                let bytes = message.datasetBytes(of: kind)
            else { continue }
            guard var dataset = try? OperationalDataset(bytes), dataset.hasUsableChannels else {
                drop(.malformedMLE)
                continue
            }
            dataset.setTimestamp(timestamp, of: kind)
            guard dataset.byteCount <= OperationalDataset.maximumLength else {
                drop(.malformedMLE)
                continue
            }
            adopt(dataset, kind, now: now)
        }
    }

    /// The parent's answer: it tells all datasets that there are, so that one it does not tell of is no more.
    mutating func adoptDatasetsOfParent(_ message: MLEMessage, now: Instant) {
        endReattachment()
        adoptDatasets(of: message, now: now)
        if message.pendingTimestamp == nil { forgetDataset(.pending) }
    }

    /// Whether the network's version is another than this node knows.
    private func isOther(_ timestamp: Timestamp, than kind: DatasetKind) -> Bool {
        timestamp != datasets[kind].networkTimestamp || (kind == .pending && datasets.delay == nil)
    }
}

extension MLEMessage {
    /// The version of a dataset; nil also for the value that stands for none.
    fileprivate func timestamp(of kind: DatasetKind) -> Timestamp? {
        let timestamp =
            switch kind {
            case .active: activeTimestamp
            case .pending: pendingTimestamp
            }
        return timestamp.flatMap { $0.isUnset ? nil : $0 }
    }

    fileprivate func datasetBytes(of kind: DatasetKind) -> [UInt8]? {
        switch kind {
        case .active: activeOperationalDataset
        case .pending: pendingOperationalDataset
        }
    }
}
