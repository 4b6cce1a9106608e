import EngineCore
import LinkProfiles
import LoRaChannel
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("Scenarios: what all nodes must agree upon changes")
struct NetworkWideScenarios {
    private static let prefix = IPv6Prefix("2001:db8:0:1::/64")!

    /// The address of a node under the prefix.
    private func address(of node: VirtualNetwork.Node) -> NodeAddress? {
        node.engine.thread.additionalAddresses.first { Self.prefix.contains($0.address) }
    }

    @Test("A prefix is published and withdrawn", arguments: Scenario.profiles, Scenario.seeds(2))
    func prefix(profile: LinkProfile, seed: UInt64) throws {
        let scenario = Scenario("a prefix comes and goes", TestNetworks.line(5), profile: profile, seed: seed)
        scenario.form(within: .seconds(900))
        let network = scenario.network
        let server = scenario["N4"]
        try network.with(server) { engine, now in
            try engine.addOnMeshPrefix(
                OnMeshPrefix(Self.prefix, flags: [.preferred, .slaac, .onMesh], isStable: true))
            engine.registerServerData(now: now)
        }
        // A child that may become a router decides about that first.
        scenario.run(for: .seconds(150))
        scenario.settle(within: .seconds(300), "published")
        for node in network.nodes {
            #expect(address(of: node)?.state == .preferred, "\(scenario.name): \(node.name)")
        }
        let addresses = Set(network.nodes.compactMap { address(of: $0)?.address })
        #expect(addresses.count == network.nodes.count)
        // The new addresses lead to their nodes.
        let target = try #require(address(of: server)?.address)
        let reach = try scenario.ping(scenario["N0"], at: target)
        #expect(reach.isReached, "\(scenario.name): \(reach)")

        try network.with(server) { engine, now in
            try engine.removePrefix(Self.prefix)
            engine.registerServerData(now: now)
        }
        scenario.run(for: .seconds(30))
        scenario.settle(within: .seconds(300), "withdrawn")
        for node in network.nodes {
            #expect(address(of: node)?.state != .preferred, "\(scenario.name): \(node.name)")
        }
        try scenario.expectReachability()
        scenario.finish(allowing: Scenario.changeDrops)
    }

    @Test("Keys rotate under traffic", arguments: Scenario.profiles, Scenario.seeds(2))
    func keyRotation(profile: LinkProfile, seed: UInt64) throws {
        let scenario = Scenario("keys rotate under traffic", TestNetworks.grid(3), profile: profile, seed: seed)
        scenario.form(within: .seconds(1800))
        let network = scenario.network
        for node in network.nodes { network.with(node) { engine, _ in engine.keySwitchGuardTime = 0 } }
        for sequence in 1...3 as ClosedRange<UInt32> {
            let first = network.nodes[Int(sequence)]
            network.with(first) { $0.setKeySequence(sequence, now: $1) }
            // Who moved while the network formed may be remembered elsewhere.
            try scenario.expectReachability(sample: 20, patience: scenario.patience(isChanging: true))
            scenario.run(for: .seconds(60))
            for node in network.nodes {
                #expect(node.engine.thread.keySequence == sequence, "\(scenario.name): \(node.name)")
            }
        }
        scenario.settle(within: .seconds(300), "at rest")
        try scenario.expectReachability()
        scenario.finish(allowing: Scenario.changeDrops)
    }
}
