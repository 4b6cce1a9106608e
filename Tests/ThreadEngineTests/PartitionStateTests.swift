import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("Partitions: every state with every event")
struct PartitionStateTests {
    private static let ownID = RouterID(rawValue: 20)
    private static let other = PartitionID(rawValue: 0x7fff_fff0)

    enum State: CaseIterable, Sendable {
        case child, router, leader
        /// Those that look for a better partition already.
        case movingChild, movingRouter, movingLeader
    }

    enum Event: CaseIterable, Sendable {
        /// Of a stranger.
        case better, betterButFaint, worse, former
        /// Of the parent, or a neighboring router.
        case neighborElsewhere, neighborWithOtherLeader
        /// Of a stranger, in the own partition.
        case strangerWithOtherLeader
        case leaderSilent
        case nobodyFound
    }

    private func node(in state: State) -> ScriptedNode {
        var node = ScriptedNode()
        switch state {
        case .child, .movingChild: node.attachAsChild()
        case .router, .movingRouter:
            node.attachAsChild()
            node.with { engine, now in
                engine.solicitRouterID(.tooFewRouters, now: now)
                engine.handleAddressSolicitResponse(
                    TMFMessage(
                        tlvs: [
                            .status(.success), .rloc16(Self.ownID.rloc16),
                            .routerMask(
                                RouterMask(
                                    idSequence: 11,
                                    routerIDMask: RouterIDMask([ScriptedNode.peerRouterID, Self.ownID]))),
                        ]), now: now)
            }
        case .leader, .movingLeader:
            node.becomeLeader()
            node.with { engine, now in
                _ = engine.routers.allocate(
                    preferring: ScriptedNode.peerRouterID, limit: 32, now: now, entropy: &engine.entropy.open)
                engine.routers.modify(ScriptedNode.peerRouterID) {
                    $0.link = .valid
                    $0.neighbor.extendedAddress = ScriptedNode.peer
                    $0.neighbor.signal.add(rssi: DecibelMilliwatts(-50), margin: Decibels(40))
                    $0.neighbor.linkQualityOut = .good
                }
            }
        }
        switch state {
        case .movingChild, .movingRouter, .movingLeader: node.with { $0.startAttach(.betterPartition, now: $1) }
        case .child, .router, .leader: break
        }
        node.with { engine, _ in engine.routerSelectionDeadline = nil }
        node.forgetOutput()
        return node
    }

    private func apply(_ event: Event, to node: inout ScriptedNode) {
        let own = node.engine.leaderData!
        func elsewhere(_ weighting: UInt8) -> LeaderData {
            ScriptedNode.leaderData(Self.other, weighting: weighting, leader: RouterID(rawValue: 9))
        }
        let otherLeader = LeaderData(
            partitionID: own.partitionID, weighting: 64, dataVersion: 1, stableDataVersion: 1,
            leaderRouterID: RouterID(rawValue: 44))
        let ids = [ScriptedNode.peerRouterID, RouterID(rawValue: 9), Self.ownID]
        let advertisement: ReceivedMLE? =
            switch event {
            case .better:
                node.advertisement(from: ScriptedNode.stranger, routerIDs: ids, leaderData: elsewhere(65))
            case .betterButFaint:
                node.advertisement(from: ScriptedNode.stranger, routerIDs: ids, leaderData: elsewhere(65), margin: 9)
            case .worse:
                node.advertisement(from: ScriptedNode.stranger, routerIDs: ids, leaderData: elsewhere(63))
            case .former:
                node.advertisement(
                    from: ScriptedNode.stranger, routerIDs: ids, leaderData: elsewhere(65), idSequence: 10)
            case .neighborElsewhere: node.advertisement(routerIDs: ids, leaderData: elsewhere(63), idSequence: 30)
            case .neighborWithOtherLeader: node.advertisement(routerIDs: ids, leaderData: otherLeader, idSequence: 30)
            case .strangerWithOtherLeader:
                node.advertisement(from: ScriptedNode.stranger, routerIDs: ids, leaderData: otherLeader)
            case .leaderSilent, .nobodyFound: nil
            }
        if event == .former {
            node.with { engine, now in
                engine.previousPartition = PreviousPartition(
                    id: Self.other, idSequence: 10, routerID: nil, until: now + .seconds(100))
            }
        }
        if let advertisement { node.with { $0.handleAdvertisement(advertisement, now: $1) } }
        switch event {
        case .leaderSilent:
            node.now = node.now + node.engine.configuration.networkIDTimeout
            node.with { $0.ageLeader(now: $1) }
        case .nobodyFound:
            for _ in 0..<12 where node.engine.attach != .idle { node.passAttachDeadline() }
        default: break
        }
    }

    /// What is to follow: the role, why a parent is looked for, the partition, and what is counted.
    private func expectation(_ state: State, _ event: Event)
        -> (role: Role, mode: AttachMode?, isElsewhere: Bool, drop: DropReason?)
    {
        let role: Role =
            switch state {
            case .child, .movingChild: .child
            case .router, .movingRouter: .router
            case .leader, .movingLeader: .leader
            }
        let moving: AttachMode? =
            switch state {
            case .child, .router, .leader: nil
            case .movingChild, .movingRouter, .movingLeader: .betterPartition
            }
        switch (role, event) {
        case (_, .better): return (role, .betterPartition, false, nil)
        case (_, .betterButFaint), (_, .worse), (_, .strangerWithOtherLeader): return (role, moving, false, nil)
        case (_, .former): return (role, moving, false, .foreignPartition)
        case (.child, .neighborElsewhere): return (role, moving, true, nil)
        case (_, .neighborElsewhere): return (role, moving, false, nil)
        case (.child, .neighborWithOtherLeader): return (role, moving, false, nil)
        case (_, .neighborWithOtherLeader): return (.detached, .anyPartition, false, nil)
        case (.leader, .leaderSilent): return (role, moving, false, nil)
        case (_, .leaderSilent): return (role, moving ?? .samePartition, false, nil)
        case (_, .nobodyFound): return (role, nil, false, nil)
        }
    }

    @Test(
        "The role, the search, the partition and the counters are those of the table", arguments: State.allCases,
        Event.allCases)
    func table(state: State, event: Event) {
        var node = node(in: state)
        let partition = node.engine.partitionID
        apply(event, to: &node)
        let expected = expectation(state, event)
        #expect(node.engine.role == expected.role)
        #expect((node.engine.attach == .idle ? nil : node.engine.attachMode) == expected.mode)
        if expected.role != .detached {
            #expect(node.engine.partitionID == (expected.isElsewhere ? Self.other : partition))
        }
        #expect(node.engine.drops.nonzero.map { $0.reason } == (expected.drop.map { [$0] } ?? []))
        if event == .neighborWithOtherLeader, expected.role == .child {
            #expect(node.engine.leaderData?.leaderRouterID == RouterID(rawValue: 44))
        }
        if expected.isElsewhere { #expect(node.commands == [.dataRequest]) }
    }

    @Test("Who loses its leader asks everybody at once, then any partition, then leads; in its place all the while")
    func leaderLost() {
        var node = node(in: .router)
        node.now = node.now + node.engine.configuration.networkIDTimeout
        node.with { $0.ageLeader(now: $1) }
        while node.engine.role == .router, node.commands.count < 40 { node.passAttachDeadline() }
        let masks = node.sent.compactMap { $0.message.command == .parentRequest ? $0.message.scanMask : nil }
        #expect(masks.prefix(6).allSatisfy { $0 == .routersAndEndDevices })
        #expect(Array(masks.dropFirst(6).prefix(3)) == [.routers, .routers, .routersAndEndDevices])
        #expect(masks.count == 12)
        #expect(node.engine.role == .leader)
        #expect(node.engine.rloc16 == Self.ownID.rloc16)
    }
}

extension ScriptedNode {
    /// Lets time pass up to what is due in the attachment, and nothing else.
    mutating func passAttachDeadline() {
        guard let deadline = engine.attach.deadline else { return }
        now = max(now, deadline)
        with { $0.handleAttachDeadline(now: $1) }
    }
}
