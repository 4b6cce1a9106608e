import EngineCore
import Foundation
import LoRaChannel
import LoRaPHY
import Logging
import NIOCore
import NIOPosix
import PcapWire
import RadioDrivers
import Synchronization
import Testing

@testable import EtherService

/// A node's radio with the events that it has told.
final class ProbedRadio: Sendable {
    let radio: EtherRadio
    private let events = Mutex<[(event: RadioEvent, at: NIODeadline)]>([])
    let name: String

    init(
        _ name: String, at address: SocketAddress, phy: PhysicalLayer = .lora(.sf7bw250),
        hasFrameCheckSequence: Bool = false
    ) async throws {
        self.name = name
        radio = EtherRadio(
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(), address: address, node: name,
            configuration: RadioConfiguration(
                phy: phy, frequency: Hertz(869_525_000), power: DecibelMilliwatts(14)),
            hasFrameCheckSequence: hasFrameCheckSequence)
        try await run { radio in
            radio.start { [self] event in events.withLock { $0.append((event, .now())) } }
        }
    }

    func run(_ action: @escaping @Sendable (EtherRadio) -> Void) async throws {
        let radio = radio
        try await radio.eventLoop.submit { action(radio) }.get()
    }

    func close() async throws {
        let radio = radio
        try await radio.eventLoop.flatSubmit { radio.close() }.get()
    }

    var heard: [RadioEvent] { events.withLock { $0.map(\.event) } }

    /// When an event that fits came first, after it has come; nil after ten seconds without it.
    @discardableResult
    func wait(
        sourceLocation: SourceLocation = #_sourceLocation, for fits: @Sendable (RadioEvent) -> Bool
    ) async throws -> NIODeadline? {
        let limit = NIODeadline.now() + .seconds(10)
        while NIODeadline.now() < limit {
            if let found = events.withLock({ $0.first { fits($0.event) } }) { return found.at }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record("\(name) heard only \(heard)", sourceLocation: sourceLocation)
        return nil
    }

    func forget() { events.withLock { $0 = [] } }

    func frames() -> [ReceivedFrame] {
        heard.compactMap { if case .received(let frame) = $0 { frame } else { nil } }
    }
}

extension LoRaModulation {
    /// A frame of 255 bytes is on the air for two seconds: two that are sent one after the other meet on any machine.
    fileprivate static let slow = try! LoRaModulation(bandwidth: Hertz(250_000), spreadingFactor: 11)
}

/// Real sockets in real time; bounds are loose, for machines under load.
@Suite("The ether in real time", .serialized, .timeLimit(.minutes(2)))
struct EtherTests {
    static func line() throws -> Topology {
        try Topology(
            nodes: ["A", "B", "C"],
            links: [
                Topology.Link(from: "A", to: "B", loss: Decibels(90)),
                Topology.Link(from: "B", to: "C", loss: Decibels(95)),
            ])
    }

    static func start(_ listen: String = "127.0.0.1:0", captureFile: String? = nil) async throws -> (
        ether: Ether, address: SocketAddress
    ) {
        var logger = Logger(label: "ether")
        logger.logLevel = .critical
        let ether = try await Ether.start(
            Ether.Configuration(topology: line(), listen: ListenAddress(listen), captureFile: captureFile),
            logger: logger)
        return (ether, try #require(await ether.address()))
    }

    static func radios(
        at address: SocketAddress, phy: PhysicalLayer = .lora(.sf7bw250)
    ) async throws -> [ProbedRadio] {
        var radios: [ProbedRadio] = []
        for name in ["A", "B", "C"] {
            let radio = try await ProbedRadio(name, at: address, phy: phy)
            try await radio.wait { $0 == .connected }
            radios.append(radio)
        }
        return radios
    }

    @Test("A frame reaches the neighbour with RSSI and SNR, not the node behind, and ends after its time on air")
    func frame() async throws {
        let (ether, address) = try await Self.start()
        let radios = try await Self.radios(at: address)
        let bytes = [UInt8](repeating: 7, count: 100)
        let begin = NIODeadline.now()
        try await radios[0].run { $0.transmit(bytes) }
        let end = try #require(await radios[0].wait { $0 == .transmitDone(.sent) })
        try await radios[1].wait { if case .received = $0 { true } else { false } }
        let airtime = LoRaModulation.sf7bw250.timeOnAir(byteCount: 100).microseconds
        #expect((end - begin).nanoseconds / 1000 >= airtime)
        #expect((end - begin).nanoseconds / 1000 < airtime + 500_000)
        let frame = try #require(radios[1].frames().first)
        #expect(frame.bytes == bytes)
        #expect(frame.rssi == DecibelMilliwatts(-76))
        #expect(abs(frame.snr.value - 38.02) < 0.01)
        #expect(radios[2].frames().isEmpty)
        let counted = await ether.statistics().nodes
        #expect(counted["A"]?.framesSent == 1)
        #expect(counted["B"]?.framesReceived == 1)
        #expect(counted["C"]?.framesReceived == 0)
        for radio in radios { try await radio.close() }
        await ether.stop()
    }

    @Test("The channel is busy for the neighbour while a frame is on the air, and free afterwards and elsewhere")
    func channelActivity() async throws {
        let (ether, address) = try await Self.start()
        let radios = try await Self.radios(at: address, phy: .lora(.slow))
        try await radios[0].run { $0.transmit([UInt8](repeating: 7, count: 255)) }
        // Their datagrams may come in any order: the frame has begun when a neighbour hears the channel busy.
        while !radios[1].heard.contains(.channelActivity(isBusy: true)),
            !radios[0].heard.contains(.transmitDone(.sent))
        {
            radios[1].forget()
            try await radios[1].run { $0.assessChannel() }
            try await radios[1].wait { if case .channelActivity = $0 { true } else { false } }
        }
        #expect(radios[1].heard.contains(.channelActivity(isBusy: true)))
        try await radios[2].run { $0.assessChannel() }
        try await radios[2].wait { $0 == .channelActivity(isBusy: false) }
        try await radios[0].wait { $0 == .transmitDone(.sent) }
        radios[1].forget()
        try await radios[1].run { $0.assessChannel() }
        try await radios[1].wait { $0 == .channelActivity(isBusy: false) }
        for radio in radios { try await radio.close() }
        await ether.stop()
    }

    @Test("Two frames at once are lost for the node between their senders")
    func collision() async throws {
        let (ether, address) = try await Self.start()
        let radios = try await Self.radios(at: address, phy: .lora(.slow))
        let bytes = [UInt8](repeating: 7, count: 255)
        try await radios[0].run { $0.transmit(bytes) }
        try await radios[2].run { $0.transmit(bytes) }
        try await radios[0].wait { $0 == .transmitDone(.sent) }
        try await radios[2].wait { $0 == .transmitDone(.sent) }
        // A is 5 dB stronger at B than C: too little before the preamble is over, enough afterwards.
        let counted = await ether.statistics().nodes
        #expect((counted["B"]?.framesLost["collision"] ?? 0) >= 1)
        #expect(radios[1].frames().count <= 1)
        for radio in radios { try await radio.close() }
        await ether.stop()
    }

    @Test("A wrong name, and the return of a node whose place was taken, are refused with a reason, once")
    func refusals() async throws {
        let (ether, address) = try await Self.start()
        let stranger = try await ProbedRadio("X", at: address)
        try await stranger.wait { event in
            if case .failed(let error) = event { error.cause.contains("no node X") } else { false }
        }
        let first = try await ProbedRadio("A", at: address)
        try await first.wait { $0 == .connected }
        let second = try await ProbedRadio("A", at: address)
        try await second.wait { $0 == .connected }
        try await first.wait { event in
            if case .failed(let error) = event { error.cause.contains("there already") } else { false }
        }
        try await Task.sleep(for: .milliseconds(1200))
        #expect(stranger.heard.count == 1)
        #expect(first.heard.count { if case .disconnected = $0 { true } else { false } } == 1)
        #expect(first.heard.count { if case .failed = $0 { true } else { false } } == 1)
        first.forget()
        try await second.close()
        try await first.wait { $0 == .connected }
        for radio in [stranger, first] { try await radio.close() }
        await ether.stop()
    }

    @Test("When the ether is gone nodes say so once, run on, and are there again when it is back")
    func restart() async throws {
        let (ether, address) = try await Self.start()
        let radios = try await Self.radios(at: address)
        for radio in radios { radio.forget() }
        await ether.stop()
        for radio in radios {
            try await radio.wait { if case .disconnected = $0 { true } else { false } }
        }
        let begin = NIODeadline.now()
        try await radios[0].run { radio in
            radio.transmit([UInt8](repeating: 7, count: 100))
            radio.assessChannel()
        }
        let failed = try #require(await radios[0].wait { $0 == .transmitDone(.failed) })
        try await radios[0].wait { $0 == .channelActivity(isBusy: false) }
        let airtime = LoRaModulation.sf7bw250.timeOnAir(byteCount: 100).microseconds
        #expect((failed - begin).nanoseconds / 1000 >= airtime)
        try await Task.sleep(for: .milliseconds(1500))
        for radio in radios {
            #expect(radio.heard.filter { if case .disconnected = $0 { true } else { false } }.count == 1)
        }

        let (again, _) = try await Self.start(address.typed)
        for radio in radios { try await radio.wait { $0 == .connected } }
        try await radios[1].run { $0.transmit([1, 2, 3]) }
        for radio in [radios[0], radios[2]] {
            try await radio.wait { if case .received(let frame) = $0 { frame.bytes == [1, 2, 3] } else { false } }
        }
        for radio in radios { try await radio.close() }
        await again.stop()
    }

    @Test("An ether that restarts within the silence limit is noticed by its not knowing the node")
    func quickRestart() async throws {
        let (ether, address) = try await Self.start()
        let radio = try await ProbedRadio("A", at: address)
        try await radio.wait { $0 == .connected }
        radio.forget()
        await ether.stop()
        let (again, _) = try await Self.start(address.typed)
        try await radio.wait { $0 == .connected }
        #expect(radio.heard.count == 2)
        try await radio.close()
        await again.stop()
    }

    @Test("A radio that starts before the ether is there when the ether is")
    func earlyRadio() async throws {
        let (ether, address) = try await Self.start()
        await ether.stop()
        let radio = try await ProbedRadio("A", at: address)
        try await radio.wait { if case .disconnected = $0 { true } else { false } }
        let (again, _) = try await Self.start(address.typed)
        try await radio.wait { $0 == .connected }
        try await radio.close()
        await again.stop()
    }

    @Test("Commands that a radio cannot do now are told as errors")
    func misuse() async throws {
        let (ether, address) = try await Self.start()
        let radios = try await Self.radios(at: address)
        try await radios[0].run { radio in
            radio.transmit([1])
            radio.transmit([2])
            radio.assessChannel()
            radio.assessChannel()
        }
        try await radios[0].wait { $0 == .transmitDone(.sent) }
        let commands = radios[0].heard.compactMap { if case .failed(let error) = $0 { error.command } else { nil } }
        #expect(commands == ["transmit", "assess"])
        try await radios[0].run { $0.transmit([UInt8](repeating: 0, count: 256)) }
        try await radios[0].wait { $0 == .transmitDone(.failed) }
        try await radios[1].run { $0.sleep() }
        radios[0].forget()
        try await radios[0].run { $0.transmit([3]) }
        try await radios[0].wait { $0 == .transmitDone(.sent) }
        #expect(radios[1].frames().map(\.bytes) == [[1]])
        for radio in radios { try await radio.close() }
        await ether.stop()
    }

    @Test("Every frame is in the capture file as soon as it is on the air", arguments: [true, false])
    func capture(hasFrameCheckSequence: Bool) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).pcap").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (ether, address) = try await Self.start(captureFile: path)
        let radio = try await ProbedRadio("A", at: address, hasFrameCheckSequence: hasFrameCheckSequence)
        try await radio.wait { $0 == .connected }
        for byte: UInt8 in 1...3 {
            radio.forget()
            try await radio.run { $0.transmit([byte, byte]) }
            try await radio.wait { $0 == .transmitDone(.sent) }
        }
        // The ether has not been stopped: the file must be whole all the same.
        var reader = try CaptureReader([UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
        var packets: [CapturedPacket] = []
        while let packet = try reader.next() { packets.append(packet) }
        #expect(packets.map(\.bytes) == [[1, 1], [2, 2], [3, 3]])
        let linkType: LinkType = hasFrameCheckSequence ? .ieee802154 : .ieee802154WithoutFCS
        #expect(packets.allSatisfy { $0.linkType == linkType })
        let times = packets.compactMap(\.timestamp)
        #expect(times == times.sorted())
        #expect(abs(Double(times[0]) / 1e9 - Date().timeIntervalSince1970) < 60)
        try await radio.close()
        await ether.stop()
    }

    @Test("A capture without frames can still be read")
    func emptyCapture() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).pcap").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (ether, _) = try await Self.start(captureFile: path)
        await ether.stop()
        var reader = try CaptureReader([UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
        #expect(try reader.next() == nil)
    }

    @Test("A port in use and a file that cannot be written are told in a sentence")
    func failures() async throws {
        let (ether, address) = try await Self.start()
        await #expect(throws: EtherError.cannotListen(address: address.typed, cause: "Address already in use")) {
            try await Self.start(address.typed)
        }
        await #expect(throws: EtherError.self) { try await Self.start(captureFile: "/nonexistent/file.pcap") }
        await ether.stop()
    }

    @Test("Foreign datagrams change nothing")
    func noise() async throws {
        let (ether, address) = try await Self.start()
        let radios = try await Self.radios(at: address)
        let socket = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        for bytes: [UInt8] in [[], [1], [UInt8](repeating: 0x48, count: 1500), [0x48, 0x45, 1, 0x99]] {
            let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes))
            try await socket.writeAndFlush(envelope).get()
        }
        try await radios[0].run { $0.transmit([9]) }
        try await radios[1].wait { if case .received(let frame) = $0 { frame.bytes == [9] } else { false } }
        try await socket.close().get()
        for radio in radios { try await radio.close() }
        await ether.stop()
    }
}
