public import EngineCore
public import NodeEngine
import ThreadEngine
public import ThreadWire

// Pymesh's way out of the mesh: the application is the border router.

/// The prefixes that this node offers, whoever asked for them.
public struct BorderRoutersCall: MeshCall {
    public static let name = "borderRouters"

    public init() {}

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> [BorderRouterPrefix] {
        node.thread.serverData.data.onMeshPrefixes.map {
            BorderRouterPrefix(prefix: $0.prefix, preference: $0.preference)
        }
    }
}

/// Makes the node a border router: every node gains an address in the prefix, and what they send to the outside comes
/// to the first socket of this program, behind a ``BorderRouterHeader``.
public struct AddBorderRouterCall: MeshCall {
    public static let name = "addBorderRouter"

    private let prefix: IPv6Prefix
    private let preference: RoutePreference

    /// - Parameters:
    ///   - prefix: 64 bits long.
    ///   - preference: which of several border routers with the same prefix at the same distance is taken.
    public init(_ prefix: IPv6Prefix, preference: RoutePreference) {
        self.prefix = prefix
        self.preference = preference
    }

    /// A prefix that the node offers already gets the new preference.
    /// - Throws: `BorderRouterError`.
    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> Nothing {
        guard prefix.length == 64 else { throw BorderRouterError.invalidLength(prefix.length) }
        guard isRoutable else { throw BorderRouterError.notRoutable("\(prefix)") }
        do throws(ServerDataError) {
            try node.addOnMeshPrefix(
                OnMeshPrefix(
                    prefix, flags: [.preferred, .slaac, .defaultRoute, .onMesh], preference: preference,
                    isStable: true))
        } catch {
            switch error {
            case .invalid, .notFound: throw BorderRouterError.notRoutable("\(prefix)")
            case .full: throw BorderRouterError.full
            }
        }
        session.noteOffered(prefix, on: node)
        node.registerServerData(now: now)
        return Nothing()
    }

    /// - Source: RFC 4291 §2.4: what is neither multicast nor link-local, and ::/64 holds the special addresses
    private var isRoutable: Bool {
        let address = prefix.address
        return !address.isMulticast && !address.isLinkLocalUnicast && address.high != 0
    }
}

/// Lets the node be no border router of a prefix any more: every node loses its address in it.
public struct RemoveBorderRouterCall: MeshCall {
    public static let name = "removeBorderRouter"

    private let prefix: IPv6Prefix

    public init(_ prefix: IPv6Prefix) {
        self.prefix = prefix
    }

    /// - Throws: `BorderRouterError.notOffered`.
    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> Nothing {
        let isOffered = node.thread.serverData.data.onMeshPrefixes.contains { $0.prefix == prefix }
        guard isOffered, (try? node.removePrefix(prefix)) != nil else {
            throw BorderRouterError.notOffered("\(prefix)")
        }
        session.noteRemoved(prefix, on: node)
        node.registerServerData(now: now)
        return Nothing()
    }
}
