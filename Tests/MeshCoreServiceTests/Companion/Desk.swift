import Foundation
import Logging
import MeshCoreEngine
import MeshCoreWire
import NIOCore
import NIOPosix
import Testing

@testable import MeshCoreService

/// A node with a server, and apps that connect to it.
final class Desk: @unchecked Sendable {
    private let stage: Stage
    private var node: StagedNode
    private var server: CompanionServer
    /// What apps wished for.
    private(set) var restarts: AsyncStream<CompanionServer.Restart>
    private var apps: [App] = []
    private let configuration: CompanionServer.Configuration
    private var time: UInt32 = 1

    init(_ configuration: CompanionServer.Configuration = .init()) async throws {
        self.configuration = configuration
        stage = try await Stage()
        node = try await stage.node(0)
        (server, restarts) = try await Self.serve(node, configuration)
    }

    private static func serve(
        _ node: StagedNode, _ configuration: CompanionServer.Configuration
    ) async throws -> (CompanionServer, AsyncStream<CompanionServer.Restart>) {
        let (restarts, continuation) = AsyncStream.makeStream(of: CompanionServer.Restart.self)
        let server = try await node.node.eventLoop.submit { [node = node.node] in
            let server = try CompanionServer(
                node: node, configuration: configuration,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { continuation.yield($0) }
            server.attach()
            return server
        }.get()
        try await server.listen(host: "127.0.0.1", port: 0)
        return (server, restarts)
    }

    /// Stops the node and starts another one on the same state.
    func restart() async throws {
        await server.shutdown()
        try await node.stop()
        node = try await stage.node(0)
        (server, restarts) = try await Self.serve(node, configuration)
    }

    /// A message on the channel that everybody has comes in.
    func receive(_ text: String) async throws {
        let (server, time) = (server, time)
        self.time += 1
        try await node.node.eventLoop.submit {
            server.handle(
                .channelMessage(
                    channel: 0, MeshCoreGroupText(timestamp: time, sender: Array("x".utf8), text: Array(text.utf8)),
                    MeshCoreArrival(link: MeshCoreNode.airLink, snrQuarters: 4, rssi: -60, floodPath: nil)))
        }.get()
    }

    // MARK: Apps

    func app() async throws -> App {
        let address = try #require(try await server.localAddress())
        let app = App()
        try await app.attach(
            ClientBootstrap(group: stage.eventLoop).channelInitializer(app.initialize).connect(to: address).get())
        apps.append(app)
        return app
    }

    func close() async throws {
        for app in apps { try await app.close() }
        await server.shutdown()
        try await stage.close()
    }
}

/// An app: what it is told is read frame by frame.
final class App: @unchecked Sendable {
    private var channel: (any Channel)?
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private var iterator: AsyncStream<[UInt8]>.Iterator

    init() {
        let (frames, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        self.continuation = continuation
        iterator = frames.makeAsyncIterator()
    }

    @Sendable func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(FrameHandler(continuation))
        }
    }

    func attach(_ channel: any Channel) throws { self.channel = channel }

    func send(_ bytes: [UInt8]) async throws {
        guard let channel else { return }
        try await channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).get()
    }

    func say(_ body: [UInt8]) async throws {
        try await send(try #require(CompanionStream.frame(body, .toNode)))
    }

    /// The next frame with a code, or the first error; nil when the connection ends before.
    func answer(_ code: UInt8) async throws -> [UInt8]? {
        while let frame = await iterator.next() {
            if frame[0] == code || frame[0] == 1 { return frame }
        }
        return nil
    }

    /// Fetches a message; nil when there is none more.
    func message() async throws -> String? {
        try await say([10])
        while let frame = await iterator.next() {
            switch frame[0] {
            case 8: return String(decoding: frame.dropFirst(8 + 3), as: UTF8.self)
            case 10: return nil
            default: continue
            }
        }
        return nil
    }

    func close() async throws {
        guard let channel else { return }
        self.channel = nil
        try? await channel.close().get()
    }
}

/// Finds the frames in what the node writes.
private final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let frames: AsyncStream<[UInt8]>.Continuation
    private var reader = CompanionStreamReader(.toApp)

    init(_ frames: AsyncStream<[UInt8]>.Continuation) { self.frames = frames }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for frame in reader.take(unwrapInboundIn(data).readableBytesView) { frames.yield(frame) }
    }

    func channelInactive(context: ChannelHandlerContext) { frames.finish() }
}
