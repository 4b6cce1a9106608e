public import EngineCore

/// The node's time of day: it runs with the engine's own clock and is only ever set forward by apps.
public struct MeshCoreClock: Equatable, Sendable {
    /// The time of day at `Instant.zero`; negative when it began before 1970.
    private var timeAtZero: Int64
    /// The newest time that was given out as unique.
    private var lastUnique: UInt32 = 0

    /// Where the firmware's clock begins: 15 May 2024, 10:52:31 UTC.
    /// - Units: seconds since 1970
    public static let firmwareEpoch: UInt32 = 1_715_770_351

    init(timeAtZero: UInt32) { self.timeAtZero = Int64(timeAtZero) }

    func time(now: Instant) -> UInt32 { UInt32(clamping: timeAtZero + Int64(now.microseconds / 1_000_000)) }

    /// The time, or a second more than the last one: no two messages have the same.
    mutating func uniqueTime(now: Instant) -> UInt32 {
        lastUnique = max(time(now: now), lastUnique &+ 1)
        return lastUnique
    }

    mutating func set(_ time: UInt32, now: Instant) {
        timeAtZero = Int64(time) - Int64(now.microseconds / 1_000_000)
    }
}

extension MeshCoreEngine {
    /// The time of day.
    /// - Units: seconds since 1970
    public func time(now: Instant) -> UInt32 { clock.time(now: now) }

    /// The time of day, or a second more than the last one that was given out.
    /// - Units: seconds since 1970
    public mutating func uniqueTime(now: Instant) -> UInt32 { clock.uniqueTime(now: now) }

    /// Sets the time of day, as apps do.
    /// - Throws: `.illegalArgument` when it would go back: peers refuse what is older than what they know.
    public mutating func setTime(_ time: UInt32, now: Instant) throws(MeshCoreError) {
        guard time >= clock.time(now: now) else { throw .illegalArgument }
        clock.set(time, now: now)
    }

    /// Sets the time of day from a source that is trusted, backwards too.
    public mutating func setClock(_ time: UInt32, now: Instant) { clock.set(time, now: now) }
}
