public import EngineCore
import ThreadWire
import WireCore

// What the host's own IPv6 stack sends into the mesh.

extension IPEngine {
    /// Takes in a datagram from the host.
    ///
    /// The host may speak from the node's own addresses, or pass on what comes from outside of the mesh; it may not
    /// speak for other nodes of the mesh, nor Thread's own protocols (OpenThread as observed).
    public mutating func receiveFromHost(_ datagram: [UInt8], now: Instant) {
        handleDeadline(now: now)
        var reader = ByteReader(datagram)
        guard let header = try? IPv6Header(parsing: &reader), Int(header.payloadLength) == reader.remaining,
            header.hopLimit > 0
        else { return drop(.malformedIPv6) }
        guard datagram.count <= configuration.datagramLimit else { return refuseLarge(datagram, header, now: now) }
        guard maySpeak(header) else { return drop(.noRoute) }
        guard !isControlTraffic(header, reader) else { return drop(.unexpectedTMF) }
        if isOwn(header.destination) { return receive(datagram, link: .local, now: now) }
        do throws(SendError) {
            let bytes = try encapsulate(datagram, header)
            guard bytes.count <= configuration.datagramLimit else { return drop(.datagramTooLarge) }
            transmit(
                OutgoingDatagram(bytes: bytes, priority: .data, isFromHost: true),
                isMulticastOverHops: header.destination.isMulticast, now: now)
        } catch {
            drop(.noRoute)
        }
    }

    private func maySpeak(_ header: IPv6Header) -> Bool {
        let (source, destination) = (header.source, header.destination)
        guard !source.isMulticast, !source.isUnspecified, !source.isLinkLocalUnicast, source != .loopback,
            !destination.isUnspecified, !destination.isLinkLocalUnicast, destination != .loopback,
            destination.multicastScope ?? .max >= Scope.realmLocal
        else { return false }
        return isOwn(source) || !(isMeshLocal(source) || isMeshLocal(destination))
    }

    private func isControlTraffic(_ header: IPv6Header, _ reader: ByteReader) -> Bool {
        var reader = reader
        guard header.nextHeader == .udp, let udp = try? UDPHeader(parsing: &reader) else { return false }
        return udp.destinationPort == Self.tmfPort || udp.destinationPort == Self.mlePort
    }

    /// Tells the host the largest size that the mesh carries.
    /// - Source: RFC 4443 §3.2
    private mutating func refuseLarge(_ datagram: [UInt8], _ header: IPv6Header, now: Instant) {
        drop(.datagramTooLarge)
        let arrival = Arrival(bytes: datagram, header: header, link: .local, now: now, isInner: false)
        sendError(.packetTooBig(mtu: UInt32(configuration.datagramLimit), invoking: []), about: arrival)
    }
}
