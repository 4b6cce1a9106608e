public import EngineCore

/// What happened to a node's roles: OpenThread's `counters mle`.
public struct MLECounters: Equatable, Sendable {
    public internal(set) var attachAttempts: UInt32 = 0
    public internal(set) var partitionIDChanges: UInt32 = 0
    public internal(set) var betterPartitionAttachAttempts: UInt32 = 0
    public internal(set) var betterParentAttachAttempts: UInt32 = 0
    public internal(set) var parentChanges: UInt32 = 0
    private var entries = [UInt32](repeating: 0, count: Role.allCases.count)
    private var times = [Duration](repeating: .zero, count: Role.allCases.count)
    private var current = Role.disabled
    private var since = Instant.zero

    /// How often a role was taken up.
    public func entries(of role: Role) -> UInt32 { entries[Int(role.rawValue)] }

    /// For how long a node has had a role in all.
    public func time(in role: Role, now: Instant) -> Duration {
        times[Int(role.rawValue)] + (role == current ? now.since(since) : .zero)
    }

    mutating func enter(_ role: Role, now: Instant) {
        times[Int(current.rawValue)] += now.since(since)
        entries[Int(role.rawValue)] &+= 1
        current = role
        since = now
    }

    /// Counts from zero again; the role that a node has was taken up before.
    mutating func reset(now: Instant) {
        var fresh = MLECounters()
        fresh.current = current
        fresh.since = now
        self = fresh
    }
}
