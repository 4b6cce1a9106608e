import Foundation
import NIOCore
import NIOPosix

/// Something else than a daemon on a Unix domain socket: it greets whoever comes.
final class OtherServer: Sendable {
    let path: String
    private let channel: any Channel

    private init(path: String, channel: any Channel) {
        self.path = path
        self.channel = channel
    }

    static func start(greeting: String) async throws -> OtherServer {
        let path = "/tmp/heddle-\(UUID().uuidString.prefix(8)).sock"
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeter(greeting))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        return OtherServer(path: path, channel: channel)
    }

    func stop() async {
        try? await channel.close().get()
        try? FileManager.default.removeItem(atPath: path)
    }
}

private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: String

    init(_ greeting: String) { self.greeting = greeting }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: greeting)), promise: nil)
    }
}
