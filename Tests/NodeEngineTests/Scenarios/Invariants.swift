import EngineCore
import LinkProfiles
import Simulator
import Testing
import ThreadWire

@testable import LowPANEngine
@testable import MACEngine
@testable import NodeEngine
@testable import ThreadEngine

/// What must hold in a network at any time, whatever happens to it.
///
/// Some faults of a distance-vector protocol heal by themselves, and are faults only when they last: those have a
/// tolerance.
final class Invariants {
    /// How long faults may last that a change brings about.
    struct Tolerances {
        /// A way that leads back to where it was: until the bad news has gone round. Where nothing is ever lost, no
        /// way does.
        var loop = Duration.zero
        /// A child that two routers take for theirs, or whose parent does not know it: until its timeout, when the
        /// router forgets it or its own keep-alive, whose attempts come within that time, has failed. Partitions merge
        /// in every network that forms, and take routers from their children.
        var parentage: Duration

        init(_ profile: LinkProfile, after disturbance: Disturbance) {
            loop =
                switch disturbance {
                // Unless advertisements, which nobody repeats, are lost in numbers.
                case .none: profile.losesFrames ? profile.advertisementIntervalMaximumCeiling * 2 : .zero
                // Everybody advertises twice until nobody believes in a way through what is gone.
                case .change: profile.advertisementIntervalMaximumCeiling * 2
                // Before that, links without advertisements are taken down.
                case .flood: profile.neighborAgeMaximum + profile.advertisementIntervalMaximumCeiling * 2
                }
            parentage = profile.childTimeoutDefault + Scenario.checkInterval
        }
    }

    /// What a scenario does to its network.
    enum Disturbance {
        /// Nothing is lost but by chance.
        case none
        /// Nodes or links go and come.
        case change
        /// A stranger's frames take the air from advertisements.
        case flood
    }

    let network: VirtualNetwork
    var tolerances: Tolerances
    let counters = FrameCounterWatch()
    private(set) var violations: [String] = []
    /// Faults that were there at the last check, and since when.
    private var pending: [String: Instant] = [:]

    init(_ network: VirtualNetwork, tolerances: Tolerances) {
        self.network = network
        self.tolerances = tolerances
    }

    /// Looks at the whole network.
    func check() {
        checkRouterIDs()
        checkLeaders()
        for node in network.running { checkLimits(node) }
        var faults: [(text: String, tolerance: Duration)] = []
        faults += loops().map { ($0, tolerances.loop) }
        faults += parentage().map { ($0, tolerances.parentage) }
        faults += unknownNeighbors().map { ($0, Scenario.checkInterval) }
        var now: [String: Instant] = [:]
        for fault in faults {
            let since = pending[fault.text] ?? network.now
            now[fault.text] = since
            if network.now.since(since) >= fault.tolerance { report("\(fault.text), since \(since)") }
        }
        pending = now
        for violation in counters.violations { report(violation) }
    }

    private func report(_ violation: String) {
        guard !violations.contains(violation), violations.count < 20 else { return }
        violations.append(violation)
    }

    // MARK: Never

    /// One node an id in every partition.
    private func checkRouterIDs() {
        var holders: [[UInt32]: String] = [:]
        for node in network.running where node.engine.thread.role.isRouting {
            let thread = node.engine.thread
            guard let partition = thread.partitionID else { continue }
            let key = [partition.rawValue, UInt32(thread.rloc16.rawValue)]
            if let other = holders.updateValue(node.name, forKey: key) {
                report("\(other) and \(node.name) are both \(thread.rloc16) at \(network.now)")
            }
        }
    }

    private func checkLeaders() {
        var leaders: [PartitionID: String] = [:]
        for node in network.running where node.engine.thread.role == .leader {
            guard let partition = node.engine.thread.partitionID else { continue }
            if let other = leaders.updateValue(node.name, forKey: partition) {
                report("\(other) and \(node.name) both lead partition \(partition)")
            }
        }
    }

    /// No table grows beyond its limit.
    private func checkLimits(_ node: VirtualNetwork.Node) {
        let engine = node.engine
        let thread = engine.thread
        func check(_ name: String, _ count: Int, _ limit: Int) {
            if count > limit { report("\(node.name) has \(count) \(name), \(limit) are allowed") }
        }
        check("children", thread.children.children.count, thread.configuration.childLimit)
        check("routers", thread.routers.count, thread.configuration.routerLimit)
        check("cached addresses", thread.addressCache.entries.count, thread.configuration.addressCacheLimit)
        check("delayed messages", thread.delayed.count, thread.configuration.delayedMessageLimit)
        check("pending requests", thread.management.pending.count, thread.configuration.pendingRequestLimit)
        check("remembered answers", thread.management.answered.count, thread.configuration.pendingRequestLimit)
        check("transfers", engine.transfers.count, engine.configuration.transferLimit)
        check("unresolved datagrams", engine.unresolved.count, engine.configuration.unresolvedLimit)
        check("reassemblies", engine.lowPAN.reassemblyCount, engine.configuration.lowPAN.reassemblyLimit)
        check("link peers", engine.mac.peers.entries.count, engine.configuration.mac.peerLimit)
        check("queued frames", engine.mac.queue.entries.count, engine.configuration.mac.transmitQueueLimit + 1)
    }

    /// Children, parents and linked routers whose frames the link layer would not know, though they are where this
    /// node believes them to be.
    private func unknownNeighbors() -> [String] {
        var found: [String] = []
        for node in network.running where node.engine.thread.role.isAttached {
            let peers = node.engine.mac.peers
            for (neighbor, _) in node.engine.thread.neighbors {
                let other = network.running.first { $0.engine.thread.extendedAddress == neighbor.extendedAddress }
                guard let other, other.engine.thread.rloc16 == neighbor.rloc16,
                    other.engine.thread.partitionID == node.engine.thread.partitionID,
                    other.engine.thread.neighbor(node.engine.thread.extendedAddress) != nil
                else { continue }
                let known = peers.index(of: neighbor.rloc16).map { peers.entries[$0].peer.extendedAddress }
                if known != neighbor.extendedAddress {
                    found.append("the link layer of \(node.name) does not know \(other.name) as \(neighbor.rloc16)")
                }
            }
        }
        return found
    }

    // MARK: Not for long

    /// The ways between routers that come back to where they were.
    private func loops() -> [String] {
        let routers = network.running.filter { $0.engine.thread.role.isRouting }
        var found: [String] = []
        for start in routers {
            for target in routers where target.index != start.index {
                if case .loop(let trace) = Route.follow(from: start, to: target, in: network) {
                    found.append("the way from \(start.name) to \(target.name) goes round in circles: \(trace)")
                }
            }
        }
        return found
    }

    /// Children without a parent that knows them, and children of two.
    private func parentage() -> [String] {
        var found: [String] = []
        for child in network.running where child.engine.thread.role == .child {
            let thread = child.engine.thread
            let claimants = network.running.filter {
                $0.engine.thread.role.isRouting && $0.engine.thread.partitionID == thread.partitionID
                    && $0.engine.thread.children[thread.extendedAddress]?.isValid == true
            }
            if claimants.count > 1 {
                found.append("\(child.name) is a child of \(claimants.map { $0.name })")
            }
            guard
                let parent = claimants.first(where: {
                    $0.engine.thread.extendedAddress == thread.parent?.extendedAddress
                })
            else {
                found.append("\(child.name) has a parent that does not know it")
                continue
            }
            let known = parent.engine.thread.children[thread.extendedAddress]?.neighbor.rloc16
            if known != thread.rloc16 {
                found.append("\(child.name) is \(thread.rloc16), its parent \(parent.name) says another address")
            }
        }
        return found
    }
}

/// The way that a frame would take, from one node's next hop to the next.
enum Route: Equatable {
    /// It arrives, over these nodes.
    case arrives([Int])
    /// A node on the way knows no next hop, or one that is not there.
    case ends([Int])
    case loop([String])

    static func follow(
        from start: VirtualNetwork.Node, to target: VirtualNetwork.Node, in network: VirtualNetwork
    ) -> Route {
        let partition = target.engine.thread.partitionID
        let locator = target.engine.thread.rloc16
        var path = [start.index]
        var place = start
        while place.index != target.index {
            guard let hop = place.engine.thread.nextHop(to: locator),
                let next = network.running.first(where: {
                    $0.engine.thread.rloc16 == hop && $0.engine.thread.partitionID == partition
                })
            else { return .ends(path) }
            if path.contains(next.index) { return .loop((path + [next.index]).map { network.nodes[$0].name }) }
            path.append(next.index)
            place = next
        }
        return .arrives(path)
    }
}
