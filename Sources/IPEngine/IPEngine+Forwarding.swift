public import EngineCore
public import ThreadWire
import WireCore

// What passes through: unicast for others, multicast for everybody.

extension IPEngine {
    /// Sends on a unicast datagram for another node.
    /// - Source: RFC 8200 §3, the hop limit
    mutating func forward(_ arrival: Arrival) {
        let header = arrival.header
        // A node that does not route may still lead out of the mesh, to its host or an application.
        guard isForwarder || hostReceives || socketTable.hasOutsideReceiver, !header.destination.isLinkLocalUnicast,
            !header.source.isLinkLocalUnicast,
            // What this node sent does not come back but in a loop.
            !isOwn(header.source)
        else { return drop(.noRoute) }
        guard header.hopLimit > 1 else {
            drop(.hopLimitExceeded)
            return sendError(.timeExceeded(.hopLimit, invoking: []), about: arrival)
        }
        emit(
            .send(
                OutgoingDatagram(
                    bytes: Self.withOneHopLess(arrival.bytes), priority: Self.priority(header), isForwarded: true)))
    }

    /// Tells the sender of a datagram that it cannot be delivered: no route, or nobody at the address.
    ///
    /// For the owner, who knows what became of a datagram that it was to send.
    /// - Parameters:
    ///   - receiver: the locator of the sender, when the owner knows it; else its address is used.
    ///   - isFromHost: whether the host sent the datagram, and is to be told.
    public mutating func refuse(
        _ datagram: [UInt8], because code: ICMPv6Message.UnreachableCode, to receiver: IPv6Address? = nil,
        isFromHost: Bool = false, now: Instant
    ) {
        var reader = ByteReader(datagram)
        guard let header = try? IPv6Header(parsing: &reader) else { return drop(.malformedIPv6) }
        drop(code == .address ? .addressUnresolved : .noRoute)
        let arrival = Arrival(
            bytes: datagram, header: header, link: .local, now: now, isInner: false, isFromHost: isFromHost)
        // Sockets of the node do not read errors; its host does.
        guard hostReceives || !isOwn(header.source) else { return }
        sendError(.destinationUnreachable(code, invoking: []), about: arrival, to: receiver)
    }

    /// Whether a multicast datagram is new to this node; forwarders plan its transmissions.
    /// - Source: RFC 7731 §5.4; seeds as OpenThread observes them
    mutating func acceptMulticast(_ arrival: Arrival, option: MPLOption?) -> Bool {
        let header = arrival.header
        guard arrival.isInner || !isOwn(header.source) else {
            drop(.duplicateMulticast)
            return false
        }
        guard let option, header.destination.multicastScope ?? 0 >= Scope.realmLocal else { return true }
        let seed: UInt16
        switch option.seedID {
        case .short(let value):
            seed = value
        case .source:
            guard let locator = header.source.locator else {
                drop(.malformedIPv6)
                return false
            }
            seed = locator.rawValue
        case .long, .address:
            // Thread seeds with short addresses alone.
            drop(.malformedIPv6)
            return false
        }
        guard seed != rloc16?.rawValue else {
            drop(.duplicateMulticast)
            return false
        }
        switch seeds.insert(id: seed, sequence: option.sequence, now: arrival.now) {
        case .duplicate:
            drop(.duplicateMulticast)
            return false
        case .full:
            drop(.multicastSeedsFull)
            return false
        case .new:
            break
        }
        guard header.hopLimit > 1 else { return true }
        keepForSleepyChildren(arrival)
        let copy = OutgoingDatagram(
            bytes: Self.withOneHopLess(arrival.bytes), priority: Self.priority(header), isForwarded: true)
        if !forwarder.add(
            copy, transmissions: multicastTransmissions, wasSent: false, now: arrival.now, using: &entropy)
        {
            drop(.queueFull)
        }
        return true
    }

    /// A multicast of somebody else passes through: sleepy children get it as well.
    mutating func keepForSleepyChildren(_ arrival: Arrival) {
        guard hasSleepyChildren, arrival.header.hopLimit > 1, !isOwn(arrival.header.source) else { return }
        emit(
            .keep(
                OutgoingDatagram(
                    bytes: Self.withOneHopLess(arrival.bytes), priority: Self.priority(arrival.header),
                    isForwarded: true)))
    }

    /// - Precondition: an IPv6 datagram whose hop limit is not zero.
    private static func withOneHopLess(_ datagram: [UInt8]) -> [UInt8] {
        var bytes = datagram
        bytes[7] -= 1
        return bytes
    }

    /// - Source: RFC 8325 is not followed; OpenThread as observed: code points 7, 15, 23 and 31 are Thread management's,
    ///   class selectors 1 and 2 are of low priority
    private static func priority(_ header: IPv6Header) -> TransmitPriority {
        let codePoint = header.trafficClass >> 2
        if codePoint & 7 == 7, codePoint < 32 { return .control }
        return codePoint >> 3 == 1 || codePoint >> 3 == 2 ? .background : .data
    }
}
