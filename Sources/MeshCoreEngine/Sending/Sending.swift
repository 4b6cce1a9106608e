import EngineCore
import MeshCoreWire

/// Which region a flood stays in.
enum FloodScope: Sendable {
    /// The one that an app chose, or else the owner.
    case chosen
    /// The owner's alone, as adverts do.
    case standard
    case region(MeshCoreRegionKey)
    case none
}

extension MeshCoreEngine {
    // MARK: Own packets

    /// Sends a packet to everybody.
    /// - Parameter hashSize: of the path that it collects; nil for the owner's choice.
    /// - Throws: `.queueFull` when no link takes it.
    mutating func sendFlood(
        _ type: MeshCorePayloadType, _ payload: [UInt8], scope: FloodScope, delay: Duration = .zero,
        hashSize: Int? = nil, now: Instant
    ) throws(MeshCoreError) -> MeshCorePacket {
        var route = MeshCoreRoute.flood
        if let key = regionKey(of: scope), !key.isZero {
            let code = security.transportCode(key, payloadType: type, payload: payload)
            route = .transportFlood(MeshCoreTransportCodes(region: code))
        }
        let packet = MeshCorePacket(
            route: route, payloadType: type, path: MeshCorePath(hashSize: hashSize ?? parameters.pathHashSize),
            payload: payload)
        let priority: UInt8 = type == .path ? 2 : type == .advert ? 3 : 1
        try send(packet, to: .everybody, priority: priority, delay: delay, links: Array(links.indices), now: now)
        return packet
    }

    /// Sends a packet along a path.
    /// - Parameter contact: the node at its end, if it is a contact.
    /// - Throws: `.queueFull` when no link takes it.
    mutating func sendDirect(
        _ type: MeshCorePayloadType, _ payload: [UInt8], path: MeshCorePath, contact: MeshCorePublicKey?,
        delay: Duration = .zero, now: Instant
    ) throws(MeshCoreError) -> MeshCorePacket {
        let packet = MeshCorePacket(route: .direct, payloadType: type, path: path, payload: payload)
        let destination: MeshCoreDestination =
            path.first.map { .hop(Array($0)) } ?? contact.map { .node($0) } ?? .everybody
        try send(
            packet, to: destination, priority: type == .path ? 1 : type == .trace ? 5 : 0, delay: delay,
            links: linkIndices(path: path, contact: contact), now: now)
        return packet
    }

    /// Sends a packet to whoever hears it.
    /// - Throws: `.queueFull` when no link takes it.
    mutating func sendZeroHop(
        _ type: MeshCorePayloadType, _ payload: [UInt8], codes: MeshCoreTransportCodes? = nil,
        delay: Duration = .zero, now: Instant
    ) throws(MeshCoreError) {
        let packet = MeshCorePacket(
            route: codes.map { .transportDirect($0) } ?? .direct, payloadType: type, payload: payload)
        try send(packet, to: .everybody, priority: 0, delay: delay, links: Array(links.indices), now: now)
    }

    /// Remembers a packet of this node's own, so that it is not taken for new when it comes back, and queues it.
    private mutating func send(
        _ packet: MeshCorePacket, to destination: MeshCoreDestination, priority: UInt8, delay: Duration,
        links indices: [Int], now: Instant
    ) throws(MeshCoreError) {
        let queued = QueuedPacket(packet: packet, destination: destination, priority: priority, due: now + delay)
        guard enqueue(queued, on: indices) else { throw .queueFull }
        duplicates.insert(security.packetHash(packet))
        pumpLinks(now: now)
    }

    // MARK: Queues

    /// Queues a packet for links.
    /// - Returns: false when there are links and none had room.
    @discardableResult
    mutating func enqueue(_ queued: QueuedPacket, on indices: [Int]) -> Bool {
        guard queued.packet.byteCount <= MeshCoreLimits.packet else {
            drop(.malformedPacket)
            return false
        }
        var wasTaken = indices.isEmpty
        for index in indices {
            guard links[index].queue.count < configuration.packetQueueLimit else {
                links[index].counters.failed += 1
                statistics.errorFlags |= MeshCoreStatistics.errorFull
                drop(.queueFull)
                continue
            }
            links[index].queue.append(queued)
            wasTaken = true
        }
        return wasTaken
    }

    // MARK: Where to

    private func regionKey(of scope: FloodScope) -> MeshCoreRegionKey? {
        switch scope {
        case .chosen: forcesUnscoped ? nil : scopeOverride ?? parameters.defaultScope?.key
        case .standard: parameters.defaultScope?.key
        case .region(let key): key
        case .none: nil
        }
    }

    /// The links on which the first hop of a path, or the contact itself, was heard; all when that is not known.
    func linkIndices(path: MeshCorePath, contact: MeshCorePublicKey?) -> [Int] {
        var heard: [MeshCoreLinkID] = []
        if let first = path.first {
            heard = hops.links(of: first)
        } else if let contact, let index = contactTable.index(contact), let link = contactTable[index].link {
            heard = [link]
        }
        let indices = links.indices.filter { heard.contains(links[$0].link.id) }
        return indices.isEmpty ? Array(links.indices) : indices
    }
}
