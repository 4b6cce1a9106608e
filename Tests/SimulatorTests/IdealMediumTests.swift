import EngineCore
import LoRaChannel
import Simulator
import Testing
import ThreadWire
import WireCore

@Suite("The air without airtime, loss and collisions")
struct IdealMediumTests {
    private let start = Instant(microseconds: 1000)

    /// Sends one frame of a byte for each of the senders at once, and lets it arrive.
    private func arrivals(in medium: IdealMedium, from senders: [Int]) throws -> [ChannelOutput] {
        for sender in senders { try medium.beginTransmission([UInt8(sender)], by: sender, now: start) }
        medium.advance(to: try #require(medium.nextDeadline))
        var outputs: [ChannelOutput] = []
        while let output = medium.pollOutput() { outputs.append(output) }
        return outputs
    }

    private func received(_ node: Int, from sender: Int) -> ChannelOutput {
        let frame = ReceivedFrame(bytes: [UInt8(sender)], rssi: IdealMedium.rssi, snr: IdealMedium.snr)
        return .received(node: node, frame: frame)
    }

    @Test("A frame arrives at every other node a moment later, and at none before")
    func everyoneHears() throws {
        let medium = IdealMedium(nodeCount: 4, reach: .all)
        #expect(medium.nextDeadline == nil)
        try medium.beginTransmission([2], by: 2, now: start)
        medium.advance(to: start)
        #expect(medium.pollOutput() == nil)
        #expect(medium.nextDeadline == start + IdealMedium.delay)
        medium.advance(to: start + IdealMedium.delay)
        var outputs: [ChannelOutput] = []
        while let output = medium.pollOutput() { outputs.append(output) }
        #expect(outputs == [.transmitDone(node: 2), received(0, from: 2), received(1, from: 2), received(3, from: 2)])
        #expect(medium.nextDeadline == nil)
    }

    @Test("Frames sent at once all arrive, the senders' receivers included")
    func nothingCollides() throws {
        let outputs = try arrivals(in: IdealMedium(nodeCount: 3, reach: .all), from: [0, 1])
        #expect(
            outputs == [
                .transmitDone(node: 0), received(1, from: 0), received(2, from: 0), .transmitDone(node: 1),
                received(0, from: 1), received(2, from: 1),
            ])
    }

    @Test("More frames than are remembered at once all arrive, in their order")
    func manyFrames() throws {
        let outputs = try arrivals(
            in: IdealMedium(nodeCount: 2, reach: .all), from: [Int](repeating: 0, count: 100) + [1])
        #expect(outputs.count == 202)
        #expect(outputs.suffix(2) == [.transmitDone(node: 1), received(0, from: 1)])
    }

    @Test(
        "In a grid a node hears those beside, above and below it",
        arguments: [(0, [1, 3]), (1, [0, 2, 4]), (2, [1, 5]), (4, [1, 3, 5, 7]), (6, [3, 7]), (7, [4, 6])])
    func grid(sender: Int, hearers: [Int]) throws {
        // The last row lacks its last node.
        let outputs = try arrivals(in: IdealMedium(nodeCount: 8, reach: .grid(width: 3)), from: [sender])
        #expect(outputs == [.transmitDone(node: sender)] + hearers.map { received($0, from: sender) })
    }

    @Test("A grid as wide as there are nodes is a line")
    func line() throws {
        let outputs = try arrivals(in: IdealMedium(nodeCount: 3, reach: .grid(width: 3)), from: [1])
        #expect(outputs == [.transmitDone(node: 1), received(0, from: 1), received(2, from: 1)])
    }

    @Test("A receiver that is off hears nothing")
    func receiverOff() throws {
        let medium = IdealMedium(nodeCount: 3, reach: .all)
        medium.setReceiver(isOn: false, of: 1)
        #expect(try arrivals(in: medium, from: [0]) == [.transmitDone(node: 0), received(2, from: 0)])
        medium.setReceiver(isOn: true, of: 1)
        #expect(try arrivals(in: medium, from: [0]).contains(received(1, from: 0)))
    }

    @Test("A link is cut and joined in one direction at a time")
    func links() throws {
        let medium = IdealMedium(nodeCount: 2, reach: .all)
        medium.setLoss(nil, from: 0, to: 1)
        #expect(try arrivals(in: medium, from: [0]) == [.transmitDone(node: 0)])
        #expect(try arrivals(in: medium, from: [1]) == [.transmitDone(node: 1), received(0, from: 1)])
        medium.setLoss(Decibels(60), from: 0, to: 1)
        #expect(try arrivals(in: medium, from: [0]) == [.transmitDone(node: 0), received(1, from: 0)])
    }

    @Test("The channel is never in use")
    func neverBusy() throws {
        let medium = IdealMedium(nodeCount: 2, reach: .all)
        try medium.beginTransmission([0], by: 0, now: start)
        #expect(!medium.isBusy(at: 1, now: start))
        #expect(medium.assessmentTime == .zero)
    }

    private func addresses(_ node: UInt16) -> RadioAddresses {
        RadioAddresses(
            panID: PANID(rawValue: 0x1234), shortAddress: ShortAddress(rawValue: node),
            extendedAddress: ExtendedAddress(rawValue: UInt64(node)))
    }

    private func hearers(of header: MACHeader, in medium: IdealMedium) throws -> [Int] {
        var writer = ByteWriter()
        header.serialize(into: &writer)
        try medium.beginTransmission(writer.bytes, by: 0, now: start)
        medium.advance(to: try #require(medium.nextDeadline))
        var hearers: [Int] = []
        while let output = medium.pollOutput() {
            if case .received(let node, _) = output { hearers.append(node) }
        }
        return hearers
    }

    @Test("A radio takes in what is for it or for everybody, and the acknowledgement it waits for")
    func recognition() throws {
        let medium = IdealMedium(nodeCount: 4, reach: .all)
        for node in 0..<4 { medium.setAddresses(addresses(UInt16(node)), of: node) }
        func data(_ destination: LinkAddress, pan: UInt16 = 0x1234, requests: Bool = false) -> MACHeader {
            MACHeader(
                frameType: .data, frameVersion: .ieee2006, sequenceNumber: 7, destinationPAN: PANID(rawValue: pan),
                destination: destination, requestsAcknowledgement: requests)
        }
        #expect(try hearers(of: data(.short(ShortAddress(rawValue: 2))), in: medium) == [2])
        #expect(try hearers(of: data(.extended(ExtendedAddress(rawValue: 3))), in: medium) == [3])
        #expect(try hearers(of: data(.broadcast), in: medium) == [1, 2, 3])
        #expect(try hearers(of: data(.short(ShortAddress(rawValue: 2)), pan: 0x9999), in: medium) == [])
        let acknowledgement = MACHeader(
            frameType: .acknowledgement, frameVersion: .ieee2006, sequenceNumber: 7)
        #expect(try hearers(of: acknowledgement, in: medium) == [])
        var writer = ByteWriter()
        data(.short(ShortAddress(rawValue: 0)), requests: true).serialize(into: &writer)
        try medium.beginTransmission(writer.bytes, by: 3, now: start)
        medium.advance(to: try #require(medium.nextDeadline))
        while medium.pollOutput() != nil {}
        #expect(try hearers(of: acknowledgement, in: medium) == [3])
        // What is no frame of IEEE 802.15.4 everybody takes in.
        #expect(try arrivals(in: medium, from: [0]).count == 4)
    }
}
