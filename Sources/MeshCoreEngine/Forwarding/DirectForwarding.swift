import EngineCore
import MeshCoreWire

/// Passing packets on along their path: who is its first hop takes itself out of it.
extension MeshCoreEngine {
    /// How much later each of several acknowledgements goes out.
    static let multipleAcknowledgementSpacing = Duration.milliseconds(300)

    /// Handles a packet with hops to go: it is never delivered, but an acknowledgement that is overheard counts.
    mutating func handlePassingPacket(_ received: ReceivedPacket, now: Instant) {
        let packet = received.packet
        if packet.payloadType == .acknowledgement,
            let hash = MeshCoreAcknowledgementHash(packet.payload[...])
        {
            _ = takeAcknowledgement(hash, received, now: now)
        }
        guard let first = packet.path.first, identity.publicKey.matches(first) else { return drop(.notForThisNode) }
        let chosen = passingLinks(received, now: now)
        guard !chosen.isEmpty else { return drop(.forwardingOff) }
        switch packet.payloadType {
        case .multipart: forwardMultipart(received, on: chosen, now: now)
        case .acknowledgement:
            guard isNew(received) else { return }
            forwardAcknowledgement(packet, after: .zero, on: chosen, now: now)
        default:
            guard isNew(received) else { return }
            var forwarded = packet
            forwarded.path.removeFirst()
            let delay = directDelay(forwarded)
            queueForwarded(forwarded, priority: 0, delay: delay, on: chosen, now: now)
        }
    }

    /// The links on which the next hop behind this node was heard, of those on which packets may go out; all of these
    /// when it is not known.
    private mutating func passingLinks(_ received: ReceivedPacket, now: Instant) -> [Int] {
        var path = received.packet.path
        path.removeFirst()
        // A packet along a path goes to one node: on a network link it has to go back to where it came from.
        var allowed = forwardingLinks(received, now: now)
        if repeats, !allowed.contains(received.linkIndex) { allowed.append(received.linkIndex) }
        guard let next = path.first else { return allowed }
        let heard = hops.links(of: next)
        let known = allowed.filter { heard.contains(links[$0].link.id) }
        return known.isEmpty ? allowed : known
    }

    func destination(_ packet: MeshCorePacket) -> MeshCoreDestination {
        packet.path.first.map { .hop(Array($0)) } ?? .everybody
    }

    mutating func queueForwarded(
        _ packet: MeshCorePacket, priority: UInt8, delay: Duration, on chosen: [Int], now: Instant
    ) {
        for index in chosen {
            let queued = QueuedPacket(
                packet: packet, destination: destination(packet), priority: priority,
                due: now + (links[index].isAir ? delay : .zero))
            if enqueue(queued, on: [index]) { links[index].counters.forwarded += 1 }
        }
        pumpLinks(now: now)
    }

    /// A multipart acknowledgement goes on as a plain one, at the time at which the last of its parts would come.
    private mutating func forwardMultipart(_ received: ReceivedPacket, on chosen: [Int], now: Instant) {
        guard let multipart = parse(received.packet.payload, MeshCoreMultipart.init(parsing:)) else { return }
        guard multipart.innerType == .acknowledgement, multipart.inner.count >= 4 else {
            return drop(.unsupportedType)
        }
        var inner = received.packet
        inner.payloadType = .acknowledgement
        inner.payload = multipart.inner
        guard isNew(security.packetHash(inner), isFlood: false) else { return }
        forwardAcknowledgement(
            inner, after: Self.multipleAcknowledgementSpacing * (Int(multipart.remaining) + 1), on: chosen, now: now)
    }

    /// Passes an acknowledgement on, with as many multipart ones before it as the owner wants.
    private mutating func forwardAcknowledgement(
        _ packet: MeshCorePacket, after delay: Duration, on chosen: [Int], now: Instant
    ) {
        var path = packet.path
        path.removeFirst()
        var delay = delay
        for remaining in stride(from: parameters.multipleAcknowledgements & 0x0f, to: 0, by: -1) {
            delay += directDelay(packet) + Self.multipleAcknowledgementSpacing
            let multipart = MeshCoreMultipart(
                remaining: remaining, innerType: .acknowledgement, inner: packet.payload)
            guard multipart.byteCount <= MeshCoreLimits.payload else { continue }
            queueForwarded(
                MeshCorePacket(
                    route: .direct, payloadType: .multipart, path: path, payload: serialized(multipart.serialize)),
                priority: 0, delay: delay, on: chosen, now: now)
        }
        queueForwarded(
            MeshCorePacket(route: .direct, payloadType: .acknowledgement, path: path, payload: packet.payload),
            priority: 0, delay: delay, on: chosen, now: now)
    }
}
