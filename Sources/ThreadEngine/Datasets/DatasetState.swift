import EngineCore
import ThreadWire

/// One of the two operational datasets, as this node holds it.
struct HeldDataset: Equatable, Sendable {
    let kind: DatasetKind
    /// What this node keeps; nil when it has none.
    var dataset: OperationalDataset?
    /// The version that the network has, which need not be the one that is kept.
    var networkTimestamp: Timestamp?
    /// When a kept dataset that is newer than the network's is told to the leader.
    var registrationDeadline: Instant?
    /// Whether a request to the leader waits for its answer.
    var isRegistering = false

    init(kind: DatasetKind) { self.kind = kind }

    /// The version that is kept.
    var timestamp: Timestamp? { dataset?.timestamp(of: kind) }

    /// How the network's version compares with the one that is kept; no version is older than any.
    var networkOrder: TimestampOrder { TimestampOrder(networkTimestamp, timestamp) }
}

/// How two versions compare, of which either may be missing.
enum TimestampOrder: Equatable, Sendable {
    case older
    case same
    case newer

    /// How the first compares with the second.
    init(_ first: Timestamp?, _ second: Timestamp?) {
        switch (first, second) {
        case (nil, nil): self = .same
        case (nil, _?): self = .older
        case (_?, nil): self = .newer
        case (let first?, let second?): self = first < second ? .older : first == second ? .same : .newer
        }
    }
}

/// The delay of a pending dataset, while it runs.
struct PendingDelay: Equatable, Sendable {
    var began: Instant
    /// - Range: 0 to 72 hours
    var length: Duration

    var deadline: Instant { began + length }
}

/// With which dataset a node that was started looks for its network.
enum Reattachment: Equatable, Sendable {
    /// With the active one; the pending one is tried when nobody answers.
    case active
    /// With the pending one: the others may have changed over while this node was away.
    case pending
    /// With the active one, and no other is tried.
    case settled
}

/// The datasets and what goes on with them.
struct DatasetState: Equatable, Sendable {
    var active = HeldDataset(kind: .active)
    var pending = HeldDataset(kind: .pending)
    var delay: PendingDelay?
    var reattachment = Reattachment.settled
    /// When this router gives its place up because the policy demands it.
    var stepDownDeadline: Instant?

    subscript(kind: DatasetKind) -> HeldDataset {
        get {
            switch kind {
            case .active: active
            case .pending: pending
            }
        }
        set {
            switch kind {
            case .active: active = newValue
            case .pending: pending = newValue
            }
        }
    }

    @inline(__always)
    var nextDeadline: Instant? {
        earlier(earlier(active.registrationDeadline, pending.registrationDeadline), delay?.deadline)
    }
}
