public import EngineCore
import LinkProfiles
public import ThreadWire
import WireCore

// What the node itself sends.

extension IPEngine {
    /// Sends a UDP datagram from a socket, which gets a port if it has none.
    /// - Parameters:
    ///   - destination: nil for the peer that the socket is connected to.
    ///   - hopLimit: nil for the default.
    public mutating func send(
        _ socket: SocketID, to destination: SocketAddress? = nil, payload: [UInt8], hopLimit: UInt8? = nil, now: Instant
    ) throws(SendError) {
        guard let state = socketTable[socket] else { throw .unknownSocket(socket) }
        guard let destination = destination ?? state.remote else { throw .noDestination }
        guard destination.port != 0, !destination.address.isUnspecified else {
            throw .invalidDestination(destination.description)
        }
        let source = try chooseSource(state.localAddress, for: destination.address)
        try checkSize(payload.count + UDPHeader.byteCount, header: UDPHeader.byteCount, destination.address)
        let port: UInt16
        if let bound = state.localPort { port = bound } else { port = try bindToAnyPort(socket) }
        let header = IPv6Header(
            payloadLength: 0, nextHeader: .udp, hopLimit: hopLimit ?? configuration.hopLimitDefault, source: source,
            destination: destination.address)
        try originate(header, byteCount: UDPHeader.byteCount + payload.count, priority: .data, now: now) { writer in
            UDPHeader.serialize(
                payload: payload, sourcePort: port, destinationPort: destination.port, source: source,
                destination: destination.address, into: &writer)
        }
    }

    private mutating func bindToAnyPort(_ socket: SocketID) throws(SendError) -> UInt16 {
        do throws(BindError) {
            return try socketTable.bind(socket, address: socketTable[socket]?.localAddress, port: 0)
        } catch {
            throw .noFreePort
        }
    }

    /// Sends a UDP datagram of the Thread protocol itself.
    public mutating func send(_ datagram: ControlDatagram, now: Instant) throws(SendError) {
        let destination = datagram.destination
        guard destination.port != 0, !destination.address.isUnspecified else {
            throw .invalidDestination(destination.description)
        }
        let source = try chooseSource(datagram.source, for: destination.address)
        try checkSize(datagram.payload.count + UDPHeader.byteCount, header: UDPHeader.byteCount, destination.address)
        let header = IPv6Header(
            trafficClass: datagram.trafficClass, payloadLength: 0, nextHeader: .udp, hopLimit: datagram.hopLimit,
            source: source, destination: destination.address)
        try originate(
            header, byteCount: UDPHeader.byteCount + datagram.payload.count, priority: datagram.priority,
            isLinkSecured: datagram.isLinkSecured, now: now
        ) { writer in
            UDPHeader.serialize(
                payload: datagram.payload, sourcePort: datagram.sourcePort, destinationPort: destination.port,
                source: source, destination: destination.address, into: &writer)
        }
    }

    /// Sends an echo request; its replies come out as `.echoReply`.
    /// - Parameters:
    ///   - identifier: tells the replies from those to other requests.
    ///   - source: nil lets the engine choose.
    ///   - hopLimit: nil for the default.
    public mutating func sendEcho(
        identifier: UInt16, sequence: UInt16, payload: [UInt8], to destination: IPv6Address, from source: IPv6Address?,
        hopLimit: UInt8? = nil, now: Instant
    ) throws(SendError) {
        guard !destination.isUnspecified else { throw .invalidDestination(destination.description) }
        let source = try chooseSource(source, for: destination)
        try checkSize(payload.count + 8, header: 8, destination)
        if !echoIdentifiers.contains(identifier) {
            if echoIdentifiers.count == 16 { echoIdentifiers.removeFirst() }
            echoIdentifiers.append(identifier)
        }
        let request = ICMPv6Message.echoRequest(.init(identifier: identifier, sequence: sequence, payload: payload))
        try originate(request, source: source, destination: destination, hopLimit: hopLimit, now: now)
    }

    func chooseSource(_ wanted: IPv6Address?, for destination: IPv6Address) throws(SendError) -> IPv6Address {
        if let wanted, !wanted.isUnspecified {
            guard isOwn(wanted) else { throw .sourceNotOurs(wanted.description) }
            return wanted
        }
        guard let source = sourceAddress(for: destination) else { throw .noSourceAddress }
        return source
    }

    /// - Parameters:
    ///   - byteCount: the upper layer's header and payload.
    ///   - header: how many bytes of them are the upper layer's header.
    private func checkSize(_ byteCount: Int, header: Int, _ destination: IPv6Address) throws(SendError) {
        let around = IPv6Header.byteCount + MulticastEncapsulation(destination: destination).byteCount
        guard around + byteCount <= configuration.datagramLimit else {
            throw .payloadTooLarge(
                byteCount: byteCount - header, limit: configuration.datagramLimit - around - header)
        }
    }

    mutating func originate(
        _ message: ICMPv6Message, source: IPv6Address, destination: IPv6Address, hopLimit: UInt8? = nil, now: Instant
    ) throws(SendError) {
        let header = IPv6Header(
            payloadLength: 0, nextHeader: .icmpv6, hopLimit: hopLimit ?? configuration.hopLimitDefault, source: source,
            destination: destination)
        try originate(header, byteCount: message.byteCount, priority: .data, now: now) { writer in
            message.serialize(into: &writer, source: source, destination: destination)
        }
    }

    /// Puts an IPv6 header in front of an upper layer's message and sends both.
    /// - Parameters:
    ///   - header: without its length.
    ///   - byteCount: the upper layer's.
    ///   - upperLayer: writes it.
    private mutating func originate(
        _ header: IPv6Header, byteCount: Int, priority: TransmitPriority, isLinkSecured: Bool = true, now: Instant,
        upperLayer: (inout ByteWriter) -> Void
    ) throws(SendError) {
        var header = header
        header.payloadLength = UInt16(byteCount)
        var writer = ByteWriter(capacity: IPv6Header.byteCount + byteCount)
        header.serialize(into: &writer)
        upperLayer(&writer)
        let datagram = writer.finish()
        let bytes = try encapsulate(datagram, header)
        let destination = header.destination
        if isOwn(destination) {
            receive(bytes, link: .local, now: now)
            return
        }
        if hasSleepyChildren, destination.isMulticast, isLinkSecured {
            // What goes through a tunnel on the air reaches a child without.
            let kept = MulticastEncapsulation(destination: destination) == .tunnel ? datagram : bytes
            emit(.keep(OutgoingDatagram(bytes: kept, priority: priority)))
        }
        transmit(
            OutgoingDatagram(bytes: bytes, priority: priority, isLinkSecured: isLinkSecured),
            isMulticastOverHops: destination.multicastScope ?? 0 >= Scope.realmLocal, now: now)
    }

    /// Sends a datagram of this node's for the first time.
    mutating func transmit(_ datagram: OutgoingDatagram, isMulticastOverHops: Bool, now: Instant) {
        emit(.send(datagram))
        guard isMulticastOverHops else { return }
        // The first transmission counts: RFC 7731 §5.5, and recording line_seq's Address Queries.
        let transmissions = multicastTransmissions
        guard transmissions > 1 else { return }
        if !forwarder.add(datagram, transmissions: transmissions - 1, wasSent: true, now: now, using: &entropy) {
            drop(.queueFull)
        }
    }

    /// How many times a multicast datagram is sent by this node.
    var multicastTransmissions: UInt8 {
        isForwarder ? profile.mplRouterTransmissions : profile.mplChildTransmissions
    }
}
