import EngineCore
import ThreadWire
import WireCore

// UDP and ICMPv6 for this node.

extension IPEngine {
    mutating func deliverUDP(_ arrival: Arrival, _ reader: inout ByteReader) {
        let header = arrival.header
        let udp: UDPHeader
        do throws(ParseError) {
            udp = try UDPHeader(parsing: &reader, source: header.source, destination: header.destination)
        } catch {
            return drop(Self.reason(error))
        }
        let datagram = UDPDatagram(
            source: SocketAddress(header.source, port: udp.sourcePort),
            destination: SocketAddress(header.destination, port: udp.destinationPort),
            payload: reader.readRemaining(), hopLimit: header.hopLimit, link: arrival.link)
        switch udp.destinationPort {
        case Self.mlePort:
            guard staysWithin(header, scope: Scope.linkLocal) else { return drop(.unexpectedMLE) }
            emit(.udp(datagram))
        case Self.tmfPort:
            guard staysWithin(header, scope: Scope.realmLocal) else { return drop(.unexpectedTMF) }
            emit(.udp(datagram))
        default:
            deliverToSocket(datagram, arrival)
        }
    }

    /// Whether neither end of a datagram is beyond the link, or the mesh: the Thread protocol takes no orders from
    /// outside.
    private func staysWithin(_ header: IPv6Header, scope: UInt8) -> Bool {
        func isWithin(_ address: IPv6Address) -> Bool {
            if let multicastScope = address.multicastScope { return multicastScope <= scope }
            return address.isLinkLocalUnicast || (scope >= Scope.realmLocal && isMeshLocal(address))
        }
        return isWithin(header.source) && isWithin(header.destination)
    }

    private mutating func deliverToSocket(_ datagram: UDPDatagram, _ arrival: Arrival) {
        if datagram.destination.address.isMulticast {
            let deliveries = socketTable.deliver(toAll: datagram)
            for delivery in deliveries { announce(delivery) }
            if !deliveries.isEmpty { return }
        } else if let delivery = socketTable.deliver(datagram) {
            return announce(delivery)
        }
        if hostReceives { return deliverToHost(arrival) }
        drop(.noListener)
        sendError(.destinationUnreachable(.port, invoking: []), about: arrival)
    }

    mutating func announce(_ delivery: SocketTable.Delivery) {
        if delivery.hasDisplaced { drop(.socketQueueFull) }
        emit(.readable(delivery.socket))
    }

    mutating func deliverICMPv6(_ arrival: Arrival, _ reader: inout ByteReader) {
        let header = arrival.header
        let message: ICMPv6Message
        do throws(ParseError) {
            message = try ICMPv6Message(parsing: &reader, source: header.source, destination: header.destination)
        } catch {
            return drop(Self.reason(error))
        }
        switch message {
        case .echoRequest(let echo):
            reply(to: echo, arrival)
        case .echoReply(let echo) where echoIdentifiers.contains(echo.identifier):
            emit(
                .echoReply(
                    EchoReply(
                        source: header.source, destination: header.destination, identifier: echo.identifier,
                        sequence: echo.sequence, payload: echo.payload, hopLimit: header.hopLimit)))
        case .destinationUnreachable(_, let invoking):
            noteUnreachable(invoking, arrival)
            if hostReceives { deliverToHost(arrival) } else { drop(.noListener) }
        case .echoReply, .packetTooBig, .timeExceeded, .parameterProblem, .unknown:
            if hostReceives { deliverToHost(arrival) } else { drop(.noListener) }
        }
    }

    /// A router of the mesh could not deliver what this node sent: its owner may have an old idea of the place.
    private mutating func noteUnreachable(_ invoking: [UInt8], _ arrival: Arrival) {
        var reader = ByteReader(invoking)
        guard arrival.link.isSecured, isMeshLocal(arrival.header.source), !isOwn(arrival.header.source),
            let sent = try? IPv6Header(parsing: &reader), isOwn(sent.source)
        else { return }
        emit(.unreachable(sent.destination))
    }

    /// - Source: RFC 4443 §4.2: from the address that was asked, or from one chosen when a group was
    private mutating func reply(to echo: ICMPv6Message.Echo, _ arrival: Arrival) {
        let asked = arrival.header.destination
        do throws(SendError) {
            let source = try chooseSource(asked.isMulticast ? nil : asked, for: arrival.header.source)
            try originate(.echoReply(echo), source: source, destination: arrival.header.source, now: arrival.now)
        } catch {
            drop(.noRoute)
        }
    }

    private static func reason(_ error: ParseError) -> DropReason {
        if case .checksum = error.reason { return .checksum }
        return .malformedIPv6
    }
}
