public import EngineCore
import LinkProfiles
public import ThreadWire

// The two operational datasets: kept, compared with the network's, taken into use.
extension ThreadEngine {
    // MARK: What others read

    /// The active dataset that this node keeps. It may be partial: `parameters` has what is in force.
    public var activeDataset: OperationalDataset? { datasets.active.dataset }

    /// The pending dataset that this node keeps, with what is left of its delay.
    public func pendingDataset(now: Instant) -> OperationalDataset? { dataset(.pending, now: now) }

    /// A dataset with what is left of its delay.
    func dataset(_ kind: DatasetKind, now: Instant) -> OperationalDataset? {
        guard var dataset = datasets[kind].dataset else { return nil }
        guard kind == .pending, let delay = dataset.delayTimer else { return dataset }
        var left = Duration.milliseconds(Int64(min(delay, OperationalDataset.maximumDelay)))
        if let running = datasets.delay { left = max(.zero, running.deadline.since(now)) }
        dataset.replace(.delayTimer(UInt32(clamping: left.milliseconds)))
        return dataset
    }

    // MARK: What a user sets

    /// Takes a dataset over that a user gave this node; an empty one stands for none.
    ///
    /// A stopped node and a leader take an active one into use at once. Others tell it to the leader, if it is newer
    /// than the network's, and use it when it comes back from there.
    /// - Returns: false when it has a channel that no radio has.
    public mutating func setDataset(_ dataset: OperationalDataset, _ kind: DatasetKind, now: Instant) -> Bool {
        guard dataset.hasUsableChannels else { return false }
        keep(dataset, kind, now: now)
        switch role {
        case .disabled: resume(kind, isChosen: true)
        case .detached: break
        case .child, .router: register(kind, now: now)
        case .leader:
            resume(kind)
            advanceDatasetVersion(by: 1, now: now)
        }
        return true
    }

    /// Takes back what a store kept, before the node is started.
    /// - Parameter parameters: what was in force; a dataset may have been partial.
    public mutating func restoreDatasets(
        parameters: OperationalDataset?, active: OperationalDataset?, pending: OperationalDataset?
    ) {
        datasets = DatasetState()
        datasets.active.dataset = active
        datasets.pending.dataset = pending
        if let parameters { apply(parameters) }
        resume(.active)
        resume(.pending)
    }

    // MARK: Keeping

    /// Keeps a dataset and writes it down; an empty one is forgotten. The delay of a pending one begins now.
    mutating func keep(_ dataset: OperationalDataset, _ kind: DatasetKind, now: Instant) {
        let isEmpty = dataset.tlvs.isEmpty
        datasets[kind].dataset = isEmpty ? nil : dataset
        emit(.store(StoredRecord(name: kind.recordName, value: dataset.bytes)))
        if kind == .pending { startDelay(now: now) }
        emit(.event(.datasetChanged(kind)))
    }

    /// Forgets a dataset; the values in force stay.
    mutating func forgetDataset(_ kind: DatasetKind) {
        guard datasets[kind] != HeldDataset(kind: kind) else { return }
        datasets[kind] = HeldDataset(kind: kind)
        if kind == .pending { datasets.delay = nil }
        emit(.store(StoredRecord(name: kind.recordName, value: [])))
        emit(.event(.datasetChanged(kind)))
    }

    /// Takes the kept dataset for the network's.
    /// - Parameter isChosen: whether a user has just given it to this stopped node.
    mutating func resume(_ kind: DatasetKind, isChosen: Bool = false) {
        assume(kind)
        if kind == .active, let dataset = datasets.active.dataset { apply(dataset, isChosen: isChosen) }
    }

    /// Takes the version of the kept dataset for the network's, whatever values are in force.
    mutating func assume(_ kind: DatasetKind) {
        datasets[kind].registrationDeadline = nil
        datasets[kind].networkTimestamp = datasets[kind].timestamp
    }

    /// Takes a dataset over that the network has: kept if it is newer, and used even if it is older.
    /// - Parameter isOlderAllowed: whether it replaces a newer one.
    mutating func adopt(
        _ dataset: OperationalDataset, _ kind: DatasetKind, isOlderAllowed: Bool = false, now: Instant
    ) {
        if let timestamp = dataset.timestamp(of: kind) {
            datasets[kind].networkTimestamp = timestamp
            if kind == .active { apply(dataset) }
        }
        let order = datasets[kind].networkOrder
        // After a restart the delay does not run: only the network knows what is left of it.
        // - Deviation: docs/deviations.md#resumed-delay
        let isDelayMissing = kind == .pending && order == .same && datasets.delay == nil
        if order == .newer || isOlderAllowed || isDelayMissing {
            keepOfNetwork(dataset, kind, now: now)
        } else if order == .older {
            datasets[kind].registrationDeadline = now + profile.datasetRegistrationDelay
        }
    }

    private mutating func keepOfNetwork(_ dataset: OperationalDataset, _ kind: DatasetKind, now: Instant) {
        datasets[kind].registrationDeadline = nil
        keep(dataset, kind, now: now)
        advanceDatasetVersion(by: 1, now: now)
    }

    /// As leader: lets the network know that there is a new dataset, by a new version of the network data.
    /// - Source: OpenThread as observed: recording keyswitch, frames 7, 77 and 95
    mutating func advanceDatasetVersion(by count: UInt8, now: Instant) {
        guard role == .leader else { return }
        leaderData?.dataVersion &+= count
        leaderData?.stableDataVersion &+= count
        schedule(.dataResponse, within: .zero, now: now)
    }

    // MARK: Using

    /// Takes the values of a dataset into use, each that it has.
    /// - Parameter isChosen: whether a user has just given it to this stopped node. Another network that was chosen has
    ///   no place for this node; a change that a network goes through together leaves it its place.
    mutating func apply(_ dataset: OperationalDataset, isChosen: Bool = false) {
        var values = parameters
        for tlv in dataset.tlvs where Self.usedTypes.contains(tlv.type) { values.set(tlv) }
        guard values != parameters else { return }
        let formerPrefix = parameters.meshLocalPrefix
        let isOther = values.networkKey != parameters.networkKey || values.panID != parameters.panID
        if isChosen, network != nil, isOther { forgetPlace() }
        parameters = values
        emit(.store(StoredRecord(name: .parameters, value: values.bytes)))
        if let key = values.networkKey { useNetworkKey(key) }
        if let policy = values.securityPolicy { use(policy) }
        network = Network(values)
        if let formerPrefix, let prefix = values.meshLocalPrefix, prefix != formerPrefix {
            changeMeshLocalPrefix(from: formerPrefix, to: prefix)
        }
        emit(.identityChanged)
    }

    /// What a node acts upon; timestamps and delay belong to the datasets themselves.
    private static let usedTypes: [MeshCoPTLVType] = [
        .channel, .wakeUpChannel, .channelMask, .panID, .extendedPANID, .networkName, .networkKey, .pskc,
        .meshLocalPrefix, .securityPolicy,
    ]

    /// Addresses of the former prefix are nobody's any more; those of children go on under the new one.
    private mutating func changeMeshLocalPrefix(from former: IPv6Prefix, to prefix: IPv6Prefix) {
        resolver.removeAll()
        for child in children.children {
            children.modify(child.neighbor.extendedAddress) {
                $0.addresses = $0.addresses.map {
                    former.contains($0) ? IPv6Address(prefix: prefix, interfaceIdentifier: $0.low) : $0
                }
            }
        }
    }

    // MARK: Time

    /// Does what is due about the datasets.
    mutating func handleDatasetDeadlines(now: Instant) {
        if let delay = datasets.delay, delay.deadline <= now { endDelay(now: now) }
        for kind in DatasetKind.allCases {
            guard let deadline = datasets[kind].registrationDeadline, deadline <= now else { continue }
            datasets[kind].registrationDeadline = nil
            register(kind, now: now)
        }
    }
}

extension DatasetKind {
    /// The name under which a dataset of this kind is stored.
    var recordName: StoredRecord.Name {
        switch self {
        case .active: .activeDataset
        case .pending: .pendingDataset
        }
    }
}

extension ThreadEngine.Network {
    /// What a dataset says of the network; nil when something is missing that a node must know.
    init?(_ dataset: OperationalDataset) {
        guard let key = dataset.networkKey, let panID = dataset.panID, let channel = dataset.channel,
            let prefix = dataset.meshLocalPrefix
        else { return nil }
        self.init(networkKey: key, panID: panID, channel: UInt8(clamping: channel), meshLocalPrefix: prefix)
    }
}
