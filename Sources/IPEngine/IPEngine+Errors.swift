import EngineCore
import ThreadWire
import WireCore

// Error messages: rarely, never about one another.

extension IPEngine {
    /// Sends an error message about a datagram, if RFC 4443 §2.4 allows one.
    /// - Parameters:
    ///   - message: without the invoking datagram, which is added here.
    ///   - receiver: where its sender can be reached, when that is known better than by its address.
    mutating func sendError(_ message: ICMPv6Message, about arrival: Arrival, to receiver: IPv6Address? = nil) {
        guard mayReport(message, about: arrival), takeErrorToken(now: arrival.now) else { return }
        let invoking = Array(arrival.bytes.prefix(configuration.errorInvokingLimit))
        let whole: ICMPv6Message
        switch message {
        case .destinationUnreachable(let code, _): whole = .destinationUnreachable(code, invoking: invoking)
        case .timeExceeded(let code, _): whole = .timeExceeded(code, invoking: invoking)
        case .parameterProblem(let code, let pointer, _):
            whole = .parameterProblem(code, pointer: pointer, invoking: invoking)
        case .packetTooBig(let mtu, _): whole = .packetTooBig(mtu: mtu, invoking: invoking)
        case .echoRequest, .echoReply, .unknown: return
        }
        let destination = receiver ?? arrival.header.source
        do throws(SendError) {
            let asked = arrival.header.destination
            let source = try chooseSource(isOwn(asked) ? asked : nil, for: destination)
            guard !arrival.isFromHost else { return deliverError(whole, source: source, destination: destination) }
            try originate(whole, source: source, destination: destination, now: arrival.now)
        } catch {
            drop(.noRoute)
        }
    }

    /// Tells the host, which knows the way back to whoever sent the datagram.
    private mutating func deliverError(_ message: ICMPv6Message, source: IPv6Address, destination: IPv6Address) {
        var upperLayer = ByteWriter()
        message.serialize(into: &upperLayer, source: source, destination: destination)
        var writer = ByteWriter(capacity: IPv6Header.byteCount + upperLayer.bytes.count)
        IPv6Header(
            payloadLength: UInt16(upperLayer.bytes.count), nextHeader: .icmpv6,
            hopLimit: configuration.hopLimitDefault, source: source, destination: destination
        ).serialize(into: &writer)
        writer.write(contentsOf: upperLayer.bytes)
        emit(.deliver(writer.bytes))
    }

    /// - Source: RFC 4443 §2.4(e)
    private func mayReport(_ message: ICMPv6Message, about arrival: Arrival) -> Bool {
        guard arrival.link.isSecured, !arrival.header.source.isMulticast, !arrival.header.source.isUnspecified,
            !Self.carriesError(arrival)
        else { return false }
        guard arrival.header.destination.isMulticast else { return true }
        if case .parameterProblem(.option, _, _) = message { return true }
        return false
    }

    /// Whether a datagram is itself an error message, or a redirect.
    private static func carriesError(_ arrival: Arrival) -> Bool {
        var reader = ByteReader(arrival.bytes)
        guard (try? reader.skip(IPv6Header.byteCount, "IPv6 header")) != nil else { return true }
        var next = arrival.header.nextHeader
        while next == .hopByHop || next == .destinationOptions {
            guard let options = try? HopByHopOptions(parsing: &reader) else { return true }
            next = options.nextHeader
        }
        guard next == .icmpv6 else { return false }
        guard let type = reader.peek() else { return true }
        return type < 128 || type == 137
    }

    /// - Source: RFC 4443 §2.4(f): a token bucket
    private mutating func takeErrorToken(now: Instant) -> Bool {
        while let next = nextErrorToken, next <= now {
            errorTokens = min(errorTokens &+ 1, configuration.errorBurst)
            nextErrorToken = errorTokens < configuration.errorBurst ? next + configuration.errorInterval : nil
        }
        guard errorTokens > 0 else { return false }
        errorTokens -= 1
        if nextErrorToken == nil { nextErrorToken = now + configuration.errorInterval }
        return true
    }
}
