import EngineCore
import LoRaChannel
import LoRaPHY
import NIOCore
import RadioDrivers
import Testing

@testable import EtherService

/// The ether without sockets, in time that the test sets.
@Suite("The ether's exchange")
struct EtherExchangeTests {
    static let a = address(1001)
    static let b = address(1002)
    static let c = address(1003)

    static func address(_ port: Int) -> SocketAddress {
        guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port) else {
            preconditionFailure("no address with port \(port)")
        }
        return address
    }

    static func registration(_ node: String, hasFrameCheckSequence: Bool = false) -> EtherMessage {
        let setting = EtherRadioSetting(
            phy: .lora(.sf7bw250), frequency: Hertz(869_525_000), power: DecibelMilliwatts(14), isReceiving: true)
        return .register(
            EtherRegistration(node: node, hasFrameCheckSequence: hasFrameCheckSequence, setting: setting))
    }

    static func line(isCaptured: Bool = false) throws -> EtherExchange {
        let topology = try Topology(
            nodes: ["A", "B", "C"],
            links: [
                Topology.Link(from: "A", to: "B", loss: Decibels(90)),
                Topology.Link(from: "B", to: "C", loss: Decibels(95)),
            ])
        return EtherExchange(topology: topology, seed: 1, isCaptured: isCaptured)
    }

    /// A line of three with all nodes there.
    static func populated() throws -> EtherExchange {
        var exchange = try line()
        for (name, address) in [("A", a), ("B", b), ("C", c)] {
            exchange.handle(registration(name), from: address, now: .zero)
        }
        #expect(sent(&exchange).map(\.message) == [.registered, .registered, .registered])
        return exchange
    }

    struct Sent: Equatable {
        let message: EtherMessage
        let address: SocketAddress

        init(_ message: EtherMessage, _ address: SocketAddress) {
            self.message = message
            self.address = address
        }
    }

    static func sent(_ exchange: inout EtherExchange) -> [Sent] {
        var messages: [Sent] = []
        while let output = exchange.pollOutput() {
            if case .send(let message, let address) = output { messages.append(Sent(message, address)) }
        }
        return messages
    }

    static func milliseconds(_ value: UInt64) -> Instant { Instant(microseconds: value * 1000) }

    @Test("A frame reaches the neighbour and not the node behind it, and its sender learns when it has left")
    func frame() throws {
        var exchange = try Self.populated()
        exchange.handle(.transmit(token: 5, bytes: [1, 2, 3]), from: Self.a, now: Self.milliseconds(10))
        #expect(exchange.pollOutput() == .onAir(bytes: [1, 2, 3], hasFrameCheckSequence: false))
        #expect(Self.sent(&exchange).isEmpty)
        // 30.25 symbols of 512 µs
        let end = Instant(microseconds: 10_000 + 15_488)
        #expect(exchange.nextDeadline == end)
        exchange.advance(to: Instant(microseconds: end.microseconds - 1))
        #expect(Self.sent(&exchange).isEmpty)
        exchange.advance(to: end)
        let messages = Self.sent(&exchange)
        #expect(messages.first == Sent(.transmitDone(token: 5, outcome: .sent), Self.a))
        #expect(messages.count == 2)
        guard case .received(let frame)? = messages.last?.message else {
            Issue.record("\(messages)")
            return
        }
        #expect(messages.last?.address == Self.b)
        #expect(frame.bytes == [1, 2, 3])
        #expect(frame.rssi == DecibelMilliwatts(-76))
        #expect(abs(frame.snr.value - 38.02) < 1e-9)
    }

    @Test("Assessments are answered when their time is over, with what was on the air then")
    func assessments() throws {
        var exchange = try Self.populated()
        let long = [UInt8](repeating: 0, count: 100)
        exchange.handle(.assess(token: 1), from: Self.b, now: Self.milliseconds(10))
        // Two and a half symbols of 512 µs later.
        #expect(exchange.nextDeadline == Instant(microseconds: 11_280))
        exchange.handle(.transmit(token: 2, bytes: long), from: Self.a, now: Self.milliseconds(11))
        exchange.handle(.assess(token: 3), from: Self.c, now: Self.milliseconds(11))
        exchange.handle(.assess(token: 4), from: Self.a, now: Self.milliseconds(11))
        #expect(Self.sent(&exchange).isEmpty)
        exchange.advance(to: Self.milliseconds(20))
        #expect(
            Self.sent(&exchange) == [
                Sent(.assessment(token: 1, isBusy: true), Self.b),
                Sent(.assessment(token: 3, isBusy: false), Self.c),
                Sent(.assessment(token: 4, isBusy: true), Self.a),
            ])
    }

    @Test("Late wake-ups change nothing: an assessment before a frame finds the channel free")
    func lateWakeUp() throws {
        var exchange = try Self.populated()
        exchange.handle(.assess(token: 1), from: Self.b, now: Self.milliseconds(10))
        // Due at 11.28 ms, but only the transmission at 15 ms wakes the ether.
        exchange.handle(.transmit(token: 2, bytes: [1]), from: Self.a, now: Self.milliseconds(15))
        #expect(Self.sent(&exchange) == [Sent(.assessment(token: 1, isBusy: false), Self.b)])
    }

    @Test("Frames that collide in the middle are lost there and counted")
    func collision() throws {
        var exchange = try Self.populated()
        exchange.handle(.transmit(token: 1, bytes: [1]), from: Self.a, now: Self.milliseconds(10))
        exchange.handle(.transmit(token: 2, bytes: [2]), from: Self.c, now: Self.milliseconds(10))
        exchange.advance(to: Self.milliseconds(100))
        let messages = Self.sent(&exchange).map(\.message)
        #expect(
            messages == [.transmitDone(token: 1, outcome: .sent), .transmitDone(token: 2, outcome: .sent)])
        let counted = exchange.statistics.nodes
        #expect(counted["B"]?.framesLost["collision"] == 2)
        #expect(counted["B"]?.framesReceived == 0)
        #expect(counted["A"]?.framesSent == 1)
        #expect(counted["A"]?.bytesSent == 1)
        #expect(counted["A"]?.airtimeMilliseconds == 12.928)
    }

    @Test("A name that the topology does not have is refused with those it has")
    func unknownName() throws {
        var exchange = try Self.line()
        exchange.handle(Self.registration("X"), from: Self.a, now: .zero)
        #expect(
            Self.sent(&exchange) == [
                Sent(.refused(reason: "the topology has no node X; it has A, B, C"), Self.a)
            ])
    }

    @Test("A new process with a name in use takes the place over, and the former one does not get it back")
    func duplicateName() throws {
        var exchange = try Self.line()
        exchange.handle(Self.registration("A"), from: Self.a, now: .zero)
        _ = Self.sent(&exchange)
        exchange.handle(Self.registration("A"), from: Self.b, now: Self.milliseconds(1))
        #expect(Self.sent(&exchange) == [Sent(.registered, Self.b)])
        exchange.handle(.keepAlive, from: Self.a, now: Self.milliseconds(100))
        #expect(Self.sent(&exchange) == [Sent(.unregistered, Self.a)])
        exchange.handle(Self.registration("A"), from: Self.a, now: Self.milliseconds(200))
        #expect(
            Self.sent(&exchange)
                == [Sent(.refused(reason: "node A is there already, from 127.0.0.1:1002"), Self.a)])
        // Once the second has been silent for three seconds its place is free for anybody.
        exchange.handle(Self.registration("A"), from: Self.a, now: Self.milliseconds(3001))
        #expect(Self.sent(&exchange) == [Sent(.registered, Self.a)])
    }

    @Test("A sign of life is answered and keeps the place")
    func keepAlive() throws {
        var exchange = try Self.line()
        exchange.handle(Self.registration("A"), from: Self.a, now: .zero)
        for second in 1...10 {
            exchange.handle(.keepAlive, from: Self.a, now: Self.milliseconds(UInt64(second) * 1000))
        }
        #expect(Self.sent(&exchange).filter { $0.message == .alive }.count == 10)
        #expect(exchange.nextDeadline == Self.milliseconds(13_000))
        exchange.advance(to: Self.milliseconds(13_000))
        #expect(exchange.nextDeadline == nil)
        #expect(exchange.pollOutput() == .notice("node A is no longer heard of"))
    }

    @Test("Who leaves frees the place at once, and hears nothing more")
    func leaving() throws {
        var exchange = try Self.populated()
        exchange.handle(.assess(token: 1), from: Self.b, now: Self.milliseconds(10))
        exchange.handle(.transmit(token: 2, bytes: [1]), from: Self.b, now: Self.milliseconds(11))
        exchange.handle(.leave, from: Self.b, now: Self.milliseconds(11))
        exchange.advance(to: Self.milliseconds(100))
        // The frame is on the air all the same.
        #expect(Self.sent(&exchange).map(\.address) == [Self.a, Self.c])
        exchange.handle(Self.registration("B"), from: Self.address(1004), now: Self.milliseconds(101))
        #expect(Self.sent(&exchange) == [Sent(.registered, Self.address(1004))])
    }

    @Test("A process that registers under another name gives the first up")
    func renaming() throws {
        var exchange = try Self.line()
        exchange.handle(Self.registration("A"), from: Self.a, now: .zero)
        exchange.handle(Self.registration("B"), from: Self.a, now: .zero)
        exchange.handle(Self.registration("A"), from: Self.b, now: .zero)
        #expect(Self.sent(&exchange).map(\.message) == [.registered, .registered, .registered])
    }

    @Test("Whoever has not registered is told so")
    func unregistered() throws {
        var exchange = try Self.line()
        for message: EtherMessage in [
            .transmit(token: 1, bytes: [1]), .assess(token: 1), .receiver(isOn: true), .keepAlive, .leave,
        ] {
            exchange.handle(message, from: Self.a, now: .zero)
            #expect(Self.sent(&exchange) == [Sent(.unregistered, Self.a)])
        }
    }

    @Test("What only the ether says is ignored")
    func foreignMessages() throws {
        var exchange = try Self.populated()
        for message: EtherMessage in [
            .registered, .refused(reason: ""), .transmitDone(token: 1, outcome: .sent), .alive, .unregistered,
            .assessment(token: 1, isBusy: true), .statistics(json: ""),
            .received(ReceivedFrame(bytes: [], rssi: DecibelMilliwatts(0), snr: Decibels(0))),
        ] {
            exchange.handle(message, from: Self.a, now: .zero)
            #expect(exchange.pollOutput() == nil)
        }
    }

    @Test("A receiver that is off or on another frequency hears nothing")
    func receiverSettings() throws {
        var exchange = try Self.populated()
        exchange.handle(.receiver(isOn: false), from: Self.b, now: Self.milliseconds(1))
        exchange.handle(.transmit(token: 1, bytes: [1]), from: Self.a, now: Self.milliseconds(10))
        exchange.advance(to: Self.milliseconds(100))
        #expect(Self.sent(&exchange).map(\.address) == [Self.a])
        exchange.handle(.receiver(isOn: true), from: Self.b, now: Self.milliseconds(101))
        exchange.handle(
            .configure(
                EtherRadioSetting(
                    phy: .lora(.sf7bw250), frequency: Hertz(868_100_000), power: DecibelMilliwatts(14),
                    isReceiving: true)), from: Self.a, now: Self.milliseconds(101))
        exchange.handle(.transmit(token: 2, bytes: [1]), from: Self.a, now: Self.milliseconds(102))
        exchange.advance(to: Self.milliseconds(200))
        #expect(Self.sent(&exchange).map(\.address) == [Self.a])
        #expect(exchange.statistics.nodes["B"]?.framesLost["notReceiving"] == 1)
    }

    @Test("A frame that cannot be sent is answered with a reason and a failure")
    func failedTransmission() throws {
        var exchange = try Self.populated()
        let long = [UInt8](repeating: 0, count: 256)
        exchange.handle(.transmit(token: 1, bytes: long), from: Self.a, now: .zero)
        #expect(
            Self.sent(&exchange) == [
                Sent(.refused(reason: "the frame has 256 bytes, at most 255 can be sent"), Self.a),
                Sent(.transmitDone(token: 1, outcome: .failed), Self.a),
            ])
        exchange.handle(.transmit(token: 2, bytes: [1]), from: Self.a, now: .zero)
        exchange.handle(.transmit(token: 3, bytes: [1]), from: Self.a, now: .zero)
        #expect(Self.sent(&exchange).last == Sent(.transmitDone(token: 3, outcome: .failed), Self.a))
    }

    @Test("One capture holds one kind of frames")
    func captureKinds() throws {
        var exchange = try Self.line(isCaptured: true)
        exchange.handle(Self.registration("A", hasFrameCheckSequence: true), from: Self.a, now: .zero)
        exchange.handle(Self.registration("B", hasFrameCheckSequence: false), from: Self.b, now: .zero)
        let reason = "one capture file cannot hold frames with a frame check sequence (A) and without (B)"
        #expect(
            Self.sent(&exchange) == [Sent(.registered, Self.a), Sent(.refused(reason: reason), Self.b)])
        exchange.handle(Self.registration("B", hasFrameCheckSequence: true), from: Self.b, now: .zero)
        #expect(Self.sent(&exchange) == [Sent(.registered, Self.b)])
    }

    @Test("Anybody may ask for statistics; an unknown node has none")
    func statistics() throws {
        var exchange = try Self.line()
        exchange.handle(.statisticsRequest(node: "A"), from: Self.c, now: .zero)
        exchange.handle(.statisticsRequest(node: "X"), from: Self.c, now: .zero)
        let messages = Self.sent(&exchange).map(\.message)
        let expected =
            #"{"airtimeMilliseconds":0,"bytesSent":0,"framesLost":{"belowFloor":0,"collision":0,"#
            + #""cutOff":0,"erasure":0,"notReceiving":0,"transmitting":0},"framesReceived":0,"framesSent":0}"#
        #expect(messages == [.statistics(json: expected), .refused(reason: "the topology has no node X")])
    }

    @Test("The table has a line for each node, its columns aligned")
    func table() {
        var statistics = EtherStatistics(nodes: ["A": NodeStatistics(), "Berlin": NodeStatistics()])
        statistics.nodes["A"]?.framesSent = 12_345
        let lines = statistics.table.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(Set(lines.map(\.count)).count == 1)
        #expect(lines[1].contains("12345"))
    }
}
