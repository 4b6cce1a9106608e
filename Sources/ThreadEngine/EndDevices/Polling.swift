public import EngineCore
import LinkProfiles
import ThreadWire

/// What became of a data poll.
public enum PollOutcome: Equatable, Sendable {
    /// - Parameter isFramePending: whether the parent has a frame and sends it now.
    case acknowledged(isFramePending: Bool)
    case unacknowledged
    /// The channel was never free, or the radio failed.
    case notSent
}

// The polling of a sleepy end device: whom it asks, and what its radio does in between.
extension ThreadEngine {
    /// Whether the receiver stays on while nothing is expected: always, or while parents are looked for.
    public var isReceiverOnWhenIdle: Bool {
        if mode.isReceiverOnWhenIdle { return true }
        switch attach {
        case .restoring, .requestingParent, .listening: return true
        // The answer comes by a poll; but until the request has arrived, the candidate may repeat its own answer.
        case .requestingIdentifier(let candidate, _, _): return !candidate.hasRequest
        case .idle, .pausing: return false
        }
    }

    /// Whom a sleepy device asks for frames, if anybody keeps some.
    ///
    /// The candidate for a parent knows this device by its extended address alone.
    /// - Source: OpenThread as observed: recording sleepy, frames 14 and 19
    private var pollDestination: LinkAddress? {
        guard !isReceiverOnWhenIdle else { return nil }
        if case .requestingIdentifier(let candidate, _, _) = attach {
            return .extended(candidate.neighbor.extendedAddress)
        }
        guard let parent, role == .child || childUpdate.isRestoring else { return nil }
        return .short(parent.rloc16)
    }

    /// Whether an answer of the parent is on its way, for which polls follow each other closely.
    private var isAwaitingParent: Bool {
        if case .requestingIdentifier = attach { return true }
        return childUpdate.isAwaitingAnswer
    }

    var pollTiming: DataPolling.Timing {
        DataPolling.Timing(
            answerPeriod: profile.attachDataPollPeriod, retransmissionDelay: profile.dataPollRetransmissionDelay,
            fastPeriod: profile.fastDataPollPeriod, minimumPeriod: profile.minimumDataPollPeriod,
            childTimeout: .seconds(Int64(configuration.childTimeout)), chosenPeriod: configuration.pollPeriod)
    }

    /// How long a sleepy device waits between polls while nothing is expected: OpenThread's `pollperiod`.
    public var pollPeriod: Duration { configuration.pollPeriod ?? pollTiming.keepAlivePeriod }

    /// Lets the polling follow what happened to role, parent and requests.
    mutating func updatePolling(now: Instant) {
        if mode.isReceiverOnWhenIdle, polling.isOff { return }
        guard pollDestination != nil else {
            if !polling.isOff { polling.stop() }
            return
        }
        polling.update(pollTiming, isAwaitingAnswer: isAwaitingParent, now: now)
        polling.start(now: now)
    }

    mutating func handlePollDeadline(now: Instant) {
        guard let deadline = polling.deadline, deadline <= now else { return }
        perform(polling.due(now: now))
    }

    private mutating func perform(_ action: DataPolling.Action) {
        switch action {
        case .rest: break
        case .poll:
            guard let destination = pollDestination else { return polling.stop() }
            emit(.poll(destination))
        }
    }

    // MARK: What the MAC engine tells

    /// A poll is over.
    public mutating func notePoll(_ outcome: PollOutcome, now: Instant) {
        switch outcome {
        case .acknowledged(let isPending):
            perform(polling.confirmed(.acknowledged(isFramePending: isPending), now: now))
        case .unacknowledged: perform(polling.confirmed(.unacknowledged, now: now))
        case .notSent: perform(polling.confirmed(.notSent, now: now))
        }
        updatePolling(now: now)
    }

    /// The receiver was on for a frame that the parent had announced, and none came.
    public mutating func noteListenedInVain(now: Instant) {
        perform(polling.missed(now: now))
    }

    /// A frame for this node alone came.
    /// - Parameter isFramePending: whether it announces another.
    public mutating func noteFrame(isFramePending: Bool, now: Instant) {
        guard !polling.isOff else { return }
        perform(polling.received(isFramePending: isFramePending, now: now))
    }

    /// The parent acknowledged a secured frame that was no poll.
    ///
    /// Since Thread 1.2 that says whether it has something, as the acknowledgement of a poll does.
    public mutating func noteAcknowledgement(isFramePending: Bool, now: Instant) {
        guard !polling.isOff, let parent, parent.version >= 3 else { return }
        perform(polling.acknowledged(isFramePending: isFramePending, now: now))
    }

    // MARK: What the user wants

    /// Sets how long a sleepy device waits between polls; nil for as long as its timeout allows.
    /// - Returns: false when it is shorter than the link allows.
    public mutating func setPollPeriod(_ period: Duration?, now: Instant) -> Bool {
        if let period, period < profile.minimumDataPollPeriod { return false }
        configuration.pollPeriod = period.map { min($0, Self.pollPeriodMaximum) }
        storeSettings()
        updatePolling(now: now)
        return true
    }

    /// - Source: OpenThread as observed: 2^26 − 1 ms
    private static let pollPeriodMaximum = Duration.milliseconds((1 << 26) - 1)
}
