public import EngineCore
public import ThreadEngine
public import ThreadWire

/// Who leads the partition. Pymesh: what `leader()` returns.
public struct MeshLeader: Codable, Equatable, Sendable {
    /// The partition that it leads. Pymesh: `part_id`.
    public let partitionID: PartitionID
    /// Its router id.
    public let routerID: RouterID
    /// Its place in the mesh. Pymesh: `rloc16`.
    public let rloc16: RLOC16
    /// How much it counts against the leader of another partition.
    public let weighting: UInt8
    /// Its link-layer address; nil where it is no neighbor, since nobody else tells it. Pymesh: `mac`.
    public let extendedAddress: ExtendedAddress?
}

/// Another node that is heard directly. Pymesh: an entry of `neighbors()`.
public struct MeshNeighbor: Codable, Equatable, Sendable {
    /// Its link-layer address. Pymesh: `mac`.
    public let extendedAddress: ExtendedAddress
    /// Its place in the mesh. Pymesh: `rloc16`.
    public let rloc16: RLOC16
    /// Whether it is attached to this node. Pymesh: `role`, 2 for a child and 3 for a router.
    public let isChild: Bool
    /// How strong it is heard on average; nil before anything was heard of it. Pymesh: `rssi`.
    public let averageRSSI: DecibelMilliwatts?
    /// The quality of the link towards this node.
    public let linkQualityIn: LinkQuality
    /// The quality of the link towards the neighbor, as it told.
    public let linkQualityOut: LinkQuality
    private let ageMicroseconds: Int64
    /// The time since it was last heard. Pymesh: `age`.
    public var age: Duration { .microseconds(ageMicroseconds) }
}

/// A router of the partition. Pymesh: an entry of `routers()`.
public struct MeshRouter: Codable, Equatable, Sendable {
    /// Its router id. Pymesh: `id`.
    public let id: RouterID
    /// Its place in the mesh. Pymesh: `rloc16`.
    public let rloc16: RLOC16
    /// The neighbor that leads to it, itself where it is one; nil when there is no way.
    public let nextHop: RLOC16?
    /// What the way costs: 1, 2 or 4 for each hop, 0 for this node itself; nil when there is no way. Pymesh:
    /// `path_cost`.
    public let pathCost: UInt8?
    /// Whether it is heard directly.
    public let isNeighbor: Bool
    /// Its link-layer address; nil where it is no neighbor, since nobody else tells it. Pymesh: `mac`.
    public let extendedAddress: ExtendedAddress?
    private let ageMicroseconds: Int64?
    /// The time since it was last heard directly; nil where it is not. Pymesh: `age`.
    public var age: Duration? { ageMicroseconds.map { .microseconds($0) } }
}

/// A prefix that this node offers as a border router. Pymesh: an entry of `border_router()`.
public struct BorderRouterPrefix: Codable, Equatable, Sendable {
    /// What addresses in it begin with. Pymesh: `net`.
    public let prefix: IPv6Prefix
    /// Which of several border routers with the same prefix is taken. Pymesh: `preference`.
    public let preference: RoutePreference

    public init(prefix: IPv6Prefix, preference: RoutePreference) {
        self.prefix = prefix
        self.preference = preference
    }
}

// From what the engine knows.

extension MeshLeader {
    /// Nil while the node is not attached.
    init?(of thread: ThreadEngine) {
        guard thread.role.isAttached, let data = thread.leaderData else { return nil }
        let id = data.leaderRouterID
        partitionID = data.partitionID
        routerID = id
        rloc16 = id.rloc16
        weighting = data.weighting
        extendedAddress =
            thread.role == .leader
            ? thread.extendedAddress
            : thread.neighbors.first { $0.neighbor.rloc16 == id.rloc16 }?.neighbor.extendedAddress
    }
}

extension MeshNeighbor {
    init(_ neighbor: Neighbor, isChild: Bool, now: Instant) {
        extendedAddress = neighbor.extendedAddress
        rloc16 = neighbor.rloc16
        self.isChild = isChild
        averageRSSI = neighbor.signal.averageRSSI
        linkQualityIn = neighbor.signal.linkQuality
        linkQualityOut = neighbor.linkQualityOut
        ageMicroseconds = max(0, now.since(neighbor.lastHeard).microseconds)
    }
}

extension MeshRouter {
    init(_ router: Router, of thread: ThreadEngine, now: Instant) {
        let path = thread.path(to: router.id.rloc16)
        let isSelf = thread.role.isRouting && router.id == thread.rloc16.routerID
        id = router.id
        rloc16 = router.id.rloc16
        nextHop = path?.nextHop
        pathCost = path?.cost
        isNeighbor = router.isLinkValid
        extendedAddress =
            isSelf ? thread.extendedAddress : router.isLinkValid ? router.neighbor.extendedAddress : nil
        ageMicroseconds =
            isSelf ? 0 : router.isLinkValid ? max(0, now.since(router.neighbor.lastHeard).microseconds) : nil
    }
}
