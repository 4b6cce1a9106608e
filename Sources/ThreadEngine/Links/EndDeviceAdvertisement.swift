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
        sendEndDeviceAdvertisement(now: now)
    }

    mutating func scheduleEndDeviceAdvertisement(now: Instant) {
        guard canRoute else { return }
        let jitter = entropy.open.duration(in: .zero...profile.reedAdvertisementJitter)
        endDeviceAdvertisementDeadline = now + profile.reedAdvertisementInterval + jitter
    }

    /// A worse partition was heard, which may hear nothing else of this one: it is told soon, but not more often than
    /// a router would.
    mutating func hastenEndDeviceAdvertisement(now: Instant) {
        guard role == .child, canRoute else { return }
        let earliest = endDeviceAdvertisementSent.map { $0 + profile.advertisementIntervalMaximumFloor } ?? now
        let latest = max(now, earliest) + profile.advertisementIntervalMinimum
        if let deadline = endDeviceAdvertisementDeadline, deadline <= latest { return }
        endDeviceAdvertisementDeadline =
            max(now, earliest) + entropy.open.duration(in: .zero...profile.advertisementIntervalMinimum)
    }

    mutating func handleEndDeviceAdvertisementDeadline(now: Instant) {
        guard role == .child, let deadline = endDeviceAdvertisementDeadline, deadline <= now else { return }
        scheduleEndDeviceAdvertisement(now: now)
        sendEndDeviceAdvertisement(now: now)
    }

    private mutating func sendEndDeviceAdvertisement(now: Instant) {
        guard let leaderData, attach == .idle, solicitation == nil else { return }
        endDeviceAdvertisementSent = now
        sendMLE(.advertisement, [.sourceAddress(rloc16), .leaderData(leaderData)], to: .linkLocalAllNodes)
    }
}
