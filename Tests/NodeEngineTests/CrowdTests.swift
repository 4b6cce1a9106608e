import EngineCore
import LinkProfiles
import LoRaPHY
import Simulator
import Testing

/// What a channel that many share bears.
@Suite("Many nodes in range of each other on LoRa, switched on together")
struct CrowdTests {
    struct Crowd: Sendable, CustomStringConvertible {
        let count: Int
        let profile: LinkProfile
        let description: String

        init(_ count: Int, _ spreadingFactor: UInt8, _ bandwidth: UInt64) throws {
            self.count = count
            profile = .lora(
                try LoRaModulation(bandwidth: Hertz(bandwidth * 1000), spreadingFactor: spreadingFactor))
            description = "\(count) nodes at SF\(spreadingFactor)/\(bandwidth)"
        }
    }

    private static let crowds: [Crowd] = {
        do {
            return [try Crowd(16, 7, 250), try Crowd(16, 9, 125), try Crowd(32, 7, 125)]
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    @Test("They find into one partition and leave the channel to others", arguments: crowds, [1, 2, 3] as [UInt64])
    func crowd(_ crowd: Crowd, seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.room(crowd.count), profile: crowd.profile, seed: seed)
        network.start(TestNetworks.dataset)
        let formed = network.run(until: \.isOnePartition, within: .seconds(1200))
        print("\(crowd), seed \(seed): one partition after \(formed.map { "\($0.wholeSeconds)" } ?? "–") s")
        #expect(formed != nil)
        // All wanted routers are there, with all their links.
        let routers = min(crowd.count, 16)
        let linked = network.run(
            until: { network in
                network.nodes.reduce(0) { $0 + $1.engine.thread.routers.routers.count { $0.isLinkValid } }
                    == routers * (routers - 1)
            }, within: .seconds(1200))
        print("all links after another \(linked.map { "\($0.wholeSeconds)" } ?? "–") s")
        #expect(linked != nil)
        network.run(for: .seconds(600))
        let before = network.nodes.map(\.airtime)
        network.run(for: .seconds(600))
        #expect(network.isOnePartition)
        let used = zip(network.nodes, before).map { Double(($0.airtime - $1).microseconds) / 600e6 }
        print(
            "quiet: \(used.reduce(0, +) * 100 / Double(crowd.count)) % of the time a node, \(used.max()! * 100) % the busiest"
        )
        #expect(used.reduce(0, +) < 0.1, "the channel is free nine tenths of the time")
    }
}
