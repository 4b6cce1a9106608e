import EngineCore
import LinkProfiles
public import ThreadWire

// Frames for children that sleep: they wait here until the child asks.
//
// - Source: IEEE 802.15.4-2006 §7.5.5 and §7.5.6.3; one frame a request and no repetition in between: OpenThread as
//   observed
extension MACEngine {
    mutating func enqueueIndirect(_ request: MACRequest, at index: Int, now: Instant) {
        let transmission = Transmission(
            request: request, expiresAt: now + (request.lifetime ?? profile.indirectFrameLifetime),
            child: peers[index].peer.extendedAddress)
        if !request.payload.isEmpty { removeSupervision(of: index) }
        guard peers[index].indirect.count < configuration.indirectLimitPerChild else {
            return confirm(transmission, .queueFull)
        }
        peers[index].indirect.append(transmission)
        expiryCheckAt = earlier(expiryCheckAt, transmission.expiresAt)
    }

    /// A frame without content only shows a child that its parent is there: one with content does that as well.
    /// - Source: OpenThread as observed
    private mutating func removeSupervision(of index: Int) {
        guard let needless = peers[index].indirect.firstIndex(where: { $0.request.payload.isEmpty }) else { return }
        let transmission = peers[index].indirect.remove(at: needless)
        emit(.confirm(handle: transmission.request.handle, outcome: .indirectTimeout))
    }

    /// A child asks: its oldest frame goes out as soon as the acknowledgement is sent.
    mutating func handlePoll(from address: ExtendedAddress) {
        guard let index = peers.index(of: address), peers[index].peer.isChild, !peers[index].isSendingIndirect,
            !peers[index].indirect.isEmpty
        else { return }
        let transmission = peers[index].indirect.removeFirst()
        peers[index].isSendingIndirect = true
        insert(transmission)
    }

    /// Whether a sender has something to ask for, besides the frame that is on its way to it.
    func isFramePending(for source: LinkAddress) -> Bool {
        guard let index = peers.index(of: source), peers[index].peer.isChild else { return false }
        return !peers[index].indirect.isEmpty || peers[index].isSendingIndirect
    }

    /// Whether more waits for the receiver of a transmission.
    func isMorePending(behind transmission: Transmission) -> Bool {
        guard let child = transmission.child, let index = peers.index(of: child) else { return false }
        return !peers[index].indirect.isEmpty || !transmission.request.following.isEmpty
    }

    /// Whether anything waits for a sleeping child.
    public func hasIndirect(for child: ExtendedAddress) -> Bool {
        isFramePending(for: .extended(child))
    }

    /// A fragment arrived: the next one goes out when the child asks again, or at once if it does not sleep any more.
    /// - Returns: false when it was the last.
    mutating func continueDatagram(_ transmission: Transmission, _ outcome: MACOutcome) -> Bool {
        var next = transmission
        guard next.advance() else { return false }
        transmitter = .idle
        countTransmission(transmission, outcome)
        if let child = transmission.child, let index = peers.index(of: child), peers[index].peer.isSleepyChild {
            peers[index].isSendingIndirect = false
            peers[index].indirect.insert(next, at: 0)
            expiryCheckAt = earlier(expiryCheckAt, next.expiresAt)
        } else {
            if let child = transmission.child { childIsServed(child) }
            putBack(Transmission(request: next.request, expiresAt: next.expiresAt))
        }
        return true
    }

    /// Puts a frame back that the child did not acknowledge, or gives it up.
    mutating func returnToChild(_ transmission: Transmission, _ outcome: MACOutcome, now: Instant) {
        var transmission = transmission
        transmission.polledAttempts += 1
        guard transmission.polledAttempts < Int(profile.maximumChildTransmissions), let child = transmission.child,
            let index = peers.index(of: child), peers[index].peer.isSleepyChild
        else { return finish(transmission, outcome) }
        countTransmission(transmission, outcome)
        transmitter = .idle
        peers[index].isSendingIndirect = false
        peers[index].indirect.insert(transmission, at: 0)
        expiryCheckAt = earlier(expiryCheckAt, transmission.expiresAt)
    }

    mutating func childIsServed(_ child: ExtendedAddress) {
        guard let index = peers.index(of: child) else { return }
        peers[index].isSendingIndirect = false
    }

    /// A child no longer sleeps: what waited for it goes out at once.
    mutating func releaseIndirect(of index: Int) {
        let waiting = peers[index].indirect
        guard !waiting.isEmpty else { return }
        peers[index].indirect = []
        for transmission in waiting {
            insert(Transmission(request: transmission.request, expiresAt: transmission.expiresAt))
        }
        wakeUpAt = clock
    }

    /// Gives up what no child asked for in time.
    /// - Returns: when the next expires.
    mutating func expireIndirect(now: Instant) -> Instant? {
        var next: Instant?
        for index in peers.entries.indices where !peers.entries[index].indirect.isEmpty {
            let waiting = peers[index].indirect
            for transmission in waiting {
                if let expiresAt = transmission.expiresAt, expiresAt <= now {
                    confirmExpired(transmission)
                } else {
                    next = earlier(next, transmission.expiresAt)
                }
            }
            peers[index].indirect.removeAll { $0.expiresAt.map { $0 <= now } ?? false }
        }
        return next
    }
}
