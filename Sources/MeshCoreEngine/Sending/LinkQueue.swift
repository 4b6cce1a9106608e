import EngineCore
import MeshCoreWire

/// A packet that waits for a link.
struct QueuedPacket: Sendable {
    let packet: MeshCorePacket
    let destination: MeshCoreDestination
    /// 0 goes first.
    let priority: UInt8
    let due: Instant
}

/// One link and what waits for it.
struct LinkState: Sendable {
    /// What the link is sending.
    struct Flight: Sendable {
        let queued: QueuedPacket
        let airtime: Duration
        let expires: Instant
    }

    var link: MeshCoreLink
    var counters = MeshCoreLinkCounters()
    var queue: [QueuedPacket] = []
    var flight: Flight?
    var budget: AirtimeBudget
    /// When the link may be used again.
    var blockedUntil = Instant.zero
    /// Since when others have been sending whenever this node wanted to.
    var busySince: Instant?
    var rate = RateLimiter()

    init(_ link: MeshCoreLink, factor: UInt32) {
        self.link = link
        budget = AirtimeBudget(factor: factor)
    }

    var isAir: Bool { link.medium == .air }

    var nextDeadline: Instant? {
        if let flight { return flight.expires }
        var deadline: Instant?
        for queued in queue { deadline = earlier(deadline, queued.due) }
        return deadline.map { max($0, blockedUntil) }
    }

    /// Takes the packet that goes next: of those that are due the one of the best priority that has waited longest.
    mutating func popDue(now: Instant) -> QueuedPacket? {
        var best: Int?
        for index in queue.indices where queue[index].due <= now {
            if let current = best, queue[index].priority >= queue[current].priority { continue }
            best = index
        }
        return best.map { queue.remove(at: $0) }
    }

    func hasDue(now: Instant) -> Bool { queue.contains { $0.due <= now } }
}

/// How long a radio may send: a bucket of an hour's share, filled as time passes.
/// - Source: MeshCore firmware 1.17.1
struct AirtimeBudget: Sendable {
    /// - Units: thousandths of silence to each share of sending
    private(set) var factor: UInt32
    private var available: Duration
    private var updated = Instant.zero

    static let window = Duration.seconds(3600)
    /// Below this, sending waits until there is as much again.
    static let reserve = Duration.milliseconds(100)

    init(factor: UInt32) {
        self.factor = factor
        available = Self.share(of: Self.window, factor)
    }

    private static func share(of duration: Duration, _ factor: UInt32) -> Duration {
        .microseconds(Int64(Double(duration.microseconds) * 1000 / Double(1000 + UInt64(factor))))
    }

    /// How long it takes until so much is available.
    private func wait(for missing: Duration) -> Duration {
        .microseconds(Int64(Double(missing.microseconds) * Double(1000 + UInt64(factor)) / 1000) + 1)
    }

    mutating func restart(now: Instant) { updated = now }

    mutating func change(factor: UInt32, now: Instant) {
        refill(now: now)
        self.factor = factor
        available = min(available, Self.share(of: Self.window, factor))
    }

    mutating func refill(now: Instant) {
        available = min(
            available + Self.share(of: now.since(updated), factor), Self.share(of: Self.window, factor))
        updated = now
    }

    /// How long to wait before so much may be sent; nil when it may be now.
    mutating func delay(required: Duration, now: Instant) -> Duration? {
        refill(now: now)
        return available < required ? wait(for: required - available) : nil
    }

    /// Takes what was sent; what was too much is owed.
    /// - Deviation: docs/deviations.md#meshcore-airtime-debt
    /// - Returns: how long to be silent; nil when there is enough left.
    mutating func spend(_ airtime: Duration, now: Instant) -> Duration? {
        refill(now: now)
        available -= airtime
        return available < Self.reserve ? wait(for: Self.reserve - available) : nil
    }
}

/// Lets a number of events pass in a span of time that begins with the first of them.
struct RateLimiter: Sendable {
    private var began: Instant?
    private var count = 0

    mutating func allow(_ limit: Int, within span: Duration, now: Instant) -> Bool {
        if let began, now.since(began) < span {
            count += 1
        } else {
            began = now
            count = 1
        }
        return count <= limit
    }
}
