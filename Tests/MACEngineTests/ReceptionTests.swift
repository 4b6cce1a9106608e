import EngineCore
import LinkProfiles
import LinkSecurity
import MACEngine
import Testing
import ThreadWire
import WireCore

@Suite("Reception")
struct ReceptionTests {
    /// A frame of node 1 for node 0, changed by the test before it is written.
    static func frame(
        _ payload: [UInt8] = [1], frameType: FrameType = .data, change: (inout MACHeader) -> Void = { _ in }
    ) -> [UInt8] {
        var header = MACHeader(
            frameType: frameType, sequenceNumber: 5, destinationPAN: TestAir.panID,
            destination: .short(TestAir.shortAddress(0)), source: .extended(TestAir.extendedAddress(1)),
            requestsAcknowledgement: true)
        change(&header)
        var writer = ByteWriter()
        header.serialize(into: &writer)
        var bytes = writer.bytes + payload + [0, 0]
        FrameCheckSequence.write(into: &bytes)
        return bytes
    }

    @Test("An unsecured data frame is handed up as unsecured, from a stranger too")
    func unsecured() throws {
        let air = TestAir(count: 1)
        air.inject(Self.frame([7, 8]), into: 0)
        let indication = try #require(air.nodes[0].indications.first)
        #expect(indication.security == .none)
        #expect(indication.payloadBytes == [7, 8])
        #expect(indication.sourceExtendedAddress == TestAir.extendedAddress(1))
        #expect(air.nodes[0].engine.counters.receiveData == 1)
        #expect(air.nodes[0].engine.counters.receiveUnicast == 1)
    }

    @Test("The acknowledgement has the version and sequence number of its frame")
    func acknowledgement() {
        for (version, control) in [(FrameVersion.ieee2003, UInt8(0x00)), (.ieee2006, 0x10)] {
            let air = TestAir(count: 1)
            air.inject(Self.frame { $0.frameVersion = version }, into: 0)
            air.run(for: .milliseconds(1))
            var expected: [UInt8] = [0x02, control, 5, 0, 0]
            FrameCheckSequence.write(into: &expected)
            #expect(air.nodes[0].sent.map(\.bytes) == [expected])
        }
    }

    @Test("On a link without checksum the acknowledgement has three bytes")
    func shortAcknowledgement() {
        var profile = LinkProfile.ieee802154
        profile.frameCheckSequenceLength = 0
        let air = TestAir(count: 1, profile: profile)
        air.inject(Array(Self.frame().dropLast(2)), into: 0)
        air.run(for: .milliseconds(1))
        #expect(air.nodes[0].sent.map(\.bytes) == [[0x02, 0x10, 5]])
        #expect(air.nodes[0].indications.map(\.payloadBytes) == [[1]])
    }

    /// What must not be handed up, and under which reason it is counted.
    struct Refusal: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let reason: DropReason
        let isAcknowledged: Bool

        var testDescription: String { name }
    }

    static let refusals: [Refusal] = [
        Refusal(
            name: "foreign PAN", bytes: frame { $0.destinationPAN = PANID(rawValue: 0x4321) }, reason: .foreignPAN,
            isAcknowledged: false),
        Refusal(
            name: "another node's short address",
            bytes: frame { $0.destination = .short(TestAir.shortAddress(4)) }, reason: .notForThisNode,
            isAcknowledged: false),
        Refusal(
            name: "another node's extended address",
            bytes: frame { $0.destination = .extended(TestAir.extendedAddress(4)) }, reason: .notForThisNode,
            isAcknowledged: false),
        Refusal(
            name: "no destination", bytes: frame { $0.destination = .none }, reason: .notForThisNode,
            isAcknowledged: false),
        Refusal(
            name: "short address of nobody known", bytes: frame { $0.source = .short(TestAir.shortAddress(1)) },
            reason: .unknownPeer, isAcknowledged: true),
        Refusal(
            name: "this node's own address", bytes: frame { $0.source = .extended(TestAir.extendedAddress(0)) },
            reason: .ownSourceAddress, isAcknowledged: true),
        Refusal(
            name: "wrong checksum", bytes: frame().dropLast() + frame().suffix(1).map { ~$0 },
            reason: .frameCheckSequence,
            isAcknowledged: false),
        Refusal(
            name: "truncated",
            bytes: {
                var bytes = Array(frame().prefix(8)) + [0, 0]
                FrameCheckSequence.write(into: &bytes)
                return bytes
            }(), reason: .malformedFrame, isAcknowledged: false),
        Refusal(
            name: "multipurpose frame",
            bytes: {
                var bytes = frame()
                bytes[0] |= 5
                FrameCheckSequence.write(into: &bytes)
                return bytes
            }(), reason: .unsupportedFrame, isAcknowledged: false),
        Refusal(
            name: "unsecured data request", bytes: frame([4], frameType: .macCommand), reason: .unsecuredFrame,
            isAcknowledged: true),
        Refusal(
            name: "association request", bytes: frame([1], frameType: .macCommand), reason: .unsupportedFrame,
            isAcknowledged: true),
    ]

    @Test("What is not for this node or makes no sense is dropped and counted", arguments: refusals)
    func refusal(refusal: Refusal) {
        let air = TestAir(count: 1)
        air.inject(refusal.bytes, into: 0)
        air.run(for: .milliseconds(5))
        #expect(air.nodes[0].indications.isEmpty)
        #expect(air.nodes[0].engine.drops.nonzero.map(\.reason) == [refusal.reason])
        #expect(air.nodes[0].acknowledgements.isEmpty == !refusal.isAcknowledged)
        #expect(air.nodes[0].engine.counters.receiveTotal == 1)
    }

    @Test("Frames for everybody's PAN are taken")
    func broadcastPAN() {
        let air = TestAir(count: 1)
        air.inject(Self.frame { $0.destinationPAN = .broadcast }, into: 0)
        #expect(air.nodes[0].indications.count == 1)
    }

    @Test("A node without short address takes none of that address")
    func unassigned() {
        let air = TestAir(count: 1)
        air.nodes[0].engine.shortAddress = .unassigned
        air.inject(Self.frame { $0.destination = .short(.unassigned) }, into: 0)
        #expect(air.nodes[0].indications.isEmpty)
    }

    @Test("Frames to a former short address are taken and acknowledged, as long as there is one")
    func formerAddress() {
        let air = TestAir(count: 1)
        let former = TestAir.shortAddress(4)
        air.nodes[0].engine.formerShortAddress = former
        air.inject(Self.frame { $0.destination = .short(former) }, into: 0)
        air.run(for: .milliseconds(5))
        #expect(air.nodes[0].indications.count == 1 && air.nodes[0].acknowledgements.count == 1)
        air.nodes[0].engine.formerShortAddress = nil
        air.inject(
            Self.frame {
                $0.destination = .short(former)
                $0.sequenceNumber = 6
            }, into: 0)
        #expect(air.nodes[0].indications.count == 1)
    }

    @Test("Wrong checksums pass where nobody computes them")
    func uncheckedSequence() {
        var configuration = MACEngine.Configuration()
        configuration.checksFrameCheckSequence = false
        let air = TestAir(count: 1, configuration: configuration)
        air.inject(Array(Self.frame().dropLast(2)) + [0, 0], into: 0)
        #expect(air.nodes[0].indications.map(\.payloadBytes) == [[1]])
    }

    @Test("Beacons come from any network, and beacon requests are handed up")
    func beacons() throws {
        let air = TestAir()
        // As in recording scan: a beacon has a source only, a beacon request a destination only.
        air.submit(
            0,
            MACRequest(
                handle: 1, destination: .none, source: .extended, frameType: .beacon, payload: [], security: .none,
                requestsAcknowledgement: true))
        air.submit(
            0,
            MACRequest(
                handle: 2, destination: .broadcast, source: .none, frameType: .macCommand,
                payload: [MACCommandIdentifier.beaconRequest.rawValue], security: .none, requestsAcknowledgement: false,
                destinationPAN: .broadcast))
        air.run(for: .seconds(1))
        #expect(hexadecimal(air.nodes[0].sent[0].bytes.prefix(2)) == "00c0")
        #expect(hexadecimal(air.nodes[0].sent[0].bytes[3..<13]) == "341201000000000a6e16")
        #expect(hexadecimal(air.nodes[0].sent[1].bytes.prefix(2)) == "0308")
        #expect(hexadecimal(air.nodes[0].sent[1].bytes[3..<8]) == "ffffffff07")
        #expect(air.nodes[0].confirmations.allSatisfy { $0.outcome == .sent })
        #expect(air.nodes[1].indications.map(\.header.frameType) == [.beacon, .macCommand])
        #expect(air.nodes[1].indications.last?.command == .beaconRequest)
        #expect(air.nodes[1].engine.counters.receiveBeacon == 1)
        #expect(air.nodes[1].engine.counters.receiveBeaconRequest == 1)
        #expect(air.nodes[0].engine.counters.transmitBeacon == 1)
        #expect(air.nodes[0].engine.counters.transmitBeaconRequest == 1)
    }

    @Test("A frame for another PAN tells both identifiers, as discovery does")
    func otherPAN() throws {
        let air = TestAir(count: 1)
        // Recording old3_pymesh, frame 209, has the same form.
        air.submit(
            0,
            MACRequest(
                handle: 1, destination: .broadcast, source: .extended, payload: [1], security: .none,
                requestsAcknowledgement: false, destinationPAN: .broadcast))
        air.run(for: .seconds(1))
        #expect(hexadecimal(air.nodes[0].sent[0].bytes.prefix(2)) == "01d8")
        #expect(hexadecimal(air.nodes[0].sent[0].bytes[3..<17]) == "ffffffff341201000000000a6e16")
    }

    @Test("A refused sender is acknowledged and then dropped; its acknowledgements do not count")
    func filter() {
        let air = TestAir(count: 3)
        air.link()
        air.nodes[1].engine.filter.mode = .denylist
        #expect(air.nodes[1].engine.filter.add(TestAir.extendedAddress(0)) == true)
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(air.nodes[1].indications.isEmpty)
        #expect(air.nodes[1].engine.drops[.addressFilter] == 1)
        #expect(air.nodes[1].engine.counters.receiveAddressFiltered == 1)
        air.submit(1, TestAir.data(2, to: 0))
        air.run(for: .seconds(5))
        #expect(air.nodes[1].outcome(2) == .noAcknowledgement)
        air.submit(1, TestAir.data(3, to: 2))
        air.run(for: .seconds(1))
        #expect(air.nodes[1].outcome(3) == acknowledged)
    }

    @Test("A fixed signal strength replaces the received one, in frames and acknowledgements")
    func fixedRSSI() {
        let air = TestAir()
        air.link()
        #expect(air.nodes[0].engine.filter.setRSSI(DecibelMilliwatts(-91), for: TestAir.extendedAddress(1)) == true)
        air.nodes[1].engine.filter.defaultRSSI = DecibelMilliwatts(-77)
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(1))
        #expect(
            air.nodes[0].outcome(1)
                == .acknowledged(framePending: false, rssi: DecibelMilliwatts(-91), snr: Decibels(10)))
        #expect(air.nodes[1].indications.first?.rssi == DecibelMilliwatts(-77))
    }
}
