import EngineCore
import LinkProfiles
import LinkSecurity
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Announcements")
struct AnnounceTests {
    private static let newer = Timestamp(seconds: 5)
    private static let here = UInt8(15)

    private func leader() -> ScriptedNode {
        var node = ScriptedNode()
        node.becomeLeader()
        return node
    }

    private func announcements(_ node: ScriptedNode) -> [LinkMessage] {
        node.outputs.compactMap {
            if case .sendOnLink(let message) = $0, message.isWellKnownKeyUsed { message } else { nil }
        }
    }

    private func announce(
        _ node: ScriptedNode, channel: UInt8 = 20, panID: UInt16 = 0x1234, _ timestamp: Timestamp, counter: UInt32 = 1
    ) -> ReceivedMLE {
        node.received(
            .announce,
            [
                .channel(ChannelTLV(channel: UInt16(channel))), .activeTimestamp(timestamp),
                .panID(PANID(rawValue: panID)),
            ], from: ScriptedNode.stranger, frameCounter: counter, isMulticast: true)
    }

    private func opened(_ message: LinkMessage, _ node: ScriptedNode) throws -> MLEMessage {
        var reader = ByteReader(message.datagram.payload)
        _ = try reader.readUInt8("suite")
        let header = try AuxiliarySecurityHeader(parsing: &reader)
        var bytes = message.datagram.payload
        var keyRing = node.engine.keyRing
        let content = try #require(
            MLESecurity.open(
                &bytes, message: 1..<bytes.count, header: header, source: message.datagram.source,
                destination: message.datagram.destination, extendedAddress: node.engine.extendedAddress,
                context: keyRing.contexts(for: 0).mle))
        var inner = ByteReader(bytes, in: content)
        return try MLEMessage(parsing: &inner)
    }

    @Test("An announcement has the elements of the recorded one, in their order and with their values")
    func recorded() throws {
        var node = leader()
        node.with { engine, _ in engine.sendAnnounce(on: 20) }
        let sent = try #require(announcements(node).first)
        #expect(sent.channel == 20 && sent.destinationPAN == .broadcast)
        #expect(sent.datagram.destination == .linkLocalAllNodes && sent.datagram.hopLimit == 255)
        let message = try opened(sent, node)
        // Recording steady, frame 229.
        #expect(message.command == .announce)
        #expect(
            message.tlvs == [
                .channel(ChannelTLV(channel: 15)), .activeTimestamp(Timestamp(seconds: 1)),
                .panID(PANID(rawValue: 0x1234)),
            ])
        #expect(sent.datagram.payload.count == 35)
    }

    @Test("One round in eleven and a half minutes, over all channels in half that time, the own one first")
    func periodic() {
        var node = leader()
        let start = node.now
        var times: [(Duration, UInt8)] = []
        while node.now < start + .seconds(688 + 400) {
            node.passDeadline()
            for message in announcements(node) { times.append((node.now.since(start), message.channel ?? 0)) }
            node.forgetOutput()
        }
        #expect(times.prefix(16).map(\.1) == Array(15...26) + Array(11...14))
        #expect(times.first.map { $0.0 >= .seconds(344) && $0.0 <= .seconds(689) } == true)
        for (first, second) in zip(times.prefix(16), times.prefix(16).dropFirst()) {
            #expect(abs((second.0 - first.0).milliseconds - 21_500) <= 500)
        }
    }

    @Test("Enough announcements of others make the own ones needless")
    func redundancy() {
        var node = leader()
        for index in 0..<8 {
            let received = announce(node, channel: 15, Timestamp(seconds: 1), counter: UInt32(index))
            node.with { $0.handleAnnounce(received, now: $1) }
        }
        node.run(for: .seconds(680))
        #expect(announcements(node).isEmpty)
        node.run(for: .seconds(700))
        #expect(!announcements(node).isEmpty)
    }

    @Test("What is older is answered on its channel, once in a while")
    func older() throws {
        var node = leader()
        for _ in 0..<50 {
            let received = announce(node, Timestamp(seconds: 0))
            node.with { $0.handleAnnounce(received, now: $1) }
        }
        #expect(announcements(node).map(\.channel) == [20])
        #expect(node.engine.drops[.replayedMLE] == 49)
        node.run(for: LinkProfile.ieee802154.announceProcessDelay)
        let again = announce(node, channel: 22, Timestamp(seconds: 0))
        node.with { $0.handleAnnounce(again, now: $1) }
        #expect(announcements(node).map(\.channel) == [20, 22])
        // An orphan right here will find the network without an answer.
        node.run(for: .seconds(1))
        let orphan = announce(node, channel: 15, Timestamp(seconds: 0, ticks: 0, isAuthoritative: true))
        node.with { $0.handleAnnounce(orphan, now: $1) }
        #expect(announcements(node).count == 2)
    }

    @Test("What is newer is followed: the node looks for a parent there")
    func newer() {
        var node = leader()
        let received = announce(node, channel: 20, panID: 0x4321, Self.newer)
        node.with { $0.handleAnnounce(received, now: $1) }
        #expect(node.engine.role == .leader)
        node.run(for: LinkProfile.ieee802154.announceProcessDelay)
        #expect(node.engine.role == .detached)
        #expect(node.engine.network?.channel == 20 && node.engine.network?.panID == PANID(rawValue: 0x4321))
        #expect(node.engine.parameters.channel == 20 && node.engine.parameters.panID == PANID(rawValue: 0x4321))
        #expect(node.engine.activeDataset?.channel == 15, "the dataset is another only when the parent brings one")
        #expect(node.outputs.contains(.identityChanged))
        while node.lastChallenge.isEmpty { node.passDeadline() }
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        while !node.commands.contains(.childIDRequest) { node.passDeadline() }
        node.forgetOutput()
        let identifier = node.childIDResponse()
        node.with { $0.handleChildIDResponse(identifier, now: $1) }
        #expect(node.engine.role == .child)
        // Those left behind are told.
        node.run(for: .seconds(5))
        #expect(announcements(node).map(\.channel) == [15, 15, 15])
    }

    @Test("Of several announcements the newest is followed")
    func newest() {
        var node = leader()
        for (channel, seconds) in [(UInt8(20), UInt64(5)), (21, 9), (22, 7)] {
            let received = announce(node, channel: channel, Timestamp(seconds: seconds))
            node.with { $0.handleAnnounce(received, now: $1) }
        }
        node.run(for: .seconds(1))
        #expect(node.engine.network?.channel == 21)
    }

    @Test("Without a parent there the node comes back, and is not lured again for a while")
    func failure() {
        var node = leader()
        let received = announce(node, Self.newer)
        node.with { $0.handleAnnounce(received, now: $1) }
        node.run(for: .seconds(10))
        #expect(node.engine.network?.channel == Self.here)
        #expect(node.engine.parameters.channel == UInt16(Self.here))
        while node.engine.role != .leader { node.passDeadline() }
        #expect(node.engine.network?.channel == Self.here)
        let replayed = announce(node, Self.newer)
        node.with { $0.handleAnnounce(replayed, now: $1) }
        node.run(for: .seconds(1))
        #expect(node.engine.role == .leader)
        #expect(node.engine.drops[.replayedMLE] == 1)
    }

    @Test("Incomplete announcements and impossible channels change nothing")
    func badInput() {
        var node = leader()
        let incomplete = node.received(.announce, [.activeTimestamp(Self.newer)], from: ScriptedNode.stranger)
        node.with { $0.handleAnnounce(incomplete, now: $1) }
        #expect(node.engine.drops[.malformedMLE] == 1)
        for timestamp in [Timestamp(seconds: 0), Self.newer] {
            let received = announce(node, channel: 200, timestamp)
            node.with { $0.handleAnnounce(received, now: $1) }
        }
        node.run(for: .seconds(1))
        #expect(node.engine.role == .leader && announcements(node).isEmpty)
    }

    @Test("Where channels do not tune the radio, nothing is announced on others")
    func lora() {
        var node = ScriptedNode(profile: .lora(.sf7bw250))
        node.becomeLeader()
        node.with { engine, _ in engine.sendAnnounce(on: 20) }
        node.run(for: .seconds(1500))
        #expect(announcements(node).isEmpty)
    }

    // MARK: A commissioner's orders

    private func orders(_ tlvs: [(UInt8, [UInt8])]) -> [UInt8] {
        tlvs.flatMap { [$0.0, UInt8($0.1.count)] + $0.1 }
    }

    private static let mask: [UInt8] = [0, 4, 0, 0x1e, 0, 0]  // channels 11 to 14

    @Test("Told to announce, a node does so, as often and on those channels")
    func begin() {
        var node = leader()
        let order = node.management(
            TMFPath.announceBegin, orders([(53, Self.mask), (54, [2]), (55, [0, 200])]))
        node.with { $0.handle(order, now: $1) }
        #expect(node.managementMessages.last?.message.type == .acknowledgement)
        node.run(for: .seconds(10))
        #expect(announcements(node).compactMap(\.channel) == [11, 12, 13, 14, 11, 12, 13, 14])
        let incomplete = node.management(TMFPath.announceBegin, orders([(54, [2])]), messageID: 2)
        node.with { $0.handle(incomplete, now: $1) }
        #expect(node.engine.drops[.malformedTMF] == 1)
    }

    @Test("Asked for a PAN id, a node looks and tells the commissioner where it is in use")
    func panIDQuery() throws {
        var node = leader()
        let order = node.management(TMFPath.panIDQuery, orders([(53, Self.mask), (1, [0x12, 0x34])]))
        node.with { $0.handle(order, now: $1) }
        node.run(for: .seconds(1))
        #expect(node.outputs.contains(.scanForPANID(channels: [11, 12, 13, 14])))
        node.with { engine, now in
            engine.notePAN(PANID(rawValue: 0x1234), on: 12)
            engine.notePAN(PANID(rawValue: 0x9999), on: 13)
            engine.endPANScan(now: now)
        }
        let report = try #require(node.managementMessages.last)
        #expect(report.message.uriPath == TMFPath.panIDConflict && report.message.type == .confirmable)
        #expect(report.datagram.destination == ScriptedNode.peerAddress)
        #expect(report.message.payload == orders([(53, [0, 4, 0, 8, 0, 0]), (1, [0x12, 0x34])]))
        // Nothing found, nothing told.
        node.forgetOutput()
        let again = node.management(TMFPath.panIDQuery, orders([(53, Self.mask), (1, [0x12, 0x34])]), messageID: 2)
        node.with { $0.handle(again, now: $1) }
        node.run(for: .seconds(1))
        node.with { $0.endPANScan(now: $1) }
        #expect(!node.managementMessages.contains { $0.message.uriPath == TMFPath.panIDConflict })
        #expect(node.engine.panIDQuery == nil)
    }
}
