import EngineCore
import ThreadWire

/// Why a node looks for a parent.
enum AttachMode: Equatable, Sendable {
    /// It has none, and forms a partition of its own where it finds none.
    case anyPartition
    /// It lost its place and would like to stay in its partition.
    case samePartition
    /// It heard of a partition that is better than its own.
    case betterPartition
    /// It hears its parent badly, and would rather have another.
    case betterParent
    /// It is a router that is not needed any more.
    case downgrade
}

/// A router whose advertisement was heard.
struct HeardRouter: Equatable, Sendable {
    var address: ExtendedAddress
    var partition: LeaderData
    /// Whether its partition has no other router.
    var isSingleton: Bool
}

/// A router that answered a Parent Request.
struct ParentCandidate: Equatable, Sendable {
    var neighbor: Neighbor
    /// To be returned in the Child ID Request.
    var challenge: [UInt8]
    var leaderData: LeaderData
    var connectivity: Connectivity
    /// Whether it has acknowledged the Child ID Request.
    var hasRequest = false
    /// The worse margin of both directions.
    /// - Units: dB
    var twoWayMargin: Double
}

extension Connectivity.SleepyBuffering {
    /// What a parent is taken to keep that does not tell.
    /// - Source: OpenThread as observed
    static let assumed = Connectivity.SleepyBuffering(bufferSize: 1280, datagramCount: 1)
}

/// How far the attachment has come.
///
///     restoring ── nobody knows the old place ──▶ pausing
///
///     idle ──start──▶ pausing ──▶ requestingParent ⟲ ──candidate──▶ requestingIdentifier ──answer──▶ idle
///                        ▲               │ nobody                          │ no answer
///                        ├───────────────┴─────────────────────────────────┘
///                        └── an advertisement ── listening ── nothing heard ──▶ idle, as leader
enum AttachState: Equatable, Sendable {
    case idle
    /// After a restart: asks the routers around for the place that this node had, by multicast Link Requests.
    case restoring(attemptsLeft: UInt8, challenge: [UInt8], until: Instant)
    /// Waits before the first or the next round of Parent Requests.
    case pausing(until: Instant)
    /// Found no parent, and listens for a partition before it forms one.
    case listening(until: Instant)
    /// A Parent Request is out; answers are collected until the deadline. Each request has a challenge of its own,
    /// and an answer to any of this round counts: a slow parent may need longer than one wait.
    case requestingParent(request: Int, challenges: [[UInt8]], until: Instant, best: ParentCandidate?)
    /// The best candidate was asked for an address.
    case requestingIdentifier(ParentCandidate, attempt: Int, until: Instant)

    @inline(__always)
    var deadline: Instant? {
        switch self {
        case .idle: nil
        case .restoring(_, _, let until): until
        case .pausing(let until): until
        case .listening(let until): until
        case .requestingParent(_, _, let until, _): until
        case .requestingIdentifier(_, _, let until): until
        }
    }
}

/// The partition that a node belonged to before: not to be joined again while its old, late messages are about.
struct PreviousPartition: Equatable, Sendable {
    var id: PartitionID
    /// Nil after a restart.
    var idSequence: UInt8?
    /// The router that this node was or belonged to; nil when it had no place.
    var routerID: RouterID?
    var until: Instant

    /// Whether a sequence number shows that the partition has heard its leader since.
    func isBehind(_ sequence: UInt8) -> Bool {
        idSequence.map { Int8(bitPattern: sequence &- $0) > 0 } ?? false
    }
}
