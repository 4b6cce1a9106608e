/// A point in time on the engine's own clock, which starts at zero when the engine is made.
///
/// Engines never read a clock: whoever drives them passes the time in. In the daemon it follows the
/// kernel's monotonic clock, in the simulator it jumps from event to event.
/// - Units: microseconds
/// - Range: 0 to 584,000 years
public struct Instant: Comparable, Hashable, Sendable {
    public var microseconds: UInt64

    public static let zero = Instant(microseconds: 0)

    public init(microseconds: UInt64) {
        self.microseconds = microseconds
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The instant `duration` later; an instant before zero is zero.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let step = duration.microseconds
        if step >= 0 { return Instant(microseconds: instant.microseconds &+ UInt64(step)) }
        let back = UInt64(-step)
        return Instant(microseconds: instant.microseconds > back ? instant.microseconds - back : 0)
    }

    public static func += (instant: inout Instant, duration: Duration) {
        instant = instant + duration
    }

    /// The instant `duration` earlier; nil when that is before zero.
    public func earlier(by duration: Duration) -> Instant? {
        let step = UInt64(clamping: duration.microseconds)
        return step <= microseconds ? Instant(microseconds: microseconds - step) : nil
    }

    /// How long after `other` this is; negative when it is before.
    public func since(_ other: Instant) -> Duration {
        .microseconds(Int64(bitPattern: microseconds &- other.microseconds))
    }
}

extension Duration {
    /// The whole microseconds in this duration, rounded towards zero.
    /// - Range: ±292,000 years
    public var microseconds: Int64 {
        Int64(truncatingIfNeeded: attoseconds / 1_000_000_000_000)
    }

    /// The whole milliseconds in this duration, rounded towards zero.
    public var milliseconds: Int64 { microseconds / 1000 }

    /// The whole seconds in this duration, rounded towards zero.
    public var wholeSeconds: Int64 { components.seconds }
}

/// The earlier of two deadlines, where nil means never.
public func earlier(_ first: Instant?, _ second: Instant?) -> Instant? {
    guard let first else { return second }
    guard let second else { return first }
    return min(first, second)
}
