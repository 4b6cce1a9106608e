import EngineCore
import Simulator
import ThreadEngine
import ThreadWire

/// How the network stands at one moment.
struct NetworkState: Equatable {
    var partitions = 0
    var leaders = 0
    var routers = 0
    var children = 0
    var detached = 0

    init(_ network: VirtualNetwork) {
        var seen: Set<UInt32> = []
        for node in network.nodes where node.isOn {
            let thread = node.engine.thread
            switch thread.role {
            case .leader: leaders += 1
            case .router: routers += 1
            case .child: children += 1
            case .detached, .disabled: detached += 1
            }
            if thread.role.isAttached, let partition = thread.partitionID { seen.insert(partition.rawValue) }
        }
        partitions = seen.count
    }

    init() {}
}

/// The ways that datagrams would take, from one node's next hop to the next.
struct Ways {
    private let network: VirtualNetwork
    /// Who has which address in which partition.
    private var places: [UInt64: Int] = [:]

    init(_ network: VirtualNetwork) {
        self.network = network
        for node in network.nodes where node.isOn && node.engine.thread.role.isAttached {
            let thread = node.engine.thread
            guard let partition = thread.partitionID else { continue }
            places[UInt64(partition.rawValue) << 16 | UInt64(thread.rloc16.rawValue)] = node.index
        }
    }

    /// How many hops lie between two nodes; nil when no way leads there.
    func hops(from start: Int, to target: Int) -> Int? {
        guard let partition = network.nodes[target].engine.thread.partitionID, network.nodes[target].isOn else {
            return nil
        }
        let locator = network.nodes[target].engine.thread.rloc16
        var (place, count) = (start, 0)
        while place != target {
            guard count < 64, let hop = network.nodes[place].engine.thread.nextHop(to: locator),
                let next = places[UInt64(partition.rawValue) << 16 | UInt64(hop.rawValue)]
            else { return nil }
            place = next
            count += 1
        }
        return count
    }
}
