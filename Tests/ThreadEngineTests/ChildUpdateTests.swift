import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("A child and its parent")
struct ChildUpdateTests {
    private let profile = LinkProfile.ieee802154

    private func child() -> ScriptedNode {
        var node = ScriptedNode {
            $0.isRouterEligible = false
            $0.childTimeout = 20
        }
        node.attachAsChild()
        return node
    }

    /// Waits for the next Child Update Request.
    private func waitForUpdate(_ node: inout ScriptedNode) -> [UInt8] {
        node.forgetOutput()
        while !node.commands.contains(.childUpdateRequest), node.engine.role == .child { node.passDeadline() }
        return node.sent.last?.message.challenge ?? []
    }

    @Test("A child speaks up before its timeout ends, again and again")
    func keepAlive() {
        var node = child()
        for _ in 0..<3 {
            let before = node.now
            let challenge = waitForUpdate(&node)
            #expect(node.now.since(before) < .seconds(20))
            let answer = node.received(
                .childUpdateResponse,
                [.mode(.fullThreadDevice), .sourceAddress(ScriptedNode.peerRouterID.rloc16), .response(challenge)])
            node.with { $0.handleChildUpdateResponse(answer, now: $1) }
        }
        #expect(node.engine.role == .child)
    }

    @Test("A parent that does not answer is lost after all attempts, and another is looked for")
    func parentLost() {
        var node = child()
        while node.engine.role == .child { node.passDeadline() }
        #expect(node.commands.count { $0 == .childUpdateRequest } == Int(profile.keepAliveAttempts))
        #expect(node.events.contains(.parentLost(ScriptedNode.peer)))
        #expect(node.engine.role == .detached)
        #expect(node.outputs.contains(.removePeer(ScriptedNode.peer)))
        node.passDeadline()
        #expect(node.commands.last == .parentRequest)
    }

    @Test("A parent that restarted says so, and the child attaches anew")
    func parentRestarted() {
        var node = child()
        let challenge = waitForUpdate(&node)
        let answer = node.received(
            .childUpdateResponse,
            [.sourceAddress(ScriptedNode.peerRouterID.rloc16), .status(1), .response(challenge)])
        node.with { $0.handleChildUpdateResponse(answer, now: $1) }
        #expect(node.engine.role == .detached)
        node.passDeadline()
        #expect(node.commands.last == .parentRequest)
    }

    @Test("An answer to another challenge, of a stranger, or unasked for, counts for nothing")
    func wrongAnswers() {
        var node = child()
        let unasked = node.received(.childUpdateResponse, [.status(1)])
        node.with { $0.handleChildUpdateResponse(unasked, now: $1) }
        #expect(node.engine.drops[.unexpectedMLE] == 1)
        _ = waitForUpdate(&node)
        let stranger = node.received(.childUpdateResponse, [.status(1)], from: ScriptedNode.stranger)
        node.with { $0.handleChildUpdateResponse(stranger, now: $1) }
        #expect(node.engine.drops[.unexpectedMLE] == 2)
        let stale = node.received(.childUpdateResponse, [.response([1, 1, 1, 1, 1, 1, 1, 1])])
        node.with { $0.handleChildUpdateResponse(stale, now: $1) }
        #expect(node.engine.drops[.staleChallenge] == 1)
        #expect(node.engine.role == .child)
        #expect(node.engine.keepAlive?.unanswered == 1)
    }

    @Test("A parent under a new locator is no parent any more")
    func newLocator() {
        var node = child()
        let advertisement = node.advertisement(
            routerIDs: [ScriptedNode.peerRouterID, RouterID(rawValue: 8)], source: RouterID(rawValue: 8).rloc16)
        node.with { $0.handleAdvertisement(advertisement, now: $1) }
        #expect(node.engine.role == .detached)
    }
}
