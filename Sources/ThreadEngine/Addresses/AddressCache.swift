public import EngineCore
public import ThreadWire

/// Where the addresses of other nodes are: what was asked, what was answered, what was overheard.
///
/// What is in use stays; overheard places go first, then addresses that nobody answered for.
/// - Source: OpenThread as observed: its cached, snooped, query and retry entries
public struct AddressCache: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        public enum State: Equatable, Sendable {
            /// A query is out.
            case querying(until: Instant)
            /// Nobody answered; no new query before `until`.
            case waiting(until: Instant)
            /// It is known.
            case resolved(RLOC16, meshLocalInterfaceIdentifier: UInt64?, lastTransactionTime: UInt32?)
        }

        public var target: IPv6Address
        public var state: State
        /// How long to wait after the next failure.
        public var retryDelay: Duration
        /// Whether the place was overheard and not used since.
        public internal(set) var isSnooped = false
        /// Until when an overheard place does not give way: an answer may be about to need it.
        public internal(set) var protectedUntil: Instant?
        /// Until when an answer is believed although no way leads to the place: routes may follow it.
        var freshUntil: Instant?
        /// How often the query that is out has been repeated.
        var repetitions: UInt8 = 0
    }

    /// The most recently used first.
    public private(set) var entries: [Entry] = []
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// How many overheard places may be protected at once.
    /// - Source: OpenThread as observed: a sixteenth of the cache
    private var protectedLimit: Int { max(1, limit / 16) }

    func entry(_ target: IPv6Address) -> Entry? {
        entries.first { $0.target == target }
    }

    /// Adds or replaces an entry and puts it in front; another one gives way when there is no room.
    /// - Returns: false when all places are taken by queries that are out.
    mutating func update(_ entry: Entry) -> Bool {
        entries.removeAll { $0.target == entry.target }
        if entries.count >= limit {
            guard let victim else { return false }
            entries.remove(at: victim)
        }
        entries.insert(entry, at: 0)
        return true
    }

    /// Adds an overheard place, if it does not drive out what is in use.
    mutating func snoop(_ target: IPv6Address, at rloc16: RLOC16, retryDelay: Duration, until: Instant) {
        let mayProtect = entries.count { $0.protectedUntil != nil } < protectedLimit
        guard mayProtect || entries.count < limit || unprotectedSnoop != nil else { return }
        var entry = Entry(
            target: target, state: .resolved(rloc16, meshLocalInterfaceIdentifier: nil, lastTransactionTime: nil),
            retryDelay: retryDelay)
        entry.isSnooped = true
        entry.protectedUntil = mayProtect ? until : nil
        _ = update(entry)
    }

    private var unprotectedSnoop: Int? { entries.lastIndex { $0.isSnooped && $0.protectedUntil == nil } }

    private var victim: Int? {
        unprotectedSnoop ?? entries.lastIndex { if case .waiting = $0.state { true } else { false } }
            ?? entries.lastIndex { $0.rloc16 != nil && !$0.isSnooped }
    }

    /// Puts a used entry in front.
    mutating func touch(_ target: IPv6Address) {
        guard let index = entries.firstIndex(where: { $0.target == target }) else { return }
        entries[index].isSnooped = false
        entries[index].protectedUntil = nil
        if index > 0 { entries.insert(entries.remove(at: index), at: 0) }
    }

    /// Lets overheard places give way whose time is over.
    mutating func age(now: Instant) {
        for index in entries.indices {
            if let until = entries[index].protectedUntil, until <= now { entries[index].protectedUntil = nil }
        }
    }

    mutating func remove(_ target: IPv6Address) { entries.removeAll { $0.target == target } }
    mutating func remove(rloc16: RLOC16) { entries.removeAll { $0.rloc16 == rloc16 } }
    mutating func remove(routerID: RouterID) { entries.removeAll { $0.rloc16?.routerID == routerID } }
    mutating func removeAll() { entries.removeAll() }

    /// A node has a new place.
    mutating func replace(rloc16 old: RLOC16, with new: RLOC16) {
        for index in entries.indices {
            if case .resolved(old, let identifier, let time) = entries[index].state {
                entries[index].state = .resolved(
                    new, meshLocalInterfaceIdentifier: identifier, lastTransactionTime: time)
            }
        }
    }
}

extension AddressCache.Entry {
    /// The place, if it is known.
    public var rloc16: RLOC16? {
        if case .resolved(let rloc16, _, _) = state { rloc16 } else { nil }
    }
}
