import EngineCore
import MeshCoreWire

/// Somebody who has logged in at a server.
struct Client: Sendable {
    let key: MeshCorePublicKey
    var secret: MeshCoreSecret
    /// The lowest two bits: 0 guest, 1 reads, 2 reads and writes, 3 administrates.
    var permissions: UInt8
    /// The newest time in what the client sent: nothing older is taken.
    var lastTimestamp: UInt32
    var outPath: MeshCorePath?
    var lastActivity: UInt32

    static let administrator: UInt8 = 3
    static let guest: UInt8 = 0

    var isAdministrator: Bool { permissions & 3 == Self.administrator }
    var isGuest: Bool { permissions & 3 == Self.guest }
}

/// A repeater in range.
struct Neighbour: Sendable {
    let key: MeshCorePublicKey
    /// By this node's clock.
    var heard: UInt32
    var snrQuarters: Int8
}

/// What a server remembers of those around it.
struct ServerState: Sendable {
    var clients: [Client] = []
    var neighbours: [Neighbour] = []
    /// Bounds what can be asked without a login.
    var queries = RateLimiter()
    var discoveries = RateLimiter()
    let clientLimit: Int
    let neighbourLimit: Int

    init(clientLimit: Int, neighbourLimit: Int) {
        self.clientLimit = max(1, clientLimit)
        self.neighbourLimit = max(1, neighbourLimit)
    }

    func client(_ key: MeshCorePublicKey) -> Int? { clients.firstIndex { $0.key == key } }

    /// Makes room for a client: of those that are no administrators, who was heard longest ago gives way.
    /// - Returns: false when all are administrators.
    mutating func makeRoom() -> Bool {
        guard clients.count >= clientLimit else { return true }
        guard
            let oldest = clients.indices.filter({ !clients[$0].isAdministrator }).min(by: {
                clients[$0].lastActivity < clients[$1].lastActivity
            })
        else { return false }
        clients.remove(at: oldest)
        return true
    }

    mutating func note(_ neighbour: Neighbour) {
        if let index = neighbours.firstIndex(where: { $0.key == neighbour.key }) {
            neighbours[index] = neighbour
        } else if neighbours.count < neighbourLimit {
            neighbours.append(neighbour)
        } else if let oldest = neighbours.indices.min(by: { neighbours[$0].heard < neighbours[$1].heard }) {
            neighbours[oldest] = neighbour
        }
    }
}
