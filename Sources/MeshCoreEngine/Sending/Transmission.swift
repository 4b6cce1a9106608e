import EngineCore
import LoRaPHY
import MeshCoreWire

extension MeshCoreEngine {
    /// After how long with a busy channel a packet is given up.
    /// - Deviation: docs/deviations.md#meshcore-busy-channel
    private static let busyLimit = Duration.seconds(4)

    /// Hands each link that is free the packet that goes next.
    mutating func pumpLinks(now: Instant) {
        for index in links.indices {
            expireFlight(index, now: now)
            guard links[index].flight == nil, links[index].blockedUntil <= now, links[index].hasDue(now: now) else {
                continue
            }
            if links[index].isAir {
                // Sending may begin when there is airtime for half of the longest packet.
                let required = parameters.radio.airtime(byteCount: MeshCoreLimits.packet) / 2
                if let delay = links[index].budget.delay(required: required, now: now) {
                    links[index].blockedUntil = now + delay
                    continue
                }
            }
            guard let queued = links[index].popDue(now: now) else { continue }
            transmit(queued, on: index, now: now)
        }
    }

    private mutating func transmit(_ queued: QueuedPacket, on index: Int, now: Instant) {
        let bytes = queued.packet.bytes
        let airtime = links[index].isAir ? parameters.radio.airtime(byteCount: bytes.count) : .zero
        links[index].flight = LinkState.Flight(
            queued: queued, airtime: airtime, expires: now + airtime * 3 / 2 + configuration.transmitGrace)
        outputs.append(
            .transmit(
                MeshCoreTransmission(
                    link: links[index].link.id, bytes: bytes, priority: queued.priority,
                    destination: queued.destination)))
    }

    private mutating func expireFlight(_ index: Int, now: Instant) {
        guard let flight = links[index].flight, flight.expires <= now else { return }
        links[index].flight = nil
        links[index].counters.failed += 1
        drop(.transmitTimeout)
    }

    /// What a link says of the packet that it was given.
    mutating func finishTransmission(on link: MeshCoreLinkID, _ outcome: MeshCoreTransmitOutcome, now: Instant) {
        guard let index = linkIndex(link), let flight = links[index].flight else { return }
        links[index].flight = nil
        switch outcome {
        case .sent:
            links[index].busySince = nil
            links[index].counters.sent += 1
            count(sent: flight.queued.packet, airtime: flight.airtime)
            if links[index].isAir, let silence = links[index].budget.spend(flight.airtime, now: now) {
                links[index].blockedUntil = now + silence
            }
        case .channelBusy: waitForChannel(index, flight.queued, now: now)
        case .failed:
            links[index].counters.failed += 1
            drop(.linkFailure)
        }
    }

    private mutating func count(sent packet: MeshCorePacket, airtime: Duration) {
        statistics.packetsSent &+= 1
        statistics.transmitAirtime += airtime
        if packet.route.isFlood { statistics.floodsSent &+= 1 } else { statistics.directsSent &+= 1 }
    }

    /// Others were sending: the packet goes back to the queue's front for 120 to 360 ms, up to four seconds.
    private mutating func waitForChannel(_ index: Int, _ queued: QueuedPacket, now: Instant) {
        let since = links[index].busySince ?? now
        guard now.since(since) < Self.busyLimit else {
            links[index].busySince = nil
            statistics.errorFlags |= MeshCoreStatistics.errorChannelBusy
            links[index].counters.failed += 1
            drop(.linkFailure)
            return
        }
        links[index].busySince = since
        links[index].queue.insert(queued, at: 0)
        links[index].blockedUntil = now + .milliseconds(120 * Int64(1 + entropy.open.below(3)))
    }
}
