import Glibc
import LinuxDevices
public import Logging
public import NIOCore
import NIOPosix

/// The control socket: a Unix domain socket on which other programs give a node commands.
///
/// Only the user that runs the node may use it (mode 0600). A lock beside it (`PATH.lock`) keeps a second node from
/// taking the path over; what a crashed node has left behind is removed.
public final class ControlServer: Sendable {
    /// Limits that keep a client from harming the node.
    public struct Configuration: Sendable {
        /// How many clients are served at once; more are refused with a sentence.
        public var clients = 32
        /// How many bytes may wait for a client to take them, before it is cut off.
        public var unsentBytes = 1 << 20
        /// How many requests of a client may wait, before the kernel makes it wait.
        public var waitingRequests = 16
        /// How many requests of a client are carried out in a second on average; more wait.
        public var requestsPerSecond = 1000
        /// How many requests of a client are carried out at once after a pause.
        public var requestBurst = 500
        /// How long a line may stay unfinished without another byte.
        public var halfLineTimeout = TimeAmount.seconds(60)
        /// How long a client that is cut off may take to read why.
        public var closingTime = TimeAmount.seconds(5)

        public init() {}
    }

    /// The socket's path.
    public let path: String
    private let channel: any Channel
    private let lock: FileLock
    private let sessions: NIOLoopBoundBox<Sessions>

    /// The right to listen on a path, which one process has at a time: taken before anything else of a node is
    /// touched, it keeps a second node from the first one's state and interface.
    public struct Claim: Sendable {
        /// The socket's path.
        public let path: String
        fileprivate let lock: FileLock
    }

    /// Takes the right to listen on a path and removes what a crashed node has left there.
    /// - Parameter path: at most ``ControlLimits/pathLength`` bytes; folders that are missing are made, with mode 0700.
    /// - Throws: `.inUse` when another process has it.
    public static func claim(_ path: String) throws(ControlServerError) -> Claim {
        Claim(path: path, lock: try ControlSocketFile.claim(path))
    }

    /// Claims a path and starts to listen on it.
    public static func listen(
        path: String, handler: any ControlHandler, eventLoop: any EventLoop,
        configuration: Configuration = Configuration(), logger: Logger
    ) async throws(ControlServerError) -> ControlServer {
        try await listen(
            on: claim(path), handler: handler, eventLoop: eventLoop, configuration: configuration, logger: logger)
    }

    /// Starts to listen.
    /// - Parameters:
    ///   - claim: is the server's from now on.
    ///   - handler: is called on the event loop.
    ///   - eventLoop: serves all clients.
    public static func listen(
        on claim: Claim, handler: any ControlHandler, eventLoop: any EventLoop,
        configuration: Configuration = Configuration(), logger: Logger
    ) async throws(ControlServerError) -> ControlServer {
        let path = claim.path
        let lock = claim.lock
        let descriptor = try ControlSocketFile.bind(path)
        do {
            return try await eventLoop.submit {
                let sessions = Sessions(limit: configuration.clients)
                let bound = NIOLoopBoundBox(sessions, eventLoop: eventLoop)
                return ServerBootstrap(group: eventLoop)
                    .childChannelOption(.allowRemoteHalfClosure, value: true)
                    .childChannelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            guard let client = bound.value.admit(channel) else {
                                try channel.pipeline.syncOperations.addHandler(
                                    RefusalHandler(limit: configuration.clients))
                                return
                            }
                            try channel.pipeline.syncOperations.addHandler(
                                ControlSession(
                                    client: client, handler: handler, configuration: configuration, logger: logger))
                        }
                    }
                    .withBoundSocket(descriptor)
                    .map { ControlServer(path: path, channel: $0, lock: lock, sessions: bound) }
            }.flatMap { $0 }.get()
        } catch {
            unlink(path)
            throw .failed(path: path, operation: "listen on", reason: "\(error)")
        }
    }

    private init(path: String, channel: any Channel, lock: FileLock, sessions: NIOLoopBoundBox<Sessions>) {
        self.path = path
        self.channel = channel
        self.lock = lock
        self.sessions = sessions
    }

    /// Closes the socket and all clients, removes the path and gives the lock up; again does nothing.
    public func shutdown() async {
        // The path goes first: once the lock is free, it may be another node's.
        let owned = await (try? channel.close().get()) != nil
        if owned { unlink(path) }
        try? await channel.eventLoop.flatSubmit { self.sessions.value.closeAll(on: self.channel.eventLoop) }.get()
        lock.release()
    }
}

/// The clients that are connected. Used on the server's event loop only.
final class Sessions {
    private let limit: Int
    private var count: UInt64 = 0
    private var channels: [ClientID: any Channel] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: nil when there are as many clients as are served.
    func admit(_ channel: any Channel) -> ClientID? {
        guard channels.count < limit else { return nil }
        count += 1
        let client = ClientID(number: count)
        channels[client] = channel
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.channels[client] = nil }
        return client
    }

    func closeAll(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        EventLoopFuture.andAllComplete(channels.values.map { $0.close() }, on: eventLoop)
    }
}

/// Tells a client that there are too many, and closes.
private final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    func channelActive(context: ChannelHandlerContext) {
        let text =
            ControlMessage.asynchronous("\(limit) clients are connected already; close one").encoded + "\n"
            + ControlMessage.end(.noBuffers).encoded + "\n"
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text)))
            .assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }
}
