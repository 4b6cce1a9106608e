public import Logging
public import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers `GET /metrics` over HTTP, for Prometheus.
///
/// There is nothing to be changed over it and nothing secret told, but neither is there any authentication: it listens
/// on the loopback interface unless it is told otherwise.
public final class MetricsServer: Sendable {
    /// How many may be connected at once; others are closed at once.
    public static let connectionLimit = 16
    /// How long a connection may be silent.
    public static let idleTime = TimeAmount.seconds(15)

    private let channel: any Channel

    /// Where it listens: the port is chosen by the system where 0 was asked for.
    public var address: SocketAddress? { channel.localAddress }

    private init(channel: any Channel) { self.channel = channel }

    /// Begins to listen.
    /// - Parameters:
    ///   - eventLoop: where connections live; `report` is called there.
    ///   - report: the metrics as they are now.
    public static func listen(
        host: String, port: Int, eventLoop: any EventLoop, logger: Logger,
        report: @escaping @Sendable () -> String
    ) async throws -> MetricsServer {
        let open = ConnectionCount()
        let channel = try await ServerBootstrap(group: eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard open.enter(channel) else { throw ChannelError.operationUnsupported }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(MetricsHandler(report: report, idleTime: idleTime))
                }
            }
            .bind(host: host, port: port).get()
        logger.info("metrics are at http://\(channel.localAddress.map { "\($0)" } ?? host)/metrics")
        return MetricsServer(channel: channel)
    }

    public func shutdown() async {
        try? await channel.close()
    }
}

/// How many connections there are; on one event loop.
private final class ConnectionCount: @unchecked Sendable {
    private var count = 0

    func enter(_ channel: any Channel) -> Bool {
        guard count < MetricsServer.connectionLimit else { return false }
        count += 1
        channel.closeFuture.whenComplete { _ in self.count -= 1 }
        return true
    }
}

/// One connection.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let report: @Sendable () -> String
    private let idleTime: TimeAmount
    private var head: HTTPRequestHead?
    private var timeout: Scheduled<Void>?

    init(report: @escaping @Sendable () -> String, idleTime: TimeAmount) {
        self.report = report
        self.idleTime = idleTime
    }

    func channelActive(context: ChannelHandlerContext) {
        restartTimeout(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body:
            // Nobody has to send one; what is sent is dropped.
            break
        case .end:
            guard let head else { return }
            self.head = nil
            restartTimeout(context)
            answer(head, context)
        }
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = request.uri.prefix { $0 != "?" }
        let (status, type, text): (HTTPResponseStatus, String, String) =
            switch (request.method, path) {
            case (.GET, "/metrics"), (.HEAD, "/metrics"): (.ok, NodeReport.prometheusContentType, report())
            case (_, "/metrics"): (.methodNotAllowed, "text/plain", "GET is all that is done here.\n")
            default: (.notFound, "text/plain", "The metrics are at /metrics.\n")
            }
        var headers = HTTPHeaders([("Content-Type", type), ("Content-Length", "\(text.utf8.count)")])
        if status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
        if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: request.version, status: status, headers: headers))),
            promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        }
        let isLast = !request.isKeepAlive
        let channel = context.channel
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if isLast { written.whenComplete { _ in channel.close(promise: nil) } }
    }

    private func restartTimeout(_ context: ChannelHandlerContext) {
        timeout?.cancel()
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: idleTime) { channel.close(promise: nil) }
    }
}
