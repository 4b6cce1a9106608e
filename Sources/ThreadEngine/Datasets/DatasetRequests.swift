public import EngineCore
import LinkProfiles
public import ThreadWire

/// Why a request about a dataset could not be sent.
public enum DatasetRequestError: Error, Equatable, Sendable {
    /// This node is in no network.
    case detached
    /// The last request of this kind has no answer yet.
    case pending
    /// Too many requests wait, or the dataset is too long.
    case noRoom
}

// This node's own requests about datasets.
extension ThreadEngine {
    /// Asks the leader to change a dataset for the whole network.
    /// - Parameter payload: the elements of the dataset, and the session's of a commissioner.
    public mutating func requestDatasetChange(
        _ kind: DatasetKind, payload: [UInt8], now: Instant
    ) throws(DatasetRequestError) {
        guard role.isAttached else { throw .detached }
        guard !datasets[kind].isRegistering else { throw .pending }
        guard payload.count <= OperationalDataset.maximumLength else { throw .noRoom }
        if role == .leader {
            let isAccepted = changeDataset(kind, payload: payload, isReplacement: false, now: now)
            return emit(.event(.datasetChangeAnswered(kind, isAccepted: isAccepted)))
        }
        guard let leader = locatorAddress(.leaderAnycast),
            request(
                kind == .active ? TMFPath.activeSet : TMFPath.pendingSet, payload: payload, to: leader,
                purpose: .datasetSet(kind), now: now)
        else { throw .noRoom }
        datasets[kind].isRegistering = true
    }

    /// Asks a node, the leader if none is named, for the elements of its dataset, all when no types are named.
    public mutating func requestDataset(
        _ kind: DatasetKind, types: [MeshCoPTLVType], from address: IPv6Address? = nil, now: Instant
    ) throws(DatasetRequestError) {
        guard role.isAttached, let leader = locatorAddress(.leaderAnycast) else { throw .detached }
        let payload = types.isEmpty ? [] : [MeshCoPTLV.get(types)].bytes
        if address ?? leader == leader, role == .leader {
            let answer = answerDatasetRequest(.get, kind, payload: payload, now: now)
            return reportDataset(answer, kind)
        }
        guard
            request(
                kind == .active ? TMFPath.activeGet : TMFPath.pendingGet, payload: payload, to: address ?? leader,
                purpose: .datasetGet(kind), now: now)
        else { throw .noRoom }
    }

    // MARK: Answers

    /// What came of a request to change a dataset; nil when the leader did not answer.
    mutating func handleDatasetChangeAnswer(_ answer: CoAPMessage?, _ kind: DatasetKind, now: Instant) {
        datasets[kind].isRegistering = false
        datasets[kind].registrationDeadline = now + profile.datasetRegistrationDelay
        guard let answer else { return emit(.event(.datasetChangeAnswered(kind, isAccepted: false))) }
        guard let tlvs = try? [MeshCoPTLV](buffer: answer.payload) else { return drop(.malformedTMF) }
        for tlv in tlvs {
            guard case .state(let state) = tlv else { continue }
            emit(.event(.datasetChangeAnswered(kind, isAccepted: state > 0)))
        }
    }

    /// What a node told of its dataset.
    mutating func handleDatasetAnswer(_ answer: CoAPMessage?, _ kind: DatasetKind) {
        guard let answer else { return }
        reportDataset(answer.payload, kind)
    }

    private mutating func reportDataset(_ payload: [UInt8], _ kind: DatasetKind) {
        guard let dataset = try? OperationalDataset(payload) else { return drop(.malformedTMF) }
        emit(.event(.datasetTold(kind, dataset)))
    }

    // MARK: Registration

    /// Tells the leader the kept dataset, if it is newer than the network's.
    mutating func register(_ kind: DatasetKind, now: Instant) {
        guard role == .child || role == .router, !datasets[kind].isRegistering, let kept = dataset(kind, now: now),
            datasets[kind].networkOrder == .older
        else { return }
        // The others are about to change over to this very dataset.
        if kind == .active, let pending = datasets.pending.dataset?.timestamp(of: .active),
            pending == datasets.active.timestamp
        {
            return
        }
        do throws(DatasetRequestError) {
            try requestDatasetChange(kind, payload: kept.bytes, now: now)
        } catch {
            datasets[kind].registrationDeadline = now + profile.datasetRegistrationDelay
        }
    }
}
