import MeshCoreWire
import ThreadWire

/// Which node of the IPv6 mesh has which key, and which is which hop of a path.
struct MeshDirectory: Sendable {
    /// How many keys, and how many hops, are remembered.
    let limit: Int
    /// The one that was heard longest ago comes first.
    private var nodes: [(key: MeshCorePublicKey, address: IPv6Address)] = []
    private var hops: [(hash: [UInt8], address: IPv6Address)] = []

    init(limit: Int = 256) { self.limit = limit }

    var count: Int { nodes.count }

    /// Notes where the node with a key is.
    mutating func learn(_ key: MeshCorePublicKey, at address: IPv6Address) {
        nodes.removeAll { $0.key == key }
        if nodes.count >= limit { nodes.removeFirst() }
        nodes.append((key, address))
    }

    /// Notes where the node is that puts this hash into paths.
    mutating func learn(hop hash: [UInt8], at address: IPv6Address) {
        hops.removeAll { $0.hash == hash }
        if hops.count >= limit { hops.removeFirst() }
        hops.append((hash, address))
    }

    /// Forgets an address to which nothing goes any more.
    mutating func forget(_ address: IPv6Address) {
        nodes.removeAll { $0.address == address }
        hops.removeAll { $0.address == address }
    }

    /// Where a packet has to go; nil for everybody.
    func address(of destination: MeshCoreDirectoryName) -> IPv6Address? {
        switch destination {
        case .node(let key): nodes.last { $0.key == key }?.address
        case .hop(let hash):
            hops.last { $0.hash == hash }?.address ?? nodes.last { $0.key.matches(hash[...]) }?.address
        }
    }
}

/// By what a node is looked up.
enum MeshCoreDirectoryName: Equatable, Sendable {
    case node(MeshCorePublicKey)
    /// - Range: 1 to 3 bytes
    case hop([UInt8])
}
