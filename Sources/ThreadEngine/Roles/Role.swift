/// What a node is in its partition.
public enum Role: UInt8, Sendable, CaseIterable {
    /// The protocol is stopped.
    case disabled
    /// Looking for a parent or a partition.
    case detached
    /// Attached to a parent.
    case child
    /// Routes for others.
    case router
    /// The router that gives out router ids and keeps the network data.
    case leader

    public var isAttached: Bool { self == .child || self == .router || self == .leader }
    public var isRouting: Bool { self == .router || self == .leader }
}

extension Role: CustomStringConvertible {
    /// As OpenThread's `state` prints it.
    public var description: String {
        switch self {
        case .disabled: "disabled"
        case .detached: "detached"
        case .child: "child"
        case .router: "router"
        case .leader: "leader"
        }
    }
}
