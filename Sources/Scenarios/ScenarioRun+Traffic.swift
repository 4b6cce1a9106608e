import EngineCore
import IPEngine
import NodeEngine
import Simulator
import ThreadWire

// Messages: sent, received, answered.
extension ScenarioRun {
    func openSocket(of index: Int) {
        let engine = network.nodes[index].engine
        do {
            let socket = try engine.openSocket()
            _ = try engine.bind(socket, port: Self.port)
            sockets[index] = socket
        } catch {
            preconditionFailure("a fresh node has no socket for its traffic: \(error)")
        }
    }

    func send(_ index: Int) {
        let flow = scenario.traffic[index]
        let number = book.add(flow: index, from: flow.from, at: network.now)
        attempt(number)
    }

    /// Sends a request that has not been answered again.
    func retry(_ number: Int) {
        guard book.messages[number].answeredAt == nil else { return }
        attempt(number)
    }

    private func attempt(_ number: Int) {
        let flow = scenario.traffic[book.messages[number].flow]
        let payload = MessageBook.payload(number, .message, byteCount: flow.byteCount)
        let destination =
            flow.kind == .multicast
            ? .realmLocalAllNodes : flow.to.first.flatMap { network.nodes[$0].engine.thread.meshLocalEID }
        let isSent = destination.map { send(payload, from: flow.from, to: SocketAddress($0, port: Self.port)) }
        book.noteAttempt(number, isRefused: isSent != true)
        log.note(.sent, at: network.now, number, isSent == true ? 1 : 0)
        if flow.kind == .request, book.messages[number].attempts < flow.attempts {
            schedule(.retry(message: number), at: network.now + flow.timeout)
        }
    }

    /// - Returns: whether the node took it.
    private func send(_ payload: [UInt8], from index: Int, to destination: SocketAddress) -> Bool {
        let node = network.nodes[index]
        guard node.isOn, let socket = sockets[index] else { return false }
        return network.with(node) { engine, now in
            do throws(SendError) {
                try engine.send(socket, to: destination, payload: payload, now: now)
                return true
            } catch {
                // A node that is not attached refuses: the report counts it.
                return false
            }
        }
    }

    /// Takes what waits in a socket. The engine is not at work while it tells of its outputs, so it may be called.
    func read(_ socket: SocketID, at index: Int, now: Instant) {
        guard socket == sockets[index] else { return }
        let engine = network.nodes[index].engine
        while let datagram = try? engine.receive(socket) {
            guard let (number, kind) = book.parse(datagram.payload) else { continue }
            let flow = scenario.traffic[book.messages[number].flow]
            switch kind {
            case .answer:
                if index == flow.from, book.noteAnswer(number, at: now) { log.note(.answered, at: now, number) }
            case .message:
                guard flow.to.contains(index) else { continue }
                let hops = Ways(network).hops(from: flow.from, to: index)
                if book.noteDelivery(number, to: index, at: now, hops: hops) {
                    log.note(.delivered, at: now, number, index)
                }
                guard flow.kind == .request else { continue }
                let answer = MessageBook.payload(number, .answer, byteCount: flow.answerByteCount)
                // A node that has lost its place in the meantime cannot answer; the sender asks again or gives up.
                _ = try? engine.send(socket, to: datagram.source, payload: answer, now: now)
            }
        }
    }
}
