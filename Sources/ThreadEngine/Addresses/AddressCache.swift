public import EngineCore
public import ThreadWire

/// Where the addresses of other nodes are: what was asked, what was answered.
/// - Deviation: docs/deviations.md#address-cache
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
    }

    /// The most recently used first.
    public private(set) var entries: [Entry] = []
    let limit: Int

    init(limit: Int) { self.limit = limit }

    func entry(_ target: IPv6Address) -> Entry? {
        entries.first { $0.target == target }
    }

    /// Adds or replaces an entry and puts it in front; the least recently used one that may go gives way.
    /// - Returns: false when all places are taken by queries that are out.
    mutating func update(_ entry: Entry) -> Bool {
        entries.removeAll { $0.target == entry.target }
        if entries.count >= limit {
            guard let victim = entries.lastIndex(where: { if case .querying = $0.state { false } else { true } })
            else { return false }
            entries.remove(at: victim)
        }
        entries.insert(entry, at: 0)
        return true
    }

    /// Puts a used entry in front.
    mutating func touch(_ target: IPv6Address) {
        guard let index = entries.firstIndex(where: { $0.target == target }), index > 0 else { return }
        entries.insert(entries.remove(at: index), at: 0)
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
