import EngineCore
import LinkProfiles
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("Scenarios: networks form")
struct FormationScenarios {
    @Test("A line of eight", arguments: Scenario.seeds(3))
    func lineOfEight(seed: UInt64) throws {
        let scenario = Scenario("line of 8", TestNetworks.line(8), seed: seed)
        scenario.form(within: .seconds(600))
        try scenario.expectReachability()
        // Of the partitions at the beginning some lose their leader to another while it is asked for router ids.
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("A star of one and 32 that hear nobody else")
    func star() throws {
        let scenario = Scenario("star of 1 + 32", TestNetworks.star(32), seed: 1)
        scenario.form(within: .seconds(900))
        try scenario.expectReachability(sample: 300)
        scenario.finish()
    }

    @Test("A grid of five by five")
    func grid() throws {
        let scenario = Scenario("grid of 5 × 5", TestNetworks.grid(5), seed: 1)
        scenario.form(within: .seconds(900))
        try scenario.expectReachability()
        // Of the many partitions at the beginning some lose their leader to another while it is asked for router ids.
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("A room of 33 where all hear all, and no router takes more than four children")
    func room() throws {
        let scenario = Scenario("room of 33", TestNetworks.room(33), seed: 1) { _, configuration in
            configuration.thread.childLimit = 4
        }
        scenario.form(within: .seconds(900))
        let routers = scenario.network.nodes.filter { $0.engine.thread.role.isRouting }
        let thresholds = scenario.network.nodes[0].engine.thread.configuration
        #expect((thresholds.routerUpgradeThreshold...thresholds.routerDowngradeThreshold).contains(routers.count))
        try scenario.expectReachability(sample: 300)
        scenario.finish(allowing: [.childTableFull])
    }

    @Test("Links of all qualities: the cheapest way is not the shortest one", arguments: Scenario.seeds(3))
    func qualities(seed: UInt64) throws {
        // Margins of 22, 17 and 12 dB at 90, 95 and 100 dB of loss: costs of 1, 2 and 2; two hops beat one that is weak.
        let topology = TestNetworks.topology(
            ["A", "B", "C", "D", "E"],
            [("A", "B", 90), ("B", "C", 90), ("A", "C", 100), ("C", "D", 95), ("D", "E", 95), ("C", "E", 100)])
        let scenario = Scenario("links of all qualities", topology, seed: seed)
        scenario.form(within: .seconds(600))
        try scenario.expectReachability()
        scenario.finish()
    }

    @Test("Sixteen hops: the ends are too far apart for Thread, all others reach each other")
    func sixteenHops() throws {
        let scenario = Scenario("line of 16 hops", TestNetworks.line(17), seed: 1)
        // Whoever leads must be within 15 of both ends, so the middle is switched on first.
        scenario.form([scenario["N8"]], within: .seconds(60))
        for distance in 1...8 {
            scenario.powerOn(scenario["N\(8 - distance)"])
            scenario.powerOn(scenario["N\(8 + distance)"])
            scenario.run(for: .seconds(10))
        }
        scenario.settle(within: .seconds(900))
        let first = scenario["N0"]
        let last = scenario["N16"]
        let routers = scenario.network.nodes.filter { $0.engine.thread.role.isRouting }
        // The ends may be children, whose parents are one hop less apart.
        let isTooFar = routers.contains { $0 === first } && routers.contains { $0 === last }
        #expect(try scenario.ping(first, last).isReached != isTooFar)
        #expect(try scenario.ping(first, scenario["N15"]).isReached)
        #expect(try scenario.ping(scenario["N1"], last).isReached)
        try scenario.expectReachability(sample: 100, maximumCost: 15)
        scenario.finish()
    }

    @Test("A line of four over LoRa", arguments: Scenario.seeds(1, long: 5))
    func loraLine(seed: UInt64) throws {
        let scenario = Scenario("line of 4", TestNetworks.line(4), profile: TestNetworks.lora, seed: seed)
        scenario.form(within: .seconds(900))
        try scenario.expectReachability()
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("A grid of three by three over LoRa", .enabled(if: Scenario.isLong), arguments: Scenario.seeds(1, long: 5))
    func loraGrid(seed: UInt64) throws {
        let scenario = Scenario("3 × 3 grid", TestNetworks.grid(3), profile: TestNetworks.lora, seed: seed)
        scenario.form(within: .seconds(1800))
        try scenario.expectReachability(patience: scenario.patience(isChanging: true, isLossy: true))
        scenario.finish(allowing: Scenario.changeDrops)
    }
}
