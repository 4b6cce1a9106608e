import EngineCore
import LoRaPHY
import NIOCore
import NIOPosix
import Testing

@testable import RadioDrivers

@Suite("The radio of raw frames in datagrams", .timeLimit(.minutes(1)))
struct UDPRadioTests {
    /// 2.7 ms for ten bytes: spreading factor 5 at 500 kHz.
    private static let modulation = try! LoRaModulation(bandwidth: Hertz(500_000), spreadingFactor: 5)

    @Test("What one radio sends the other receives as it is, and the other way round")
    func twoRadios() async throws {
        let pair = try await Pair(Self.modulation)
        pair.a.perform { $0.transmit([1, 2, 3]) }
        #expect(await pair.a.next() == .transmitDone(.sent))
        let received = ReceivedFrame(bytes: [1, 2, 3], rssi: UDPRadio.rssi, snr: UDPRadio.snr)
        #expect(await pair.b.next() == .received(received))
        let longest = [UInt8](repeating: 7, count: 255)
        pair.b.perform { $0.transmit(longest) }
        #expect(await pair.b.next() == .transmitDone(.sent))
        #expect(await pair.a.nextFrame() == longest)
        try await pair.close()
    }

    @Test("A frame leaves when its time on air has passed, and not before")
    func timeOnAir() async throws {
        let pair = try await Pair(Self.modulation)
        let clock = ContinuousClock()
        let began = clock.now
        let frame = [UInt8](repeating: 1, count: 255)
        pair.a.perform { $0.transmit(frame) }
        #expect(await pair.b.nextFrame() == frame)
        #expect(clock.now - began >= Self.modulation.timeOnAir(byteCount: 255))
        try await pair.close()
    }

    @Test("A datagram is the frame and nothing else; what is no frame is counted")
    func datagrams() async throws {
        let pair = try await Pair(Self.modulation)
        try await pair.stranger([], to: pair.a)
        try await pair.stranger([UInt8](repeating: 0, count: 256), to: pair.a)
        try await pair.stranger([9], to: pair.a)
        #expect(await pair.a.nextFrame() == [9])
        #expect(try await pair.a.drops() == UDPRadio.Drops(malformed: 2))
        try await pair.close()
    }

    @Test("Who is no peer is not heard")
    func notFromPeer() async throws {
        let pair = try await Pair(Self.modulation, peerOfA: "127.0.0.2")
        try await pair.stranger([9], to: pair.a)
        pair.a.perform { $0.assessChannel() }
        try await pair.stranger([9], to: pair.b)
        #expect(await pair.b.nextFrame() == [9])
        #expect(await pair.a.next() == .channelActivity(isBusy: false))
        #expect(try await pair.a.drops() == UDPRadio.Drops(notFromPeer: 1))
        try await pair.close()
    }

    @Test("While the receiver is off nothing is heard, and frames can still be sent")
    func receiverOff() async throws {
        let pair = try await Pair(Self.modulation)
        pair.b.perform { $0.setReceiver(isOn: false) }
        pair.b.perform { $0.transmit([2]) }
        #expect(await pair.a.nextFrame() == [2])
        try await pair.stranger([1], to: pair.b)
        #expect(await pair.b.next() == .transmitDone(.sent))
        // What was sent before the receiver is on must have been read by then.
        while try await pair.b.drops().receiverOff == 0 { await Task.yield() }
        pair.b.perform { $0.setReceiver(isOn: true) }
        try await pair.stranger([3], to: pair.b)
        #expect(await pair.b.nextFrame() == [3])
        #expect(try await pair.b.drops() == UDPRadio.Drops(receiverOff: 1))
        try await pair.close()
    }

    @Test("A frame that is empty, too long, or sent in the middle of another one is refused")
    func refusedFrames() async throws {
        let pair = try await Pair(Self.modulation)
        for count in [0, 256] {
            pair.a.perform { $0.transmit([UInt8](repeating: 0, count: count)) }
            let error = RadioError(command: "transmit", cause: "\(count) bytes, 1 to 255 can be sent")
            #expect(await pair.a.next() == .failed(error))
            #expect(await pair.a.next() == .transmitDone(.failed))
        }
        pair.a.perform { radio in
            radio.transmit([1])
            radio.transmit([2])
        }
        let error = RadioError(command: "transmit", cause: "a frame is being sent already")
        #expect(await pair.a.next() == .failed(error))
        #expect(await pair.a.next() == .transmitDone(.sent))
        #expect(await pair.b.nextFrame() == [1])
        try await pair.close()
    }

    @Test("A port that is taken is told, and the radio can still be asked to send")
    func takenPort() async throws {
        let pair = try await Pair(Self.modulation)
        let taken = try await pair.a.address()
        let second = TestedUDPRadio(at: taken, peers: [taken], Self.modulation)
        second.start()
        guard case .failed(let error) = await second.next() else {
            Issue.record("two radios on one port")
            return
        }
        #expect(error.cause.contains("Address already in use"))
        second.perform { $0.transmit([1]) }
        #expect(await second.next() == .transmitDone(.failed))
        try await second.close()
        try await pair.close()
    }
}

/// Two radios that hear each other, and a stranger on the same computer.
private final class Pair {
    let a: TestedUDPRadio
    let b: TestedUDPRadio
    private let socket: any Channel

    init(_ modulation: LoRaModulation, peerOfA: String? = nil) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        socket = try await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        // The kernel's choice of a port, given back for the radio that the other one has to know.
        let probe = try await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let addressOfA = try #require(probe.localAddress)
        try await probe.close()
        b = TestedUDPRadio(at: try SocketAddress(ipAddress: "127.0.0.1", port: 0), peers: [addressOfA], modulation)
        b.start()
        #expect(await b.next() == .connected)
        var addressOfB = try await b.address()
        if let peerOfA { addressOfB = try SocketAddress(ipAddress: peerOfA, port: #require(addressOfB.port)) }
        a = TestedUDPRadio(at: addressOfA, peers: [addressOfB], modulation)
        a.start()
        #expect(await a.next() == .connected)
    }

    func stranger(_ bytes: [UInt8], to radio: TestedUDPRadio) async throws {
        let address = try await radio.address()
        let buffer = socket.allocator.buffer(bytes: bytes)
        try await socket.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer))
    }

    func close() async throws {
        try await a.close()
        try await b.close()
        try await socket.close()
    }
}

/// A radio, whose events are taken one by one.
private final class TestedUDPRadio {
    private let radio: UDPRadio
    private let continuation: AsyncStream<RadioEvent>.Continuation
    private var iterator: AsyncStream<RadioEvent>.Iterator

    init(at address: SocketAddress, peers: [SocketAddress], _ modulation: LoRaModulation) {
        radio = UDPRadio(
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(), address: address, peers: peers,
            configuration: RadioConfiguration(
                phy: .lora(modulation), frequency: Hertz(869_618_000), power: DecibelMilliwatts(14)))
        let (events, continuation) = AsyncStream.makeStream(of: RadioEvent.self)
        self.continuation = continuation
        iterator = events.makeAsyncIterator()
    }

    func start() {
        let continuation = continuation
        perform { $0.start { continuation.yield($0) } }
    }

    func perform(_ body: @escaping @Sendable (UDPRadio) -> Void) {
        let radio = radio
        radio.eventLoop.execute { body(radio) }
    }

    func next() async -> RadioEvent? { await iterator.next() }

    /// The frame that comes next; nil when something else does.
    func nextFrame() async -> [UInt8]? {
        switch await next() {
        case .transmitDone: await nextFrame()
        case .received(let frame): frame.bytes
        default: nil
        }
    }

    func drops() async throws -> UDPRadio.Drops {
        let radio = radio
        return try await radio.eventLoop.submit { radio.drops }.get()
    }

    func address() async throws -> SocketAddress {
        let radio = radio
        return try #require(try await radio.eventLoop.submit { radio.localAddress }.get())
    }

    func close() async throws {
        let radio = radio
        try await radio.eventLoop.flatSubmit { radio.close() }.get()
        continuation.finish()
    }
}
