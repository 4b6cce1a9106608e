import EngineCore
import MeshCoreWire

/// Passing floods on: to the link that they came from as a repeater, and to the others as a bridge.
extension MeshCoreEngine {
    /// The region of a packet, as far as this node knows it.
    func scope(of packet: MeshCorePacket) -> ReceivedScope {
        switch packet.route {
        case .flood: .unscoped
        case .transportFlood(let codes):
            parameters.regions.first { region in
                region.allowsFlood
                    && security.transportCode(
                        region.key, payloadType: packet.payloadType, payload: packet.payload) == codes.region
            }.map { .region($0.key) } ?? .unknown
        case .direct, .transportDirect: .unknown
        }
    }

    /// Whether this node repeats packets on the link on which it heard them.
    var repeats: Bool {
        switch configuration.role {
        case .companion: parameters.repeatsForOthers
        case .repeater: parameters.isForwarding
        }
    }

    /// Whether this node passes packets from one link to another.
    private var bridges: Bool {
        configuration.bridgesLinks && (configuration.role == .companion || parameters.isForwarding)
    }

    /// Passes a flood on with this node's hash behind the others, unless it was for this node alone or a rule forbids
    /// it.
    mutating func forwardFlood(_ received: ReceivedPacket, now: Instant) {
        guard received.isFlood, !received.isTaken else { return }
        guard repeats || (bridges && links.count > 1) else { return drop(.forwardingOff) }
        var packet = received.packet
        // A companion that repeats for others does so without a repeater's rules.
        if configuration.role == .repeater || !parameters.repeatsForOthers {
            if let objection = objection(to: received) { return drop(objection) }
        }
        guard packet.path.append(identity.publicKey) else { return drop(.pathFull) }
        for index in forwardingLinks(received, now: now) {
            let delay = links[index].isAir ? floodDelay(packet) : .zero
            let queued = QueuedPacket(
                packet: packet, destination: .everybody, priority: UInt8(packet.path.count), due: now + delay)
            if enqueue(queued, on: [index]) { links[index].counters.forwarded += 1 }
        }
        pumpLinks(now: now)
    }

    /// Why a repeater does not pass a flood on; nil when it does.
    func objection(to received: ReceivedPacket) -> MeshCoreDropReason? {
        let packet = received.packet
        let hops = packet.path.count
        if hops >= Int(parameters.maximumFloodHops) { return .hopLimit }
        if case .flood = packet.route, hops >= Int(parameters.maximumUnscopedFloodHops) { return .hopLimit }
        if packet.payloadType == .advert, hops >= Int(parameters.maximumAdvertHops) { return .hopLimit }
        switch received.scope {
        case .unknown: return .regionDenied
        case .unscoped: if !parameters.forwardsUnscopedFloods { return .regionDenied }
        case .region: break
        }
        if let limit = parameters.loopDetection.limit(hashSize: packet.path.hashSize),
            packet.path.occurrences(of: identity.publicKey) >= limit
        {
            return .loop
        }
        return nil
    }

    /// The links on which a packet of others goes out.
    mutating func forwardingLinks(_ received: ReceivedPacket, now: Instant) -> [Int] {
        let arrival = links[received.linkIndex].link
        var chosen: [Int] = []
        for index in links.indices {
            if index == received.linkIndex {
                if repeats, arrival.medium == .air { chosen.append(index) }
            } else if bridges {
                if bridge(received.packet, from: arrival, to: index, now: now) {
                    chosen.append(index)
                } else {
                    links[index].counters.filtered += 1
                    drop(.bridgeRule)
                }
            }
        }
        return chosen
    }

    /// Whether the rules of both links let a packet pass from one to the other.
    private mutating func bridge(
        _ packet: MeshCorePacket, from arrival: MeshCoreLink, to index: Int, now: Instant
    ) -> Bool {
        let rules = links[index].link.bridge
        guard arrival.bridge.passesOut, rules.passesIn, arrival.bridge.admit(packet), rules.admit(packet) else {
            return false
        }
        guard let limit = rules.packetsPerMinute else { return true }
        return links[index].rate.allow(limit, within: .seconds(60), now: now)
    }
}
