import EngineCore
import Simulator
import ThreadEngine

/// Looks each second whether the network stands as it should, and how long it takes until it does.
struct ConvergenceWatch {
    /// What became of the network after something befell it.
    struct Recovery {
        var event: Int
        var since: Instant
        /// Nil while not all ways are there.
        var recoveredAt: Instant?
    }

    private let scenario: Scenario
    /// Pairs of nodes that talk with each other.
    private let pairs: [(Int, Int)]
    /// The groups of nodes that can hear each other; nil when links have changed.
    private var groups: [Int?]?
    /// Each pair of nodes that ever may hear each other.
    private var candidates: [[Int]]
    private var started = false
    /// Whether a role or a partition has changed since the last look.
    var hasChanged = true
    private(set) var formedAt: Instant?
    private(set) var recoveries: [Recovery] = []
    private(set) var timeline: [(time: Instant, state: NetworkState)] = []

    init(_ scenario: Scenario) {
        self.scenario = scenario
        var seen: Set<[Int]> = []
        var pairs: [(Int, Int)] = []
        for flow in scenario.traffic where flow.kind != .multicast {
            for to in flow.to where seen.insert([flow.from, to]).inserted { pairs.append((flow.from, to)) }
        }
        self.pairs = pairs
        var candidates = [Set<Int>](repeating: [], count: scenario.nodes.count)
        switch scenario.air {
        case .modelled: for link in scenario.links { candidates[link.from].insert(link.to) }
        case .city(let links): for link in links { candidates[link.from].insert(link.to) }
        }
        for event in scenario.events {
            switch event.action {
            case .move(_, let links): for link in links { candidates[link.from].insert(link.to) }
            case .setLoss(let from, let to, _):
                candidates[from].insert(to)
                candidates[to].insert(from)
            default: continue
            }
        }
        self.candidates = candidates.map { $0.sorted() }
    }

    /// Something befalls the network.
    mutating func begin(_ event: Int, at now: Instant) {
        groups = nil
        hasChanged = true
        recoveries.append(Recovery(event: event, since: now))
    }

    mutating func check(_ network: VirtualNetwork, log: inout EventLog) {
        let isWaiting = formedAt == nil || recoveries.contains { $0.recoveredAt == nil && $0.since < network.now }
        guard hasChanged || isWaiting else { return }
        if hasChanged {
            hasChanged = false
            let state = NetworkState(network)
            if state != timeline.last?.state {
                timeline.append((network.now, state))
                log.note(.state, at: network.now, state.partitions, state.routers)
            }
        }
        guard isWaiting, isFormed(network), areWaysThere(network) else { return }
        if formedAt == nil { formedAt = network.now }
        for index in recoveries.indices where recoveries[index].recoveredAt == nil {
            guard recoveries[index].since < network.now else { continue }
            recoveries[index].recoveredAt = network.now
        }
    }

    /// Whether every group of nodes that hear each other is one partition with one leader.
    private mutating func isFormed(_ network: VirtualNetwork) -> Bool {
        let groups = currentGroups(network)
        var partitions: [Int: UInt32] = [:]
        var leaders: [Int: Int] = [:]
        for node in network.nodes where node.isOn {
            // Property by property: the engine as a whole is large to copy.
            let role = node.engine.thread.role
            guard role.isAttached, let partition = node.engine.thread.partitionID?.rawValue,
                let group = groups[node.index]
            else { return false }
            if partitions.updateValue(partition, forKey: group) ?? partition != partition { return false }
            if role == .leader { leaders[group, default: 0] += 1 }
        }
        return partitions.keys.allSatisfy { leaders[$0] == 1 }
    }

    private mutating func areWaysThere(_ network: VirtualNetwork) -> Bool {
        guard !pairs.isEmpty else { return true }
        let groups = currentGroups(network)
        let ways = Ways(network)
        return pairs.allSatisfy { from, to in
            guard network.nodes[from].isOn, network.nodes[to].isOn, groups[from] == groups[to] else { return true }
            return ways.hops(from: from, to: to) != nil
        }
    }

    private mutating func currentGroups(_ network: VirtualNetwork) -> [Int?] {
        if let groups { return groups }
        let sensitivity = scenario.radio.modulation.sensitivity()
        let receivers = candidates.enumerated().map { from, others in
            others.filter { to in
                network.strength(from: network.nodes[from], to: network.nodes[to]).map { $0 >= sensitivity } ?? false
            }
        }
        let made = Scenario.components(of: receivers) { network.nodes[$0].isOn }
        groups = made
        return made
    }
}
