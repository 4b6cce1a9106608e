public import EngineCore
public import ThreadWire

// What a command line wants to see and to set.
extension ThreadEngine {
    /// Where other nodes' addresses are.
    public var addressCache: AddressCache { resolver }

    /// The neighbor to hand a frame for a locator to, and what the whole way costs; this node itself at no cost.
    /// - Returns: nil when there is no way.
    public func path(to target: RLOC16) -> (nextHop: RLOC16, cost: UInt8)? {
        guard role.isAttached else { return nil }
        if target == rloc16 { return (rloc16, 0) }
        if role == .child {
            guard let parent else { return nil }
            let first = parent.twoWayLinkQuality.cost
            if target.routerID == parent.rloc16.routerID { return (parent.rloc16, first) }
            guard let router = routers[target.routerID], router.nextHop != nil,
                router.cost &+ first < infiniteRouteCost
            else { return nil }
            return (parent.rloc16, router.cost &+ first)
        }
        if target.routerID == rloc16.routerID {
            return children[target].map { ($0.neighbor.rloc16, $0.neighbor.twoWayLinkQuality.cost) }
        }
        return routers.path(to: target.routerID).map { ($0.nextHop.rloc16, $0.cost) }
    }

    /// Replaces the tunables; those that concern decisions count from the next one on.
    public mutating func setConfiguration(_ new: Configuration) {
        configuration = new
        children.limit = new.childLimit
    }

    /// Sets what this node can do and wants; only while the protocol is stopped.
    /// - Returns: false when it runs.
    public mutating func setMode(_ new: DeviceMode) -> Bool {
        guard role == .disabled else { return false }
        mode = new
        emit(.identityChanged)
        return true
    }

    /// Counts from zero again.
    public mutating func resetCounters(now: Instant) {
        counters.reset(now: now)
    }
}
