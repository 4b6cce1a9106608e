public import EngineCore
import ThreadWire
import WireCore

// What arrives: is it allowed, is it for this node, what is in it.

extension IPEngine {
    /// A datagram on its way through the engine.
    struct Arrival {
        let bytes: [UInt8]
        let header: IPv6Header
        let link: LinkMetadata
        let now: Instant
        /// Whether it came out of another datagram.
        let isInner: Bool
    }

    /// Takes in a datagram from the mesh.
    public mutating func receive(_ datagram: [UInt8], link: LinkMetadata, now: Instant) {
        handleDeadline(now: now)
        arrive(datagram, link: link, now: now, isInner: false)
    }

    private mutating func arrive(_ bytes: [UInt8], link: LinkMetadata, now: Instant, isInner: Bool) {
        var reader = ByteReader(bytes)
        guard let header = try? IPv6Header(parsing: &reader), Int(header.payloadLength) == reader.remaining,
            Self.isPlausible(header)
        else { return drop(.malformedIPv6) }
        guard link.isSecured || Self.isAllowedUnsecured(header, reader, ports: unsecuredPorts) else {
            return drop(.unsecuredFrame)
        }
        let arrival = Arrival(bytes: bytes, header: header, link: link, now: now, isInner: isInner)
        var position = NextHeaderPosition(nextHeader: header.nextHeader, pointer: 6)
        var options: HopByHopOptions?
        if header.nextHeader == .hopByHop {
            options = readOptions(&reader, &position, arrival)
            if options == nil { return }
        }
        if header.destination.isMulticast {
            guard acceptMulticast(arrival, option: options?.mpl) else { return }
            if isInner { keepForSleepyChildren(arrival) }
            // A router forwards for groups that it does not listen to itself.
            guard multicastAddresses.contains(header.destination) else { return }
        } else if !isOwn(header.destination) {
            return forward(arrival)
        }
        deliver(arrival, &reader, position)
    }

    /// Addresses that cannot be on the wire.
    private static func isPlausible(_ header: IPv6Header) -> Bool {
        !header.source.isMulticast && !header.source.isUnspecified && header.source != .loopback
            && !header.destination.isUnspecified && header.destination != .loopback
    }

    /// Without link security only link-local UDP to few ports is heard: how nodes meet.
    /// - Source: OpenThread as observed
    private static func isAllowedUnsecured(_ header: IPv6Header, _ reader: ByteReader, ports: [UInt16]) -> Bool {
        let isLinkLocal = header.destination.isLinkLocalUnicast || header.destination.multicastScope == Scope.linkLocal
        guard isLinkLocal, header.nextHeader == .udp, let port = UDPHeader.destinationPort(ahead: reader) else {
            return false
        }
        return ports.contains(port)
    }

    // MARK: - Extension headers

    /// Which header comes next, and where the field stands that says so.
    struct NextHeaderPosition {
        var nextHeader: NextHeader
        var pointer: Int
    }

    /// Reads hop-by-hop or destination options and does what unknown ones ask for.
    /// - Returns: nil when the datagram is to be discarded.
    private mutating func readOptions(
        _ reader: inout ByteReader, _ position: inout NextHeaderPosition, _ arrival: Arrival
    ) -> HopByHopOptions? {
        let start = reader.offset
        guard let options = try? HopByHopOptions(parsing: &reader) else {
            drop(.malformedIPv6)
            return nil
        }
        var pointer = start + 2
        for option in options.options {
            switch option.unknownAction {
            case .skip:
                pointer += option.byteCount
                continue
            case .discard:
                break
            case .discardAndReport:
                sendError(.parameterProblem(.option, pointer: UInt32(pointer), invoking: []), about: arrival)
            case .discardAndReportUnicast where !arrival.header.destination.isMulticast:
                sendError(.parameterProblem(.option, pointer: UInt32(pointer), invoking: []), about: arrival)
            case .discardAndReportUnicast:
                break
            }
            drop(.malformedIPv6)
            return nil
        }
        position = NextHeaderPosition(nextHeader: options.nextHeader, pointer: start)
        return options
    }

    /// Walks the extension headers of a datagram for this node and hands it to the upper layer.
    private mutating func deliver(_ arrival: Arrival, _ reader: inout ByteReader, _ start: NextHeaderPosition) {
        var position = start
        while true {
            switch position.nextHeader {
            case .destinationOptions:
                guard readOptions(&reader, &position, arrival) != nil else { return }
            case .routing:
                guard skipRouting(&reader, &position, arrival) else { return }
            case .fragment:
                guard skipFragment(&reader, &position, arrival) else { return }
            case .ipv6:
                return deliverInner(arrival, &reader)
            case .udp:
                return deliverUDP(arrival, &reader)
            case .icmpv6:
                return deliverICMPv6(arrival, &reader)
            case .none:
                return
            default:
                if hostReceives { return deliverToHost(arrival) }
                drop(.noListener)
                return sendError(
                    .parameterProblem(.nextHeader, pointer: UInt32(position.pointer), invoking: []), about: arrival)
            }
        }
    }

    /// - Source: RFC 8200 §4.4
    private mutating func skipRouting(
        _ reader: inout ByteReader, _ position: inout NextHeaderPosition, _ arrival: Arrival
    ) -> Bool {
        let start = reader.offset
        guard let next = reader.peek(), let length = reader.peek(1), let segmentsLeft = reader.peek(3),
            (try? reader.skip(Int(length) * 8 + 8, "routing header")) != nil
        else {
            drop(.malformedIPv6)
            return false
        }
        guard segmentsLeft == 0 else {
            drop(.malformedIPv6)
            sendError(.parameterProblem(.header, pointer: UInt32(start + 2), invoking: []), about: arrival)
            return false
        }
        position = NextHeaderPosition(nextHeader: NextHeader(rawValue: next), pointer: start)
        return true
    }

    /// A datagram in one fragment is whole; others are only for the host, as none larger than 1280 bytes is accepted.
    /// - Source: RFC 8200 §4.5
    private mutating func skipFragment(
        _ reader: inout ByteReader, _ position: inout NextHeaderPosition, _ arrival: Arrival
    ) -> Bool {
        let start = reader.offset
        guard let next = try? reader.readUInt8("fragment next header"),
            (try? reader.skip(1, "fragment reserved")) != nil,
            let offsetAndFlags = try? reader.readUInt16("fragment offset"),
            (try? reader.skip(4, "fragment identification")) != nil
        else {
            drop(.malformedIPv6)
            return false
        }
        guard offsetAndFlags & ~6 == 0 else {
            if hostReceives { deliverToHost(arrival) } else { drop(.noListener) }
            return false
        }
        position = NextHeaderPosition(nextHeader: NextHeader(rawValue: next), pointer: start)
        return true
    }

    /// A datagram in a datagram: multicast beyond the realm, or nothing that this node takes.
    private mutating func deliverInner(_ arrival: Arrival, _ reader: inout ByteReader) {
        let inner = reader.readRemaining()
        var innerReader = ByteReader(inner)
        guard !arrival.isInner, arrival.header.destination == .realmLocalAllMPLForwarders,
            let header = try? IPv6Header(parsing: &innerReader), header.destination.isMulticast
        else { return drop(.malformedIPv6) }
        arrive(inner, link: arrival.link, now: arrival.now, isInner: true)
    }

    mutating func deliverToHost(_ arrival: Arrival) {
        emit(.deliver(Self.withoutMPLOption(arrival.bytes)))
    }
}
