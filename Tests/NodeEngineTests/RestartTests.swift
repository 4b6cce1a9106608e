import EngineCore
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("A restart over the radio")
struct RestartTests {
    @Test(
        "Who is killed and started at once over LoRa is what it was within 40 s, under its old locator, and reached",
        arguments: ["N0", "N1", "N2"], [UInt64(1), 2, 3, 4])
    func restart(name: String, seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        let node = network[name]
        let (role, rloc16) = (node.engine.thread.role, node.engine.thread.rloc16)
        let partition = node.engine.thread.partitionID
        network.run(for: .seconds(30))
        network.restart(node)
        #expect(node.engine.thread.role == .detached)
        let time = network.run(until: { $0[name].engine.thread.role == role }, within: .seconds(40))
        #expect(time != nil, "\(name) is \(node.engine.thread.role)")
        #expect(node.engine.thread.rloc16 == rloc16)
        #expect(node.engine.thread.partitionID == partition)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(120)))
        let (start, end) = name == "N0" ? (network["N2"], network["N0"]) : (network["N0"], network["N2"])
        let target = try #require(end.engine.thread.meshLocalEID)
        var answered = false
        for sequence in 1...3 as ClosedRange<UInt16> where !answered {
            try network.with(start) { engine, now in
                try engine.sendEcho(to: target, identifier: 5, sequence: sequence, payload: [1, 2, 3], now: now)
            }
            answered = network.run(until: { _ in !start.echoReplies.isEmpty }, within: .seconds(20)) != nil
        }
        #expect(answered)
        // No router id was given out anew, and nothing is undone later.
        network.run(for: .seconds(200))
        #expect(network.nodes.allSatisfy { $0.engine.thread.routers.count == 3 })
        #expect(node.engine.thread.rloc16 == rloc16)
    }
}
