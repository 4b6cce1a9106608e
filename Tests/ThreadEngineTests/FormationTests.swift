import EngineCore
import LinkProfiles
import Testing
import ThreadEngine
import ThreadWire

@Suite("Forming a partition")
struct FormationTests {
    @Test("A node that hears nobody becomes the leader of a partition of its own after its Parent Requests")
    func formsAlone() throws {
        let harness = ThreadHarness(count: 1)
        harness.start(0)
        let time = try #require(harness.run(until: { $0.roles == [.leader] }, within: .seconds(30)))
        // OpenThread as observed: 6.6 to 7.3 s.
        #expect(time > .seconds(5) && time < .seconds(8))
        #expect(harness.engines[0].isSingleton)
        #expect(harness.engines[0].rloc16.isRouter)
        #expect(harness.engines[0].leaderRLOC16 == harness.engines[0].rloc16)
    }

    @Test("A second node attaches as a child and becomes a router")
    func secondNodeAttaches() throws {
        let harness = ThreadHarness(count: 2)
        harness.connectLine()
        harness.start(0)
        _ = try #require(harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30)))
        harness.start(1)
        let attached = try #require(harness.run(until: { $0.roles[1] == .child }, within: .seconds(30)))
        #expect(attached < .seconds(2))
        #expect(harness.engines[1].rloc16.routerID == harness.engines[0].rloc16.routerID)
        #expect(harness.engines[0].children.valid.count == 1)
        _ = try #require(harness.run(until: { $0.isFullyRouted }, within: .seconds(130)))
        #expect(harness.engines[0].children.valid.isEmpty)
    }

    @Test(
        "A line of nodes that start together is one partition with a route to everyone",
        arguments: 1...5 as ClosedRange<UInt64>)
    func lineForms(seed: UInt64) throws {
        let harness = ThreadHarness(count: 5, seed: seed)
        harness.connectLine()
        for index in 0..<5 { harness.start(index) }
        let time = harness.run(until: { $0.isFullyRouted }, within: .seconds(600))
        #expect(
            time != nil, "roles \(harness.roles), drops \(harness.engines.map { $0.drops.nonzero.map { "\($0)" } })")
        for (index, engine) in harness.engines.enumerated() {
            for other in harness.engines.indices where other != index {
                let path = try #require(engine.routers.path(to: harness.engines[other].rloc16.routerID))
                #expect(Int(path.cost) == abs(other - index))
            }
        }
    }

    @Test("When the leader falls silent the rest elects another")
    func leaderLoss() throws {
        let harness = ThreadHarness(count: 3)
        harness.connect(0, 1)
        harness.connect(0, 2)
        harness.connect(1, 2)
        harness.start(0)
        _ = try #require(harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30)))
        harness.start(1)
        harness.start(2)
        _ = try #require(harness.run(until: { $0.isFullyRouted }, within: .seconds(300)))
        harness.links[[0, 1]] = nil
        harness.links[[0, 2]] = nil
        harness.isLost = { sent, receiver in sent.sender == 0 || receiver == 0 }
        let time = harness.run(
            until: { harness in
                let rest = harness.engines[1...]
                return rest.count { $0.role == .leader } == 1 && Set(rest.map(\.partitionID)).count == 1
                    && rest.allSatisfy { $0.role.isAttached }
            }, within: .seconds(400))
        // OpenThread as observed: 127 to 136 s.
        let taken = try #require(time)
        #expect(taken > .seconds(100) && taken < .seconds(200), "\(harness.events)")
    }

    @Test("Two partitions that come to hear each other merge into the better one")
    func merge() throws {
        let harness = ThreadHarness(count: 4, seed: 7)
        harness.connect(0, 1)
        harness.connect(2, 3)
        for index in 0..<4 { harness.start(index) }
        _ = try #require(
            harness.run(
                until: { harness in
                    Set(harness.engines.map(\.partitionID)).count == 2
                        && harness.engines.allSatisfy { $0.role.isRouting && $0.routers.count == 2 }
                }, within: .seconds(300)))
        let better = try #require(harness.engines.compactMap(\.partitionID).max())
        harness.connect(1, 2)
        _ = try #require(harness.run(until: { $0.isFullyRouted }, within: .seconds(400)))
        #expect(harness.engines.allSatisfy { $0.partitionID == better })
    }

    @Test("A partition whose routers are out of reach is joined through a child that could route")
    func joinsThroughEndDevice() throws {
        // 0 and 1 form; 1 stays a child because one router is enough there. 2 hears 1 alone.
        let harness = ThreadHarness(count: 3, seed: 3) { index, configuration in
            if index != 2 { configuration.routerUpgradeThreshold = 1 }
            configuration.leaderWeight = index == 2 ? 1 : 64
        }
        harness.connect(0, 1)
        harness.connect(1, 2)
        harness.start(0)
        _ = try #require(harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30)))
        harness.start(1)
        _ = try #require(harness.run(until: { $0.roles[1] == .child }, within: .seconds(30)))
        // 2 comes when nobody answers, and so leads a partition of its own.
        harness.isLost = { sent, receiver in sent.sender == 1 && receiver == 2 || sent.sender == 2 && receiver == 1 }
        harness.start(2)
        _ = try #require(harness.run(until: { $0.roles[2] == .leader }, within: .seconds(30)))
        harness.isLost = { _, _ in false }
        let time = harness.run(until: { $0.isOnePartition }, within: .seconds(700))
        #expect(time != nil, "roles \(harness.roles)")
        #expect(harness.engines[1].role == .router)
    }
}
