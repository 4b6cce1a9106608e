public import EngineCore
public import ThreadWire

// What this node can do and wants, changed at any time.
extension ThreadEngine {
    /// Sets what this node can do and wants.
    ///
    /// A parent is told of another mode; who starts or ends to route for others attaches anew, and so does who falls
    /// asleep but attached as a device that listens always.
    /// - Returns: false when no device can be so: one that routes cannot sleep.
    /// - Source: OpenThread as observed: recording sleepy, frames 138 to 147
    public mutating func setMode(_ new: DeviceMode, now: Instant) -> Bool {
        guard new.isPossible else { return false }
        guard new != mode else { return true }
        let old = mode
        mode = new
        storeSettings()
        emit(.identityChanged)
        let fallsAsleep = old.isReceiverOnWhenIdle && !new.isReceiverOnWhenIdle
        let mustAttachAnew = old.isFullThreadDevice != new.isFullThreadDevice || fallsAsleep && !hasAttachedSleeping
        switch role {
        case .disabled: break
        case .detached:
            abandonFormerParent()
            attachAnew(now: now)
        case .child where !mustAttachAnew:
            sendChildUpdateRequest(now: now)
        case .child, .router, .leader:
            becomeDetached(now: now)
            attachAnew(now: now)
        }
        updateEndDevice(now: now)
        return true
    }

    private mutating func attachAnew(now: Instant) {
        abandonCandidate()
        attachAttempts = 0
        startAttach(.anyPartition, now: now)
    }

    /// Lets all that concerns an end device follow what happened.
    public mutating func updateEndDevice(now: Instant) {
        updatePolling(now: now)
        guard !mode.isFullThreadDevice else { return }
        updateSupervision(now: now)
        updateRegistration(now: now)
        updateParentSearch(now: now)
    }
}
