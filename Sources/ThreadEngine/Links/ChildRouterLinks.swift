import EngineCore
import LinkProfiles
import ThreadWire

// Links of a child that could route to routers beside its parent: through them it hears multicasts, and it knows whom
// to turn to when it loses its parent. What it sends still goes to its parent.
extension ThreadEngine {
    /// Of a hundred advertisements of a router in good range, how many make a child with its first links ask for
    /// another one.
    /// - Source: OpenThread as observed: 5 %
    private static let additionalLinkPercentage: UInt64 = 5

    /// A router that is not the parent was heard.
    /// - Deviation: docs/deviations.md#child-links
    mutating func considerChildLink(with id: RouterID, _ received: ReceivedMLE, now: Instant) {
        guard role == .child, attach == .idle, mode.isFullThreadDevice, profile.childRouterLinks > 0 else { return }
        switch routers.link(to: id) {
        case nil, .requested: return
        case .valid:
            guard routers.linkedAddress(of: id) == received.sender else { return }
            return routers.modify(id) { $0.neighbor.lastHeard = now }
        case .some(.none): break
        }
        let links = routers.neighborCount(atLeast: .poor)
        if links < Int(profile.childRouterLinks) {
            return requestLink(
                with: id, heard: received,
                after: profile.childLinkRequestMinimumDelay...profile.childLinkRequestMaximumDelay, now: now)
        }
        guard links < Int(profile.childRouterLinks) + Int(profile.additionalChildRouterLinks),
            LinkQuality(margin: received.margin) >= .fair,
            let childSince, now.since(childSince) > profile.additionalChildLinkWait,
            entropy.open.below(100) < Self.additionalLinkPercentage
        else { return }
        requestLink(
            with: id, heard: received,
            after: profile.childLinkRequestMinimumDelay...profile.additionalChildLinkRequestMaximumDelay, now: now)
    }

    /// Whether a silent router is let go without asking: a child has others.
    var isRichInLinks: Bool {
        role == .child && routers.neighborCount(atLeast: .poor) > Int(profile.childRouterLinks)
    }
}
