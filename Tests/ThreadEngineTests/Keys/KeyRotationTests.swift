import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Key rotation")
struct KeyRotationTests {
    private static let hour = Duration.seconds(3600)

    @Test("A rotation is due after the policy's hours, of which there are two at the least")
    func due() {
        var rotation = KeyRotation()
        #expect(rotation.rotationHours == 672 && rotation.guardHours == 624)
        rotation.setRotationTime(1)
        #expect(rotation.rotationHours == 2 && rotation.guardHours == 1)
        rotation.start(now: .zero)
        #expect(rotation.nextHour == Instant.zero + Self.hour)
        rotation.advance(now: Instant.zero + Self.hour)
        #expect(!rotation.isDue)
        rotation.advance(now: Instant.zero + Self.hour * 2)
        #expect(rotation.isDue)
        rotation.restart(isGuarded: true, now: Instant.zero + Self.hour * 2)
        #expect(!rotation.isDue && rotation.isGuarded)
        rotation.advance(now: Instant.zero + Self.hour * 3)
        #expect(!rotation.isGuarded)
        rotation.stop()
        #expect(rotation.nextHour == nil)
    }

    @Test("The guard time follows a new rotation time, and stays as it was set under the same one")
    func guardTime() {
        var rotation = KeyRotation()
        rotation.guardHours = 0
        rotation.setRotationTime(672)
        #expect(rotation.guardHours == 0)
        rotation.setRotationTime(100)
        #expect(rotation.guardHours == 93)
        rotation.setRotationTime(.max)
        #expect(rotation.guardHours == 60_947)
    }

    @Test("A node counts its key sequence on when the rotation time is over")
    func automatic() {
        var node = ScriptedNode()
        var dataset = ThreadHarness.dataset
        dataset.securityPolicy = SecurityPolicy(rotationTime: 3, flags: 0xf7, moreFlags: 0xf8)
        node.with { engine, now in _ = engine.setDataset(dataset, .active, now: now) }
        node.becomeLeader()
        let before = node.engine.mleFrameCounter
        #expect(before > 0 && node.engine.keySequence == 0)
        node.run(for: Self.hour * 3 + .seconds(60))
        #expect(node.engine.keySequence == 1)
        #expect(node.events.contains(.keySequenceChanged(1)))
        #expect(node.engine.mleFrameCounter < 100, "counters start anew")
        node.run(for: Self.hour * 3)
        #expect(node.engine.keySequence == 2)
    }

    /// What makes a node follow a higher key sequence.
    struct Case: Sendable, CustomStringConvertible {
        var sequence: UInt32
        var isAuthoritative: Bool
        var isNeighbor: Bool
        var isGuarded: Bool
        var isFollowed: Bool
        var description: String {
            "\(sequence)\(isAuthoritative ? " authoritative" : "")\(isNeighbor ? " neighbor" : "")"
                + (isGuarded ? " guarded" : "")
        }
    }

    /// Sequence 5 is in use: lower and equal ones change nothing, whoever tells them.
    static let cases: [Case] = [UInt32(4), 5, 6, 7].flatMap { sequence in
        [true, false].flatMap { authoritative in
            [true, false].flatMap { neighbor in
                [true, false].map { isGuarded in
                    Case(
                        sequence: sequence, isAuthoritative: authoritative, isNeighbor: neighbor, isGuarded: isGuarded,
                        isFollowed: sequence > 5
                            && (authoritative || (neighbor && sequence == 6 && !isGuarded)))
                }
            }
        }
    }

    @Test("Who is followed to which key sequence", arguments: cases)
    func following(of example: Case) {
        var node = ScriptedNode()
        node.attachAsChild()
        node.with { $0.setKeySequence(5, now: $1) }
        if example.isGuarded { node.engine.rotation.restart(isGuarded: true, now: node.now) }
        node.forgetOutput()
        let sender = example.isNeighbor ? ScriptedNode.peer : ScriptedNode.stranger
        node.with {
            $0.followKeySequence(
                example.sequence, of: sender, example.isAuthoritative ? .authoritative : .peer, now: $1)
        }
        #expect(node.engine.keySequence == (example.isFollowed ? example.sequence : 5))
        // One step guards against the next; a leap that was proved does not.
        if example.isFollowed, !example.isGuarded {
            #expect(node.engine.rotation.isGuarded == (example.sequence == 6))
        }
        node.run(for: .milliseconds(100))
        let asksParent = node.commands.contains(.childUpdateRequest)
        #expect(
            asksParent == (example.sequence == 7 && !example.isAuthoritative && example.isNeighbor),
            "a parent far ahead is challenged")
    }

    @Test("A link frame of a neighbor under the next sequence is followed, unless the last change was just before")
    func linkFrames() {
        var node = ScriptedNode()
        node.attachAsChild()
        node.with { $0.noteLinkKeySequence(1, of: ScriptedNode.stranger, now: $1) }
        #expect(node.engine.keySequence == 0)
        node.with { $0.noteLinkKeySequence(1, of: ScriptedNode.peer, now: $1) }
        #expect(node.engine.keySequence == 1)
        node.with { $0.noteLinkKeySequence(2, of: ScriptedNode.peer, now: $1) }
        #expect(node.engine.keySequence == 1)
        node.with { engine, _ in engine.keySwitchGuardTime = 0 }
        node.with { $0.setKeySequence(2, now: $1) }
        #expect(node.engine.keySequence == 2, "an operator may change it at any time")
    }

    @Test(
        "A router far ahead is followed once it has answered the question that its link was asked",
        arguments: [UInt32(3), 200])
    func farAhead(sequence: UInt32) {
        let harness = ThreadHarness(count: 2)
        harness.connectLine()
        for index in 0..<2 { harness.start(index) }
        _ = harness.run(until: { $0.isFullyRouted }, within: .seconds(300))
        harness.forgetMessages()
        harness.with(0) { $0.setKeySequence(sequence, now: $1) }
        harness.run(for: .seconds(60))
        #expect(harness.engines.map(\.keySequence) == [sequence, sequence])
        let asked = harness.datagrams.contains { $0.sender == 1 && harness.opened($0)?.command == .linkRequest }
        #expect(asked)
        #expect(harness.isFullyRouted && harness.reusedCounters == 0)
    }

    @Test("A Link Accept on a valid link that answers nothing does not bring its key sequence with it")
    func unprovenAccept() {
        var node = ScriptedNode()
        node.becomeLeader()
        let id = ScriptedNode.peerRouterID
        node.with { engine, now in
            _ = engine.routers.update(
                ids: RouterIDMask([engine.rloc16.routerID, id]), sequence: engine.routers.idSequence, now: now)
            engine.routers.modify(id) {
                $0.link = .valid
                $0.neighbor.extendedAddress = ScriptedNode.peer
            }
            engine.sendLinkRequest(to: id, now: now)
        }
        func accept(_ response: [UInt8]) -> ReceivedMLE {
            var accept = node.received(
                .linkAccept,
                [
                    .version(5), .sourceAddress(id.rloc16), .response(response), .linkLayerFrameCounter(70),
                    .mleFrameCounter(900), .linkMargin(40),
                ])
            accept.keySequence = 4
            return accept
        }
        let question = node.sent.last?.message.challenge ?? []
        let (wrong, right) = (accept([1, 2, 3, 4, 5, 6, 7, 8]), accept(question))
        var stale = node
        stale.with { $0.handleLinkAccept(wrong, alsoRequests: false, now: $1) }
        #expect(stale.engine.keySequence == 0)
        node.with { $0.handleLinkAccept(right, alsoRequests: false, now: $1) }
        #expect(node.engine.keySequence == 4)
        // The question is answered: the same answer proves nothing a second time.
        #expect(node.engine.routers[id]?.renewalChallenge == [])
    }

    @Test("A message under the next sequence from the parent is followed, one from a stranger is not")
    func messages() {
        let harness = ThreadHarness(count: 3)
        harness.connectLine()
        harness.start(0)
        _ = harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30))
        for index in 1..<3 { harness.start(index) }
        _ = harness.run(until: { $0.isFullyRouted }, within: .seconds(300))
        for index in 0..<3 { harness.with(index) { engine, _ in engine.keySwitchGuardTime = 0 } }
        harness.with(0) { $0.setKeySequence(1, now: $1) }
        #expect(harness.engines.map(\.keySequence) == [1, 0, 0])
        let time = harness.run(
            until: { $0.engines.allSatisfy { $0.keySequence == 1 } }, within: .seconds(120))
        #expect(time != nil, "\(harness.engines.map(\.keySequence))")
        harness.run(for: .seconds(120))
        #expect(harness.isFullyRouted)
        for engine in harness.engines { #expect(engine.drops[.replayedMLE] == 0) }
        #expect(harness.reusedCounters == 0)
    }
}
