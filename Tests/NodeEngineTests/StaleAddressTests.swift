import EngineCore
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("An address whose node has moved")
struct StaleAddressTests {
    @Test("is asked for again once its former parent says so", arguments: 1...30 as ClosedRange<UInt64>)
    func isFoundAgain(seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isOnePartition }, within: .seconds(60)))
        // The far end may still be a child, whose place changes when it becomes a router soon after.
        let target = try #require(network["N2"].engine.thread.meshLocalEID)
        var answered = false
        for attempt in 1...8 where !answered {
            try network.with(network["N0"]) { engine, now in
                try engine.sendEcho(
                    to: target, identifier: 7, sequence: UInt16(attempt), payload: [1, 2, 3], now: now)
            }
            answered = network.run(until: { !$0["N0"].echoReplies.isEmpty }, within: .seconds(8)) != nil
        }
        #expect(answered)
    }
}
