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
        // The last hop to a child of another router counts as a good one.
        let last = target.isRouter ? 0 : LinkQuality.good.cost
        if role == .child {
            guard let parent else { return nil }
            let first = parent.signal.linkQuality.cost
            if target.routerID == parent.rloc16.routerID { return (parent.rloc16, first &+ last) }
            guard let router = routers[target.routerID], router.nextHop != nil,
                router.cost &+ first < infiniteRouteCost
            else { return nil }
            return (parent.rloc16, router.cost &+ first &+ last)
        }
        if target.routerID == rloc16.routerID {
            return children[target].map { ($0.neighbor.rloc16, $0.neighbor.signal.linkQuality.cost) }
        }
        return routers.path(to: target.routerID).map { ($0.nextHop.rloc16, $0.cost &+ last) }
    }

    /// Messages that wait: MLE's for their random delay, management requests for their answer.
    public var waitingMessages: (delayed: Int, requests: (count: Int, byteCount: Int)) {
        let requests = management.pending
        return (delayed.count, (requests.count, requests.reduce(0) { $0 + $1.message.byteCount }))
    }

    /// How many messages wait in all.
    public var waitingMessageCount: Int { delayed.count + management.pending.count }

    /// Replaces the tunables; those that concern decisions count from the next one on.
    public mutating func setConfiguration(_ new: Configuration) {
        configuration = new
        children.limit = new.childLimit
    }

    /// Counts from zero again.
    public mutating func resetCounters(now: Instant) {
        counters.reset(now: now)
    }
}
