import EngineCore

/// The trickle timer that paces advertisements: quick after a change, slow while nothing changes.
///
/// Thread sends in every interval (its redundancy constant is infinite), at a random point of the second half.
/// - Source: RFC 6206 §4.2
struct TrickleTimer: Equatable, Sendable {
    private(set) var intervalMinimum: Duration
    private(set) var intervalMaximum: Duration
    private var interval: Duration
    private var sendAt: Instant
    private var intervalEnd: Instant
    private var hasSent = false

    /// Starts with an interval of the minimum length.
    init(intervalMinimum: Duration, intervalMaximum: Duration, now: Instant, entropy: inout OpenEntropy) {
        self.intervalMinimum = intervalMinimum
        self.intervalMaximum = intervalMaximum
        interval = intervalMinimum
        sendAt = now
        intervalEnd = now
        begin(at: now, entropy: &entropy)
    }

    var nextDeadline: Instant { hasSent ? intervalEnd : sendAt }

    /// Lengthens or shortens the intervals; a running interval that is longer ends when it would have.
    mutating func setIntervals(minimum: Duration, maximum: Duration) {
        intervalMinimum = minimum
        intervalMaximum = maximum
    }

    /// Something changed: the interval falls back to the minimum unless it is there already.
    /// - Source: RFC 6206 §4.2, rule 6
    mutating func reset(now: Instant, entropy: inout OpenEntropy) {
        guard interval > intervalMinimum else { return }
        interval = intervalMinimum
        begin(at: now, entropy: &entropy)
    }

    /// - Returns: true when it is time to send.
    mutating func handleDeadline(now: Instant, entropy: inout OpenEntropy) -> Bool {
        var shouldSend = false
        while nextDeadline <= now {
            if !hasSent {
                hasSent = true
                shouldSend = true
            } else {
                interval = min(interval + interval, intervalMaximum)
                begin(at: intervalEnd, entropy: &entropy)
            }
        }
        return shouldSend
    }

    private mutating func begin(at start: Instant, entropy: inout OpenEntropy) {
        hasSent = false
        let half = Duration.microseconds(interval.microseconds / 2)
        sendAt = start + entropy.duration(in: half...interval)
        intervalEnd = start + interval
    }
}
