import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("A child as its parent sees it: every state with every event")
struct ChildStateTests {
    private static let address = ScriptedNode.stranger
    private static let challenge: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    enum State: CaseIterable, Sendable { case unknown, candidate, awaitingIdentifier, valid, restored }

    enum Event: CaseIterable, Sendable {
        case parentRequest, childIDRequest, staleChildIDRequest, updateRequest, updateResponse, staleUpdateResponse
        case denial, routerAdvertisement, timeout
    }

    private func name(of node: ScriptedNode) -> State {
        switch node.engine.children[Self.address]?.state {
        case nil: .unknown
        case .candidate: .candidate
        case .awaitingIdentifier: .awaitingIdentifier
        case .valid: .valid
        case .restored: .restored
        }
    }

    /// A leader, and a child in a state; where it waits for its address, this node waits for a router id.
    private func node(in state: State) -> ScriptedNode {
        var node = ScriptedNode()
        if state == .awaitingIdentifier { node.attachAsChild() } else { node.becomeLeader() }
        node.with { engine, now in
            let place = RLOC16(routerID: engine.rloc16.routerID, childID: 1)
            var child = Child(
                neighbor: Neighbor(extendedAddress: Self.address, rloc16: place, now: now), state: .valid,
                answeredAt: now + .seconds(-10))
            child.timeout = 60
            switch state {
            case .unknown: return
            case .candidate:
                child.state = .candidate(expires: now + .seconds(5))
                child.challenge = Self.challenge
            case .awaitingIdentifier: child.state = .awaitingIdentifier(requested: [.address16])
            case .valid: break
            case .restored:
                child.state = .restored(isAsked: true)
                child.challenge = Self.challenge
            }
            _ = engine.children.update(child)
            _ = engine.routers.allocate(
                preferring: ScriptedNode.peerRouterID, limit: 32, now: now, entropy: &engine.entropy.open)
        }
        node.forgetOutput()
        #expect(name(of: node) == state)
        return node
    }

    private func apply(_ event: Event, to node: inout ScriptedNode) {
        let place = RLOC16(routerID: node.engine.rloc16.routerID, childID: 1)
        func childIDRequest(_ response: [UInt8]) -> ReceivedMLE {
            node.received(
                .childIDRequest,
                [
                    .response(response), .linkLayerFrameCounter(1), .mleFrameCounter(1), .mode(.fullThreadDevice),
                    .timeout(60), .version(5), .tlvRequest([.address16]),
                ], from: Self.address)
        }
        switch event {
        case .parentRequest:
            let request = node.received(
                .parentRequest,
                [
                    .mode(.fullThreadDevice), .challenge([9, 9, 9, 9, 9, 9, 9, 9]), .scanMask(.routersAndEndDevices),
                    .version(5),
                ], from: Self.address, isMulticast: true)
            node.with { $0.handleParentRequest(request, now: $1) }
        case .childIDRequest, .staleChildIDRequest:
            let request = childIDRequest(event == .childIDRequest ? Self.challenge : [0, 0, 0, 0, 0, 0, 0, 0])
            node.with { $0.handleChildIDRequest(request, now: $1) }
        case .updateRequest:
            let request = node.received(
                .childUpdateRequest, [.mode(.fullThreadDevice), .sourceAddress(place), .timeout(60)],
                from: Self.address)
            node.with { $0.handleChildUpdateRequest(request, now: $1) }
        case .updateResponse, .staleUpdateResponse, .denial:
            var tlvs: [MLETLV] = [
                .sourceAddress(place),
                .response(event == .staleUpdateResponse ? [0, 0, 0, 0, 0, 0, 0, 0] : Self.challenge), .timeout(60),
            ]
            if event == .denial { tlvs.append(.status(MLEStatus.error)) }
            let response = node.received(.childUpdateResponse, tlvs, from: Self.address)
            node.with { $0.handleChildUpdateResponse(response, now: $1) }
        case .routerAdvertisement:
            guard let leaderData = node.engine.leaderData else { return }
            let advertisement = node.advertisement(
                from: Self.address, routerIDs: Set([node.engine.rloc16.routerID, ScriptedNode.peerRouterID]).sorted(),
                leaderData: leaderData)
            node.with { $0.handleAdvertisement(advertisement, now: $1) }
        case .timeout:
            node.now = node.now + .seconds(61)
            node.with { $0.ageChildren(now: $1) }
        }
    }

    /// What is to follow: the state, what is sent at once, and what is counted.
    private func expectation(_ state: State, _ event: Event)
        -> (state: State, sent: [MLECommand], drop: DropReason?)
    {
        switch (state, event) {
        case (.unknown, .parentRequest): (.candidate, [], nil)
        case (_, .parentRequest): (state, [], nil)
        case (.unknown, .childIDRequest), (.unknown, .staleChildIDRequest): (state, [], .unexpectedMLE)
        case (.candidate, .childIDRequest), (.restored, .childIDRequest): (.valid, [.childIDResponse], nil)
        case (_, .childIDRequest), (_, .staleChildIDRequest): (state, [], .staleChallenge)
        case (.unknown, .updateRequest): (state, [.childUpdateResponse], nil)
        case (.valid, .updateRequest): (state, [.childUpdateResponse], nil)
        case (.restored, .updateRequest): (state, [.childUpdateRequest], nil)
        case (.candidate, .updateRequest): (state, [], .unexpectedMLE)
        // This node is no router yet: it is asked as a child, by one that is not its parent, and denies.
        case (.awaitingIdentifier, .updateRequest): (state, [.childUpdateResponse], nil)
        case (.restored, .updateResponse): (.valid, [], nil)
        case (.restored, .denial): (.unknown, [], nil)
        case (.restored, .staleUpdateResponse): (state, [], .staleChallenge)
        // Nothing was asked that could be answered.
        case (.valid, .updateResponse), (.valid, .staleUpdateResponse), (.valid, .denial):
            (state, [], .staleChallenge)
        case (_, .updateResponse), (_, .staleUpdateResponse), (_, .denial): (state, [], .unexpectedMLE)
        // It is a router now, and a neighbor at once.
        case (.valid, .routerAdvertisement): (.unknown, [], nil)
        case (_, .routerAdvertisement): (state, [], nil)
        case (_, .timeout): (.unknown, [], nil)
        }
    }

    @Test(
        "The next state, the messages sent and the counters are those of the table", arguments: State.allCases,
        Event.allCases)
    func table(state: State, event: Event) {
        var node = node(in: state)
        apply(event, to: &node)
        let expected = expectation(state, event)
        #expect(name(of: node) == expected.state)
        #expect(node.commands == expected.sent)
        #expect(node.engine.drops.nonzero.map { $0.reason } == (expected.drop.map { [$0] } ?? []))
        if state == .valid, event == .routerAdvertisement {
            #expect(node.engine.routers[ScriptedNode.peerRouterID]?.isLinkValid == true)
        }
    }
}
