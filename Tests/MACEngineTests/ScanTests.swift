import EngineCore
import LinkProfiles
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import MACEngine

@Suite("Scans: states and events")
struct ScanStateTests {
    private static let now = Instant(microseconds: 1_000_000)
    private static let scan = Scan(channels: [12, 13][...], duration: .milliseconds(300), probe: .beaconRequest)
    private static let last = Scan(channels: [], duration: .milliseconds(300), probe: .beaconRequest)
    private static var rest: Scan { Scan(channels: [13][...], duration: .milliseconds(300), probe: .beaconRequest) }

    struct Row: Sendable, CustomTestStringConvertible {
        let state: ScanState
        let event: ScanState.Event
        let next: ScanState
        let action: ScanState.Action

        init(_ state: ScanState, _ event: ScanState.Event, _ next: ScanState, _ action: ScanState.Action) {
            self.state = state
            self.event = event
            self.next = next
            self.action = action
        }

        var testDescription: String { "\(state), \(event)" }
    }

    static let rows: [Row] = {
        let until = now + .milliseconds(300)
        let early = now + .microseconds(299_999)
        let none = ScanState.Action.none
        return [
            Row(.idle, .start(scan), .waiting(scan), none),
            Row(.idle, .start(last), .idle, .finish),
            Row(.idle, .radioFree, .idle, none),
            Row(.idle, .probeDone(now: now), .idle, none),
            Row(.idle, .deadline(now: now), .idle, none),
            Row(.idle, .cancel, .idle, none),

            Row(.waiting(scan), .start(last), .waiting(scan), .refuse),
            Row(.waiting(scan), .radioFree, .probing(rest), .probe(channel: 12, .beaconRequest)),
            Row(.waiting(last), .radioFree, .idle, .finish),
            Row(.waiting(scan), .probeDone(now: now), .waiting(scan), none),
            Row(.waiting(scan), .deadline(now: now), .waiting(scan), none),
            Row(.waiting(scan), .cancel, .idle, .abandon),

            Row(.probing(scan), .start(last), .probing(scan), .refuse),
            Row(.probing(scan), .radioFree, .probing(scan), none),
            Row(.probing(scan), .probeDone(now: now), .listening(scan, until: until), none),
            Row(.probing(scan), .deadline(now: now), .probing(scan), none),
            Row(.probing(scan), .cancel, .idle, .abandon),

            Row(.listening(scan, until: until), .start(last), .listening(scan, until: until), .refuse),
            Row(.listening(scan, until: until), .radioFree, .listening(scan, until: until), none),
            Row(.listening(scan, until: until), .probeDone(now: now), .listening(scan, until: until), none),
            Row(.listening(scan, until: until), .deadline(now: early), .listening(scan, until: until), none),
            Row(.listening(scan, until: until), .deadline(now: until), .waiting(scan), none),
            Row(.listening(scan, until: until), .cancel, .idle, .abandon),
        ]
    }()

    @Test("Each state meets each event", arguments: rows)
    func table(row: Row) {
        let (next, action) = row.state.handle(row.event)
        #expect(next == row.next)
        #expect(action == row.action)
    }

    @Test("Only listening has a deadline, and only idle is not active")
    func properties() {
        let until = Self.now
        #expect(ScanState.listening(Self.scan, until: until).deadline == until)
        for state in [ScanState.idle, .waiting(Self.scan), .probing(Self.scan)] { #expect(state.deadline == nil) }
        #expect(!ScanState.idle.isActive && ScanState.waiting(Self.scan).isActive)
    }
}

@Suite("Visiting other channels")
struct ScanTests {
    private func scan(
        _ air: TestAir, _ channels: [UInt8], probe: ScanRequest.Probe = .beaconRequest, node: Int = 0
    ) -> Bool {
        defer { air.drain(node) }
        return air.nodes[node].engine.startScan(
            ScanRequest(channels: channels, duration: .milliseconds(300), probe: probe), now: air.now)
    }

    @Test("A beacon request goes out on each channel as recorded, and the radio comes back")
    func beaconRequests() throws {
        let air = TestAir()
        air.nodes[0].engine.channel = 15
        #expect(scan(air, [11, 15, 26]))
        #expect(!scan(air, [11]))
        air.run(for: .seconds(1))
        let node = air.nodes[0]
        #expect(node.channels == [11, 15, 26, 15])
        #expect(node.scansFinished == 1 && !node.engine.isScanning && node.engine.currentChannel == 15)
        let recorded = try #require(try Fixtures.recording("thread/scan").first { $0.number == 16 })
        #expect(node.frames.count == 3)
        for frame in node.frames {
            // All but the sequence number and the checksum, which follows from it.
            #expect(frame.bytes.count == recorded.psdu.count)
            #expect(frame.bytes.prefix(2) == recorded.psdu.prefix(2))
            #expect(frame.bytes[3..<8] == recorded.psdu[3..<8])
        }
        #expect(node.confirmations.isEmpty)
        #expect(node.engine.counters.transmitBeaconRequest == 3)
    }

    @Test("Beacons are told, those of foreign networks and of filtered senders too")
    func beacons() throws {
        let air = TestAir(count: 1)
        air.nodes[0].engine.channel = 15
        let recorded = try #require(try Fixtures.recording("thread/scan").first { $0.number == 22 })
        air.nodes[0].engine.filter.mode = .allowlist
        // Outside of a scan nobody asked.
        air.inject(recorded.psdu, into: 0)
        #expect(air.nodes[0].beacons.isEmpty)
        #expect(scan(air, [20]))
        air.run(for: .milliseconds(100))
        air.inject(recorded.psdu, into: 0)
        #expect(
            air.nodes[0].beacons == [
                BeaconReport(
                    panID: PANID(rawValue: 0x1234), extendedAddress: ExtendedAddress(rawValue: 0x166e_0a00_0000_0001),
                    channel: 20, rssi: DecibelMilliwatts(-50), payload: [])
            ])
    }

    @Test("An old beacon's payload is told as it is")
    func beaconPayload() {
        let air = TestAir(count: 1)
        #expect(scan(air, [20]))
        air.run(for: .milliseconds(100))
        // Superframe 0x0fff, no slots, nothing pending, then Thread's protocol identifier.
        var frame: [UInt8] = [0x00, 0xc0, 1, 0x34, 0x12, 1, 0, 0, 0, 0, 0x0a, 0x6e, 0x16, 0xff, 0x0f, 0, 0, 3, 0, 0]
        FrameCheckSequence.write(into: &frame)
        air.inject(frame, into: 0)
        #expect(air.nodes[0].beacons.map(\.payload) == [[0xff, 0x0f, 0, 0, 3]])
    }

    @Test("Frames wait until the scan is over")
    func waiting() {
        let air = TestAir()
        air.link()
        #expect(scan(air, [11, 12]))
        air.submit(0, TestAir.data(1, to: 1, priority: .attach))
        air.run(for: .milliseconds(500))
        #expect(air.nodes[0].confirmations.isEmpty)
        air.run(for: .milliseconds(500))
        #expect(air.nodes[0].outcome(1) != nil)
        // The other node heard the beacon requests too.
        #expect(air.nodes[1].indications.count { $0.header.frameType == .data } == 1)
    }

    @Test("A frame under way is finished before the radio leaves")
    func underWay() {
        let air = TestAir()
        air.link()
        air.submit(0, TestAir.data(1, to: 1))
        #expect(scan(air, [11]))
        while air.nodes[0].channels.isEmpty, air.now < Instant(microseconds: 5_000_000) {
            air.run(for: .microseconds(100))
        }
        #expect(air.nodes[0].outcome(1) == acknowledged)
    }

    @Test("On another channel nothing is taken but beacons and unsecured data; at home all is")
    func reception() throws {
        for (channel, expected) in [(UInt8(20), 0), (15, 1)] {
            let air = TestAir()
            air.link()
            air.nodes[0].engine.channel = 15
            #expect(scan(air, [channel]))
            air.run(for: .milliseconds(50))
            air.submit(1, TestAir.data(7, to: 0))
            air.run(for: .milliseconds(100))
            #expect(air.nodes[0].indications.count == expected)
            #expect(air.nodes[0].acknowledgements.count == expected)
        }
        let air = TestAir()
        air.nodes[0].engine.channel = 15
        #expect(scan(air, [20]))
        air.run(for: .milliseconds(50))
        var request = TestAir.data(8, to: 0, security: .none)
        request.destination = .extended(TestAir.extendedAddress(0))
        request.source = .extended
        air.submit(1, request)
        air.run(for: .milliseconds(100))
        #expect(air.nodes[0].indications.count == 1)
    }

    @Test("A sleeping node listens while it scans")
    func sleeping() {
        let air = TestAir()
        air.nodes[0].engine.isReceiverOnWhenIdle = false
        air.drain(0)
        #expect(!air.nodes[0].isReceiverOn)
        #expect(scan(air, [11, 12]))
        air.run(for: .milliseconds(200))
        #expect(air.nodes[0].isReceiverOn)
        air.run(for: .seconds(1))
        #expect(!air.nodes[0].isReceiverOn)
    }

    @Test("A probe that finds no free channel is as good as sent")
    func busyChannel() {
        let air = TestAir()
        air.isBusy = { $0 == 0 }
        #expect(scan(air, [11, 12]))
        air.run(for: .seconds(5))
        #expect(air.nodes[0].frames.isEmpty && air.nodes[0].scansFinished == 1)
    }

    @Test("A frame for another channel goes there and the radio returns")
    func otherChannel() {
        let air = TestAir()
        air.link()
        air.nodes[0].engine.channel = 15
        var request = TestAir.data(1, to: 1, security: .wellKnown)
        request.destination = .broadcast
        request.destinationPAN = .broadcast
        request.source = .extended
        request.channel = 26
        air.submit(0, request)
        air.submit(0, TestAir.data(2, to: 1))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].channels == [26, 15])
        #expect(air.nodes[0].confirmations.map(\.handle) == [1, 2])
    }
}
