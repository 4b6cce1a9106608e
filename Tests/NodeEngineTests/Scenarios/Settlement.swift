import EngineCore
import Simulator
import ThreadEngine
import ThreadWire

/// What must hold once a network has come to rest.
struct Settlement {
    let network: VirtualNetwork

    /// The first thing that is not yet as it should be; nil when all is.
    func firstFault() -> String? {
        for part in parts() {
            if let fault = fault(inPartitionOf: part) { return fault }
        }
        return nil
    }

    /// The nodes that can reach each other at all, over links that both hear.
    private func parts() -> [[VirtualNetwork.Node]] {
        var left = network.running
        var parts: [[VirtualNetwork.Node]] = []
        while let first = left.first {
            var part = [first]
            left.removeFirst()
            var next = 0
            while next < part.count {
                let node = part[next]
                part += left.filter { ShortestPaths.linkCost(node, $0, in: network) != nil }
                left.removeAll { ShortestPaths.linkCost(node, $0, in: network) != nil }
                next += 1
            }
            parts.append(part)
        }
        return parts
    }

    private func fault(inPartitionOf part: [VirtualNetwork.Node]) -> String? {
        if let alone = part.first(where: { !$0.engine.thread.role.isAttached }) { return "\(alone.name) is detached" }
        let leaders = part.filter { $0.engine.thread.role == .leader }
        guard leaders.count == 1, let leader = leaders.first else {
            return "there are \(leaders.count) leaders: \(leaders.map { $0.name })"
        }
        for node in part {
            if let fault = fault(of: node, against: leader) { return fault }
        }
        let routers = part.filter { $0.engine.thread.role.isRouting }
        return faultOfRouters(routers) ?? faultOfChildren(part) ?? faultOfRoutes(part, routers)
    }

    /// Leader data and network data are the leader's everywhere.
    private func fault(of node: VirtualNetwork.Node, against leader: VirtualNetwork.Node) -> String? {
        let thread = node.engine.thread
        guard thread.leaderData == leader.engine.thread.leaderData else {
            return "\(node.name) has other leader data than \(leader.name)"
        }
        guard !thread.mode.requestsFullNetworkData || thread.networkData == leader.engine.thread.networkData else {
            return "\(node.name) has other network data than \(leader.name)"
        }
        return nil
    }

    /// All know the same ids, and those are the ids that are held.
    private func faultOfRouters(_ routers: [VirtualNetwork.Node]) -> String? {
        var held = RouterIDMask()
        for router in routers { held.insert(router.engine.thread.rloc16.routerID) }
        guard held.count == routers.count else { return "two routers have one id" }
        for router in routers where router.engine.thread.routers.ids != held {
            return "\(router.name) knows \(router.engine.thread.routers.count) routers, there are \(routers.count)"
        }
        return nil
    }

    /// Each child is one router's, and routers know no children that are not.
    private func faultOfChildren(_ part: [VirtualNetwork.Node]) -> String? {
        for node in part {
            for entry in node.engine.thread.children.valid {
                let child = network.running.first {
                    $0.engine.thread.extendedAddress == entry.neighbor.extendedAddress
                }
                guard let child, child.engine.thread.role == .child,
                    child.engine.thread.parent?.extendedAddress == node.engine.thread.extendedAddress,
                    child.engine.thread.rloc16 == entry.neighbor.rloc16
                else { return "\(node.name) has a child that is not: \(entry.neighbor.rloc16)" }
            }
            guard node.engine.thread.role == .child else { continue }
            let parents = part.filter {
                $0.engine.thread.children[node.engine.thread.extendedAddress]?.isValid == true
            }
            guard parents.count == 1 else { return "\(node.name) is a child of \(parents.map { $0.name })" }
            guard ShortestPaths.linkCost(node, parents[0], in: network) != nil else {
                return "\(node.name) no longer hears its parent \(parents[0].name), or the other way round"
            }
        }
        return nil
    }

    /// Frames go the cheapest way from everywhere to everywhere; children send and receive through their parents.
    private func faultOfRoutes(_ part: [VirtualNetwork.Node], _ routers: [VirtualNetwork.Node]) -> String? {
        let shortest = ShortestPaths(among: routers, in: network)
        let byAddress = Dictionary(uniqueKeysWithValues: part.map { ($0.engine.thread.extendedAddress, $0) })
        func router(of node: VirtualNetwork.Node) -> VirtualNetwork.Node? {
            let thread = node.engine.thread
            return thread.role.isRouting ? node : thread.parent.flatMap { byAddress[$0.extendedAddress] }
        }
        for start in part {
            for target in part where target.index != start.index {
                guard let first = router(of: start), let last = router(of: target) else {
                    return "\(start.name) or \(target.name) has no router"
                }
                let best = shortest.cost(from: first.index, to: last.index)
                switch Route.follow(from: start, to: target, in: network) {
                case .loop(let trace): return "a loop: \(trace)"
                case .ends(let path):
                    if best != nil {
                        return "the way from \(start.name) to \(target.name) ends at \(network.nodes[path.last!].name)"
                    }
                case .arrives(let path):
                    let between = path.filter { network.nodes[$0].engine.thread.role.isRouting }
                    // Between children of one router, and up to the parent, nothing is to be chosen.
                    let cost = zip(between, between.dropFirst()).reduce(0) {
                        $0 + (ShortestPaths.linkCost(network.nodes[$1.0], network.nodes[$1.1], in: network) ?? 99)
                    }
                    guard cost == best else {
                        return "the way from \(start.name) to \(target.name) costs \(cost), the best \(best ?? 16)"
                    }
                }
            }
        }
        return nil
    }
}
