import NodeService
public import ThreadEngine
public import ThreadWire

// What a node knows of itself and of the mesh; each throws why the mesh can no longer be asked: `MeshError.closed`,
// or `MeshError.daemonGone` where a daemon owned it.
extension Mesh {
    /// What the node is in its partition; `.detached` while it looks for one. Pymesh: `state()`.
    public var state: Role {
        get async throws { try await core.perform(StateCall()) }
    }

    /// The roles that the node takes on from now on; it ends with the mesh. A slow reader misses the oldest of more
    /// than 16.
    public func stateChanges() async throws -> AsyncStream<Role> { try await core.roles() }

    /// Whether the partition has no router besides this node, or none but the parent of this node. Pymesh:
    /// `single()`.
    public var isSingle: Bool {
        get async throws { try await core.perform(IsSingleCall()) }
    }

    /// The node's unicast addresses, the one of its place in the mesh and its link-local one among them. Pymesh:
    /// `ipaddr()`.
    public var addresses: [IPv6Address] {
        get async throws { try await core.perform(AddressesCall()) }
    }

    /// The address within the mesh that stays while the node moves; nil while there is no network.
    public var meshLocalAddress: IPv6Address? {
        get async throws { try await core.perform(MeshLocalAddressCall()) }
    }

    /// The node's place in the mesh; nil while it is not attached. Pymesh: `rloc()`.
    public var rloc16: RLOC16? {
        get async throws { try await core.perform(PlaceCall()) }
    }

    /// Who leads the partition; nil while the node is not attached. Pymesh: `leader()`.
    public var leader: MeshLeader? {
        get async throws { try await core.perform(LeaderCall()) }
    }

    /// The nodes with which there is a link: children first, then routers and the parent. Pymesh: `neighbors()`.
    public var neighbors: [MeshNeighbor] {
        get async throws { try await core.perform(NeighborsCall()) }
    }

    /// The routers of the partition by id, this node among them where it is one. Pymesh: `routers()`.
    public var routers: [MeshRouter] {
        get async throws { try await core.perform(RoutersCall()) }
    }
}

// The way out of the mesh by an application, as Pymesh has it.
extension Mesh {
    /// The prefixes that this node offers as a border router, by whomever they were added. Pymesh: `border_router()`.
    public var borderRouters: [BorderRouterPrefix] {
        get async throws { try await core.perform(BorderRoutersCall()) }
    }

    /// Makes the node a border router. Pymesh: `border_router(prefix, preference)`.
    ///
    /// Every node of the mesh gains an address in the prefix. UDP datagrams that they send to the outside of the mesh
    /// arrive at the first bound socket of this mesh, behind a `BorderRouterHeader`; what the program sends to where
    /// they came from is the answer. Where `heddled` has a network interface, the host takes them instead. The prefix
    /// is taken back when the mesh is closed.
    /// - Parameters:
    ///   - prefix: 64 bits long, global or unique local; one that the node offers already gets the new preference.
    ///   - preference: which of several border routers with the same prefix at the same distance is taken.
    /// - Throws: `BorderRouterError`, `MeshError`.
    public func addBorderRouter(_ prefix: IPv6Prefix, preference: RoutePreference = .medium) async throws {
        _ = try await core.perform(AddBorderRouterCall(prefix, preference: preference))
    }

    /// Lets the node be no border router of a prefix any more. Pymesh: `border_router_del(prefix)`.
    /// - Throws: `BorderRouterError.notOffered`, `MeshError`.
    public func removeBorderRouter(_ prefix: IPv6Prefix) async throws {
        _ = try await core.perform(RemoveBorderRouterCall(prefix))
    }
}
