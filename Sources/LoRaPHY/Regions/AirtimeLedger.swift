public import EngineCore

/// How much of a sub-band's air time a node has used within the last hour, and when it may send again.
///
/// Time is counted in slots: a transmission belongs to the slot in which it ends, and counts until that whole slot is
/// more than an hour old. So no hour, wherever it begins, holds more than the budget, and the memory is bounded. What
/// a crash could make a node forget is written down before it is used: a block is reserved, stored, and then spent.
public struct AirtimeLedger: Equatable, Sendable {
    /// The hour over which duty cycles are counted.
    /// - Source: EN 300 220-1 as the project's sheet of LoRa figures cites it: a sliding hour
    public static let window = Duration.seconds(3600)
    /// How finely the past is kept.
    public static let slotLength = Duration.seconds(30)
    /// The slots that an hour can touch.
    static let slotLimit = Int(window.microseconds / slotLength.microseconds) + 2

    struct Slot: Equatable, Sendable {
        var index: UInt64
        /// - Units: microseconds
        var used: Int64

        /// The last instant at which it counts.
        var countsUntil: Instant {
            Instant(microseconds: (index + 1) * UInt64(AirtimeLedger.slotLength.microseconds))
                + AirtimeLedger.window
        }
    }

    public let rules: SubBand
    /// The oldest first.
    private(set) var slots: [Slot] = []
    private var lastEnd: Instant?
    /// What was stored as used and is not yet.
    /// - Units: microseconds
    private(set) var reserved: Int64 = 0
    /// What will be reserved as soon as it is stored; zero when nothing is asked for.
    private(set) var requested: Int64 = 0

    public init(rules: SubBand) { self.rules = rules }

    // MARK: Asking

    /// The part of the hour's budget that frames of a priority may use: the rest is kept for what is more urgent.
    /// - Units: percent
    public static func share(of priority: TransmitPriority) -> Int64 {
        switch priority {
        case .acknowledgement: 100
        case .attach: 97
        case .control: 94
        case .data: 90
        case .background: 75
        }
    }

    /// When a transmission may begin.
    /// - Returns: nil when it never may: it takes longer than the hour's budget.
    public func earliestStart(of airtime: Duration, priority: TransmitPriority, now: Instant) -> Instant? {
        let rested = lastEnd.map { max(now, $0 + (rules.listenBeforeTalk?.pause ?? .zero)) } ?? now
        guard let budget = rules.hourlyBudget else { return rested }
        let limit = budget.microseconds / 100 * Self.share(of: priority)
        guard airtime <= budget else { return nil }
        // What is longer than its share goes when nothing else was sent for an hour.
        let room = max(limit - airtime.microseconds, 0)
        var used = usedMicroseconds(at: rested)
        var start = rested
        for slot in slots where used > room {
            guard slot.countsUntil >= rested else { continue }
            used -= slot.used
            start = slot.countsUntil + .microseconds(1)
        }
        return start
    }

    /// What was used within the hour before, as the law's clock sees it.
    public func used(at now: Instant) -> Duration { .microseconds(usedMicroseconds(at: now)) }

    private func usedMicroseconds(at now: Instant) -> Int64 {
        slots.reduce(0) { $1.countsUntil >= now ? $0 + $1.used : $0 }
    }

    // MARK: Using

    /// Counts a transmission that begins now.
    public mutating func use(_ airtime: Duration, now: Instant) {
        let end = now + airtime
        lastEnd = end
        guard rules.hourlyBudget != nil else { return }
        reserved -= airtime.microseconds
        add(airtime.microseconds, at: end, now: now)
    }

    private mutating func add(_ used: Int64, at time: Instant, now: Instant) {
        while let first = slots.first, first.countsUntil < now { slots.removeFirst() }
        let index = time.microseconds / UInt64(Self.slotLength.microseconds)
        if let last = slots.indices.last, slots[last].index >= index {
            slots[last].used += used
        } else {
            slots.append(Slot(index: index, used: used))
        }
    }

    // MARK: Surviving a crash

    /// Whether what is reserved covers a transmission; otherwise a record must be stored first.
    public func isCovered(_ airtime: Duration) -> Bool {
        rules.hourlyBudget == nil || reserved >= airtime.microseconds
    }

    /// The block that is reserved ahead: a share of the budget, and room for a few of the longest frames.
    private func block(longestFrame: Duration) -> Int64 {
        max((rules.hourlyBudget?.microseconds ?? 0) / 256, 3 * longestFrame.microseconds)
    }

    /// Asks for another block.
    /// - Returns: the record to store, after which ``confirmReserve()`` is called; nil while one is asked for already.
    public mutating func requestReserve(longestFrame: Duration, now: Instant) -> StoredAirtime? {
        guard requested == 0 else { return nil }
        requested = block(longestFrame: longestFrame)
        return stored(at: now)
    }

    /// What was asked for is stored.
    public mutating func confirmReserve() {
        reserved = max(reserved, 0) + requested
        requested = 0
    }

    /// What was asked for could not be stored.
    public mutating func refuseReserve() { requested = 0 }

    /// All that counts, what is reserved as if it were used now.
    func stored(at now: Instant) -> StoredAirtime {
        func entry(until end: Instant, _ used: Int64) -> StoredAirtime.Entry {
            StoredAirtime.Entry(
                countsFor: UInt32(clamping: end.since(now).wholeSeconds + 1), used: UInt32(clamping: used))
        }
        var entries = slots.filter { $0.countsUntil >= now }.map { entry(until: $0.countsUntil, $0.used) }
        let ahead = max(reserved, 0) + requested
        if ahead > 0 { entries.append(entry(until: now + Self.window + Self.slotLength, ahead)) }
        return StoredAirtime(subBand: rules.name, entries: entries)
    }

    /// Takes over what a run before used. How long the node was off is not known for certain, so it counts as no time.
    /// A record that claims to count for longer than a ledger ever writes, as a damaged one may, counts for an hour.
    public mutating func restore(_ stored: StoredAirtime, now: Instant) {
        guard stored.subBand == rules.name else { return }
        slots = []
        for entry in stored.entries.sorted(by: { $0.countsFor < $1.countsFor }).suffix(Self.slotLimit) {
            let countsFor = min(.seconds(Int64(entry.countsFor)), Self.window + Self.slotLength)
            let index = Self.slot(countingUntil: now + countsFor)
            if let last = slots.indices.last, slots[last].index == index {
                slots[last].used += Int64(entry.used)
            } else {
                slots.append(Slot(index: index, used: Int64(entry.used)))
            }
        }
    }

    /// The first slot that counts at least until an instant.
    private static func slot(countingUntil end: Instant) -> UInt64 {
        let length = UInt64(slotLength.microseconds)
        let begin = end.earlier(by: window) ?? .zero
        return max((begin.microseconds + length - 1) / length, 1) - 1
    }
}
