public import EngineCore
import IPEngine
import NodeEngine
public import ThreadEngine
public import ThreadWire

/// Who leads the partition.
public struct MeshLeader: Equatable, Sendable {
    /// The partition that it leads.
    public let partitionID: PartitionID
    /// Its router id.
    public let routerID: RouterID
    /// Its place in the mesh.
    public let rloc16: RLOC16
    /// How much it counts against the leader of another partition.
    public let weighting: UInt8
}

/// Another node that is heard directly.
public struct MeshNeighbor: Equatable, Sendable {
    /// Its link-layer address.
    public let extendedAddress: ExtendedAddress
    /// Its place in the mesh.
    public let rloc16: RLOC16
    /// Whether it is attached to this node.
    public let isChild: Bool
    /// How strong it is heard on average; nil before anything was heard of it.
    public let averageRSSI: DecibelMilliwatts?
    /// The quality of the link towards this node.
    public let linkQualityIn: LinkQuality
    /// The quality of the link towards the neighbor, as it told.
    public let linkQualityOut: LinkQuality
    /// The time since it was last heard.
    public let age: Duration
}

/// A router of the partition.
public struct MeshRouter: Equatable, Sendable {
    /// Its router id.
    public let id: RouterID
    /// Its place in the mesh.
    public let rloc16: RLOC16
    /// The neighbor that leads to it, itself where it is one; nil when there is no way.
    public let nextHop: RLOC16?
    /// What the way costs: 1, 2 or 4 for each hop, 0 for this node itself; nil when there is no way.
    public let pathCost: UInt8?
    /// Whether it is heard directly.
    public let isNeighbor: Bool
}

// What a node knows of itself and of the mesh; each throws `MeshError.closed` once the mesh is closed.
extension Mesh {
    /// What the node is in its partition; `.detached` while it looks for one.
    public var state: Role {
        get async throws { try await core.perform { node, _ in node.thread.role } }
    }

    /// Whether the partition has no router besides this node, or none but the parent of this node.
    public var isSingle: Bool {
        get async throws { try await core.perform { node, _ in node.thread.isSingleton } }
    }

    /// The node's unicast addresses, the one of its place in the mesh and its link-local one among them.
    public var addresses: [IPv6Address] {
        get async throws { try await core.perform { node, _ in node.ip.unicastAddresses.map { $0.address } } }
    }

    /// The address within the mesh that stays while the node moves; nil while there is no network.
    public var meshLocalAddress: IPv6Address? {
        get async throws { try await core.perform { node, _ in node.thread.meshLocalEID } }
    }

    /// The node's place in the mesh; nil while it is not attached.
    public var rloc16: RLOC16? {
        get async throws {
            try await core.perform { node, _ in node.thread.role.isAttached ? node.thread.rloc16 : nil }
        }
    }

    /// Who leads the partition; nil while the node is not attached.
    public var leader: MeshLeader? {
        get async throws {
            try await core.perform { node, _ in
                guard node.thread.role.isAttached, let data = node.thread.leaderData else { return nil }
                return MeshLeader(
                    partitionID: data.partitionID, routerID: data.leaderRouterID, rloc16: data.leaderRouterID.rloc16,
                    weighting: data.weighting)
            }
        }
    }

    /// The nodes with which there is a link: children first, then routers and the parent.
    public var neighbors: [MeshNeighbor] {
        get async throws {
            try await core.perform { node, now in
                node.thread.neighbors.map { neighbor, isChild in
                    MeshNeighbor(
                        extendedAddress: neighbor.extendedAddress, rloc16: neighbor.rloc16, isChild: isChild,
                        averageRSSI: neighbor.signal.averageRSSI, linkQualityIn: neighbor.signal.linkQuality,
                        linkQualityOut: neighbor.linkQualityOut, age: max(.zero, now.since(neighbor.lastHeard)))
                }
            }
        }
    }

    /// The routers of the partition by id, this node among them where it is one.
    public var routers: [MeshRouter] {
        get async throws {
            try await core.perform { node, _ in
                node.thread.routers.routers.map { router in
                    let path = node.thread.path(to: router.id.rloc16)
                    return MeshRouter(
                        id: router.id, rloc16: router.id.rloc16, nextHop: path?.nextHop, pathCost: path?.cost,
                        isNeighbor: router.isLinkValid)
                }
            }
        }
    }
}
