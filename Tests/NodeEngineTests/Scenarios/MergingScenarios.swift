import EngineCore
import NodeEngine
import Simulator
import Testing
import ThreadEngine

@Suite("Scenarios: many partitions become one")
struct MergingScenarios {
    /// All but the first node start at once, so that those far from it form partitions of their own.
    @Test(
        "A grid of 32, six wide, is one partition after three minutes, and from then on answers every echo",
        arguments: Scenario.seeds(5))
    func grid(seed: UInt64) throws {
        let network = TestNetworks.idealGrid(32, width: 6, seed: seed)
        network.start(TestNetworks.dataset, nodes: [network.nodes[0]])
        network.run(for: .seconds(13))
        network.start(TestNetworks.dataset, nodes: Array(network.nodes.dropFirst()))
        let settling = Duration.seconds(180)
        let time = network.run(until: { $0.isOnePartition }, within: settling)
        let partitions = Dictionary(grouping: network.nodes, by: { $0.engine.thread.partitionID })
        #expect(time != nil, "seed \(seed): \(partitions.mapValues { $0.map(\.name) })")
        network.run(for: settling - (time ?? settling))

        // All of them look for the last one at the same time, then go on speaking with it.
        let seconds = 30 as UInt16
        let target = try #require(network.nodes.last?.engine.thread.meshLocalEID)
        let others = network.nodes.dropLast()
        for second in 0..<seconds {
            for node in others {
                try network.with(node) { engine, now in
                    try engine.sendEcho(
                        to: target, identifier: UInt16(node.index), sequence: second,
                        payload: [UInt8](repeating: 0x78, count: 64), now: now)
                }
            }
            network.run(for: .seconds(1))
        }
        network.run(for: .seconds(5))
        for node in others {
            #expect(
                node.echoReplies.count == Int(seconds),
                "seed \(seed): \(node.name) \(node.engine.thread.role) \(node.engine.drops.nonzero)")
        }
        for node in network.nodes { #expect(node.engine.drops[.queueFull] == 0, "seed \(seed): \(node.name)") }
        print("scenario grid of 32 that merges, seed \(seed): one partition in \(time?.wholeSeconds ?? -1) s")
    }
}
