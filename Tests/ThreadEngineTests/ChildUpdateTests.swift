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
    private func waitForUpdate(_ node: inout ScriptedNode) {
        node.forgetOutput()
        while !node.commands.contains(.childUpdateRequest), node.engine.role == .child { node.passDeadline() }
    }

    private func answer(_ node: ScriptedNode, _ more: [MLETLV] = [], mode: DeviceMode? = nil) -> ReceivedMLE {
        node.received(
            .childUpdateResponse,
            [
                .sourceAddress(ScriptedNode.peerRouterID.rloc16), .mode(mode ?? node.engine.mode),
                .leaderData(ScriptedNode.leaderData()),
            ] + more)
    }

    @Test("A child speaks up before its timeout ends, again and again")
    func keepAlive() {
        var node = child()
        for _ in 0..<3 {
            let before = node.now
            waitForUpdate(&node)
            #expect(node.now.since(before) < .seconds(20))
            let answer = answer(node)
            node.with { $0.handleChildUpdateResponse(answer, now: $1) }
        }
        #expect(node.engine.role == .child)
        #expect(
            node.sent.last?.message.tlvs.map(\.type) == [.mode, .sourceAddress, .leaderData, .timeout],
            "as recording sleepy, frame 138, but for the addresses of a device that cannot route")
    }

    @Test("A parent that does not answer is lost after all attempts, and another is looked for")
    func parentLost() {
        var node = child()
        while node.engine.role == .child { node.passDeadline() }
        #expect(node.commands.count { $0 == .childUpdateRequest } == Int(profile.keepAliveAttempts))
        #expect(node.events.contains(.parentLost(ScriptedNode.peer)))
        #expect(node.engine.role == .detached)
        #expect(node.outputs.contains(.removePeer(ScriptedNode.peer)))
        while !node.commands.contains(.parentRequest) { node.passDeadline() }
    }

    @Test("A parent that restarted says so, and the child attaches anew")
    func parentRestarted() {
        var node = child()
        waitForUpdate(&node)
        let answer = node.received(
            .childUpdateResponse, [.sourceAddress(ScriptedNode.peerRouterID.rloc16), .status(1)])
        node.with { $0.handleChildUpdateResponse(answer, now: $1) }
        #expect(node.engine.role == .detached)
        while !node.commands.contains(.parentRequest) { node.passDeadline() }
    }

    @Test("An answer to a challenge that was not given, of a stranger, or unasked for, counts for nothing")
    func wrongAnswers() {
        var node = child()
        let unasked = node.received(.childUpdateResponse, [.status(1)])
        node.with { $0.handleChildUpdateResponse(unasked, now: $1) }
        #expect(node.engine.drops[.unexpectedMLE] == 1)
        waitForUpdate(&node)
        let stranger = node.received(.childUpdateResponse, [.status(1)], from: ScriptedNode.stranger)
        node.with { $0.handleChildUpdateResponse(stranger, now: $1) }
        #expect(node.engine.drops[.unexpectedMLE] == 2)
        let stale = answer(node, [.response([1, 1, 1, 1, 1, 1, 1, 1])])
        node.with { $0.handleChildUpdateResponse(stale, now: $1) }
        #expect(node.engine.drops[.staleChallenge] == 1)
        let formerMode = answer(
            node,
            mode: DeviceMode(isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true))
        node.with { $0.handleChildUpdateResponse(formerMode, now: $1) }
        #expect(node.engine.drops[.staleChallenge] == 2)
        let incomplete = node.received(.childUpdateResponse, [.mode(node.engine.mode)])
        node.with { $0.handleChildUpdateResponse(incomplete, now: $1) }
        #expect(node.engine.drops[.malformedMLE] == 1)
        #expect(node.engine.role == .child)
        #expect(node.engine.childUpdate.attempts == 1)
    }

    @Test("A parent under a new locator is no parent any more")
    func newLocator() {
        var node = child()
        let advertisement = node.advertisement(
            routerIDs: [ScriptedNode.peerRouterID, RouterID(rawValue: 8)], source: RouterID(rawValue: 8).rloc16)
        node.with { $0.handleAdvertisement(advertisement, now: $1) }
        #expect(node.engine.role == .detached)
    }

    @Test("Another timeout is told at once, and what the parent grants counts")
    func timeout() {
        var node = child()
        node.with { $0.setChildTimeout(60, now: $1) }
        #expect(node.sent.last?.message.timeout == 60)
        let granted = answer(node, [.timeout(50)])
        node.with { $0.handleChildUpdateResponse(granted, now: $1) }
        #expect(node.engine.configuration.childTimeout == 50)
        // All attempts to reach the parent must fit into it.
        node.with { $0.setChildTimeout(1, now: $1) }
        #expect(node.engine.configuration.childTimeout == 5)
    }

    @Test("Network data that the parent brings are taken over, and confirmed by their version")
    func networkDataFromParent() {
        var node = child()
        var theirs = ScriptedNode.leaderData()
        theirs.dataVersion = 2
        theirs.stableDataVersion = 2
        let request = node.received(
            .childUpdateRequest,
            [
                .sourceAddress(ScriptedNode.peerRouterID.rloc16), .leaderData(theirs),
                .networkData([0x08, 0x04, 0x0b, 0x02, 0x12, 0x34]), .linkMargin(15),
            ])
        node.with { $0.handleChildUpdateRequest(request, now: $1) }
        #expect(node.engine.networkData == [0x08, 0x04, 0x0b, 0x02, 0x12, 0x34])
        #expect(node.sent.last?.message.command == .childUpdateResponse)
        #expect(node.sent.last?.message.leaderData?.dataVersion == 2)
        #expect(node.engine.parent?.linkQualityOut == .fair)
    }

    @Test("Somebody who takes this node for its child is told that it is none")
    func wrongParent() {
        var node = child()
        let request = node.received(
            .childUpdateRequest, [.sourceAddress(RLOC16(rawValue: 0x3000)), .challenge([1, 2, 3, 4, 5, 6, 7, 8])],
            from: ScriptedNode.stranger)
        node.with { $0.handleChildUpdateRequest(request, now: $1) }
        #expect(node.sent.last?.message.status == 1)
        #expect(node.sent.last?.message.response == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(node.engine.role == .child)
    }

    // MARK: State × event

    /// What can happen to a child, in each state of its Child Update.
    private enum Event: String, CaseIterable {
        case due, changed, confirmed, refused, parentRefuses
    }

    /// Idle, scheduled, awaiting the first answer, awaiting the last one, restoring: what comes of each event.
    private static let table: [Event: [String]] = [
        .due: ["idle", "awaiting 1 sent", "awaiting 2 sent", "idle lost", "restoring 2 sent"],
        .changed: ["scheduled", "scheduled", "awaiting 1 outdated", "awaiting 4 outdated", "restoring 1"],
        .confirmed: ["idle", "scheduled", "scheduled", "scheduled", "restoring 1"],
        .refused: ["idle", "scheduled", "idle lost", "idle lost", "restoring 1"],
        .parentRefuses: ["idle lost", "idle lost", "idle lost", "idle lost", "restoring 1"],
    ]

    private static let soon = Instant(microseconds: 1_000_000_000)

    private static let states: [ChildUpdateState] = [
        .idle, .scheduled(at: soon), .awaiting(attempt: 1, challenge: nil, isOutdated: false, until: soon),
        .awaiting(attempt: 4, challenge: nil, isOutdated: false, until: soon),
        .restoring(attempt: 1, challenge: [1, 2, 3, 4, 5, 6, 7, 8], until: soon),
    ]

    @Test("Every event in every state leads where it should", arguments: Event.allCases)
    private func states(event: Event) throws {
        let expected = try #require(Self.table[event])
        let found = Self.states.map { state in
            var node = child()
            node.now = Self.soon
            node.engine.childUpdate = state
            let status = node.received(
                .childUpdateResponse, [.sourceAddress(ScriptedNode.peerRouterID.rloc16), .status(1)])
            let confirmation = answer(node)
            let refusal = node.received(
                .childUpdateRequest, [.sourceAddress(ScriptedNode.peerRouterID.rloc16), .status(1)])
            node.with { engine, now in
                switch event {
                case .due: engine.handleChildUpdateDeadline(now: now)
                case .changed: engine.scheduleChildUpdate(now: now)
                case .confirmed: engine.handleChildUpdateResponse(confirmation, now: now)
                case .refused: engine.handleChildUpdateResponse(status, now: now)
                case .parentRefuses where !state.isRestoring: engine.handleChildUpdateRequest(refusal, now: now)
                case .parentRefuses: break
                }
            }
            return Self.text(of: node)
        }
        #expect(found == expected)
    }

    private static func text(of node: ScriptedNode) -> String {
        let sent = node.commands.contains(.childUpdateRequest) ? " sent" : ""
        let lost = node.events.contains(.parentLost(ScriptedNode.peer)) ? " lost" : ""
        switch node.engine.childUpdate {
        case .idle: return "idle" + lost
        case .scheduled: return "scheduled"
        case .awaiting(let attempt, _, let isOutdated, _):
            return "awaiting \(attempt)" + (isOutdated ? " outdated" : "") + sent
        case .restoring(let attempt, _, _): return "restoring \(attempt)" + sent
        }
    }
}
