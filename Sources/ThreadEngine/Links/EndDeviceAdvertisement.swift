import EngineCore
import LinkProfiles
import ThreadWire

// Advertisements of children that could route: rare, and without routes. They let a partition be heard whose routers
// are out of reach, so that its neighbors can join it through such a child.
extension ThreadEngine {
    /// The first one: the child had the time to become a router and has not.
    /// - Source: OpenThread as observed
    mutating func beginEndDeviceAdvertisements(now: Instant) {
        guard endDeviceAdvertisementDeadline == nil else { return }
        scheduleEndDeviceAdvertisement(now: now)
        sendEndDeviceAdvertisement()
    }

    mutating func scheduleEndDeviceAdvertisement(now: Instant) {
        guard canRoute else { return }
        let jitter = entropy.open.duration(in: .zero...profile.reedAdvertisementJitter)
        endDeviceAdvertisementDeadline = now + profile.reedAdvertisementInterval + jitter
    }

    /// A worse partition was heard, which may hear nothing else of this one: it is told soon, but not more often than
    /// a router would.
    mutating func hastenEndDeviceAdvertisement(now: Instant) {
        guard role == .child, let deadline = endDeviceAdvertisementDeadline else { return }
        // The deadline tells, but for its jitter, when the last one was sent.
        let sinceLast = profile.reedAdvertisementInterval - deadline.since(now)
        let soonest = now + max(.zero, profile.advertisementIntervalMaximumFloor - sinceLast)
        let soon = soonest + entropy.open.duration(in: .zero...profile.advertisementIntervalMinimum)
        endDeviceAdvertisementDeadline = min(deadline, soon)
    }

    mutating func handleEndDeviceAdvertisementDeadline(now: Instant) {
        guard role == .child, let deadline = endDeviceAdvertisementDeadline, deadline <= now else { return }
        scheduleEndDeviceAdvertisement(now: now)
        sendEndDeviceAdvertisement()
    }

    private mutating func sendEndDeviceAdvertisement() {
        guard let leaderData, attach == .idle, solicitation == nil else { return }
        sendMLE(.advertisement, [.sourceAddress(rloc16), .leaderData(leaderData)], to: .linkLocalAllNodes)
    }
}
