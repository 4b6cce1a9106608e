import Glibc
import LinuxDevices
public import NIOCore
import NIOPosix

/// Where a modem is.
public enum KISSPlace: Equatable, Sendable {
    /// - Parameters:
    ///   - path: such as /dev/ttyUSB0, or a name in /dev/serial/by-id.
    ///   - speed: in bits a second; a port over USB takes any.
    case serial(path: String, speed: UInt32)
    /// A bridge from TCP to a serial port, such as ser2net.
    case tcp(host: String, port: Int)
}

/// The line to a modem at a serial port of this host or behind TCP.
///
/// Unchecked, because its state is confined to the event loop, which every method asserts.
public final class KISSHostLine: KISSLine, @unchecked Sendable {
    private let eventLoop: any EventLoop
    private let place: KISSPlace
    private var channel: (any Channel)?
    /// Counts the openings, so that what one began is not taken for the next one's.
    private var opening: UInt64 = 0

    private static let connectTime = TimeAmount.seconds(10)

    public init(eventLoop: any EventLoop, place: KISSPlace) {
        self.eventLoop = eventLoop
        self.place = place
    }

    public func open(onEvent: @escaping @Sendable (KISSLineEvent) -> Void) {
        eventLoop.preconditionInEventLoop()
        close()
        let opening = opening
        let take: @Sendable (KISSLineEvent) -> Void = { [weak self] event in
            guard let self, self.opening == opening else { return }
            if case .closed = event {
                self.opening += 1
                self.channel = nil
            }
            onEvent(event)
        }
        connect(take).hop(to: eventLoop).whenComplete { result in
            switch result {
            case .success(let channel):
                guard self.opening == opening else { return channel.close(promise: nil) }
                self.channel = channel
                take(.opened)
                channel.read()
            case .failure(let error): self.eventLoop.execute { take(.closed(reason: "\(error)")) }
            }
        }
    }

    public func write(_ bytes: [UInt8]) {
        eventLoop.preconditionInEventLoop()
        guard let channel else { return }
        // A write that fails closes the line, which is told.
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).whenFailure { _ in channel.close(promise: nil) }
    }

    public func close() {
        eventLoop.preconditionInEventLoop()
        opening += 1
        channel?.close(promise: nil)
        channel = nil
    }

    private func connect(_ take: @escaping @Sendable (KISSLineEvent) -> Void) -> EventLoopFuture<any Channel> {
        let initialize: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(KISSLineHandler(onEvent: take))
            }
        }
        switch place {
        case .tcp(let host, let port):
            return ClientBootstrap(group: eventLoop)
                .connectTimeout(Self.connectTime)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer(initialize)
                .connect(host: host, port: port)
        case .serial(let path, let speed):
            do throws(DeviceError) {
                let descriptor = try SerialPort.open(path: path, speed: speed)
                let channel = NIOPipeBootstrap(group: eventLoop).channelInitializer(initialize)
                    .takingOwnershipOfDescriptor(inputOutput: descriptor)
                channel.whenFailure { _ in Glibc.close(descriptor) }
                return channel
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
        }
    }
}

/// Hands the bytes of a line on.
private final class KISSLineHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let onEvent: @Sendable (KISSLineEvent) -> Void

    init(onEvent: @escaping @Sendable (KISSLineEvent) -> Void) { self.onEvent = onEvent }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        onEvent(.received(Array(unwrapInboundIn(data).readableBytesView)))
    }

    func channelInactive(context: ChannelHandlerContext) {
        onEvent(.closed(reason: "the line was closed: is the modem unplugged?"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        onEvent(.closed(reason: "\(error)"))
        context.close(promise: nil)
    }
}
