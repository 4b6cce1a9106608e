import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Becoming a router and stepping back: every state with every event")
struct RoleStateTests {
    private static let ownID = RouterID(rawValue: 20)
    private static let challenge: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    enum State: CaseIterable, Sendable {
        case disabled, detached, child, deciding, soliciting, router, decidingToStepBack, steppingBack, leader
    }

    enum Event: CaseIterable, Sendable {
        case deadline, accepted, refused, unanswered, childIDRequest, parentAdvertisement, idWithdrawn, parentLost
        case solicit, release, stop
    }

    /// A node in a state. Every router is one too many for it, so that it may step back.
    private func node(in state: State) -> ScriptedNode {
        var node = ScriptedNode { $0.routerDowngradeThreshold = 1 }
        switch state {
        case .disabled: break
        case .detached:
            node.start()
            node.with { engine, _ in engine.attach = .idle }
        case .child:
            node.attachAsChild()
            node.with { engine, _ in engine.routerSelectionDeadline = nil }
        case .deciding: node.attachAsChild()
        case .soliciting:
            node.attachAsChild()
            node.with { $0.solicitRouterID(.tooFewRouters, now: $1) }
        case .router, .decidingToStepBack, .steppingBack:
            node.attachAsChild()
            let answer = acceptance
            node.with { engine, now in
                engine.solicitRouterID(.tooFewRouters, now: now)
                engine.handleAddressSolicitResponse(answer, now: now)
                engine.management.pending.removeAll()
                if state == .decidingToStepBack { engine.routerSelectionDeadline = now + .seconds(5) }
                if state == .steppingBack { engine.startAttach(.downgrade, now: now) }
            }
        case .leader: node.becomeLeader()
        }
        node.forgetOutput()
        #expect(name(of: node) == state)
        return node
    }

    private var acceptance: TMFMessage {
        TMFMessage(
            tlvs: [
                .status(.success), .rloc16(Self.ownID.rloc16),
                .routerMask(
                    RouterMask(idSequence: 11, routerIDMask: RouterIDMask([ScriptedNode.peerRouterID, Self.ownID]))),
            ])
    }

    private func name(of node: ScriptedNode) -> State {
        switch node.engine.role {
        case .disabled: .disabled
        case .detached: .detached
        case .child:
            node.engine.solicitation != nil
                ? .soliciting : node.engine.routerSelectionDeadline != nil ? .deciding : .child
        case .router:
            node.engine.attach != .idle
                ? .steppingBack : node.engine.routerSelectionDeadline != nil ? .decidingToStepBack : .router
        case .leader: .leader
        }
    }

    private func paths(_ node: ScriptedNode) -> [String] {
        node.datagrams.filter { $0.port == ThreadPort.management }.compactMap { datagram in
            var reader = ByteReader(datagram.payload)
            return (try? CoAPMessage(parsing: &reader))?.uriPath
        }
    }

    private func apply(_ event: Event, to node: inout ScriptedNode) {
        let acceptance = acceptance
        switch event {
        case .deadline:
            node.with { engine, now in
                if engine.routerSelectionDeadline != nil { engine.handleRouterSelection(now: now) }
            }
        case .accepted: node.with { $0.handleAddressSolicitResponse(acceptance, now: $1) }
        case .refused:
            node.with {
                $0.handleAddressSolicitResponse(TMFMessage(tlvs: [.status(.noAddressAvailable)]), now: $1)
            }
        case .unanswered: node.with { $0.handleAddressSolicitResponse(nil, now: $1) }
        case .childIDRequest:
            let request = node.received(
                .childIDRequest,
                [
                    .response(Self.challenge), .linkLayerFrameCounter(1), .mleFrameCounter(1),
                    .mode(.fullThreadDevice), .timeout(240), .version(5), .tlvRequest([.address16]),
                ], from: ScriptedNode.stranger)
            node.with { engine, now in
                var child = Child(
                    neighbor: Neighbor(extendedAddress: ScriptedNode.stranger, now: now),
                    state: .candidate(expires: now + .seconds(5)), answeredAt: now)
                child.challenge = Self.challenge
                _ = engine.children.update(child)
                engine.handleChildIDRequest(request, now: now)
            }
        case .parentAdvertisement, .idWithdrawn:
            let isWithdrawn = event == .idWithdrawn
            let leaderData = ScriptedNode.leaderData(
                leader: node.engine.leaderData?.leaderRouterID ?? ScriptedNode.peerRouterID)
            var ids = [ScriptedNode.peerRouterID]
            if !isWithdrawn { ids.append(Self.ownID) }
            let advertisement = node.advertisement(
                routerIDs: ids, leaderData: leaderData, idSequence: isWithdrawn ? 12 : 11)
            node.with { $0.handleAdvertisement(advertisement, now: $1) }
        case .parentLost: node.with { $0.loseParent(now: $1) }
        case .solicit:
            let request = TMFMessage(tlvs: [.macExtendedAddress(ScriptedNode.stranger), .status(.tooFewRouters)])
            node.with { _ = $0.handleAddressSolicit(request, now: $1) }
        case .release:
            let request = TMFMessage(
                tlvs: [.macExtendedAddress(ScriptedNode.stranger), .rloc16(Self.ownID.rloc16)])
            node.with { $0.handleAddressRelease(request, now: $1) }
        case .stop: node.with { $0.stop(now: $1) }
        }
    }

    /// What is to follow: the state, the messages sent, the management requests sent, and what is counted.
    private func expectation(_ state: State, _ event: Event)
        -> (state: State, sent: [MLECommand], paths: [String], drop: DropReason?)
    {
        let solicit = [TMFPath.addressSolicit]
        switch (state, event) {
        case (_, .stop): return (.disabled, [], [], nil)
        case (.deciding, .deadline): return (.soliciting, [], solicit, nil)
        case (.decidingToStepBack, .deadline): return (.steppingBack, [], [], nil)
        case (_, .deadline): return (state, [], [], nil)
        case (.soliciting, .accepted): return (.router, [.advertisement], [], nil)
        case (.soliciting, .refused), (.soliciting, .unanswered): return (.deciding, [], [], nil)
        case (_, .accepted), (_, .refused), (_, .unanswered): return (state, [], [], nil)
        case (.disabled, .childIDRequest), (.detached, .childIDRequest), (.steppingBack, .childIDRequest):
            return (state, [], [], .unexpectedMLE)
        case (.child, .childIDRequest), (.deciding, .childIDRequest): return (.soliciting, [], solicit, nil)
        case (.soliciting, .childIDRequest): return (state, [], [], nil)
        case (.router, .childIDRequest), (.decidingToStepBack, .childIDRequest), (.leader, .childIDRequest):
            return (state, [.childIDResponse], [], nil)
        case (.child, .parentAdvertisement), (.child, .idWithdrawn): return (.deciding, [], [], nil)
        case (.router, .idWithdrawn), (.decidingToStepBack, .idWithdrawn), (.steppingBack, .idWithdrawn):
            return (.detached, [], [], nil)
        case (_, .parentAdvertisement), (_, .idWithdrawn): return (state, [], [], nil)
        case (.child, .parentLost), (.deciding, .parentLost), (.soliciting, .parentLost):
            return (.detached, [], [], nil)
        case (_, .parentLost): return (state, [], [], nil)
        case (.leader, .solicit): return (state, [], [], nil)
        case (_, .solicit), (_, .release): return (state, [], [], .unexpectedTMF)
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
        #expect(paths(node) == expected.paths)
        #expect(node.engine.drops.nonzero.map { $0.reason } == (expected.drop.map { [$0] } ?? []))
        if event == .solicit, state == .leader { #expect(node.engine.routers.count == 2) }
    }

    // MARK: Stepping back

    @Test("A router that steps back gives its id back to the leader, and its children go")
    func release() {
        var node = node(in: .steppingBack)
        node.with { engine, now in
            var child = Child(
                neighbor: Neighbor(
                    extendedAddress: ScriptedNode.stranger, rloc16: RLOC16(routerID: Self.ownID, childID: 1), now: now),
                state: .valid, answeredAt: now)
            child.timeout = 240
            _ = engine.children.update(child)
        }
        node.passAttachDeadline()
        let response = node.parentResponse(to: node.lastChallenge, idSequence: 11)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.passAttachDeadline()
        let identifier = node.childIDResponse(idSequence: 12)
        node.forgetOutput()
        node.with { $0.handleChildIDResponse(identifier, now: $1) }
        #expect(node.engine.role == .child)
        #expect(paths(node) == [TMFPath.addressRelease])
        #expect(node.engine.children.children.isEmpty)
        #expect(node.engine.previousRouterID == nil)
    }

    @Test(
        "A router with children that has to be a child asks for its id at once, and keeps them",
        arguments: [AttachMode.samePartition, .betterPartition, .anyPartition])
    func keepsChildren(mode: AttachMode) throws {
        var node = node(in: .router)
        let child = RLOC16(routerID: Self.ownID, childID: 1)
        node.with { engine, now in
            var one = Child(
                neighbor: Neighbor(extendedAddress: ScriptedNode.stranger, rloc16: child, now: now), state: .valid,
                answeredAt: now)
            one.timeout = 1000
            _ = engine.children.update(one)
            engine.startAttach(mode, now: now)
        }
        let better = ScriptedNode.leaderData(PartitionID(rawValue: 0x7000_0000), weighting: 200)
        let leaderData = mode == .samePartition ? ScriptedNode.leaderData() : better
        while node.commands.last != .parentRequest { node.passAttachDeadline() }
        let response = node.parentResponse(to: node.lastChallenge, leaderData: leaderData, idSequence: 20)
        node.with { $0.handleParentResponse(response, now: $1) }
        while node.commands.last != .childIDRequest { node.passAttachDeadline() }
        let identifier = node.childIDResponse(leaderData: leaderData)
        node.forgetOutput()
        node.with { $0.handleChildIDResponse(identifier, now: $1) }
        #expect(node.engine.role == .child)
        #expect(paths(node) == [TMFPath.addressSolicit])
        var reader = ByteReader(try #require(node.datagrams.last).payload)
        let solicit = try TMFMessage(CoAPMessage(parsing: &reader).payload)
        #expect(solicit.rloc16 == Self.ownID.rloc16)
        #expect(solicit.status == (mode == .samePartition ? .haveChildIDRequest : .parentPartitionChange))
        let acceptance = acceptance
        node.with { $0.handleAddressSolicitResponse(acceptance, now: $1) }
        #expect(node.engine.role == .router)
        #expect(node.engine.children[ScriptedNode.stranger]?.neighbor.rloc16 == child)
    }

    @Test("A new router keeps the address that it had as a child for eight seconds, or until it leaves its place")
    func formerAddress() {
        var node = node(in: .soliciting)
        let former = node.engine.rloc16
        let acceptance = acceptance
        node.with { $0.handleAddressSolicitResponse(acceptance, now: $1) }
        #expect(former.childID != 0 && node.engine.formerRLOC16 == former)
        var leaving = node
        leaving.with { $0.becomeDetached(now: $1) }
        #expect(leaving.engine.formerRLOC16 == nil)
        node.run(for: .milliseconds(7990))
        #expect(node.engine.formerRLOC16 == former)
        node.forgetOutput()
        node.run(for: .milliseconds(20))
        #expect(node.engine.formerRLOC16 == nil)
        #expect(node.outputs.contains(.identityChanged), "the link layer must know")
    }

    @Test("A router that is taken in by a former child of its own has it as a child no longer")
    func childBecomesParent() {
        var node = ScriptedNode()
        node.with { engine, now in
            engine.place = StoredPlace(
                role: .router, rloc16: Self.ownID.rloc16, partitionID: ScriptedNode.partition,
                parent: ExtendedAddress(rawValue: 0))
            let child = StoredChild(
                extendedAddress: ScriptedNode.peer, rloc16: RLOC16(routerID: Self.ownID, childID: 1),
                mode: .fullThreadDevice, version: 5, timeout: 240)
            engine.restore(StoredChildren([child]), now: now)
            engine.place = nil
        }
        #expect(node.engine.children[ScriptedNode.peer]?.isRestored == true)
        node.attachAsChild()
        #expect(node.engine.parent?.extendedAddress == ScriptedNode.peer)
        #expect(node.engine.children[ScriptedNode.peer] == nil)
        let acceptance = acceptance
        node.with { engine, now in
            engine.previousRouterID = Self.ownID
            engine.solicitRouterID(.tooFewRouters, now: now)
            engine.handleAddressSolicitResponse(acceptance, now: now)
        }
        // The link layer still has it under its own address.
        let told = node.outputs.compactMap { output -> RLOC16? in
            if case .setPeer(let peer) = output, peer.extendedAddress == ScriptedNode.peer { peer.rloc16 } else { nil }
        }
        #expect(told.allSatisfy { $0 == ScriptedNode.peerRouterID.rloc16 })
        #expect(node.engine.routers[ScriptedNode.peerRouterID]?.isLinkValid == true)
    }

    @Test("Under another id than it had, or when it gets none, a router's children are none any more")
    func losesChildren() {
        for isRefused in [false, true] {
            var node = node(in: .soliciting)
            node.with { engine, now in
                engine.previousRouterID = RouterID(rawValue: 33)
                var child = Child(
                    neighbor: Neighbor(
                        extendedAddress: ScriptedNode.stranger,
                        rloc16: RLOC16(routerID: RouterID(rawValue: 33), childID: 1), now: now), state: .valid,
                    answeredAt: now)
                child.timeout = 1000
                _ = engine.children.update(child)
            }
            let answer = isRefused ? TMFMessage(tlvs: [.status(.noAddressAvailable)]) : acceptance
            node.with { $0.handleAddressSolicitResponse(answer, now: $1) }
            #expect(node.engine.role == (isRefused ? .child : .router))
            #expect(node.engine.children.children.isEmpty)
        }
    }

    @Test(
        "The leader gives no id for too few routers when there are enough, and none for a reason that it does not know",
        arguments: [
            (TMFStatus.tooFewRouters, 1, TMFStatus.noAddressAvailable), (.tooFewRouters, 16, .success),
            (.haveChildIDRequest, 1, .success), (.parentPartitionChange, 1, .success),
            (.borderRouterRequest, 1, .success), (.success, 16, .unrecognizedStatus),
            (TMFStatus(rawValue: 77), 16, .unrecognizedStatus),
        ])
    func reasons(reason: TMFStatus, threshold: Int, answer: TMFStatus) {
        var node = ScriptedNode { $0.routerUpgradeThreshold = threshold }
        node.becomeLeader()
        var status: TMFStatus?
        node.with {
            status = $0.handleAddressSolicit(
                TMFMessage(tlvs: [.macExtendedAddress(ScriptedNode.stranger), .status(reason)]), now: $1
            ).flatMap { TMFMessage(tlvs: $0).status }
        }
        #expect(status == answer)
    }

    // MARK: What an operator asks for

    @Test(
        "A role that is asked for is taken up, asked of the partition, or refused",
        arguments: [
            (State.disabled, Role.leader, RoleRequestError.invalidState), (.disabled, .child, .invalidState),
            (.detached, .router, .invalidState), (.detached, .leader, nil), (.detached, .child, nil),
            (.detached, .detached, nil), (.child, .router, nil), (.child, .leader, .notCapable), (.child, .child, nil),
            (.child, .detached, nil), (.router, .router, nil), (.router, .leader, .notCapable),
            (.steppingBack, .child, .busy), (.leader, .leader, nil), (.leader, .detached, nil),
        ] as [(State, Role, RoleRequestError?)])
    func requestedRole(state: State, role: Role, refusal: RoleRequestError?) {
        var node = node(in: state)
        var thrown: RoleRequestError?
        node.with { engine, now in
            do throws(RoleRequestError) {
                try engine.requestRole(role, now: now)
            } catch {
                thrown = error
            }
        }
        #expect(thrown == refusal)
        guard refusal == nil else { return #expect(name(of: node) == state) }
        switch role {
        case .detached: #expect(node.engine.role == .detached)
        case .leader: #expect(node.engine.role == .leader)
        case .child: #expect(node.engine.attach != .idle)
        case .router: #expect(state == .router || paths(node) == [TMFPath.addressSolicit])
        case .disabled: break
        }
    }

    @Test("With more weight a router becomes the leader of a partition of its own, under its old id")
    func leaderByWeight() {
        var node = node(in: .router)
        node.with { engine, now in
            engine.configuration.leaderWeight = 65
            engine.configuration.preferredPartitionID = PartitionID(rawValue: 0x1234_5678)
            try? engine.requestRole(.leader, now: now)
        }
        #expect(node.engine.role == .leader)
        #expect(node.engine.rloc16 == Self.ownID.rloc16)
        #expect(node.engine.partitionID == PartitionID(rawValue: 0x1234_5678))
    }

    @Test("A router that may not route any more looks for a parent; a child that may again decides")
    func eligibility() {
        var router = node(in: .router)
        var isDone = false
        router.with { isDone = $0.setRouterEligible(false, now: $1) }
        #expect(isDone)
        #expect(router.engine.role == .detached)
        var child = node(in: .child)
        child.with { isDone = $0.setRouterEligible(false, now: $1) }
        #expect(child.engine.routerSelectionDeadline == nil)
        child.with { isDone = $0.setRouterEligible(true, now: $1) }
        #expect(child.engine.routerSelectionDeadline != nil)
    }
}
