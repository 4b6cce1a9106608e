public import EngineCore
public import NodeEngine
public import ThreadEngine
public import ThreadWire

// What a node knows of itself and of the mesh.

/// What the node is in its partition.
public struct StateCall: MeshCall {
    public static let name = "state"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> Role { node.thread.role }
}

/// Whether the partition has no router besides this node, or none but the parent of this node.
public struct IsSingleCall: MeshCall {
    public static let name = "isSingle"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> Bool {
        node.thread.isSingleton
    }
}

/// The node's unicast addresses.
public struct AddressesCall: MeshCall {
    public static let name = "addresses"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> [IPv6Address] {
        node.ip.unicastAddresses.map { $0.address }
    }
}

/// The address within the mesh that stays while the node moves; nil while there is no network.
public struct MeshLocalAddressCall: MeshCall {
    public static let name = "meshLocalAddress"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> IPv6Address? {
        node.thread.meshLocalEID
    }
}

/// The node's place in the mesh; nil while it is not attached.
public struct PlaceCall: MeshCall {
    public static let name = "rloc16"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> RLOC16? {
        node.thread.role.isAttached ? node.thread.rloc16 : nil
    }
}

/// Who leads the partition; nil while the node is not attached.
public struct LeaderCall: MeshCall {
    public static let name = "leader"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> MeshLeader? {
        MeshLeader(of: node.thread)
    }
}

/// The nodes with which there is a link: children first, then routers and the parent.
public struct NeighborsCall: MeshCall {
    public static let name = "neighbors"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> [MeshNeighbor] {
        node.thread.neighbors.map { MeshNeighbor($0.neighbor, isChild: $0.isChild, now: now) }
    }
}

/// The routers of the partition by id, this node among them where it is one.
public struct RoutersCall: MeshCall {
    public static let name = "routers"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> [MeshRouter] {
        let thread = node.thread
        guard thread.role.isAttached else { return [] }
        return thread.routers.routers.map { MeshRouter($0, of: thread, now: now) }
    }
}

/// Lets the program know each change of the role from now on; the answer is the role now.
public struct WatchCall: MeshCall {
    public static let name = "watch"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> Role {
        session.watchesRole = true
        return node.thread.role
    }
}

/// Joins the network of a key, or the one that the node knows.
public struct StartCall: MeshCall {
    public static let name = "start"

    private let key: HexadecimalBytes?

    /// - Parameter key: at most 16 bytes, a shorter one is padded with zero bytes; nil for the node's own network.
    public init(key: [UInt8]? = nil) {
        self.key = key.map { HexadecimalBytes($0) }
    }

    /// A node that is in the network of the key already stays as it is.
    /// - Throws: `MeshError.keyTooLong`, `MeshError.noNetwork`.
    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> Nothing {
        if let key {
            let padded = try MeshNetwork.padded(key.bytes)
            if node.parameters.networkKey != padded {
                node.stopThread(now: now)
                var dataset = node.dataset ?? MeshNetwork.dataset(networkKey: padded)
                dataset.networkKey = padded
                _ = node.setActiveDataset(dataset, now: now)
            }
        }
        node.setInterface(isUp: true, now: now)
        if node.thread.role == .disabled {
            guard node.startThread(now: now) else { throw MeshError.noNetwork }
        }
        return Nothing()
    }
}

/// The network that is made of a key alone: the same for programs and for daemons.
public enum MeshNetwork {
    static let keyLength = 16

    /// The key with zero bytes at its end, as Pymesh pads it.
    /// - Throws: `.keyTooLong`.
    public static func padded(_ key: [UInt8]) throws(MeshError) -> [UInt8] {
        guard key.count <= keyLength else { throw .keyTooLong(byteCount: key.count) }
        return key + [UInt8](repeating: 0, count: keyLength - key.count)
    }

    /// The parameters are those that the daemon's configuration has where it names no others.
    /// - Parameter networkKey: 16 bytes.
    public static func dataset(networkKey: [UInt8]) -> OperationalDataset {
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 15
        dataset.extendedPANID = ExtendedPANID(rawValue: 0xdead_00be_ef00_cafe)
        dataset.meshLocalPrefix = IPv6Prefix(IPv6Address(high: 0xfdde_ad00_beef_0000, low: 0), length: 64)
        dataset.networkKey = networkKey
        dataset.networkName = NetworkName("heddle")
        dataset.panID = PANID(rawValue: 0x1234)
        dataset.securityPolicy = .default
        return dataset
    }
}
