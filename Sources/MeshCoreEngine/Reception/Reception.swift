import EngineCore
import MeshCoreWire
import WireCore

/// A packet that is being handled, and how it came.
struct ReceivedPacket: Sendable {
    var packet: MeshCorePacket
    /// The link's place in the table.
    let linkIndex: Int
    let arrival: MeshCoreArrival
    let hash: MeshCorePacketHash
    /// The region that the flood stays in.
    var scope = ReceivedScope.unknown
    /// Whether it was for this node alone, so that it goes no further.
    var isTaken = false

    var isFlood: Bool { packet.route.isFlood }
}

/// What is known of the region of a packet that was received.
enum ReceivedScope: Equatable, Sendable {
    /// It came along a path, or its code is of no region that this node knows.
    case unknown
    /// A flood without a region.
    case unscoped
    case region(MeshCoreRegionKey)
}

/// A flood that waits because it was heard badly.
struct DelayedReception: Sendable {
    let reception: MeshCoreReception
    let packet: MeshCorePacket
    let due: Instant
}

extension MeshCoreEngine {
    /// Takes what a link received: parses, counts, and handles it now or after its reception delay.
    mutating func receive(_ reception: MeshCoreReception, now: Instant) {
        guard let index = linkIndex(reception.link) else { return }
        statistics.packetsReceived &+= 1
        statistics.lastRSSI = reception.rssiByte
        statistics.lastSNRQuarters = reception.snrQuarters
        emit(.packetHeard(reception))
        let packet: MeshCorePacket
        do throws(ParseError) {
            packet = try MeshCorePacket(reception.bytes)
        } catch {
            statistics.receiveErrors &+= 1
            links[index].counters.malformed += 1
            drop(.malformedPacket)
            return
        }
        links[index].counters.received += 1
        guard packet.route.isFlood else {
            statistics.directsReceived &+= 1
            countAirtime(reception, on: index)
            process(packet, reception, on: index, now: now)
            return
        }
        statistics.floodsReceived &+= 1
        countAirtime(reception, on: index)
        let delay =
            links[index].isAir ? receiveDelay(snr: reception.snr.value, byteCount: reception.bytes.count) : .zero
        if delay < Self.minimumReceiveDelay {
            process(packet, reception, on: index, now: now)
        } else if delayedReceptions.count < configuration.receiveQueueLimit {
            delayedReceptions.append(DelayedReception(reception: reception, packet: packet, due: now + delay))
        } else {
            statistics.errorFlags |= MeshCoreStatistics.errorFull
            drop(.receiveQueueFull)
        }
    }

    private mutating func countAirtime(_ reception: MeshCoreReception, on index: Int) {
        if links[index].isAir {
            statistics.receiveAirtime += parameters.radio.airtime(byteCount: reception.bytes.count)
        }
    }

    mutating func handleDelayedReceptions(now: Instant) {
        while let position = delayedReceptions.firstIndex(where: { $0.due <= now }) {
            let delayed = delayedReceptions.remove(at: position)
            guard let index = linkIndex(delayed.reception.link) else { continue }
            process(delayed.packet, delayed.reception, on: index, now: now)
        }
    }

    private mutating func process(
        _ packet: MeshCorePacket, _ reception: MeshCoreReception, on index: Int, now: Instant
    ) {
        let arrival = MeshCoreArrival(
            link: reception.link, snrQuarters: reception.snrQuarters, rssi: reception.rssiByte,
            floodPath: packet.route.isFlood ? packet.path : nil)
        if packet.route.isFlood, let last = packet.path.last { hops.note(last, on: reception.link) }
        var received = ReceivedPacket(
            packet: packet, linkIndex: index, arrival: arrival, hash: security.packetHash(packet))
        handle(&received, now: now)
    }

    /// Decides what a packet is for, in the firmware's order.
    mutating func handle(_ received: inout ReceivedPacket, now: Instant) {
        let packet = received.packet
        if !received.isFlood {
            if packet.payloadType == .trace { return handleTrace(received, now: now) }
            if packet.payloadType == .control, let first = packet.payload.first, first & 0x80 != 0 {
                return handleControl(received, now: now)
            }
            if !packet.path.isEmpty { return handlePassingPacket(received, now: now) }
        }
        received.scope = scope(of: packet)
        switch packet.payloadType {
        case .acknowledgement: handleAcknowledgementPacket(&received, now: now)
        case .path, .request, .response, .text: handleAddressedPacket(&received, now: now)
        case .anonymousRequest: handleAnonymousPacket(&received, now: now)
        case .groupText, .groupData: handleGroupPacket(received, now: now)
        case .advert: handleAdvertPacket(received, now: now)
        case .rawCustom: handleRawPacket(received)
        case .multipart: handleMultipartPacket(received, now: now)
        default: drop(.unsupportedType)
        }
    }

    /// Whether a packet was handled before; it is remembered when it was not.
    mutating func isNew(_ received: ReceivedPacket) -> Bool { isNew(received.hash, isFlood: received.isFlood) }

    mutating func isNew(_ hash: MeshCorePacketHash, isFlood: Bool) -> Bool {
        guard !duplicates.contains(hash) else {
            if isFlood { statistics.floodDuplicates &+= 1 } else { statistics.directDuplicates &+= 1 }
            drop(.duplicate)
            return false
        }
        duplicates.insert(hash)
        return true
    }

    // MARK: Packets without a procedure of their own

    private mutating func handleRawPacket(_ received: ReceivedPacket) {
        guard !received.isFlood else { return drop(.unsupportedType) }
        guard isNew(received) else { return }
        emit(.rawData(received.packet.payload, received.arrival))
    }
}
