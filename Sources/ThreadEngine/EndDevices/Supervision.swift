public import EngineCore
import LinkProfiles
import ThreadWire

/// A sleepy child's watch over its parent: acknowledgements prove little, as they are not secured.
struct SupervisionListener: Equatable, Sendable {
    /// When the parent is asked whether it still knows this node.
    var deadline: Instant?
    /// How often that was necessary.
    var failures: UInt16 = 0
}

// Child supervision: a parent shows a sleepy child now and then that it is still its child.
extension ThreadEngine {
    // MARK: The child's side

    /// How often the parent was asked because nothing came of it: OpenThread's `childsupervision failcounter`.
    public var supervisionFailures: UInt16 { supervision.failures }

    public mutating func resetSupervisionFailures() { supervision.failures = 0 }

    private var isSupervised: Bool {
        role == .child && !mode.isReceiverOnWhenIdle && configuration.supervisionCheckTimeout > 0
    }

    private var nextSupervisionCheck: Duration { .seconds(Int64(configuration.supervisionCheckTimeout)) }

    /// Begins to watch when there is a parent to watch, and ends it.
    mutating func updateSupervision(now: Instant) {
        if !isSupervised {
            supervision.deadline = nil
        } else if supervision.deadline == nil {
            supervision.deadline = now + nextSupervisionCheck
        }
    }

    /// The parent has sent a secured frame.
    mutating func noteParentHeard(now: Instant) {
        guard supervision.deadline != nil else { return }
        supervision.deadline = now + nextSupervisionCheck
    }

    mutating func handleSupervisionDeadline(now: Instant) {
        guard let deadline = supervision.deadline, deadline <= now else { return }
        supervision.deadline = now + nextSupervisionCheck
        supervision.failures &+= 1
        sendChildUpdateRequest(now: now)
    }

    // MARK: The parent's side

    /// Sends a frame without content to each sleepy child that has heard nothing for its interval.
    mutating func superviseChildren(now: Instant) {
        guard role.isRouting else { return }
        for child in children.sleepy {
            guard child.supervisionInterval > 0,
                now.since(child.supervisedAt) >= .seconds(Int64(child.supervisionInterval))
            else { continue }
            // The driver leaves it out where something else waits for the child already.
            emit(.supervise(child.neighbor.extendedAddress))
        }
    }

    // MARK: What the user wants

    /// Sets how often the parent is to show that it is there; it is told at once.
    /// - Units: seconds; 0 for never
    public mutating func setSupervisionInterval(_ interval: UInt16, now: Instant) {
        guard configuration.supervisionInterval != interval else { return }
        configuration.supervisionInterval = interval
        if role == .child { sendChildUpdateRequest(now: now) }
        updatePolling(now: now)
    }

    /// Sets after how long without a frame of the parent it is asked.
    /// - Units: seconds; 0 for never
    public mutating func setSupervisionCheckTimeout(_ timeout: UInt16, now: Instant) {
        guard configuration.supervisionCheckTimeout != timeout else { return }
        configuration.supervisionCheckTimeout = timeout
        supervision.deadline = nil
        updateSupervision(now: now)
    }

    /// Sets after how long without a word the parent forgets this node; it is told at once.
    /// - Units: seconds
    public mutating func setChildTimeout(_ timeout: UInt32, now: Instant) {
        let bounded = possibleChildTimeout(timeout)
        guard configuration.childTimeout != bounded else { return }
        configuration.childTimeout = bounded
        if role == .child { sendChildUpdateRequest(now: now) }
        updatePolling(now: now)
    }

    func possibleChildTimeout(_ timeout: UInt32) -> UInt32 {
        min(max(timeout, childTimeoutMinimum), Self.childTimeoutMaximum)
    }

    /// All attempts to reach the parent must fit into it.
    /// - Source: OpenThread as observed: 5 s on IEEE 802.15.4
    private var childTimeoutMinimum: UInt32 {
        let requests = profile.childUpdateRequestWait * (Int(profile.keepAliveAttempts) + 1)
        let polls = profile.minimumDataPollPeriod + profile.dataPollRetransmissionDelay * DataPolling.attempts
        return UInt32(clamping: max(requests, polls).wholeSeconds)
    }

    /// - Source: OpenThread as observed: 8 h
    private static let childTimeoutMaximum: UInt32 = 8 * 3600
}
