import EngineCore
import LinkProfiles
import LoRaPHY
import Simulator
import Testing

/// What a channel that many share bears.
@Suite("Many nodes in range of each other on LoRa, switched on together")
struct CrowdTests {
    @Test("They find into one partition and leave the channel to others", arguments: [1, 2, 3] as [UInt64])
    func sixteen(seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.room(16), seed: seed)
        network.start(TestNetworks.dataset)
        let formed = network.run(
            until: { $0.isOnePartition && $0.nodes.allSatisfy { $0.engine.thread.role.isRouting } },
            within: .seconds(1200))
        print("16 nodes in one room, seed \(seed): formed in \(formed.map { "\($0.wholeSeconds)" } ?? "–") s")
        #expect(formed != nil, "seed \(seed)")
        network.run(for: .seconds(600))
        let before = network.nodes.map(\.airtime)
        network.run(for: .seconds(600))
        #expect(network.isOnePartition)
        let used = zip(network.nodes, before).map { Double(($0.airtime - $1).microseconds) / 600e6 }
        print("quiet: \(used.reduce(0, +) * 100 / 16) % of the time a node, \(used.max()! * 100) % the busiest")
        #expect(used.reduce(0, +) < 0.1, "the channel is free nine tenths of the time")
    }
}
