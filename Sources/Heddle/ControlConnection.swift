import Glibc
import NIOCore
import NIOPosix
import NodeService

/// One connection to a daemon's control socket that asks in JSON. Unchecked, because its state is confined to its event
/// loop.
final class ControlConnection: @unchecked Sendable {
    let eventLoop: any EventLoop
    private let path: String
    private var channel: (any Channel)?
    private var pending: [Int: EventLoopPromise<String>] = [:]
    private var nextID = 1
    /// What the server said last before the connection ended.
    private var reason: String?
    private var end: MeshError?
    private var notices: (@Sendable (MeshNotice) -> Void)?
    private var ended: (@Sendable (MeshError) -> Void)?

    /// - Source: unix(7), `sun_path` of 108 bytes with its closing zero
    private static let pathLength = 107

    /// The longest request that the server takes: docs/control-socket.md.
    private static let requestLength = 4096

    /// Connects. On the event loop.
    /// - Returns: fails with `MeshError`.
    static func connect(to path: String, on eventLoop: any EventLoop) -> EventLoopFuture<ControlConnection> {
        guard (1...pathLength).contains(path.utf8.count), !path.utf8.contains(0) else {
            return eventLoop.makeFailedFuture(MeshError.invalidControlPath(path))
        }
        let connection = ControlConnection(path: path, eventLoop: eventLoop)
        return ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineReader(connection))
                }
            }
            .connect(unixDomainSocketPath: path)
            .map { channel in
                connection.channel = channel
                return connection
            }
            .flatMapErrorThrowing { error in throw Self.error(error, path: path) }
    }

    private init(path: String, eventLoop: any EventLoop) {
        self.path = path
        self.eventLoop = eventLoop
    }

    private static func error(_ error: any Error, path: String) -> MeshError {
        switch (error as? IOError)?.errnoCode {
        case ENOENT, ECONNREFUSED, ENOTSOCK: .daemonNotRunning(path: path)
        case EACCES, EPERM: .controlNotPermitted(path: path)
        default: .controlFailed(path: path, reason: "\(error)")
        }
    }

    var isOpen: Bool { end == nil }

    /// Lets notices come from now on, and why the connection ended.
    func attach(
        notices: @escaping @Sendable (MeshNotice) -> Void, ended: @escaping @Sendable (MeshError) -> Void
    ) {
        self.notices = notices
        self.ended = ended
        if let end { ended(end) }
    }

    /// Sends a request.
    /// - Returns: the line that answers it.
    func request(_ line: (Int) -> String) -> EventLoopFuture<String> {
        eventLoop.preconditionInEventLoop()
        if let end { return eventLoop.makeFailedFuture(end) }
        guard let channel else { return eventLoop.makeFailedFuture(MeshError.closed) }
        let id = nextID
        let line = line(id)
        guard line.utf8.count <= Self.requestLength else {
            return eventLoop.makeFailedFuture(
                MeshError.invalidCall("a request has at most \(Self.requestLength) bytes"))
        }
        nextID += 1
        let promise = eventLoop.makePromise(of: String.self)
        pending[id] = promise
        channel.writeAndFlush(channel.allocator.buffer(string: line + "\n"), promise: nil)
        return promise.futureResult
    }

    @discardableResult
    func close() -> EventLoopFuture<Void> {
        finish(.closed)
        return channel?.close().flatMapErrorThrowing { error in
            guard case ChannelError.alreadyClosed = error else { throw error }
        } ?? eventLoop.makeSucceededVoidFuture()
    }

    // MARK: What the server says

    fileprivate func take(_ line: String) {
        switch ControlLine(line) {
        case .answer(let id): pending.removeValue(forKey: id)?.succeed(line)
        case .notice(.closing(let reason)): self.reason = reason
        case .notice(let notice): notices?(notice)
        case .event: break
        case .refusal(let text): reason = reason ?? text
        case nil: refuse()
        }
    }

    /// What listens speaks another protocol.
    fileprivate func refuse() {
        finish(.notADaemon(path: path))
        channel?.close(promise: nil)
    }

    fileprivate func closed() {
        finish(.daemonGone(reason: reason ?? "it has stopped"))
    }

    private func finish(_ error: MeshError) {
        guard end == nil else { return }
        end = error
        for promise in pending.values { promise.fail(error) }
        pending = [:]
        ended?(error)
    }
}

/// Cuts what comes into lines.
private final class LineReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// The longest line that is taken; the server's own limit for an answer is as large.
    private static let lineLength = 2 << 20

    private let connection: ControlConnection
    private var partial: [UInt8] = []

    init(_ connection: ControlConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            guard byte == UInt8(ascii: "\n") else {
                guard partial.count < Self.lineLength else { return connection.refuse() }
                partial.append(byte)
                continue
            }
            connection.take(String(decoding: partial, as: UTF8.self))
            partial.removeAll(keepingCapacity: true)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.closed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
