import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("A sleepy end device")
struct SleepyChildTests {
    private static let sleepy = DeviceMode(
        isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false)
    private static let minimal = DeviceMode(
        isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true)

    private func node(_ mode: DeviceMode = sleepy) -> ScriptedNode {
        var node = ScriptedNode { $0.childTimeout = 30 }
        node.with { _ = $0.setMode(mode, now: $1) }
        return node
    }

    private func attached(_ mode: DeviceMode = sleepy) -> ScriptedNode {
        var node = node(mode)
        node.attachAsChild()
        return node
    }

    private func expect(
        _ node: inout ScriptedNode, gives expected: Bool = true, _ body: (inout ThreadEngine, Instant) -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var found = !expected
        node.with { found = body(&$0, $1) }
        #expect(found == expected, sourceLocation: sourceLocation)
    }

    private func polls(_ node: ScriptedNode) -> [LinkAddress] {
        node.outputs.compactMap { if case .poll(let parent) = $0 { parent } else { nil } }
    }

    @Test("A device that routes cannot sleep")
    func impossibleMode() {
        var node = ScriptedNode()
        let impossible = DeviceMode(
            isReceiverOnWhenIdle: false, isFullThreadDevice: true, requestsFullNetworkData: true)
        expect(&node, gives: false) { $0.setMode(impossible, now: $1) }
        #expect(node.engine.mode == .fullThreadDevice)
    }

    @Test("The Child ID Request has the elements of OpenThread's sleepy device, in its order")
    func childIDRequest() throws {
        var node = node()
        node.start()
        node.passDeadline()
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.passDeadline()
        let request = try #require(node.sent.last?.message)
        // Recording sleepy, frame 12.
        #expect(
            request.tlvs.map(\.type) == [
                .response, .linkLayerFrameCounter, .mleFrameCounter, .mode, .timeout, .version, .supervisionInterval,
                .addressRegistration, .tlvRequest, .activeTimestamp,
            ])
        #expect(request.supervisionInterval == 129)
        #expect(request.tlvRequest == [.address16, .networkData])
        #expect(
            request.addressRegistration == [
                .compressed(contextID: 0, interfaceIdentifier: node.engine.meshLocalInterfaceIdentifier)
            ])
    }

    @Test("The receiver is on while parents are looked for, and polls follow the acknowledged Child ID Request")
    func attaching() {
        var node = node()
        #expect(!node.engine.isReceiverOnWhenIdle)
        node.start()
        #expect(!node.engine.isReceiverOnWhenIdle)
        node.passDeadline()
        #expect(node.engine.isReceiverOnWhenIdle)
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.passDeadline()
        #expect(node.engine.isReceiverOnWhenIdle && polls(node).isEmpty)
        node.with {
            $0.noteTransmission(to: ScriptedNode.peer, isAcknowledged: true, now: $1)
            $0.updateEndDevice(now: $1)
        }
        #expect(!node.engine.isReceiverOnWhenIdle)
        let before = node.now
        node.passDeadline()
        #expect(polls(node) == [.extended(ScriptedNode.peer)])
        #expect(node.now.since(before) == .milliseconds(100))
        // Nothing yet: the next follows as soon.
        node.with { $0.notePoll(.acknowledged(isFramePending: false), now: $1) }
        node.run(for: .milliseconds(150))
        #expect(polls(node).count == 2)
        let identifier = node.childIDResponse()
        node.with {
            $0.handleChildIDResponse(identifier, now: $1)
            $0.updateEndDevice(now: $1)
        }
        #expect(!node.engine.isReceiverOnWhenIdle && node.engine.role == .child)
    }

    @Test("An attached device polls by its short addresses, as often as its timeout asks for, or its user")
    func polling() {
        var node = attached()
        #expect(node.engine.pollPeriod == .seconds(26))
        node.run(for: .seconds(27))
        #expect(polls(node) == [.short(ScriptedNode.peerRouterID.rloc16)])
        node.with { $0.notePoll(.acknowledged(isFramePending: false), now: $1) }
        expect(&node) { $0.setPollPeriod(.seconds(2), now: $1) }
        node.forgetOutput()
        for _ in 0..<5 {
            while polls(node).isEmpty { node.passDeadline() }
            node.forgetOutput()
            node.with { $0.notePoll(.acknowledged(isFramePending: false), now: $1) }
        }
        expect(&node, gives: false) { $0.setPollPeriod(.milliseconds(9), now: $1) }
        #expect(node.engine.pollPeriod == .seconds(2))
        #expect(!node.commands.contains(.childUpdateRequest), "polls are signs of life enough")
    }

    @Test("A parent that acknowledges no poll is lost")
    func parentLost() {
        var node = attached()
        for _ in 0..<DataPolling.attempts {
            while polls(node).isEmpty { node.passDeadline() }
            node.forgetOutput()
            node.with {
                $0.noteTransmission(to: ScriptedNode.peer, isAcknowledged: false, now: $1)
                $0.notePoll(.unacknowledged, now: $1)
            }
        }
        #expect(node.engine.role == .detached)
        #expect(node.engine.polling.isOff)
        while !node.commands.contains(.parentRequest) { node.passDeadline() }
        #expect(node.engine.isReceiverOnWhenIdle)
    }

    @Test("While a Child Update is unanswered polls follow each other closely")
    func childUpdate() {
        var node = attached()
        node.with { $0.setChildTimeout(60, now: $1) }
        #expect(node.commands == [.childUpdateRequest])
        let before = node.now
        while polls(node).isEmpty { node.passDeadline() }
        #expect(node.now.since(before) == .milliseconds(100))
        let answer = node.received(
            .childUpdateResponse,
            [.sourceAddress(ScriptedNode.peerRouterID.rloc16), .mode(Self.sleepy), .timeout(60)])
        node.with {
            $0.notePoll(.acknowledged(isFramePending: true), now: $1)
            $0.noteFrame(isFramePending: false, now: $1)
            $0.handleChildUpdateResponse(answer, now: $1)
            $0.updateEndDevice(now: $1)
        }
        #expect(node.engine.polling.period == .seconds(56))
    }

    @Test("Who attached sleeping wakes up and falls asleep without attaching anew")
    func modeChange() {
        var node = attached()
        expect(&node) { $0.setMode(Self.minimal, now: $1) }
        #expect(node.engine.role == .child && node.engine.isReceiverOnWhenIdle && node.engine.polling.isOff)
        // Recording sleepy, frames 138 and 142.
        #expect(
            node.sent.last?.message.tlvs.map(\.type) == [
                .mode, .sourceAddress, .leaderData, .timeout, .addressRegistration,
            ])
        expect(&node) { $0.setMode(Self.sleepy, now: $1) }
        #expect(node.engine.role == .child && !node.engine.isReceiverOnWhenIdle && !node.engine.polling.isOff)
        #expect(
            node.sent.last?.message.tlvs.map(\.type) == [
                .mode, .sourceAddress, .leaderData, .timeout, .supervisionInterval, .addressRegistration,
            ])
    }

    @Test("Who attached awake attaches anew to fall asleep, and everybody does to begin or end routing")
    func modeChangeWithAttach() {
        var node = attached(Self.minimal)
        expect(&node) { $0.setMode(Self.sleepy, now: $1) }
        #expect(node.engine.role == .detached)
        node = attached(Self.minimal)
        expect(&node) { $0.setMode(.fullThreadDevice, now: $1) }
        #expect(node.engine.role == .detached)
        node = ScriptedNode()
        node.becomeLeader()
        expect(&node) { $0.setMode(Self.minimal, now: $1) }
        #expect(node.engine.role == .detached)
    }

    @Test("A device that hears nothing secured from its parent asks it, and counts that")
    func supervision() {
        var node = attached()
        node.with { $0.setSupervisionCheckTimeout(20, now: $1) }
        node.run(for: .seconds(15))
        node.with {
            $0.noteHeard(ScriptedNode.peer, rssi: DecibelMilliwatts(-40), snr: Decibels(10), now: $1)
        }
        node.forgetOutput()
        node.run(for: .seconds(15))
        #expect(!node.commands.contains(.childUpdateRequest) && node.engine.supervisionFailures == 0)
        node.run(for: .seconds(6))
        #expect(node.commands.contains(.childUpdateRequest) && node.engine.supervisionFailures == 1)
        node.with { engine, _ in engine.resetSupervisionFailures() }
        #expect(node.engine.supervisionFailures == 0)
    }

    @Test("Addresses and groups are registered soon after they change, in one message")
    func registration() throws {
        var node = attached()
        let global = try #require(IPv6Address("2001:cafe::1"))
        let group = try #require(IPv6Address("ff05::abcd"))
        expect(&node) { engine, _ in engine.addAddress(global) }
        expect(&node) { $0.subscribe(group, now: $1) }
        let before = node.now
        while node.commands.isEmpty { node.passDeadline() }
        #expect(node.now.since(before) == .milliseconds(100))
        #expect(
            node.sent.last?.message.addressRegistration == [
                .compressed(contextID: 0, interfaceIdentifier: node.engine.meshLocalInterfaceIdentifier),
                .uncompressed(global), .uncompressed(group),
            ])
        expect(&node) { $0.unsubscribe(group, now: $1) }
        #expect(node.engine.childUpdate.isAwaitingAnswer)
        guard case .awaiting(_, _, let isOutdated, _) = node.engine.childUpdate else {
            Issue.record("no update is under way")
            return
        }
        #expect(isOutdated)
    }

    @Test("Who listens always registers only groups from beyond the mesh")
    func registrationOfListeners() throws {
        var node = attached(Self.minimal)
        let group = try #require(IPv6Address("ff05::abcd"))
        expect(&node) { $0.subscribe(IPv6Address("ff03::abcd")!, now: $1) }
        expect(&node) { $0.subscribe(group, now: $1) }
        #expect(node.engine.registeredAddresses.count == 2)
        #expect(node.engine.registeredAddresses.last == group)
    }

    @Test("The groups of the network are made of its prefix")
    func networkGroups() {
        let node = ScriptedNode()
        // Recording sleepy, `ipmaddr`.
        #expect(
            node.engine.networkGroups.map { "\($0)" } == [
                "ff33:40:fdde:ad00:beef:0:0:1", "ff32:40:fdde:ad00:beef:0:0:1",
            ])
    }

    @Test("A weak parent makes a device that cannot route look around, and rest for long if there is no better")
    func parentSearch() throws {
        var node = node()
        node.start()
        node.passDeadline()
        let weak = node.parentResponse(to: node.lastChallenge, margin: 25)
        node.with { $0.handleParentResponse(weak, now: $1) }
        while node.commands.last != .childIDRequest { node.passDeadline() }
        let identifier = node.childIDResponse()
        node.with {
            $0.handleChildIDResponse(identifier, now: $1)
            $0.updateEndDevice(now: $1)
        }
        node.forgetOutput()
        let deadline = try #require(node.engine.parentSearch.deadline)
        #expect(deadline.since(node.now) >= .seconds(540) && deadline.since(node.now) <= .seconds(555))
        node.now = deadline
        node.with { $0.handleParentSearchDeadline(now: $1) }
        #expect(node.engine.counters.betterParentAttachAttempts == 1)
        guard case .resting(let until) = node.engine.parentSearch else {
            Issue.record("it does not rest")
            return
        }
        #expect(until.since(node.now) >= .seconds(36_000))
        node.now = node.engine.attach.deadline ?? node.now
        node.with { $0.handleAttachDeadline(now: $1) }
        #expect(node.commands.last == .parentRequest)
        // Its own parent is still the best.
        let again = node.parentResponse(to: node.lastChallenge, margin: 25)
        node.with { $0.handleParentResponse(again, now: $1) }
        while node.engine.attach != .idle {
            node.now = node.engine.attach.deadline ?? node.now
            node.with { $0.handleAttachDeadline(now: $1) }
        }
        #expect(node.engine.role == .child)
        #expect(!node.commands.contains(.childIDRequest))
    }

    // MARK: After a restart

    /// A sleepy child of `peer` that starts again.
    private func restarted() -> ScriptedNode {
        var node = node()
        node.with { engine, _ in
            engine.restore(
                StoredNetworkState(
                    role: .child, rloc16: RLOC16(routerID: ScriptedNode.peerRouterID, childID: 5), keySequence: 0,
                    mleFrameCounterLimit: 5000, linkFrameCounterLimit: 5000,
                    meshLocalInterfaceIdentifier: 0x1d57_0a72_3aaf_0001, extendedAddress: engine.extendedAddress,
                    previousPartitionID: ScriptedNode.partition, parent: ScriptedNode.peer))
        }
        node.start()
        while node.commands.isEmpty { node.passDeadline() }
        return node
    }

    @Test("A child that restarts takes up its place by a Child Update, without attaching")
    func resumption() throws {
        var node = restarted()
        let request = try #require(node.sent.last?.message)
        #expect(request.command == .childUpdateRequest)
        #expect(request.tlvs.map(\.type) == [.mode, .challenge, .addressRegistration])
        #expect(!node.engine.isReceiverOnWhenIdle)
        while polls(node).isEmpty { node.passDeadline() }
        #expect(polls(node) == [.short(ScriptedNode.peerRouterID.rloc16)])
        let challenge = try #require(request.challenge)
        let answer = node.received(
            .childUpdateResponse,
            [
                .response(challenge), .sourceAddress(ScriptedNode.peerRouterID.rloc16), .mode(Self.sleepy),
                .linkMargin(40), .leaderData(ScriptedNode.leaderData()), .mleFrameCounter(900),
                .linkLayerFrameCounter(800),
            ])
        node.with {
            $0.handleChildUpdateResponse(answer, now: $1)
            $0.updateEndDevice(now: $1)
        }
        #expect(node.engine.role == .child)
        #expect(node.engine.rloc16 == RLOC16(routerID: ScriptedNode.peerRouterID, childID: 5))
        #expect(node.engine.parent?.linkFrameCounter == 800)
        #expect(node.engine.counters.attachAttempts == 0)
        #expect(node.commands.last == .dataRequest, "the network data are lost")
    }

    @Test("A former parent that answers wrongly is not believed, one that refuses or is silent is given up")
    func resumptionRefused() {
        var node = restarted()
        let forged = node.received(
            .childUpdateResponse,
            [
                .response([1, 1, 1, 1, 1, 1, 1, 1]), .sourceAddress(ScriptedNode.peerRouterID.rloc16),
                .mode(Self.sleepy), .leaderData(ScriptedNode.leaderData()), .linkLayerFrameCounter(1),
            ])
        node.with { $0.handleChildUpdateResponse(forged, now: $1) }
        #expect(node.engine.drops[.staleChallenge] == 1 && node.engine.role == .detached)
        let challenge = node.sent.last?.message.challenge ?? []
        let refusal = node.received(
            .childUpdateResponse, [.response(challenge), .sourceAddress(RLOC16(rawValue: 0x1c00)), .status(1)])
        node.with { $0.handleChildUpdateResponse(refusal, now: $1) }
        while !node.commands.contains(.parentRequest) { node.passDeadline() }
        #expect(node.engine.rloc16 == .unassigned && node.engine.parent == nil)

        node = restarted()
        while !node.commands.contains(.parentRequest) { node.passDeadline() }
        #expect(
            node.commands.count { $0 == .childUpdateRequest } == Int(LinkProfile.ieee802154.keepAliveAttempts))
    }

    @Test("Who stops while it asks its former parent has no place")
    func stoppedWhileRestoring() {
        var node = restarted()
        node.with { $0.stop(now: $1) }
        #expect(node.engine.parent == nil && node.engine.rloc16 == .unassigned)
        #expect(node.engine.childUpdate == .idle)
    }
}
