public import EngineCore

/// For how long the radio did what: OpenThread's `radio stats`.
public struct RadioTimes: Equatable, Sendable {
    /// What the radio does while it does not send.
    enum State: Int, CaseIterable, Sendable {
        case disabled
        case sleeping
        case receiving
    }

    /// The sum of the times that sent frames were on the air.
    public private(set) var transmitting = Duration.zero
    private var times = [Duration](repeating: .zero, count: State.allCases.count)
    /// What was sent meanwhile.
    private var sent = [Duration](repeating: .zero, count: State.allCases.count)
    private var state = State.disabled
    private var since = Instant.zero

    /// While the interface was down.
    public func disabled(now: Instant) -> Duration { time(in: .disabled, now: now) }
    /// While the receiver was off.
    public func sleeping(now: Instant) -> Duration { time(in: .sleeping, now: now) }
    /// While the receiver was on and nothing was sent.
    public func receiving(now: Instant) -> Duration { time(in: .receiving, now: now) }

    private func time(in asked: State, now: Instant) -> Duration {
        let index = asked.rawValue
        let running = asked == state ? max(.zero, now.since(since)) : .zero
        return max(.zero, times[index] + running - sent[index])
    }

    mutating func enter(_ new: State, now: Instant) {
        guard new != state else { return }
        times[state.rawValue] += max(.zero, now.since(since))
        state = new
        since = now
    }

    mutating func noteFrame(_ airtime: Duration) {
        transmitting += airtime
        sent[state.rawValue] += airtime
    }

    /// Begins at zero again; what the radio does goes on.
    mutating func reset(now: Instant) {
        var fresh = RadioTimes()
        fresh.state = state
        fresh.since = now
        self = fresh
    }
}
