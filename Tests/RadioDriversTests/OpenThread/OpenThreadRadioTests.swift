import EngineCore
import NIOCore
import NIOPosix
import Testing

@testable import RadioDrivers

@Suite("The radio of OpenThread's simulation", .timeLimit(.minutes(1)))
struct OpenThreadRadioTests {
    private static let frame: [UInt8] = [0x02, 0x10, 0x2a, 0xee, 0xf1]

    @Test("What one radio sends the other receives, at the strength that all have")
    func twoRadios() async throws {
        try await Air.run { air in
            let (a, b) = try await (air.radio(1), air.radio(2))
            a.perform { $0.transmit(Self.frame) }
            #expect(await a.next() == .transmitDone(.sent))
            let received = ReceivedFrame(bytes: Self.frame, rssi: DecibelMilliwatts(-20), snr: Decibels(80))
            #expect(await b.next() == .received(received))
        }
    }

    @Test("A radio does not hear itself")
    func ownEcho() async throws {
        try await Air.run { air in
            let (a, b) = try await (air.radio(1), air.radio(2))
            a.perform { $0.transmit([1, 2, 3]) }
            #expect(await a.next() == .transmitDone(.sent))
            #expect(await b.nextFrame() == [1, 2, 3])
            b.perform { $0.transmit([4, 5, 6]) }
            #expect(await a.nextFrame() == [4, 5, 6], "nothing of its own came before")
            #expect(try await a.drops() == OpenThreadRadio.Drops())
        }
    }

    @Test("A radio hears its own channel alone, and sends on it")
    func channels() async throws {
        try await Air.run { air in
            let (a, b) = try await (air.radio(1), air.radio(2))
            b.perform { $0.setChannel(26) }
            try await air.send([11, 1], [25, 2], [26, 3])
            #expect(await b.nextFrame() == [3])
            #expect(try await b.drops() == OpenThreadRadio.Drops(otherChannel: 2))
            a.perform { $0.setChannel(26) }
            a.perform { $0.transmit([4]) }
            #expect(await b.nextFrame() == [4])
        }
    }

    @Test("There is no channel 10, and none 27")
    func noSuchChannel() async throws {
        try await Air.run { air in
            let a = try await air.radio(1)
            for channel: UInt8 in [10, 27] {
                a.perform { $0.setChannel(channel) }
                let error = RadioError(command: "set the channel", cause: "there is no channel \(channel)")
                #expect(await a.next() == .failed(error))
            }
            try await air.send([10, 1], [27, 2], [11, 3])
            #expect(await a.nextFrame() == [3], "the channel is the one before")
        }
    }

    @Test("Datagrams that are no frames are counted, and what comes after them is heard")
    func malformed() async throws {
        try await Air.run { air in
            let a = try await air.radio(1)
            try await air.send([], [11], [0, 1], [11] + [UInt8](repeating: 0, count: 128))
            try await air.send([11] + [UInt8](repeating: 7, count: 2000), [11, 3])
            #expect(await a.nextFrame() == [3])
            #expect(try await a.drops().malformed == 5)
        }
    }

    @Test("While the receiver is off nothing is heard, and frames can still be sent")
    func receiverOff() async throws {
        try await Air.run { air in
            let (a, b) = try await (air.radio(1), air.radio(2))
            b.perform { $0.setReceiver(isOn: false) }
            a.perform { $0.transmit([1]) }
            #expect(await a.next() == .transmitDone(.sent))
            b.perform { $0.transmit([2]) }
            #expect(await b.next() == .transmitDone(.sent))
            #expect(await a.nextFrame() == [2])
            b.perform { $0.setReceiver(isOn: true) }
            a.perform { $0.transmit([3]) }
            #expect(await b.nextFrame() == [3])
            #expect(try await b.drops() == OpenThreadRadio.Drops(receiverOff: 1))
        }
    }

    @Test("The channel is always free")
    func assessment() async throws {
        try await Air.run { air in
            let a = try await air.radio(1)
            a.perform { $0.assessChannel() }
            #expect(await a.next() == .channelActivity(isBusy: false))
        }
    }

    @Test("A frame that is too long, empty, or sent in the middle of another one is refused")
    func refusedFrames() async throws {
        try await Air.run { air in
            let a = try await air.radio(1)
            for count in [0, 128] {
                a.perform { $0.transmit([UInt8](repeating: 0, count: count)) }
                let error = RadioError(command: "transmit", cause: "\(count) bytes, 1 to 127 can be sent")
                #expect(await a.next() == .failed(error))
                #expect(await a.next() == .transmitDone(.failed))
            }
            a.perform { radio in
                radio.transmit([1])
                radio.transmit([2])
            }
            let error = RadioError(command: "transmit", cause: "a frame is being sent already")
            var events: [RadioEvent] = []
            while events.count < 2, let event = await a.next() { events.append(event) }
            #expect(events.contains(.failed(error)) && events.contains(.transmitDone(.sent)))
        }
    }

    @Test("Two nodes cannot have one number, and the second can still be asked to send")
    func takenNumber() async throws {
        try await Air.run { air in
            _ = try await air.radio(1)
            let second = try air.unstartedRadio(1)
            second.start()
            guard case .failed(let error) = await second.next() else {
                Issue.record("the second node 1 started")
                return
            }
            #expect(error.cause.contains("Address already in use"))
            second.perform { $0.transmit([1]) }
            #expect(await second.next() == .transmitDone(.failed))
        }
    }

    @Test("Once closed a radio says nothing, and its number is free")
    func close() async throws {
        try await Air.run { air in
            let (a, b) = try await (air.radio(1), air.radio(2))
            try await a.close()
            b.perform { $0.transmit([1]) }
            #expect(await b.next() == .transmitDone(.sent))
            #expect(await a.next() == nil)
            let successor = try await air.radio(1)
            successor.perform { $0.transmit([2]) }
            #expect(await b.nextFrame() == [2])
        }
    }
}

/// An air of its own for one test, on ports that nobody uses, with a stranger who may send any bytes.
private final class Air {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let portBase: UInt16
    private let stranger: OpenThreadSockets
    private var radios: [TestedRadio] = []

    static func run(_ body: (Air) async throws -> Void) async throws {
        let air = try await Air()
        do {
            try await body(air)
            try await air.close()
        } catch {
            try await air.close()
            throw error
        }
    }

    private init() async throws {
        var random = SystemRandomNumberGenerator()
        // The stranger has the last number; when its port is free, so are most likely those before it.
        for attempt in 1... {
            let base = UInt16.random(in: 20_000...60_000, using: &random)
            let place = try OpenThreadPlace(nodeID: 33, portBase: base, interface: "127.0.0.1")
            do {
                let opened = OpenThreadSockets.open(at: place, eventLoop: eventLoop) { _, _ in }
                stranger = try await opened.get()
                portBase = base
                return
            } catch {
                if attempt == 10 { throw error }
            }
        }
        preconditionFailure("unreachable")
    }

    func unstartedRadio(_ nodeID: UInt8) throws -> TestedRadio {
        let place = try OpenThreadPlace(nodeID: nodeID, portBase: portBase, interface: "127.0.0.1")
        let radio = TestedRadio(OpenThreadRadio(eventLoop: eventLoop, place: place))
        radios.append(radio)
        return radio
    }

    /// A radio that is connected.
    func radio(_ nodeID: UInt8) async throws -> TestedRadio {
        let radio = try unstartedRadio(nodeID)
        radio.start()
        #expect(await radio.next() == .connected)
        return radio
    }

    func send(_ datagrams: [UInt8]...) async throws {
        for datagram in datagrams { try await stranger.send(datagram).get() }
    }

    private func close() async throws {
        for radio in radios { try await radio.close() }
        try await stranger.close().get()
    }
}

/// A radio, whose events are taken one by one.
private final class TestedRadio {
    private let radio: OpenThreadRadio
    private let events: AsyncStream<RadioEvent>
    private let continuation: AsyncStream<RadioEvent>.Continuation
    private var iterator: AsyncStream<RadioEvent>.Iterator
    private var isClosed = false

    init(_ radio: OpenThreadRadio) {
        self.radio = radio
        (events, continuation) = AsyncStream.makeStream()
        iterator = events.makeAsyncIterator()
    }

    func start() {
        let continuation = continuation
        perform { $0.start { continuation.yield($0) } }
    }

    func perform(_ body: @escaping @Sendable (OpenThreadRadio) -> Void) {
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

    func drops() async throws -> OpenThreadRadio.Drops {
        let radio = radio
        return try await radio.eventLoop.submit { radio.drops }.get()
    }

    /// Ends the radio and its events.
    func close() async throws {
        guard !isClosed else { return }
        isClosed = true
        let radio = radio
        try await radio.eventLoop.flatSubmit { radio.close() }.get()
        continuation.finish()
    }
}
