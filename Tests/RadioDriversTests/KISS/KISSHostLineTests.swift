import EngineCore
import LinuxDevices
import LoRaPHY
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import RadioDrivers

/// Drivers on pseudo-terminals and TCP, in real time.
@Suite("The lines to KISS modems", .timeLimit(.minutes(1)))
struct KISSHostLineTests {
    /// SF7/500, so that frames take little time.
    private static let configuration: RadioConfiguration = {
        do {
            let modulation = try LoRaModulation(bandwidth: Hertz(500_000), spreadingFactor: 7, preambleLength: 32)
            return RadioConfiguration(
                phy: .lora(modulation), frequency: Hertz(869_525_000), power: DecibelMilliwatts(14))
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// Joins the bytes of a channel to an emulated modem.
    private final class ModemHandler: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer
        private let modem: EmulatedModem

        init(_ modem: EmulatedModem) { self.modem = modem }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            modem.write = { channel.writeAndFlush(ByteBuffer(bytes: $0), promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            modem.take(Array(unwrapInboundIn(data).readableBytesView))
        }
    }

    /// A driver on a line of this host, and what it tells.
    private final class Driver: Sendable {
        let events: AsyncStream<RadioEvent>
        let radio: KISSRadio

        init(_ place: KISSPlace, on eventLoop: any EventLoop) async throws {
            let (events, told) = AsyncStream.makeStream(of: RadioEvent.self)
            self.events = events
            radio = try await eventLoop.submit {
                try KISSRadio(
                    eventLoop: eventLoop, line: KISSHostLine(eventLoop: eventLoop, place: place),
                    configuration: KISSHostLineTests.configuration, shortestRetryDelay: .milliseconds(50))
            }.get()
            eventLoop.execute { [radio] in radio.start { told.yield($0) } }
        }

        func transmit(_ bytes: [UInt8]) { radio.eventLoop.execute { [radio] in radio.transmit(bytes) } }

        /// Waits for an event.
        func event(_ isWanted: (RadioEvent) -> Bool) async {
            for await event in events where isWanted(event) { return }
        }

        func close() async throws { try await radio.eventLoop.flatSubmit { [radio] in radio.close() }.get() }
    }

    private static func isDisconnected(_ event: RadioEvent) -> Bool {
        if case .disconnected = event { true } else { false }
    }

    /// A pseudo-terminal with a modem at its other end.
    private static func terminal(
        _ modem: EmulatedModem, on eventLoop: any EventLoop
    ) async throws -> (path: String, channel: any Channel) {
        let terminal = try PseudoTerminal()
        let channel = try await NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ModemHandler(modem))
                }
            }.takingOwnershipOfDescriptor(inputOutput: terminal.descriptor).get()
        return (terminal.path, channel)
    }

    @Test("A modem at a serial port sends and hears every byte, and is told when it is unplugged")
    func serial() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let air = ModemAir()
        let modems = (0..<2).map { _ in EmulatedModem(eventLoop: eventLoop, on: air) }
        let (one, first) = try await Self.terminal(modems[0], on: eventLoop)
        let (other, second) = try await Self.terminal(modems[1], on: eventLoop)
        let sender = try await Driver(.serial(path: one, speed: 115_200), on: eventLoop)
        let receiver = try await Driver(.serial(path: other, speed: 115_200), on: eventLoop)
        await sender.event { $0 == .connected }
        await receiver.event { $0 == .connected }
        // Every byte: none is a line ending or a control character to the terminal.
        let bytes = [UInt8](0...254)
        sender.transmit(bytes)
        await sender.event { $0 == .transmitDone(.sent) }
        await receiver.event {
            if case .received(let frame) = $0 { frame.bytes == bytes } else { false }
        }
        try await second.close()
        await receiver.event(Self.isDisconnected)
        try await sender.close()
        try await receiver.close()
        try await first.closeFuture.get()
    }

    @Test("A modem behind TCP is used again when it comes back")
    func tcp() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let eventLoop = group.next()
        let modem = EmulatedModem(eventLoop: eventLoop, on: ModemAir())
        let accepted = Mutex<(any Channel)?>(nil)
        let server = try await ServerBootstrap(group: eventLoop, childGroup: eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                accepted.withLock { $0 = channel }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ModemHandler(modem))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let driver = try await Driver(.tcp(host: "127.0.0.1", port: port), on: eventLoop)
        await driver.event { $0 == .connected }
        try await accepted.withLock { $0 }?.close()
        await driver.event(Self.isDisconnected)
        await driver.event { $0 == .connected }
        driver.transmit([1, 2, 3])
        await driver.event { $0 == .transmitDone(.sent) }
        try await eventLoop.submit { #expect(modem.sent == [[1, 2, 3]]) }.get()
        try await driver.close()
        try await server.close()
    }

    @Test("A port that is not there, or is no serial port, is named with what to do")
    func missing() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        for (path, wanted) in [("/dev/ttyNONE9", "/dev/ttyNONE9"), ("/dev/null", "/dev/null")] {
            let driver = try await Driver(.serial(path: path, speed: 115_200), on: eventLoop)
            await driver.event {
                if case .failed(let error) = $0 { "\(error)".contains(wanted) } else { false }
            }
            try await driver.close()
        }
    }
}
