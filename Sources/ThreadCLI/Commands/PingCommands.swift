import EngineCore
import IPEngine
import LinkProfiles
import NodeEngine
import ThreadWire

/// Echo requests.
let pingCommands = [
    Command(
        "ping",
        [
            "ping [async] [-I SOURCE] ADDRESS [SIZE [COUNT [INTERVAL [HOPLIMIT [TIMEOUT]]]]]", "ping stop",
        ]
    ) { invocation throws(CommandError) in
        if invocation.arguments.take("stop") {
            try invocation.arguments.requireEnd()
            return invocation.interpreter.stopPing(of: invocation.session)
        }
        let request = try invocation.pingRequest()
        try invocation.interpreter.startPing(
            request, session: invocation.session, on: invocation.node, now: invocation.now)
        invocation.isPending = !request.isAsynchronous
    }
]

extension Invocation {
    fileprivate mutating func pingRequest() throws(CommandError) -> Ping.Request {
        let isAsynchronous = arguments.take("async")
        var source: IPv6Address?
        if arguments.take("-I") {
            let address = try arguments.address()
            guard node.ip.unicastAddresses.contains(where: { $0.address == address }) else { throw .invalidArguments }
            source = address
        }
        var request = Ping.Request(
            source: source, destination: try arguments.address(), timeout: interpreter.pingTimeout(on: node),
            isAsynchronous: isAsynchronous)
        // Zero stands for the usual value, except as a hop limit.
        if !arguments.isEmpty {
            let size = Int(try arguments.unsigned(UInt16.self))
            if size > 0 { request.size = size }
        }
        if !arguments.isEmpty {
            let count: UInt16 = try arguments.unsigned()
            if count > 0 { request.count = count }
        }
        if !arguments.isEmpty {
            let interval = try arguments.seconds()
            if interval > .zero { request.interval = interval }
        }
        if !arguments.isEmpty { request.hopLimit = try arguments.unsigned() }
        if !arguments.isEmpty {
            let timeout = try arguments.seconds()
            if timeout > .zero { request.timeout = timeout }
        }
        try arguments.requireEnd()
        return request
    }
}

// Pings of all sessions.
extension CommandInterpreter {
    /// How long to wait for answers on this node's link: what a frame of 64 bytes takes to a node eight hops away and
    /// back, sent twice on each hop, and at least OpenThread's three seconds.
    func pingTimeout(on node: NodeEngine) -> Duration {
        configuration.pingTimeout ?? max(.seconds(3), node.profile.airtime(of: 64) * 32)
    }

    /// Sends the first request.
    /// - Throws: `.busy` while the session's last ping goes on.
    func startPing(
        _ request: Ping.Request, session: Session, on node: NodeEngine, now: Instant
    ) throws(CommandError) {
        guard sessions[session]?.ping == nil else { throw .busy }
        let identifier = nextEchoIdentifier
        nextEchoIdentifier &+= 1
        sessions[session]?.ping = Ping(request, identifier: identifier, now: now)
        sendRequest(of: session, on: node, now: now)
    }

    /// A ping's time has come: its next request is due, or nothing more is to be waited for.
    func continuePing(of session: Session, on node: NodeEngine, now: Instant) {
        guard let ping = sessions[session]?.ping else { return }
        if ping.hasRequestsLeft {
            sendRequest(of: session, on: node, now: now)
        } else {
            finishPing(of: session, on: node, now: now)
        }
    }

    private func sendRequest(of session: Session, on node: NodeEngine, now: Instant) {
        guard let ping = sessions[session]?.ping else { return }
        let sequence = nextEchoSequence
        nextEchoSequence &+= 1
        sessions[session]?.ping?.beginRequest(sequence: sequence, now: now)
        do throws(SendError) {
            try node.sendEcho(
                to: ping.request.destination, from: ping.request.source, identifier: ping.identifier,
                sequence: sequence, payload: [UInt8](repeating: 0, count: ping.request.size),
                hopLimit: ping.request.hopLimit, now: now)
            sessions[session]?.ping?.countRequest()
        } catch {
            // What is too large counts as sent and lost, as in OpenThread, where only the layer below finds out.
            if case .payloadTooLarge = error { sessions[session]?.ping?.countRequest() }
        }
    }

    /// Prints an answer, and the statistics behind the last one.
    func handleEchoReply(_ reply: EchoReply, on node: NodeEngine, now: Instant) {
        guard let session = sessions.first(where: { $0.value.ping?.identifier == reply.identifier })?.key,
            let time = sessions[session]?.ping?.noteReply(sequence: reply.sequence, now: now),
            let ping = sessions[session]?.ping
        else { return }
        // The size counts the header of eight bytes.
        let text =
            "\(reply.payload.count + 8) bytes from \(reply.source): icmp_seq=\(reply.sequence)"
            + " hlim=\(reply.hopLimit) time=\(time)ms"
        print(text, to: session, isAsynchronous: ping.request.isAsynchronous)
        if ping.isLast(sequence: reply.sequence) { finishPing(of: session, on: node, now: now) }
    }

    /// Prints the statistics and ends the command that waited for them.
    func finishPing(of session: Session, on node: NodeEngine, now: Instant) {
        guard let ping = sessions[session]?.ping else { return }
        sessions[session]?.ping = nil
        print(ping.statistics, to: session, isAsynchronous: ping.request.isAsynchronous)
        if !ping.request.isAsynchronous { end(session, .done, on: node, now: now) }
    }

    /// Forgets a ping in the background; no statistics follow, as in OpenThread.
    func stopPing(of session: Session) {
        sessions[session]?.ping = nil
    }
}
