import EngineCore
import IPEngine
import NIOCore
import NodeEngine
import NodeRuntime
import ThreadWire

/// What a mesh and its sockets share: the node's runtime, and who waits for what.
///
/// Unchecked, because its state is confined to the runtime's event loop.
final class MeshCore: @unchecked Sendable {
    let runtime: NodeRuntime
    private var isClosed = false
    private var readers: [SocketID: [Waiter<Datagram>]] = [:]
    private var pings: [UInt16: Ping] = [:]
    private let echoIdentifier: UInt16
    private var nextEchoSequence: UInt16 = 1

    /// An echo request that was not answered yet.
    private struct Ping {
        let sentAt: Instant
        let waiter: Waiter<Duration>
        let timeout: Scheduled<Void>
    }

    /// - Parameter echoIdentifier: tells answers to this node's requests from those to an earlier one's.
    init(runtime: NodeRuntime, echoIdentifier: UInt16) {
        self.runtime = runtime
        self.echoIdentifier = echoIdentifier
    }

    var eventLoop: any EventLoop { runtime.eventLoop }

    // MARK: Life

    /// Sees the node's outputs from now on.
    func attach() {
        runtime.observe { [weak self] output, node, now in self?.handle(output, node, now) }
    }

    /// Does something with the node from any thread.
    /// - Throws: `MeshError.closed`, and what the body throws.
    func perform<Result: Sendable>(
        _ body: @escaping @Sendable (NodeEngine, Instant) throws -> Result
    ) async throws -> Result {
        try await runtime.perform { node, now in
            guard !self.isClosed else { throw MeshError.closed }
            return try body(node, now)
        }
    }

    /// Begins something with the node and waits for its value.
    /// - Throws: what could not be begun, or what the wait ended with.
    private func wait<Value: Sendable>(
        _ begin: @escaping @Sendable (Waiter<Value>, NodeEngine, Instant) throws -> Void
    ) async throws -> Value {
        let waiter = Waiter<Value>(eventLoop: eventLoop)
        do {
            try await perform { node, now in try begin(waiter, node, now) }
        } catch {
            eventLoop.execute { waiter.finish(.failure(error)) }
        }
        return try await waiter.value()
    }

    /// Ends everything, once.
    func close() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        guard !isClosed else { return eventLoop.makeSucceededVoidFuture() }
        isClosed = true
        for waiter in readers.values.joined() { waiter.finish(.failure(MeshError.closed)) }
        for ping in pings.values {
            ping.timeout.cancel()
            ping.waiter.finish(.failure(MeshError.closed))
        }
        readers = [:]
        pings = [:]
        return runtime.stop()
    }

    private func handle(_ output: NodeEngine.Output, _ node: NodeEngine, _ now: Instant) {
        switch output {
        case .readable(let socket): serveReaders(of: socket, node)
        case .echoReply(let reply): handle(reply, now)
        case .transmit, .assessChannel, .setReceiver, .setChannel, .deliver, .store, .event, .identityChanged,
            .diagnostic, .scan, .sniffed:
            break
        }
    }

    // MARK: Sockets

    /// Waits for a socket's next datagram; who waits longest gets the first.
    func receive(_ socket: SocketID) async throws -> Datagram {
        try await wait { waiter, node, _ in try self.addReader(waiter, of: socket, node) }
    }

    private func addReader(_ waiter: Waiter<Datagram>, of socket: SocketID, _ node: NodeEngine) throws {
        // Those who gave up would otherwise stay until the next datagram.
        readers[socket]?.removeAll { $0.isFinished }
        if let datagram = try node.receive(socket) {
            waiter.finish(.success(Datagram(datagram)))
        } else {
            readers[socket, default: []].append(waiter)
        }
    }

    private func serveReaders(of socket: SocketID, _ node: NodeEngine) {
        var waiting = (readers[socket] ?? []).filter { !$0.isFinished }[...]
        while let reader = waiting.first, let datagram = try? node.receive(socket) {
            waiting.removeFirst()
            reader.finish(.success(Datagram(datagram)))
        }
        readers[socket] = waiting.isEmpty ? nil : Array(waiting)
    }

    /// Closes a socket; who waits there waits no longer.
    func close(_ socket: SocketID) async {
        // A mesh that is closed has closed its sockets.
        try? await perform { node, _ in
            node.close(socket)
            let waiting = self.readers.removeValue(forKey: socket) ?? []
            for reader in waiting { reader.finish(.failure(ReceiveError.unknownSocket(socket))) }
        }
    }

    // MARK: Echo requests

    /// How long a frame of 64 bytes takes to a node eight hops away and back, sent twice on each hop, and at least
    /// three seconds: as the command line waits.
    private func usualTimeout(_ node: NodeEngine) -> Duration {
        max(.seconds(3), node.profile.airtime(of: 64) * 32)
    }

    /// Sends an echo request and waits for its answer.
    /// - Parameter timeout: nil for the usual one.
    func ping(
        _ destination: IPv6Address, payload: [UInt8], hopLimit: UInt8?, timeout: Duration?
    ) async throws -> Duration {
        try await wait { waiter, node, now in
            let sequence = self.nextEchoSequence
            self.nextEchoSequence &+= 1
            try node.sendEcho(
                to: destination, identifier: self.echoIdentifier, sequence: sequence, payload: payload,
                hopLimit: hopLimit, now: now)
            let limit = TimeAmount.microseconds((timeout ?? self.usualTimeout(node)).microseconds)
            let task = self.eventLoop.scheduleTask(in: limit) { self.endPing(sequence, of: destination) }
            // A request of 65,536 requests ago is still waiting only with an endless timeout.
            self.endPing(sequence, of: destination)
            self.pings[sequence] = Ping(sentAt: now, waiter: waiter, timeout: task)
        }
    }

    private func endPing(_ sequence: UInt16, of destination: IPv6Address) {
        guard let ping = pings.removeValue(forKey: sequence) else { return }
        ping.timeout.cancel()
        ping.waiter.finish(.failure(MeshError.noAnswer(from: "\(destination)")))
    }

    private func handle(_ reply: EchoReply, _ now: Instant) {
        guard reply.identifier == echoIdentifier, let ping = pings.removeValue(forKey: reply.sequence) else { return }
        ping.timeout.cancel()
        ping.waiter.finish(.success(now.since(ping.sentAt)))
    }
}
