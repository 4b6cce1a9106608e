public import EngineCore
import LinkProfiles
import ThreadWire

// Leaving a network so that nobody has to find out by waiting: a child tells its parent, a router the leader.
extension ThreadEngine {
    /// Says good-bye and stops the protocol when it was heard, or after a while without an answer.
    ///
    /// A leader has nobody to tell, and who is not attached neither: they stop at once.
    /// - Source: OpenThread as observed: recording attach, `detach`
    public mutating func detachGracefully(now: Instant) {
        guard departure == nil else { return }
        switch role {
        case .disabled: return
        case .detached, .leader: return stop(now: now)
        case .child:
            departure = now + farewellWait
            sendChildUpdateRequest(now: now)
        case .router:
            departure = now + farewellWait
            releaseRouterID(rloc16.routerID, now: now)
        }
    }

    /// - Source: OpenThread as observed: a second; slower links need longer for an answer
    private var farewellWait: Duration { max(.seconds(1), profile.childUpdateRequestWait) }

    /// Whether this node is on its way out.
    public var isDetaching: Bool { departure != nil }

    /// Whoever was told has answered.
    mutating func noteFarewellHeard(now: Instant) {
        guard departure != nil else { return }
        departure = now
    }

    mutating func handleDepartureDeadline(now: Instant) {
        guard let until = departure, until <= now else { return }
        stop(now: now)
    }
}
