import EngineCore
import IPEngine
import Logging
import MeshCoreEngine
import MeshCoreWire
import NIOCore
import NodeEngine
import NodeRuntime
import ThreadWire
import WireCore

/// Carries MeshCore's packets inside UDP over the IPv6 mesh.
///
/// It lives on the runtime's event loop.
/// - Source: docs/meshcore-over-ipv6.md
final class MeshLink: @unchecked Sendable {
    /// Datagrams that brought no packet, or could not leave, by reason.
    struct Counters: Equatable, Sendable {
        var malformed: UInt64 = 0
        /// They were sent to another port than they came from, or without link security.
        var refused: UInt64 = 0
        var notSent: UInt64 = 0
        /// Packets that went to one node, and to all.
        var unicast: UInt64 = 0
        var multicast: UInt64 = 0
    }

    private let runtime: NodeRuntime
    private let logger: Logger
    private var socket: SocketID?
    private var onPacket: (@Sendable (UDPDatagram, [UInt8]) -> Void)?
    private var isReading = false
    private(set) var counters = Counters()
    private(set) var directory = MeshDirectory()
    /// Keys in adverts that came without hops, until the engine has verified them.
    private var candidates: [(key: MeshCorePublicKey, address: IPv6Address)] = []
    private static let candidateLimit = 32

    init(runtime: NodeRuntime, logger: Logger) {
        self.runtime = runtime
        self.logger = logger
    }

    /// Takes packets from now on.
    /// - Parameter onPacket: called on the event loop, not from within another call.
    func start(onPacket: @escaping @Sendable (UDPDatagram, [UInt8]) -> Void) throws {
        runtime.eventLoop.preconditionInEventLoop()
        self.onPacket = onPacket
        let socket = try runtime.withNode { node, _ in
            let socket = try node.openSocket()
            _ = try node.bind(socket, port: MeshCoreDatagram.port)
            return socket
        }
        self.socket = socket
        runtime.observe { [weak self] output, _, _ in
            guard let self, case .readable(socket) = output, !self.isReading else { return }
            // Not at once: the node's outputs are just being drained.
            self.isReading = true
            self.runtime.eventLoop.execute { self.read() }
        }
    }

    func stop() {
        onPacket = nil
        guard let socket else { return }
        self.socket = nil
        runtime.withNode { node, _ in _ = node.close(socket) }
    }

    // MARK: Receiving

    private func read() {
        isReading = false
        while let socket, let datagram = receive(socket) { take(datagram) }
    }

    private func receive(_ socket: SocketID) -> UDPDatagram? {
        // A socket that this link has open is known to the node.
        runtime.withNode { node, _ in try? node.receive(socket) }
    }

    private func take(_ datagram: UDPDatagram) {
        let isOwn = runtime.withNode { node, _ in
            node.ip.unicastAddresses.contains { $0.address == datagram.source.address }
        }
        if isOwn { return }
        guard datagram.isSecured, datagram.source.port == MeshCoreDatagram.port else {
            counters.refused += 1
            return
        }
        do throws(ParseError) {
            let packet = try MeshCoreDatagram(datagram.payload).packet
            note(packet, from: datagram.source.address)
            onPacket?(datagram, packet)
        } catch {
            counters.malformed += 1
            logger.debug("no MeshCore packet from \(datagram.source.address): \(error)")
        }
    }

    /// Learns from a packet where nodes are, as far as its path tells.
    private func note(_ bytes: [UInt8], from address: IPv6Address) {
        guard let packet = try? MeshCorePacket(bytes) else { return }
        if packet.route.isFlood, let hop = packet.path.last { directory.learn(hop: Array(hop), at: address) }
        guard packet.payloadType == .advert, packet.path.isEmpty,
            let key = MeshCorePublicKey(Array(packet.payload.prefix(MeshCorePublicKey.byteCount)))
        else { return }
        candidates.removeAll { $0.key == key }
        if candidates.count >= Self.candidateLimit { candidates.removeFirst() }
        candidates.append((key, address))
    }

    /// An advert of this node was found to be genuine.
    func confirm(_ key: MeshCorePublicKey) {
        guard let index = candidates.firstIndex(where: { $0.key == key }) else { return }
        directory.learn(key, at: candidates.remove(at: index).address)
    }

    // MARK: Sending

    /// Sends a packet to one node where the directory knows it, else to all.
    func send(_ transmission: MeshCoreTransmission) -> MeshCoreTransmitOutcome {
        runtime.eventLoop.preconditionInEventLoop()
        guard let socket, let datagram = MeshCoreDatagram(packet: transmission.bytes) else { return .failed }
        let known: IPv6Address? =
            switch transmission.destination {
            case .everybody: nil
            case .hop(let hash): directory.address(of: .hop(hash))
            case .node(let key): directory.address(of: .node(key))
            }
        let address = known ?? .realmLocalAllNodes
        do {
            try runtime.withNode { node, now in
                guard node.thread.role.isAttached else { throw SendError.notAttached }
                try node.send(
                    socket, to: SocketAddress(address, port: MeshCoreDatagram.port), payload: datagram.bytes, now: now)
            }
        } catch {
            counters.notSent += 1
            if let known, error as? SendError != .notAttached { directory.forget(known) }
            logger.debug("a MeshCore packet did not leave for \(address): \(error)")
            return .failed
        }
        if known == nil { counters.multicast += 1 } else { counters.unicast += 1 }
        return .sent
    }
}
