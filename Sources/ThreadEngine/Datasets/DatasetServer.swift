import EngineCore
import LinkProfiles
import ThreadWire

// Requests of others about datasets: everybody tells them, the leader changes them.
extension ThreadEngine {
    /// What a request asks for.
    enum DatasetCommand: Equatable, Sendable {
        case get
        /// Newer values; a commissioner may leave out those that stay.
        case set
        /// The whole of a new active dataset.
        case replace
    }

    /// The kind and command that a path stands for.
    static func datasetRequest(path: String) -> (kind: DatasetKind, command: DatasetCommand)? {
        switch path {
        case TMFPath.activeGet: (.active, .get)
        case TMFPath.activeSet: (.active, .set)
        case TMFPath.activeReplace: (.active, .replace)
        case TMFPath.pendingGet: (.pending, .get)
        case TMFPath.pendingSet: (.pending, .set)
        default: nil
        }
    }

    /// Answers a request about a dataset.
    /// - Returns: the payload of the answer.
    mutating func answerDatasetRequest(
        _ command: DatasetCommand, _ kind: DatasetKind, payload: [UInt8], now: Instant
    ) -> [UInt8] {
        switch command {
        case .get: return datasetAnswer(kind, payload: payload, now: now)
        case .set, .replace:
            let isAccepted = changeDataset(kind, payload: payload, isReplacement: command == .replace, now: now)
            return [MeshCoPTLV.state(isAccepted ? 1 : -1)].bytes
        }
    }

    // MARK: Telling

    /// The elements that are asked for, or all; the network key only if the policy lets it be told.
    private mutating func datasetAnswer(_ kind: DatasetKind, payload: [UInt8], now: Instant) -> [UInt8] {
        var wanted: [MeshCoPTLVType] = []
        if !payload.isEmpty {
            guard let tlvs = try? [MeshCoPTLV](buffer: payload) else {
                drop(.malformedTMF)
                return []
            }
            for tlv in tlvs {
                if case .get(let types) = tlv { wanted = types }
            }
        }
        if kind == .pending, !wanted.isEmpty { wanted.append(.delayTimer) }
        let tellsKey = (parameters.securityPolicy ?? .default).permitsNetworkKey
        let tlvs = (dataset(kind, now: now)?.tlvs ?? []).filter { tlv in
            (wanted.isEmpty || wanted.contains(tlv.type)) && (tellsKey || tlv.type != .networkKey)
        }
        return tlvs.bytes
    }

    // MARK: Changing

    /// What a request to change a dataset comes to.
    private struct DatasetChange {
        var dataset: OperationalDataset
        /// Who does not follow at the same moment is cut off.
        var affectsConnectivity: Bool
        var isFromCommissioner: Bool
    }

    /// As leader: takes a new dataset for the whole network.
    /// - Returns: false when it is refused.
    mutating func changeDataset(_ kind: DatasetKind, payload: [UInt8], isReplacement: Bool, now: Instant) -> Bool {
        guard role == .leader else { return false }
        guard let change = judge(kind, payload: payload, isReplacement: isReplacement) else {
            drop(.unexpectedTMF)
            return false
        }
        if kind == .active, change.affectsConnectivity {
            // Not at once, but for all at the same moment.
            guard let delayed = delayed(change.dataset) else { return false }
            adopt(delayed, .pending, now: now)
        } else {
            adopt(change.dataset, kind, now: now)
            advanceDatasetVersion(by: 1, now: now)
        }
        if !change.isFromCommissioner { notifyCommissioner(now: now) }
        return true
    }

    /// Judges a request by what this node knows; nil when it is refused.
    /// - Source: OpenThread as observed
    private func judge(_ kind: DatasetKind, payload: [UInt8], isReplacement: Bool) -> DatasetChange? {
        guard var request = try? OperationalDataset(payload), request.hasUsableChannels,
            let activeTimestamp = request.timestamp(of: .active), let timestamp = request.timestamp(of: kind),
            TimestampOrder(timestamp, datasets[kind].timestamp) == .newer
        else { return nil }
        let affectsKey = request.networkKey.map { $0 != parameters.networkKey } ?? false
        let affectsConnectivity =
            affectsKey || request.channel.map { $0 != parameters.channel } ?? false
            || request.panID.map { $0 != parameters.panID } ?? false
            || request.meshLocalPrefix.map { $0 != parameters.meshLocalPrefix } ?? false
        // Without another key the active timestamp must not go back.
        if kind == .pending, !affectsKey,
            TimestampOrder(activeTimestamp, datasets.active.networkTimestamp) != .newer
        {
            return nil
        }
        var base = OperationalDataset()
        let session = request.commissionerSessionID
        if let session {
            guard session == commissionerSessionID, kind == .pending || !affectsConnectivity else { return nil }
            request.remove(.commissionerSessionID)
            if !isReplacement { base = datasets.active.dataset ?? base }
        }
        if isReplacement { guard session != nil, kind == .active, request.isComplete else { return nil } }
        guard base.update(with: request) else { return nil }
        if let delay = base.delayTimer { base.delayTimer = permitted(delay, affectsKey: affectsKey) }
        return DatasetChange(
            dataset: base, affectsConnectivity: affectsConnectivity, isFromCommissioner: session != nil)
    }

    /// Every node must have heard before the change; another key is given more time.
    private func permitted(_ delay: UInt32, affectsKey: Bool) -> UInt32 {
        let shortest = affectsKey ? profile.pendingDatasetDefaultDelay : configuration.pendingDelayMinimum
        return min(max(delay, UInt32(clamping: shortest.milliseconds)), OperationalDataset.maximumDelay)
    }

    /// An active dataset that would cut nodes off, as a pending one; nil when it would be too long.
    private func delayed(_ active: OperationalDataset) -> OperationalDataset? {
        var pending = active
        pending.pendingTimestamp = active.activeTimestamp
        pending.delayTimer = UInt32(clamping: configuration.pendingDelayMinimum.milliseconds)
        return pending.byteCount <= OperationalDataset.maximumLength ? pending : nil
    }

    // MARK: The commissioner

    /// The number of the commissioner's session, which a leader gives out even when nobody has asked for one.
    private var commissionerSessionID: UInt16? {
        (try? NetworkData(networkData))?.commissioningData?.sessionID
    }

    /// Lets the commissioner know, where there is one, that somebody else has changed a dataset.
    private mutating func notifyCommissioner(now: Instant) {
        guard let data = (try? NetworkData(networkData))?.commissioningData, let session = data.sessionID,
            data.tlvs.contains(where: { $0.type == .borderAgentLocator }),
            let destination = locatorAddress(RLOC16(commissionerSession: session))
        else { return }
        _ = request(TMFPath.datasetChanged, payload: [], to: destination, purpose: .datasetChanged, now: now)
    }
}

extension RLOC16 {
    /// The anycast locator of a commissioner.
    /// - Source: OpenThread as observed: the eight from fc30 on, by the number of the session
    init(commissionerSession session: UInt16) { self.init(rawValue: 0xfc30 + (session & 7)) }
}

extension OperationalDataset {
    /// The session in which a commissioner asks for a change; it is no part of what is kept.
    fileprivate var commissionerSessionID: UInt16? {
        for tlv in tlvs {
            if case .commissionerSessionID(let session) = tlv { return session }
        }
        return nil
    }
}
