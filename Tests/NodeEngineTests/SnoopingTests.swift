import EngineCore
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("What a node learns from what it overhears")
struct SnoopingTests {
    @Test(
        "A multicast that others passed on tells nothing of where its sender is",
        arguments: 1...5 as ClosedRange<UInt64>)
    func multicast(seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.line(4), profile: .ieee802154, seed: seed)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isOnePartition && $0.isFullyRouted }, within: .seconds(600)))
        let sender = network["N0"]
        let address = try #require(sender.engine.thread.meshLocalEID)
        try network.with(sender) { engine, now in
            try engine.sendEcho(to: .realmLocalAllNodes, identifier: 7, sequence: 1, payload: [1], now: now)
        }
        network.run(for: .seconds(10))
        for node in network.nodes where node.name != "N0" {
            let place = node.engine.thread.addressCache.entries.first { $0.target == address }?.rloc16
            #expect(place == nil || place == sender.engine.thread.rloc16, "\(node.name)")
        }
        // Nobody between sends an answer on by another way than the mesh's own.
        #expect(sender.echoReplies.count >= 2)
        #expect(sender.echoReplies.allSatisfy { $0.hopLimit == 64 }, "\(sender.echoReplies)")
    }
}
