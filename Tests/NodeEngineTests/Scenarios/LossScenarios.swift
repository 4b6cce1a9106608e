import EngineCore
import LinkProfiles
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("Scenarios: frames are lost at random")
struct LossScenarios {
    @Test("A grid of three by three", arguments: [1, 5, 10, 20, 30])
    func grid(percent: Int) throws {
        // What was lost may have been the news of a change, so faults that heal are given time.
        let scenario = Scenario(
            "3 × 3 grid with \(percent) % loss", TestNetworks.grid(3), seed: UInt64(percent),
            disturbance: .change)
        scenario.network.setErasure(Double(percent) / 100)
        scenario.form(within: .seconds(1200))
        try scenario.expectReachability(patience: scenario.patience(isLossy: true))
        #expect(scenario.network.losses[.erasure] ?? 0 > 0)
        // A frame may be repeated so late, its acknowledgements being lost, that the MAC does not know it again.
        scenario.finish(allowing: Scenario.changeDrops.union([.replayedMLE]))
    }
}
