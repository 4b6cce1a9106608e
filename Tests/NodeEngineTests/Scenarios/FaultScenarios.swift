import EngineCore
import LinkProfiles
import LoRaChannel
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("Scenarios: networks change")
struct FaultScenarios {
    @Test("Two partitions merge when a link joins them", arguments: Scenario.profiles, Scenario.seeds(2))
    func merge(profile: LinkProfile, seed: UInt64) throws {
        let scenario = Scenario(
            "two lines of 3 merge", TestNetworks.line(6), profile: profile, seed: seed,
            disturbance: .change)
        let network = scenario.network
        network.setLoss(scenario["N2"], scenario["N3"], nil)
        scenario.form(within: .seconds(600))
        let partitions = Set(network.nodes.compactMap { $0.engine.thread.partitionID })
        #expect(partitions.count == 2)
        network.setLoss(scenario["N2"], scenario["N3"], Decibels(90))
        scenario.settle(within: .seconds(600), "merged")
        #expect(Set(network.nodes.compactMap { $0.engine.thread.partitionID }).count == 1)
        try scenario.expectReachability()
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("The leader is killed", arguments: Scenario.seeds(3))
    func leaderKilled(seed: UInt64) throws {
        let scenario = Scenario(
            "the leader of a 3 × 3 grid is killed", TestNetworks.grid(3), seed: seed,
            disturbance: .change)
        scenario.form(within: .seconds(600))
        let leader = try #require(scenario.network.nodes.first { $0.engine.thread.role == .leader })
        scenario.powerOff(leader)
        scenario.run(for: .seconds(10))
        scenario.settle(within: .seconds(900), "healed")
        try scenario.expectReachability()
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("Every router of a grid is killed in turn, and comes back")
    func everyRouterKilled() throws {
        let scenario = Scenario(
            "every node of a 3 × 3 grid is killed in turn", TestNetworks.grid(3), seed: 1,
            disturbance: .change)
        scenario.form(within: .seconds(600))
        for node in scenario.network.nodes {
            let address = node.engine.thread.meshLocalEID
            scenario.powerOff(node)
            scenario.run(for: .seconds(10))
            scenario.settle(within: .seconds(900), "\(node.name) dead: healed")
            try scenario.expectReachability(sample: 20)
            scenario.powerOn(node)
            scenario.settle(within: .seconds(900), "back")
            #expect(node.engine.thread.meshLocalEID == address)
        }
        try scenario.expectReachability()
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("A child moves from one parent to another", arguments: Scenario.profiles, Scenario.seeds(2))
    func childMoves(profile: LinkProfile, seed: UInt64) throws {
        let topology = TestNetworks.topology(
            ["A", "B", "C", "child"], [("A", "B", 90), ("B", "C", 90), ("A", "child", 90)])
        let scenario = Scenario(
            "a child moves between parents", topology, profile: profile, seed: seed,
            disturbance: .change
        ) { name, configuration in
            if name == "child" { configuration.thread.isRouterEligible = false }
        }
        scenario.form(within: .seconds(600))
        let child = scenario["child"]
        #expect(child.engine.thread.parent?.extendedAddress == scenario["A"].engine.thread.extendedAddress)
        try scenario.expectReachability()
        scenario.network.move(child, to: [(node: scenario["C"], loss: Decibels(90))])
        scenario.run(for: .seconds(5))
        scenario.settle(within: .seconds(900), "moved")
        #expect(child.engine.thread.parent?.extendedAddress == scenario["C"].engine.thread.extendedAddress)
        try scenario.expectReachability()
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("A link fails in one direction", arguments: Scenario.profiles, Scenario.seeds(2))
    func oneWayLink(profile: LinkProfile, seed: UInt64) throws {
        let topology = TestNetworks.topology(
            ["A", "B", "C", "D"], [("A", "B", 90), ("B", "C", 90), ("C", "D", 90), ("A", "D", 90)])
        let scenario = Scenario(
            "a link of a ring fails one way", topology, profile: profile, seed: seed,
            disturbance: .change)
        scenario.form(within: .seconds(600))
        scenario.network.setLoss(from: scenario["A"], to: scenario["D"], nil)
        scenario.settle(within: .seconds(900), "healed")
        try scenario.expectReachability()
        scenario.network.setLoss(from: scenario["A"], to: scenario["D"], Decibels(90))
        scenario.settle(within: .seconds(900), "restored")
        try scenario.expectReachability()
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("Every node restarts at once", arguments: Scenario.seeds(3))
    func everythingRestarts(seed: UInt64) throws {
        let scenario = Scenario(
            "every node of a 3 × 3 grid restarts", TestNetworks.grid(3), seed: seed,
            disturbance: .change)
        scenario.form(within: .seconds(600))
        let addresses = scenario.network.nodes.map { $0.engine.thread.meshLocalEID }
        for node in scenario.network.nodes { scenario.powerOff(node) }
        for node in scenario.network.nodes { scenario.powerOn(node) }
        scenario.settle(within: .seconds(900), "formed again")
        #expect(scenario.network.nodes.map { $0.engine.thread.meshLocalEID } == addresses)
        // All have moved: each end of a pair may still have the other at its former place.
        var patience = scenario.patience(isChanging: true)
        patience.staleAddresses = 2
        try scenario.expectReachability(patience: patience)
        scenario.finish(allowing: Scenario.changeDrops)
    }
}
