public import EngineCore
import LinkProfiles
public import ThreadWire

/// Why an operator's wish about roles cannot be fulfilled.
public enum RoleRequestError: Error, Equatable, Sendable {
    /// Not in the role that this node has.
    case invalidState
    /// This node may not route, or another leader weighs as much.
    case notCapable
    /// An attachment is under way.
    case busy
    /// There is no such router.
    case notFound
}

// What an operator may ask of the roles.
extension ThreadEngine {
    /// Goes into a role, or asks the partition for it.
    /// - Throws: `.invalidState` while the protocol is stopped, and for a router id when this node is no child;
    ///   `.notCapable`, `.busy`.
    public mutating func requestRole(_ wanted: Role, now: Instant) throws(RoleRequestError) {
        guard role != .disabled else { throw .invalidState }
        switch wanted {
        case .disabled: stop(now: now)
        case .detached:
            becomeDetached(now: now)
            startAttach(.anyPartition, now: now)
        case .child:
            guard attach == .idle else { throw .busy }
            startAttach(.anyPartition, now: now)
        case .router:
            guard !role.isRouting else { return }
            guard role == .child else { throw .invalidState }
            guard canRoute else { throw .notCapable }
            solicitRouterID(.tooFewRouters, now: now)
        case .leader:
            guard role != .leader else { return }
            guard canRoute else { throw .notCapable }
            if let leaderData, leaderData.weighting >= configuration.leaderWeight { throw .notCapable }
            becomeLeader(now: now)
        }
    }

    /// Lets this node route or not. A router that may not looks for a parent.
    /// - Returns: false when it lacks what a router needs.
    public mutating func setRouterEligible(_ isEligible: Bool, now: Instant) -> Bool {
        guard mode.isFullThreadDevice || !isEligible else { return false }
        guard configuration.isRouterEligible != isEligible else { return true }
        configuration.isRouterEligible = isEligible
        switch role {
        case .child: considerRouterSelection(now: now)
        case .router, .leader:
            becomeDetached(now: now)
            startAttach(.anyPartition, now: now)
        case .disabled, .detached: break
        }
        return true
    }

    /// Which id this node asks for when it becomes a router.
    public mutating func setPreferredRouterID(_ id: RouterID) throws(RoleRequestError) {
        guard role == .disabled || role == .detached else { throw .invalidState }
        previousRouterID = id
    }

    /// As leader: takes a router's id away from it.
    public mutating func releaseRouterID(of id: RouterID, now: Instant) throws(RoleRequestError) {
        guard role == .leader else { throw .invalidState }
        guard routers[id] != nil, id != rloc16.routerID else { throw .notFound }
        releaseRouter(id, now: now)
    }
}
