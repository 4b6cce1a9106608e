import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("Partitions and the leader's ids")
struct PartitionTests {
    private let profile = LinkProfile.ieee802154

    @Test("Weight counts first, then more than one router, then the id")
    func comparison() {
        let node = ScriptedNode()
        func isBetter(_ one: (UInt8, Bool, UInt32), _ other: (UInt8, Bool, UInt32)) -> Bool {
            node.engine.isBetterPartition(
                ScriptedNode.leaderData(PartitionID(rawValue: one.2), weighting: one.0), isSingleton: one.1,
                than: ScriptedNode.leaderData(PartitionID(rawValue: other.2), weighting: other.0), isSingleton: other.1)
        }
        let order: [(UInt8, Bool, UInt32)] = [
            (64, true, 1), (64, true, 9), (64, false, 2), (64, false, 8), (65, true, 1), (65, false, 1),
        ]
        for low in order.indices {
            for high in order.indices { #expect(isBetter(order[high], order[low]) == (high > low), "\(low) \(high)") }
        }
    }

    @Test(
        "A leader that hears a better partition looks for a parent in it; a worse or a faint one leaves it alone",
        arguments: [(UInt8(65), 40.0, true), (63, 40, false), (65, 5, false)])
    func hearingOthers(weighting: UInt8, margin: Double, changes: Bool) {
        var node = ScriptedNode()
        node.becomeLeader()
        let advertisement = node.advertisement(
            leaderData: ScriptedNode.leaderData(weighting: weighting), margin: margin)
        node.with { $0.handleAdvertisement(advertisement, now: $1) }
        #expect((node.engine.attach != .idle) == changes)
        #expect(node.engine.role == .leader)
    }

    /// An advertisement of a partition that weighs less than the one that the node is in.
    private func worse(_ node: ScriptedNode, frameCounter: UInt32) -> ReceivedMLE {
        var received = node.advertisement(
            from: ScriptedNode.stranger,
            leaderData: ScriptedNode.leaderData(PartitionID(rawValue: 0x5000_0000), weighting: 32))
        received.frameCounter = frameCounter
        return received
    }

    @Test("A child that hears a worse partition tells it of its own soon, before it has decided whether to be a router")
    func invitingChild() throws {
        var node = ScriptedNode()
        node.attachAsChild()
        let decision = try #require(node.engine.routerSelectionDeadline)
        #expect(decision > node.now + .seconds(2), "else this test would prove nothing")
        var received = worse(node, frameCounter: 1)
        node.with { $0.handleAdvertisement(received, now: $1) }
        node.run(for: .seconds(1))
        #expect(node.commands == [.advertisement])
        let told = try #require(node.sent.first)
        #expect(told.destination == .linkLocalAllNodes && told.message.route64 == nil)
        #expect(told.message.leaderData?.partitionID == ScriptedNode.partition)
        #expect(node.engine.routerSelectionDeadline == decision, "when it decides is another matter")
        // Not more often than a router would.
        let least = LinkProfile.ieee802154.advertisementIntervalMaximumFloor
        for second in 0..<60 as Range<UInt32> {
            received = worse(node, frameCounter: 2 + second)
            node.with { $0.handleAdvertisement(received, now: $1) }
            node.run(for: .seconds(1))
        }
        let count = node.commands.count { $0 == .advertisement }
        #expect((4...Int(60 / least.wholeSeconds) + 1).contains(count))
    }

    @Test("A router that hears a worse partition advertises soon, a device that cannot route stays silent")
    func invitingRouter() {
        var leader = ScriptedNode()
        leader.becomeLeader()
        leader.run(for: .seconds(100))
        leader.forgetOutput()
        var received = worse(leader, frameCounter: 1)
        received.message.tlvs.removeAll { $0.type == .leaderData }
        received.message.tlvs.append(
            .leaderData(ScriptedNode.leaderData(PartitionID(rawValue: 1), weighting: 32)))
        leader.with { $0.handleAdvertisement(received, now: $1) }
        leader.run(for: .seconds(1))
        #expect(leader.commands == [.advertisement])

        var other = ScriptedNode { $0.isRouterEligible = false }
        other.attachAsChild()
        received = worse(other, frameCounter: 1)
        other.with { $0.handleAdvertisement(received, now: $1) }
        other.run(for: .seconds(5))
        #expect(other.commands.isEmpty)
    }

    @Test("A child whose leader has fallen silent looks for a part of its partition that still hears it")
    func leaderLost() {
        var node = ScriptedNode {
            $0.isRouterEligible = false
            $0.childTimeout = 1000
        }
        node.attachAsChild()
        node.run(for: profile.networkIDTimeout + .seconds(3))
        #expect(node.events.contains(.leaderLost))
        #expect(node.commands.contains(.parentRequest))
    }

    @Test("The first partition counts as a change, the same one again does not, another one does")
    func changesCounted() {
        var node = ScriptedNode()
        #expect(node.engine.counters.partitionIDChanges == 0)
        node.attachAsChild()
        #expect(node.engine.counters.partitionIDChanges == 1)
        let leaderData = node.engine.leaderData
        node.with { engine, now in engine.becomeDetached(now: now) }
        node.with { engine, _ in engine.leaderData = leaderData }
        #expect(node.engine.counters.partitionIDChanges == 1)
        node.with { engine, now in engine.becomeLeader(now: now) }
        #expect(node.engine.counters.partitionIDChanges == 2)
    }

    private func solicit(_ address: ExtendedAddress, wanted: RLOC16? = nil) -> TMFMessage {
        TMFMessage(
            tlvs: [.macExtendedAddress(address)] + (wanted.map { [.rloc16($0)] } ?? []) + [.status(.tooFewRouters)])
    }

    @Test("A node that asks again for an id is given the same one")
    func repeatedSolicit() {
        var node = ScriptedNode()
        node.becomeLeader()
        var answers: [[TMFTLV]?] = []
        for _ in 0..<2 {
            let message = solicit(ScriptedNode.peer)
            node.with { answers.append($0.handleAddressSolicit(message, now: $1)) }
        }
        let ids = answers.compactMap { $0.flatMap { TMFMessage(tlvs: $0).rloc16 } }
        #expect(ids.count == 2)
        #expect(Set(ids).count == 1)
        #expect(node.engine.routers.count == 2)
    }

    @Test("When all ids are given, the answer is that there is none")
    func noAddress() {
        var node = ScriptedNode { $0.routerLimit = 3 }
        node.becomeLeader()
        var statuses: [TMFStatus?] = []
        for number in 0..<4 as Range<UInt64> {
            let message = solicit(ExtendedAddress(rawValue: 0x166e_0000_0000_0100 + number))
            node.with {
                statuses.append($0.handleAddressSolicit(message, now: $1).flatMap { TMFMessage(tlvs: $0).status })
            }
        }
        #expect(statuses == [.success, .success, .noAddressAvailable, .noAddressAvailable])
    }

    @Test("Who is no leader gives out no ids")
    func notLeader() {
        var node = ScriptedNode()
        node.attachAsChild()
        let message = solicit(ScriptedNode.stranger)
        node.with { #expect($0.handleAddressSolicit(message, now: $1) == nil) }
        #expect(node.engine.drops[.unexpectedTMF] == 1)
    }

    @Test(
        "The id of a router that cannot be reached any more is released after its time, and only its holder may give it back"
    )
    func release() {
        var node = ScriptedNode()
        node.becomeLeader()
        let message = solicit(ScriptedNode.peer, wanted: ScriptedNode.peerRouterID.rloc16)
        node.with { _ = $0.handleAddressSolicit(message, now: $1) }
        #expect(node.engine.routers[ScriptedNode.peerRouterID] != nil)
        let forged = TMFMessage(
            tlvs: [.macExtendedAddress(ScriptedNode.stranger), .rloc16(ScriptedNode.peerRouterID.rloc16)])
        node.with { $0.handleAddressRelease(forged, now: $1) }
        #expect(node.engine.routers[ScriptedNode.peerRouterID] != nil)
        node.run(for: profile.leaderToRouterTimeout - .seconds(2))
        #expect(node.engine.routers[ScriptedNode.peerRouterID] != nil)
        node.run(for: .seconds(4))
        #expect(node.engine.routers[ScriptedNode.peerRouterID] == nil)
        #expect(node.engine.routers.count == 1)
    }

    @Test("Of two leaders under one partition id, who hears the other from a neighbor gives up its place")
    func twoLeaders() {
        var node = ScriptedNode()
        node.becomeLeader()
        let partition = node.engine.partitionID!
        let advertisement = node.advertisement(leaderData: ScriptedNode.leaderData(partition))
        node.with { $0.handleAdvertisement(advertisement, now: $1) }
        #expect(node.engine.role == .leader, "a stranger is not believed")
        let solicitation = solicit(ScriptedNode.peer, wanted: ScriptedNode.peerRouterID.rloc16)
        node.with { engine, now in
            _ = engine.handleAddressSolicit(solicitation, now: now)
            engine.routers.modify(ScriptedNode.peerRouterID) {
                $0.neighbor.extendedAddress = ScriptedNode.peer
                $0.link = .valid
            }
            engine.handleAdvertisement(advertisement, now: now)
        }
        #expect(node.engine.role == .detached)
    }
}
