import EngineCore
import Foundation
import Simulator
import Testing
@Suite struct DebugTests {
    @Test(arguments: 1...100 as ClosedRange<UInt64>) func debug(seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        network.start(TestNetworks.dataset)
        let t = network.run(until: { $0.isOnePartition }, within: .seconds(300))
        print("SEEDTIME \(seed) \(t.map { Double($0.microseconds)/1e6 } ?? -1)")
    }
}
