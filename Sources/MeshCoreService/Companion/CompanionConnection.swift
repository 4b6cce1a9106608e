import Logging
import MeshCoreWire
import NIOCore

/// One app on a stream of bytes.
///
/// It lives on the node's event loop.
final class CompanionConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is behind the connections.
    protocol Owner: AnyObject {
        func opened(_ connection: CompanionConnection)
        func received(_ body: [UInt8], from connection: CompanionConnection)
        func closed(_ connection: CompanionConnection)
    }

    let number: UInt64
    private unowned let owner: any Owner
    private let logger: Logger
    private var channel: (any Channel)?
    private var reader = CompanionStreamReader(.toNode)
    private var unsent = 0
    /// How many bytes may wait for an app that does not read, before it is cut off.
    private static let unsentLimit = 256 * 1024

    init(number: UInt64, owner: any Owner, logger: Logger) {
        self.number = number
        self.owner = owner
        self.logger = logger
    }

    // MARK: Receiving

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        owner.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        guard let bytes = buffer.readBytes(length: buffer.readableBytes) else { return }
        for body in reader.take(bytes) where channel != nil { owner.received(body, from: self) }
    }

    func channelInactive(context: ChannelHandlerContext) { end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("an app's connection failed: \(error)")
        context.close(promise: nil)
    }

    // MARK: Sending

    /// Writes a frame, at one go.
    /// - Returns: whether it is on its way; nothing is sent to an app that is gone or does not read.
    /// - Parameter written: called when the host has taken all of it.
    @discardableResult
    func send(_ body: [UInt8], written: (@Sendable () -> Void)? = nil) -> Bool {
        guard let channel, let frame = CompanionStream.frame(body, .toApp) else { return false }
        guard unsent + frame.count <= Self.unsentLimit else {
            logger.warning("an app does not read what is sent to it: its connection is closed")
            close()
            return false
        }
        unsent += frame.count
        let future = channel.writeAndFlush(channel.allocator.buffer(bytes: frame))
        future.whenComplete { [weak self] result in
            self?.unsent -= frame.count
            if case .success = result { written?() }
        }
        return true
    }

    func close() {
        guard let channel else { return }
        channel.close(promise: nil)
        end()
    }

    private func end() {
        guard channel != nil else { return }
        channel = nil
        owner.closed(self)
    }
}
