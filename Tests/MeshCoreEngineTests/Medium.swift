import CryptoProviders
import EngineCore
import MeshCoreEngine
import MeshCoreWire
import Testing

/// Nodes on one channel, in virtual time: a packet is heard, when its time on air ends, by all that are in range.
final class Medium {
    struct Sent {
        let node: Int
        let transmission: MeshCoreTransmission
        let at: Instant
    }

    private struct Landing {
        let at: Instant
        let node: Int
        let transmission: MeshCoreTransmission
    }

    var nodes: [MeshCoreEngine] = []
    var events: [[MeshCoreEvent]] = []
    var records: [[MeshCoreRecord]] = []
    private(set) var sent: [Sent] = []
    private(set) var now = Instant.zero
    /// Whether a packet of the first is heard by the second.
    var isInRange: (Int, Int) -> Bool = { _, _ in true }
    private var landings: [Landing] = []

    static let air = MeshCoreLinkID(rawValue: 1)

    /// - Returns: the node's number.
    @discardableResult
    func add(
        _ name: String, _ identity: MeshCoreIdentity, role: MeshCoreEngine.Role = .companion,
        links: [MeshCoreLink] = [MeshCoreLink(id: Medium.air, medium: .air)],
        configure: (inout MeshCoreEngine.Configuration, inout MeshCoreParameters) -> Void = { _, _ in }
    ) throws -> Int {
        var configuration = MeshCoreEngine.Configuration()
        configuration.role = role
        var parameters = MeshCoreParameters(name: Array(name.utf8), radio: try .europe)
        configure(&configuration, &parameters)
        let seed = [UInt8](repeating: UInt8(nodes.count), count: SodiumEntropy.seedLength)
        nodes.append(
            MeshCoreEngine(
                configuration: configuration, identity: identity, parameters: parameters, links: links,
                cryptography: MeshCoreSodiumCryptography(),
                entropy: EntropySource(secret: SodiumEntropy(seed: seed), openSeed: UInt64(nodes.count + 1)),
                time: 1_700_000_000))
        events.append([])
        records.append([])
        return nodes.count - 1
    }

    /// Calls a node now, and takes what it wants done.
    func call<Result>(
        _ node: Int, _ body: (inout MeshCoreEngine, Instant) throws(MeshCoreError) -> Result
    ) throws(MeshCoreError) -> Result {
        let result = try body(&nodes[node], now)
        drain(node)
        return result
    }

    /// Lets a node hear bytes from nowhere.
    func hear(_ node: Int, _ bytes: [UInt8], on link: MeshCoreLinkID = Medium.air, snr: Double = 8) {
        nodes[node].handle(
            .received(
                MeshCoreReception(link: link, bytes: bytes, snr: Decibels(snr), rssi: DecibelMilliwatts(-80))),
            now: now)
        drain(node)
    }

    /// Runs until so much time has passed, from event to event.
    func run(_ duration: Duration) {
        let end = now + duration
        while let next = nextTime, next <= end {
            now = max(now, next)
            land()
            for node in nodes.indices where nodes[node].nextDeadline.map({ $0 <= now }) == true {
                nodes[node].handle(.deadline, now: now)
                drain(node)
            }
        }
        now = end
    }

    private var nextTime: Instant? {
        var next = landings.map(\.at).min()
        for node in nodes { next = earlier(next, node.nextDeadline) }
        return next
    }

    private func land() {
        let landed = landings.filter { $0.at <= now }
        landings.removeAll { $0.at <= now }
        for landing in landed {
            nodes[landing.node].handle(.transmitDone(link: landing.transmission.link, .sent), now: now)
            drain(landing.node)
            for other in nodes.indices where other != landing.node && isInRange(landing.node, other) {
                guard nodes[other].linkCounters.contains(where: { $0.link == landing.transmission.link }) else {
                    continue
                }
                hear(other, landing.transmission.bytes, on: landing.transmission.link)
            }
        }
    }

    private func drain(_ node: Int) {
        while let output = nodes[node].pollOutput() {
            switch output {
            case .transmit(let transmission):
                sent.append(Sent(node: node, transmission: transmission, at: now))
                let airtime =
                    transmission.link == Medium.air
                    ? nodes[node].parameters.radio.airtime(byteCount: transmission.bytes.count) : .milliseconds(1)
                landings.append(Landing(at: now + airtime, node: node, transmission: transmission))
            case .event(let event): events[node].append(event)
            case .store(let record): records[node].append(record)
            }
        }
    }

    /// What a node has sent, as packets.
    func packets(of node: Int) throws -> [MeshCorePacket] {
        try sent.filter { $0.node == node }.map { try MeshCorePacket($0.transmission.bytes, form: .stored) }
    }

    /// A node's events without those of every packet that it heard.
    func news(_ node: Int) -> [MeshCoreEvent] {
        events[node].filter { event in
            if case .packetHeard = event { return false }
            return true
        }
    }
}

/// The identities of the firmware's vectors.
enum Keys {
    static let alice = identity(0x01)
    static let bob = identity(0x40)
    static let repeater = identity(0x90)

    static func identity(seed: [UInt8]) -> MeshCoreIdentity {
        MeshCoreSecurity(MeshCoreSodiumCryptography()).identity(seed: seed)!
    }

    static func identity(_ first: UInt8) -> MeshCoreIdentity { identity(seed: (0..<32).map { first &+ $0 }) }
}

extension MeshCoreContact {
    init(_ identity: MeshCoreIdentity, _ name: String, type: MeshCoreNodeType = .chat, outPath: MeshCorePath? = nil) {
        self.init(key: identity.publicKey, type: type, outPath: outPath, name: Array(name.utf8))
    }
}
