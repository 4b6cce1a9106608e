public import EngineCore
public import ThreadWire

/// The cost that stands for "no route". A path may cost up to 15.
/// - Source: OpenThread as observed (maximum route cost 16)
public let infiniteRouteCost: UInt8 = 16

/// A router of the partition, heard directly or known by hearsay.
public struct Router: Equatable, Sendable {
    /// How far the direct link has come.
    public enum Link: Equatable, Sendable {
        case none
        /// A Link Request is to be sent or was sent; an answer must return the challenge before the deadline.
        case requested(challenge: [UInt8], deadline: Instant)
        case valid
    }

    public let id: RouterID
    public var link = Link.none {
        didSet { isLinkValid = link == .valid }
    }
    /// Kept beside the link itself, as it is asked for with every advertisement.
    public private(set) var isLinkValid = false
    /// Whether its advertisements are heard well enough for a link.
    var isHeard = false
    /// Meaningful while the link is requested or valid.
    public var neighbor: Neighbor
    /// The neighboring router that leads to this one by the cheapest way of several hops.
    public var nextHop: RouterID?
    /// What that way costs from the next hop on.
    public var cost: UInt8 = 0
    /// When the entry was last heard of: for the leader's decision to release the id.
    public var lastReachable: Instant
    /// How many requests for a link in a row were not answered in time.
    var unansweredLinkRequests: UInt8 = 0
    /// Until when this router is not asked for a link again.
    var linkRestUntil = Instant.zero
    /// What the last Link Request on the valid link asked back; empty when it was answered.
    var renewalChallenge: [UInt8] = []

    init(id: RouterID, now: Instant) {
        self.id = id
        neighbor = Neighbor(extendedAddress: ExtendedAddress(rawValue: 0), rloc16: id.rloc16, now: now)
        lastReachable = now
    }

    public var isLinkRequested: Bool {
        if case .requested = link { true } else { false }
    }

    /// The cost of the direct link.
    /// - Range: 1, 2, 4, or 16 for no link
    public var linkCost: UInt8 { isLinkValid ? neighbor.twoWayLinkQuality.cost : infiniteRouteCost }
}

/// The routers of the partition: who holds which id, who is heard, which way leads where.
///
/// A distance-vector table. Each entry keeps the direct link beside the cheapest detour; a path takes the cheaper one.
public struct RouterTable: Equatable, Sendable {
    /// All routers with an id, by id.
    public private(set) var routers: [Router] = []
    /// The ids that are given out.
    public private(set) var ids = RouterIDMask()
    /// Counts the leader's changes and heartbeats.
    public private(set) var idSequence: UInt8 = 0
    /// When the sequence last moved on: its age tells whether the leader is still there.
    public private(set) var idSequenceUpdated = Instant.zero
    /// When an id that was released may be given out again; the leader's memory.
    private var reusable: [RouterID: Instant] = [:]

    public init() {}

    public var count: Int { routers.count }

    public subscript(id: RouterID) -> Router? {
        index(of: id).map { routers[$0] }
    }

    public subscript(address: ExtendedAddress) -> Router? {
        index(of: address).map { routers[$0] }
    }

    /// The router with an address, when there is a valid link to it.
    func linkedNeighbor(_ address: ExtendedAddress) -> Neighbor? {
        guard let index = index(of: address), routers[index].isLinkValid else { return nil }
        return routers[index].neighbor
    }

    /// Where the router with an address stands, if it is or may become a neighbor.
    private func index(of address: ExtendedAddress) -> Int? {
        for index in routers.indices where routers[index].neighbor.extendedAddress == address {
            if case .none = routers[index].link { continue }
            return index
        }
        return nil
    }

    /// The id under which a router was known to which there is no link any more.
    func silentRouter(_ address: ExtendedAddress) -> RouterID? {
        // Routers that never were neighbors have no address here.
        guard address.rawValue != 0 else { return nil }
        for index in routers.indices where routers[index].neighbor.extendedAddress == address {
            if case .none = routers[index].link { return routers[index].id }
        }
        return nil
    }

    /// How many routers are heard at least this well.
    var heardCount: Int { routers.count { $0.isHeard || $0.isLinkValid } }

    public func neighborCount(atLeast quality: LinkQuality) -> Int {
        var count = 0
        for index in routers.indices
        where routers[index].isLinkValid && routers[index].neighbor.signal.linkQuality >= quality { count += 1 }
        return count
    }

    /// Whether a router has the id.
    func contains(_ id: RouterID) -> Bool { index(of: id) != nil }

    /// How far the direct link to a router has come; nil when nobody has the id.
    func link(to id: RouterID) -> Router.Link? { index(of: id).map { routers[$0].link } }

    /// The address of the router with an id, when there is a valid link to it.
    func linkedAddress(of id: RouterID) -> ExtendedAddress? {
        guard let index = index(of: id), routers[index].isLinkValid else { return nil }
        return routers[index].neighbor.extendedAddress
    }

    /// The routers whose answer to a Link Request is overdue, and those not heard since a time.
    func overdue(at now: Instant, unheardSince limit: Instant?) -> RouterIDMask {
        var mask = RouterIDMask()
        for index in routers.indices {
            switch routers[index].link {
            case .none: continue
            case .requested(_, let deadline): if deadline > now { continue }
            case .valid: if limit.map({ routers[index].neighbor.lastHeard > $0 }) ?? true { continue }
            }
            mask.insert(routers[index].id)
        }
        return mask
    }

    @inline(__always)
    private func index(of id: RouterID) -> Int? { ids.position(of: id) }

    /// Changes an entry where it stands, if it is there.
    mutating func modify(_ id: RouterID, _ change: (inout Router) -> Void) {
        guard let index = index(of: id) else { return }
        change(&routers[index])
    }

    /// Changes the entry of a router that is or may become a neighbor.
    mutating func modify(_ address: ExtendedAddress, _ change: (inout Router) -> Void) {
        guard let index = index(of: address) else { return }
        change(&routers[index])
    }

    mutating func clear() {
        routers.removeAll()
        ids = RouterIDMask()
    }

    private mutating func insert(_ id: RouterID, now: Instant) {
        ids.insert(id)
        guard let position = index(of: id) else { return }
        routers.insert(Router(id: id, now: now), at: position)
    }

    // MARK: The set of ids

    /// Whether a sequence number is newer than the one known.
    public func isNewer(_ sequence: UInt8) -> Bool {
        routers.isEmpty || Int8(bitPattern: sequence &- idSequence) > 0
    }

    /// Takes over the leader's set of ids.
    /// - Returns: the routers that are gone, and whether any came.
    mutating func update(ids given: RouterIDMask, sequence: UInt8, now: Instant) -> (removed: [Router], hasAdded: Bool)
    {
        idSequence = sequence
        idSequenceUpdated = now
        guard given != ids else { return ([], false) }
        let removed = routers.filter { !given.contains($0.id) }
        for router in removed {
            dropRoutes(via: router.id)
            ids.remove(router.id)
        }
        routers.removeAll { !given.contains($0.id) }
        var hasAdded = false
        for id in given where id.isValid && !contains(id) {
            insert(id, now: now)
            hasAdded = true
        }
        return (removed, hasAdded)
    }

    /// As leader: gives out an id, the wanted one where it is free, else one of a range at random.
    /// - Returns: nil when no id is free or `limit` routers exist.
    mutating func allocate(
        preferring wanted: RouterID?, limit: Int, in range: ClosedRange<UInt8> = 0...RouterID.maximum.rawValue,
        now: Instant, entropy: inout OpenEntropy
    ) -> RouterID? {
        guard routers.count < limit else { return nil }
        func isFree(_ id: RouterID) -> Bool { !contains(id) && (reusable[id].map { $0 <= now } ?? true) }
        let chosen: RouterID
        if let wanted, wanted.isValid, isFree(wanted) {
            chosen = wanted
        } else {
            let free = range.map(RouterID.init(rawValue:)).filter(isFree)
            guard !free.isEmpty else { return nil }
            chosen = free[Int(entropy.below(UInt64(free.count)))]
        }
        reusable[chosen] = nil
        insert(chosen, now: now)
        advanceSequence(now: now)
        return chosen
    }

    /// As leader: takes an id back.
    mutating func release(_ id: RouterID, reuseDelay: Duration, now: Instant) {
        guard let index = index(of: id) else { return }
        dropRoutes(via: id)
        routers.remove(at: index)
        ids.remove(id)
        reusable[id] = now + reuseDelay
        advanceSequence(now: now)
    }

    /// As leader: the heartbeat that tells routers that the leader is there.
    mutating func advanceSequence(now: Instant) {
        idSequence &+= 1
        idSequenceUpdated = now
    }

    /// As a new leader: where its sequence begins.
    mutating func startSequence(_ sequence: UInt8, now: Instant) {
        idSequence = sequence
        idSequenceUpdated = now
    }

    // MARK: Routes

    /// Forgets the ways that lead through a router.
    mutating func dropRoutes(via id: RouterID) {
        for index in routers.indices where routers[index].nextHop == id { routers[index].nextHop = nil }
    }

    /// Takes the direct link to a router down.
    mutating func removeLink(_ id: RouterID, now: Instant) {
        modify(id) {
            $0.link = .none
            $0.renewalChallenge = []
            $0.neighbor.linkQualityOut = .none
            $0.lastReachable = now
        }
        dropRoutes(via: id)
    }

    /// The neighboring router to send to, and what the whole way costs.
    /// - Returns: nil when no way is known.
    public func path(to id: RouterID) -> (nextHop: RouterID, cost: UInt8)? {
        index(of: id).flatMap { path(toRouterAt: $0) }
    }

    private func path(toRouterAt index: Int) -> (nextHop: RouterID, cost: UInt8)? {
        var best: (nextHop: RouterID, cost: UInt8)? = nil
        let direct = routers[index].linkCost
        if direct < infiniteRouteCost { best = (routers[index].id, direct) }
        if let nextHop = routers[index].nextHop, let neighbor = self.index(of: nextHop) {
            let first = routers[neighbor].linkCost
            let cost = routers[index].cost &+ first
            if first < infiniteRouteCost, cost < best?.cost ?? infiniteRouteCost { best = (nextHop, cost) }
        }
        return best
    }

    /// Learns from what a neighboring router advertises.
    /// - Returns: whether any router became reachable or unreachable, which everyone should hear soon.
    mutating func learn(_ route: Route64, from neighborID: RouterID, self ownID: RouterID, now: Instant) -> Bool {
        guard let neighbor = index(of: neighborID) else { return false }
        let reachableBefore = reachable
        if let own = route.entry(for: ownID) {
            routers[neighbor].neighbor.linkQualityOut = LinkQuality(rawValue: own.linkQualityIn) ?? .none
        }
        let linkCost = routers[neighbor].linkCost
        // Both are in the order of ids.
        var index = 0
        for (id, entry) in route.routes where id != ownID && id != neighborID {
            while index < routers.count, routers[index].id < id { index += 1 }
            guard index < routers.count else { break }
            guard routers[index].id == id else { continue }
            learn(index, costFromNeighbor: entry.routeCost, via: neighborID, linkCost: linkCost)
        }
        let reachableAfter = reachable
        noteReachable(reachableAfter, now: now)
        return reachableBefore != reachableAfter
    }

    private mutating func learn(_ index: Int, costFromNeighbor: UInt8, via neighborID: RouterID, linkCost: UInt8) {
        let cost = costFromNeighbor == 0 ? infiniteRouteCost : costFromNeighbor
        let total = cost &+ linkCost
        let current = routers[index].nextHop
        if current == nil || current == neighborID {
            if total < infiniteRouteCost {
                routers[index].nextHop = neighborID
                routers[index].cost = cost
            } else if current == neighborID {
                routers[index].nextHop = nil
            }
            return
        }
        let known =
            routers[index].cost
            &+ (current.flatMap { self.index(of: $0) }.map { routers[$0].linkCost } ?? infiniteRouteCost)
        if total < known {
            routers[index].nextHop = neighborID
            routers[index].cost = cost
        }
    }

    /// Learns, as a child that may become a router, what its parent can reach.
    mutating func learnAsChild(_ route: Route64, parent: RouterID) {
        for (id, entry) in route.routes where id != parent {
            modify(id) {
                $0.nextHop = entry.routeCost == 0 ? nil : parent
                $0.cost = entry.routeCost
            }
        }
    }

    /// The routers to which a way is known.
    private var reachable: RouterIDMask {
        var linked = RouterIDMask()
        for index in routers.indices where routers[index].linkCost < infiniteRouteCost {
            linked.insert(routers[index].id)
        }
        guard linked != ids else { return linked }
        var mask = linked
        for index in routers.indices where !linked.contains(routers[index].id) && path(toRouterAt: index) != nil {
            mask.insert(routers[index].id)
        }
        return mask
    }

    /// As leader: the routers that no way has led to since a time. Those that can be reached are noted as such.
    mutating func unreachable(since limit: Instant?, now: Instant) -> RouterIDMask {
        noteReachable(reachable, now: now)
        var mask = RouterIDMask()
        guard let limit else { return mask }
        for index in routers.indices where routers[index].lastReachable <= limit { mask.insert(routers[index].id) }
        return mask
    }

    private mutating func noteReachable(_ reachable: RouterIDMask, now: Instant) {
        for index in routers.indices where reachable.contains(routers[index].id) {
            routers[index].lastReachable = now
        }
    }

    /// What this router tells its neighbors.
    /// - Parameters:
    ///   - kept: the ids that are told of in any case.
    ///   - limit: of how many routers it tells; the first ids beyond that are left out.
    public func route64(self ownID: RouterID, keeping kept: RouterIDMask = RouterIDMask(), limit: Int = .max) -> Route64
    {
        var mask = ids
        for id in ids where mask.count > limit && !kept.contains(id) { mask.remove(id) }
        let entries = routers.filter { mask.contains($0.id) }.map { router in
            guard router.id != ownID else { return RouteEntry(linkQualityOut: 0, linkQualityIn: 0, routeCost: 1) }
            return RouteEntry(
                linkQualityOut: router.isLinkValid ? router.neighbor.linkQualityOut.rawValue : 0,
                linkQualityIn: router.isLinkValid ? router.neighbor.signal.linkQuality.rawValue : 0,
                routeCost: path(to: router.id)?.cost ?? 0)
        }
        return Route64(idSequence: idSequence, routerIDMask: mask, entries: entries)
    }
}

extension Route64 {
    /// The entries with the ids that they are about.
    var routes: Zip2Sequence<RouterIDMask, RouteEntries> { zip(routerIDMask, entries) }
}
