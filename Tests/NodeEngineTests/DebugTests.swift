import EngineCore
import Simulator
import Testing
@Suite struct DebugTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func debug(seed: UInt64) {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        network.start(TestNetworks.dataset)
        let t = network.run(until: { $0.isOnePartition }, within: .seconds(300))
        var s = "SEED \(seed) \(String(describing: t))\n"
        for n in network.nodes { for e in n.events { s += "\(n.name) \(Double(e.time.microseconds)/1e6) \(e.event)\n" }
          s += "drops \(n.engine.drops.nonzero) frames \(n.transmittedFrames)\n" }
        print("SEEDTIME \(seed) \(t.map { Double($0.microseconds)/1e6 } ?? -1)")
    }
}
