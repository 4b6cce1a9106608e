import EngineCore
import Foundation
public import LoRaChannel
public import Logging
public import NIOCore
import NIOPosix
import RadioDrivers
import WireCore

/// The virtual ether: a UDP server on this host in which processes are the nodes of a topology and hear each other
/// as LoRa radios would, in real time.
///
/// Unchecked, because its state is confined to one event loop.
public final class Ether: @unchecked Sendable {
    /// What the ether is made from.
    public struct Configuration: Sendable {
        public var topology: Topology
        public var listen: ListenAddress
        /// Where the frames are written to as pcap; nil for nowhere.
        public var captureFile: String?
        /// Decides what is random in the channel.
        public var seed: UInt64

        public init(topology: Topology, listen: ListenAddress, captureFile: String? = nil, seed: UInt64 = 1) {
            self.topology = topology
            self.listen = listen
            self.captureFile = captureFile
            self.seed = seed
        }
    }

    private let eventLoop: any EventLoop
    private let logger: Logger
    private let start = NIODeadline.now()
    private var exchange: EtherExchange
    private var capture: CaptureFile?
    private var channel: (any Channel)?
    private var wakeUp: (deadline: Instant, task: Scheduled<Void>)?

    private init(_ configuration: Configuration, eventLoop: any EventLoop, logger: Logger) throws(EtherError) {
        self.eventLoop = eventLoop
        self.logger = logger
        exchange = EtherExchange(
            topology: configuration.topology, seed: configuration.seed, isCaptured: configuration.captureFile != nil)
        if let path = configuration.captureFile { capture = try CaptureFile(path: path) }
    }

    /// Opens the socket and runs until `stop`.
    /// - Parameter eventLoop: One of the process's own when nil.
    /// - Throws: `.cannotListen`, `.cannotWrite`.
    public static func start(
        _ configuration: Configuration, on eventLoop: (any EventLoop)? = nil, logger: Logger
    ) async throws(EtherError) -> Ether {
        let eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        let ether = try Ether(configuration, eventLoop: eventLoop, logger: logger)
        let bootstrap = DatagramBootstrap(group: eventLoop)
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelInitializer { channel in
                channel.pipeline.addHandler(
                    DatagramHandler { bytes, sender in ether.received(bytes, from: sender) })
            }
        do {
            let channel = try await bootstrap.bind(to: configuration.listen.socketAddress).get()
            try await eventLoop.submit { ether.channel = channel }.get()
        } catch {
            let cause = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw .cannotListen(address: configuration.listen.socketAddress.typed, cause: cause)
        }
        return ether
    }

    /// Where the ether listens, with the port that the system chose.
    public func address() async -> SocketAddress? {
        try? await eventLoop.submit { self.channel?.localAddress }.get()
    }

    /// What has been counted so far.
    public func statistics() async -> EtherStatistics {
        let result = try? await eventLoop.submit { self.exchange.statistics }.get()
        return result ?? EtherStatistics(nodes: [:])
    }

    /// Closes socket and capture file. Nodes notice by the silence.
    public func stop() async {
        try? await eventLoop.flatSubmit { () -> EventLoopFuture<Void> in
            self.wakeUp?.task.cancel()
            self.wakeUp = nil
            self.closeCapture()
            guard let channel = self.channel else { return self.eventLoop.makeSucceededVoidFuture() }
            self.channel = nil
            return channel.close()
        }.get()
    }

    private var now: Instant {
        Instant(microseconds: UInt64(max(0, (NIODeadline.now() - start).nanoseconds / 1000)))
    }

    private func received(_ bytes: [UInt8], from sender: SocketAddress) {
        var reader = ByteReader(bytes)
        do {
            exchange.handle(try EtherMessage(parsing: &reader), from: sender, now: now)
        } catch {
            logger.debug("not a message for the ether", metadata: ["sender": "\(sender.typed)", "error": "\(error)"])
        }
        drain()
    }

    /// Does what the exchange asks for and sees to it that it is woken in time.
    private func drain() {
        guard let channel else { return }
        while let output = exchange.pollOutput() {
            switch output {
            case .send(let message, let address):
                var writer = ByteWriter(capacity: message.byteCount)
                message.serialize(into: &writer)
                let buffer = channel.allocator.buffer(bytes: writer.bytes)
                channel.write(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
            case .onAir(let bytes, let hasFrameCheckSequence): record(bytes, hasFrameCheckSequence)
            case .notice(let text): logger.info("\(text)")
            }
        }
        channel.flush()
        schedule()
    }

    private func schedule() {
        let deadline = exchange.nextDeadline
        if let wakeUp {
            if wakeUp.deadline == deadline { return }
            wakeUp.task.cancel()
            self.wakeUp = nil
        }
        guard let deadline else { return }
        let task = eventLoop.scheduleTask(deadline: start + .microseconds(Int64(deadline.microseconds))) {
            self.wakeUp = nil
            self.exchange.advance(to: self.now)
            self.drain()
        }
        wakeUp = (deadline, task)
    }

    private func record(_ bytes: [UInt8], _ hasFrameCheckSequence: Bool) {
        do throws(EtherError) {
            try capture?.write(bytes, hasFrameCheckSequence: hasFrameCheckSequence, at: Date())
        } catch {
            logger.error("the capture ends here: \(error)")
            capture = nil
        }
    }

    private func closeCapture() {
        do throws(EtherError) {
            try capture?.close()
        } catch {
            logger.error("\(error)")
        }
        capture = nil
    }
}
