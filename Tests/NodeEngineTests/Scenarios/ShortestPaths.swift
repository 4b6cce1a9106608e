import EngineCore
import LinkProfiles
import LoRaPHY
import Simulator
import ThreadEngine
import ThreadWire

/// What the ways between routers cost at best, computed from the air itself and from nothing that nodes believe.
struct ShortestPaths {
    /// A link that is weaker than this in one direction is none between routers.
    /// - Source: OpenThread as observed: 10 dB
    static let linkMarginMinimum = 10.0

    private let costs: [Int: [Int: Int]]

    /// - Parameter routers: the nodes that pass frames on.
    init(among routers: [VirtualNetwork.Node], in network: VirtualNetwork) {
        var links: [Int: [(to: Int, cost: Int)]] = [:]
        for first in routers {
            for second in routers where second.index != first.index {
                if let cost = Self.linkCost(first, second, in: network) {
                    links[first.index, default: []].append((second.index, cost))
                }
            }
        }
        var costs: [Int: [Int: Int]] = [:]
        for router in routers { costs[router.index] = Self.costs(from: router.index, links) }
        self.costs = costs
    }

    /// The cost of the cheapest way; nil when there is none or it costs too much for Thread.
    func cost(from: Int, to: Int) -> Int? {
        guard let cost = costs[from]?[to], cost < Int(infiniteRouteCost) else { return nil }
        return cost
    }

    /// The cost of a link: that of its worse direction.
    static func linkCost(
        _ first: VirtualNetwork.Node, _ second: VirtualNetwork.Node, in network: VirtualNetwork
    ) -> Int? {
        guard let there = margin(from: first, to: second, in: network),
            let back = margin(from: second, to: first, in: network), min(there, back) >= linkMarginMinimum
        else { return nil }
        return Int(LinkQuality(margin: Decibels(min(there, back))).cost)
    }

    private static func margin(
        from sender: VirtualNetwork.Node, to receiver: VirtualNetwork.Node, in network: VirtualNetwork
    ) -> Double? {
        guard let rssi = network.strength(from: sender, to: receiver) else { return nil }
        let noise = network.profile.phy.noiseFloor()
        return network.profile.linkMargin(rssi: rssi, snr: rssi - noise).value
    }

    /// Dijkstra's algorithm, without a heap: there are few routers.
    private static func costs(from start: Int, _ links: [Int: [(to: Int, cost: Int)]]) -> [Int: Int] {
        var settled: [Int: Int] = [:]
        var open = [start: 0]
        while let (node, cost) = open.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            open[node] = nil
            settled[node] = cost
            for link in links[node] ?? [] where settled[link.to] == nil {
                open[link.to] = min(open[link.to] ?? .max, cost + link.cost)
            }
        }
        return settled
    }
}
