import EngineCore
import LinkProfiles
import ThreadWire

// The pending dataset's delay, and the moment at which it becomes the active dataset.
extension ThreadEngine {
    /// Starts the delay that the kept pending dataset tells, from now on; there is none without it.
    mutating func startDelay(now: Instant) {
        datasets.delay = datasets.pending.dataset?.delayTimer.map { delay in
            let length = Duration.milliseconds(Int64(min(delay, OperationalDataset.maximumDelay)))
            return PendingDelay(began: now, length: length)
        }
    }

    /// As a new leader: a delay that a restart has stopped runs again, in full, for nobody else knows better.
    mutating func startDelayAsLeader(now: Instant) {
        if datasets.delay == nil { startDelay(now: now) }
    }

    /// The delay is over: the pending dataset becomes the active one, if it is newer or has another key.
    ///
    /// Every node does so by its own clock; none waits for another.
    /// - Source: OpenThread as observed: recording keyswitch, frames 95 to 118
    mutating func endDelay(now: Instant) {
        datasets.delay = nil
        guard var dataset = datasets.pending.dataset else { return }
        if let timestamp = dataset.timestamp(of: .active) {
            let isNewer = TimestampOrder(timestamp, datasets.active.networkTimestamp) == .newer
            let hasOtherKey = dataset.networkKey.map { $0 != parameters.networkKey } ?? false
            if isNewer || hasOtherKey {
                dataset.pendingTimestamp = nil
                dataset.delayTimer = nil
                adopt(dataset, .active, isOlderAllowed: true, now: now)
            }
        }
        forgetDataset(.pending)
    }

    // MARK: Coming back after the others have changed over

    /// Nobody answered: a node that was just started tries the values of its pending dataset once, for the network may
    /// have changed over while it was away.
    /// - Returns: true when it looks again with other values.
    mutating func looksWithOtherDataset(now: Instant) -> Bool {
        guard role == .detached else { return false }
        switch datasets.reattachment {
        case .active:
            guard let pending = datasets.pending.dataset else {
                datasets.reattachment = .settled
                return false
            }
            datasets.reattachment = .pending
            apply(pending)
            return true
        case .pending:
            datasets.reattachment = .settled
            resume(.active)
            return false
        case .settled:
            return false
        }
    }

    /// A parent was found: what the pending dataset told has come true, if it was found by that one's values.
    mutating func endReattachment() {
        if datasets.reattachment == .pending { forgetDataset(.pending) }
        datasets.reattachment = .settled
    }
}
