import EngineCore
import LinkProfiles
import ThreadWire

// What the security policy of the network demands of a router.
extension ThreadEngine {
    /// How much longer a leader stays than a router, so that there is one to hand things over to.
    /// - Source: OpenThread as observed: 10 s
    private static let leaderExtraWait = Duration.seconds(10)

    /// Whether the network's policy lets this node route.
    @inline(__always)
    var isPermittedToRoute: Bool {
        (parameters.securityPolicy ?? .default).permitsRouters(ofVersion: configuration.version)
    }

    /// A router that the policy no longer permits gives its place up after a random while.
    mutating func obeyPolicy(now: Instant) {
        guard role.isRouting, !isPermittedToRoute else { return datasets.stepDownDeadline = nil }
        guard let deadline = datasets.stepDownDeadline else {
            let wait = entropy.open.duration(in: .zero...profile.routerSelectionJitter)
            return datasets.stepDownDeadline = now + wait + (role == .leader ? Self.leaderExtraWait : .zero)
        }
        guard deadline <= now else { return }
        datasets.stepDownDeadline = nil
        becomeDetached(now: now)
        startAttach(.anyPartition, now: now)
    }
}
