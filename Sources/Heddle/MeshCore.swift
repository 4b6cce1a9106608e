import EngineCore
import IPEngine
import NIOCore
import NodeService
import ThreadEngine
import ThreadWire

/// What a mesh and its sockets share: the node, and who waits for what of it.
///
/// Unchecked, because its state is confined to the backend's event loop.
final class MeshCore: @unchecked Sendable {
    private let backend: any MeshBackend
    /// Why nothing goes any more.
    private var end: MeshError?
    private var readers: [SocketID: SocketReaders] = [:]
    private var pings: [UInt16: Ping] = [:]
    private var roleStreams: [Int: AsyncStream<Role>.Continuation] = [:]
    private var roleStreamCount = 0
    private var arrivals: AsyncStream<SocketID>.Continuation?
    private var arrivalTask: Task<Void, Never>?

    /// How many calls of the handler for arrivals may wait; of more, the oldest are left out.
    private static let arrivalLimit = 64

    /// An echo request that was not answered yet.
    private struct Ping {
        let waiter: Waiter<Duration>
        let timeout: Scheduled<Void>
    }

    /// - Precondition: on the backend's event loop.
    init(backend: any MeshBackend) {
        self.backend = backend
    }

    var eventLoop: any EventLoop { backend.eventLoop }

    // MARK: Life

    /// Sees what happens to the node from now on.
    func attach() {
        backend.attach(
            notices: { [weak self] in self?.handle($0) }, ended: { [weak self] in self?.finish($0) })
    }

    /// Has the node carry out a call, from any thread.
    /// - Throws: why nothing goes any more, or the call's own error.
    func perform<Call: MeshCall>(_ call: Call) async throws -> Call.Answer {
        try await eventLoop.flatSubmit {
            if let end = self.end { return self.eventLoop.makeFailedFuture(end) }
            return self.backend.call(call)
        }.get()
    }

    /// Has the node carry out a command of the command line, from any thread.
    func execute(_ command: String) async throws -> [String] {
        try await eventLoop.flatSubmit {
            if let end = self.end { return self.eventLoop.makeFailedFuture(end) }
            return self.backend.execute(command)
        }.get()
    }

    /// Ends everything, once.
    func close() -> EventLoopFuture<Void> {
        guard end == nil else { return eventLoop.makeSucceededVoidFuture() }
        finish(.closed)
        return backend.close()
    }

    private func finish(_ error: MeshError) {
        eventLoop.preconditionInEventLoop()
        guard end == nil else { return }
        end = error
        for readers in readers.values { readers.fail(error) }
        readers = [:]
        for ping in pings.values {
            ping.timeout.cancel()
            ping.waiter.finish(.failure(error))
        }
        pings = [:]
        for stream in roleStreams.values { stream.finish() }
        roleStreams = [:]
        endArrivals()
    }

    private func handle(_ notice: MeshNotice) {
        guard end == nil else { return }
        switch notice {
        case .readable(let number):
            let socket = SocketID(rawValue: number)
            readers[socket]?.mayHaveMore = true
            serve(socket)
            arrivals?.yield(socket)
        case .echo(let request, let microseconds): endPing(request, .success(.microseconds(microseconds)))
        case .role(let role): for stream in roleStreams.values { stream.yield(role) }
        case .closing: break
        }
    }

    // MARK: Sockets

    /// Waits for a socket's next datagram; who waits longest gets the first.
    func receive(_ socket: SocketID) async throws -> Datagram {
        let waiter = Waiter<Datagram>(eventLoop: eventLoop)
        eventLoop.execute {
            if let end = self.end { return waiter.finish(.failure(end)) }
            self.readers[socket, default: SocketReaders()].waiting.append(waiter)
            self.serve(socket)
        }
        return try await waiter.value()
    }

    /// The oldest datagram that waits; nil at once when none does.
    func receiveIfAvailable(_ socket: SocketID) async throws -> Datagram? {
        try await eventLoop.flatSubmit {
            if let end = self.end { return self.eventLoop.makeFailedFuture(end) }
            if let held = self.readers[socket]?.takeHeld() { return self.eventLoop.makeSucceededFuture(held) }
            return self.backend.call(ReceiveCall(socket: socket.rawValue))
        }.get()
    }

    /// Asks for a datagram for whoever waits, one at a time and only while there may be one.
    private func serve(_ socket: SocketID) {
        guard readers[socket]?.wantsDatagram() == true else { return }
        backend.call(ReceiveCall(socket: socket.rawValue)).whenComplete { result in
            switch result {
            case .success(let datagram):
                self.readers[socket]?.take(datagram)
                self.serve(socket)
            case .failure(let error):
                self.readers.removeValue(forKey: socket)?.fail(error)
            }
        }
    }

    /// Closes a socket; who waits there waits no longer.
    func close(_ socket: SocketID) async {
        // A mesh that is closed has closed its sockets.
        _ = try? await eventLoop.flatSubmit { () -> EventLoopFuture<Nothing> in
            self.readers.removeValue(forKey: socket)?.fail(ReceiveError.unknownSocket(socket))
            if let end = self.end { return self.eventLoop.makeFailedFuture(end) }
            return self.backend.call(CloseCall(socket: socket.rawValue))
        }.get()
    }

    /// Calls a handler for each datagram that arrives, one call after the other; nil for none.
    func setArrivalHandler(_ handler: (@Sendable (SocketID) async -> Void)?) async throws {
        try await eventLoop.submit {
            if let end = self.end { throw end }
            self.endArrivals()
            guard let handler else { return }
            let (stream, continuation) = AsyncStream.makeStream(
                of: SocketID.self, bufferingPolicy: .bufferingNewest(Self.arrivalLimit))
            self.arrivals = continuation
            self.arrivalTask = Task { for await socket in stream { await handler(socket) } }
        }.get()
    }

    private func endArrivals() {
        arrivals?.finish()
        arrivals = nil
        // What is left in the stream is nothing to the handler any more.
        arrivalTask?.cancel()
        arrivalTask = nil
    }

    // MARK: Role

    /// Every change of the role from now on.
    func roles() async throws -> AsyncStream<Role> {
        _ = try await perform(WatchCall())
        return try await eventLoop.submit {
            if let end = self.end { throw end }
            let (stream, continuation) = AsyncStream.makeStream(of: Role.self, bufferingPolicy: .bufferingNewest(16))
            let number = self.roleStreamCount
            self.roleStreamCount += 1
            self.roleStreams[number] = continuation
            let eventLoop = self.eventLoop
            continuation.onTermination = { [weak self] _ in
                eventLoop.execute { [weak self] in self?.roleStreams[number] = nil }
            }
            return stream
        }.get()
    }

    // MARK: Echo requests

    /// Sends an echo request and waits for its answer.
    /// - Parameter timeout: nil for the usual one.
    func ping(_ destination: IPv6Address, size: Int, hopLimit: UInt8?, timeout: Duration?) async throws -> Duration {
        let waiter = Waiter<Duration>(eventLoop: eventLoop)
        eventLoop.execute {
            if let end = self.end { return waiter.finish(.failure(end)) }
            self.backend.call(EchoCall(to: destination, size: size, hopLimit: hopLimit)).whenComplete { result in
                switch result {
                case .success(let answer):
                    let usual = Duration.microseconds(answer.timeoutMicroseconds)
                    self.expect(answer.request, of: destination, waiter, timeout ?? usual)
                case .failure(let error): waiter.finish(.failure(error))
                }
            }
        }
        return try await waiter.value()
    }

    private func expect(
        _ request: UInt16, of destination: IPv6Address, _ waiter: Waiter<Duration>, _ timeout: Duration
    ) {
        let failure = MeshError.noAnswer(from: "\(destination)")
        // A request of 65,536 requests ago is still waiting only with an endless timeout.
        endPing(request, .failure(failure))
        let task = eventLoop.scheduleTask(in: .microseconds(timeout.microseconds)) {
            self.endPing(request, .failure(failure))
        }
        pings[request] = Ping(waiter: waiter, timeout: task)
    }

    private func endPing(_ request: UInt16, _ result: Result<Duration, any Error>) {
        guard let ping = pings.removeValue(forKey: request) else { return }
        ping.timeout.cancel()
        ping.waiter.finish(result)
    }
}

/// Who waits for datagrams of one socket.
///
/// One datagram is asked for at a time, so that each goes to the one that waits longest; one that comes for somebody
/// who has given up meanwhile is held for the next.
private struct SocketReaders {
    var waiting: [Waiter<Datagram>] = []
    /// Whether a datagram may wait at the node.
    var mayHaveMore = true
    private var isAsking = false
    private var held: [Datagram] = []

    /// Whether to ask for a datagram now; what is held is handed out first.
    mutating func wantsDatagram() -> Bool {
        waiting.removeAll { $0.isFinished }
        while !held.isEmpty, !waiting.isEmpty {
            waiting.removeFirst().finish(.success(held.removeFirst()))
        }
        guard !isAsking, mayHaveMore, !waiting.isEmpty else { return false }
        isAsking = true
        mayHaveMore = false
        return true
    }

    mutating func take(_ datagram: Datagram?) {
        isAsking = false
        guard let datagram else { return }
        mayHaveMore = true
        held.append(datagram)
    }

    mutating func takeHeld() -> Datagram? { held.isEmpty ? nil : held.removeFirst() }

    func fail(_ error: any Error) {
        for reader in waiting { reader.finish(.failure(error)) }
    }
}
