import EngineCore
import LinkProfiles

/// When a sleepy end device asks its parent for what waits there.
///
///     off ──start──▶ resting ──due, asked──▶ polling ──acknowledged: a frame follows──▶ listening
///                      ▲  ▲                     │                                          │
///                      │  └──nothing, failed────┘          the frame came, or did not──────┘
///
/// A machine of its own: what happened goes in with the time, what to do comes out. How soon the next poll is due
/// depends on what is expected: soonest while an answer of the parent is awaited.
/// - Source: OpenThread as observed: recording sleepy
struct DataPolling: Equatable, Sendable {
    enum State: Equatable, Sendable {
        /// The device listens always, or has nobody to ask.
        case off
        /// Sleeps until the next poll.
        case resting(since: Instant, until: Instant)
        /// A poll is on its way.
        case polling(since: Instant, isAnotherWanted: Bool)
        /// The parent has announced a frame, for which the receiver is on.
        case listening(since: Instant, until: Instant)
    }

    enum Action: Equatable, Sendable {
        case rest
        /// Send a poll; `confirmed` must follow.
        case poll
    }

    /// What became of a poll.
    enum Outcome: Equatable, Sendable {
        case acknowledged(isFramePending: Bool)
        case unacknowledged
        /// The channel was never free, or the radio failed.
        case notSent
    }

    /// What the periods follow from.
    struct Timing: Equatable, Sendable {
        /// While an answer of the parent is awaited.
        var answerPeriod: Duration
        /// After a poll that was not acknowledged.
        var retransmissionDelay: Duration
        /// For a few polls after a request whose answer may take longer.
        var fastPeriod: Duration
        var minimumPeriod: Duration
        /// After how long without a word the parent forgets this device.
        var childTimeout: Duration
        /// What the user asked for.
        var chosenPeriod: Duration?

        /// The period that keeps the parent from forgetting this device, with time for all repetitions.
        var keepAlivePeriod: Duration {
            let reserve = retransmissionDelay * DataPolling.attempts
            return childTimeout > reserve ? childTimeout - reserve : childTimeout
        }
    }

    /// How many polls in a row may fail before the usual period counts again.
    static let attempts = 4
    /// How many polls follow each other fast after a request, unless its answer comes before.
    static let fastPolls = 8
    /// How many polls may announce a frame in vain before the usual period counts again.
    static let vainPolls = 5

    private(set) var state = State.off
    private(set) var timing: Timing
    /// Whether an answer of the parent is awaited.
    private(set) var isAwaitingAnswer = false
    /// Whether the last poll failed and is to be repeated.
    private(set) var isRepeating = false
    private(set) var failures = 0
    private(set) var vain = 0
    private(set) var remainingFastPolls = 0
    private var scheduledPeriod = Duration.zero

    init(timing: Timing) { self.timing = timing }

    /// How long after a poll the next one is due.
    var period: Duration {
        var period = timing.keepAlivePeriod
        if isAwaitingAnswer { period = min(period, timing.answerPeriod) }
        if isRepeating { period = min(period, timing.retransmissionDelay) }
        if remainingFastPolls > 0 { period = min(period, timing.fastPeriod) }
        if let chosen = timing.chosenPeriod { period = min(period, chosen) }
        return max(period, timing.minimumPeriod)
    }

    /// When `due` is to be called.
    var deadline: Instant? {
        switch state {
        case .off, .polling: nil
        case .resting(_, let until), .listening(_, let until): until
        }
    }

    var isOff: Bool { state == .off }

    // MARK: Events

    mutating func start(now: Instant) {
        guard isOff else { return }
        scheduledPeriod = period
        state = .resting(since: now, until: now + period)
    }

    /// Nobody is to be asked any more.
    mutating func stop() {
        self = DataPolling(timing: timing)
    }

    /// What is expected, or the user's wish, has changed: the next poll may be due sooner or later.
    mutating func update(_ timing: Timing, isAwaitingAnswer: Bool, now: Instant) {
        self.timing = timing
        self.isAwaitingAnswer = isAwaitingAnswer
        reschedule(now: now)
    }

    /// A request was sent whose answer may take a while.
    mutating func pollFast(now: Instant) {
        guard !isOff else { return }
        remainingFastPolls = Self.fastPolls
        reschedule(now: now)
    }

    /// The answer came.
    mutating func endFastPolls(now: Instant) {
        remainingFastPolls = 0
        reschedule(now: now)
    }

    /// The time of the next poll has come.
    mutating func due(now: Instant) -> Action {
        switch state {
        case .off, .polling: return .rest
        case .resting(_, let until), .listening(_, let until): return until <= now ? poll(now: now) : .rest
        }
    }

    /// Something waits at the parent, or may: ask at once.
    mutating func ask(now: Instant) -> Action {
        switch state {
        case .off: return .rest
        case .resting, .listening: return poll(now: now)
        case .polling(let since, _):
            state = .polling(since: since, isAnotherWanted: true)
            return .rest
        }
    }

    /// The poll is over.
    mutating func confirmed(_ outcome: Outcome, now: Instant) -> Action {
        guard case .polling(let since, let isAnotherWanted) = state else { return .rest }
        var isFramePending = false
        switch outcome {
        case .acknowledged(let isPending):
            isFramePending = isPending
            isRepeating = false
            failures = 0
            remainingFastPolls = max(0, remainingFastPolls - 1)
        case .notSent:
            isRepeating = true
        case .unacknowledged:
            failures = failures + 1 < Self.attempts ? failures + 1 : 0
            isRepeating = failures > 0
        }
        scheduledPeriod = period
        let until = max(now, since + period)
        if isFramePending {
            state = .listening(since: since, until: max(until, now + timing.minimumPeriod))
            return .rest
        }
        state = .resting(since: since, until: until)
        return isAnotherWanted ? poll(now: now) : .rest
    }

    /// A frame came that the parent may have announced.
    /// - Parameter isFramePending: whether it announces another.
    mutating func received(isFramePending: Bool, now: Instant) -> Action {
        vain = 0
        if case .listening(let since, let until) = state { state = .resting(since: since, until: until) }
        return isFramePending ? ask(now: now) : .rest
    }

    /// The frame that the parent had announced did not come.
    mutating func missed(now: Instant) -> Action {
        guard case .listening(let since, let until) = state else { return .rest }
        state = .resting(since: since, until: until)
        vain += 1
        guard vain < Self.vainPolls else {
            vain = 0
            return .rest
        }
        return poll(now: now)
    }

    /// The parent acknowledged a frame of this device that was no poll: it knows that the device is there.
    mutating func acknowledged(isFramePending: Bool, now: Instant) -> Action {
        vain = 0
        if isFramePending { return ask(now: now) }
        if case .resting = state, period == timing.keepAlivePeriod {
            state = .resting(since: now, until: now + period)
        }
        return .rest
    }

    // MARK: Time

    private mutating func poll(now: Instant) -> Action {
        state = .polling(since: now, isAnotherWanted: false)
        return .poll
    }

    /// Sets the next poll anew if the period is another one; never so soon that the parent could not have its answer
    /// ready.
    private mutating func reschedule(now: Instant) {
        let period = period
        guard period != scheduledPeriod else { return }
        scheduledPeriod = period
        func due(_ since: Instant) -> Instant { max(since + period, now + timing.minimumPeriod) }
        switch state {
        case .off, .polling: break
        case .resting(let since, _): state = .resting(since: since, until: due(since))
        case .listening(let since, _): state = .listening(since: since, until: due(since))
        }
    }
}
