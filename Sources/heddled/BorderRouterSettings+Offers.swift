import IngressFilter
import NodeConfiguration
import NodeEngine
import ThreadEngine
import ThreadWire

// What a border router offers to the mesh, and what it lets in.
extension BorderRouterSettings {
    /// Offers all of it; the leader is told as soon as the node is attached.
    /// - Throws: which prefix the node does not take.
    func offer(on node: NodeEngine) throws(OfferError) {
        for prefix in onMeshPrefixes {
            do { try node.addOnMeshPrefix(prefix) } catch { throw OfferError(prefix: prefix.prefix, cause: error) }
        }
        for route in externalRoutes {
            do { try node.addExternalRoute(route) } catch { throw OfferError(prefix: route.prefix, cause: error) }
        }
    }

    /// As `prefix add` offers them: stable, so that devices which keep little of the network data are told as well.
    private var onMeshPrefixes: [OnMeshPrefix] {
        prefixes.map { prefix in
            var flags: BorderRouterEntry.Flags = [.preferred, .onMesh]
            if prefix.isAutoconfigured { flags.insert(.slaac) }
            if prefix.isDefaultRoute { flags.insert(.defaultRoute) }
            return OnMeshPrefix(prefix.prefix, flags: flags, preference: prefix.preference, isStable: true)
        }
    }

    private var externalRoutes: [ExternalRoute] {
        routes.map { ExternalRoute($0.prefix, preference: $0.preference, isStable: true) }
    }
}

/// A prefix of the configuration that cannot be offered to the mesh.
struct OfferError: Error, CustomStringConvertible {
    let prefix: IPv6Prefix
    let cause: ServerDataError

    var description: String {
        switch cause {
        case .invalid:
            "border-router: \(prefix) cannot be offered: the network that the state file holds has it as its mesh-local "
                + "prefix; choose another one"
        case .full: "border-router: there is no room for \(prefix): offer fewer prefixes and routes"
        case .notFound: "border-router: \(prefix) is not offered"
        }
    }
}

extension FilterSettings {
    var policy: IngressFilter.Policy {
        var policy = IngressFilter.Policy()
        policy.allowsEchoRequests = echo
        policy.udpPorts = udp
        policy.tcpPorts = tcp
        policy.flowLimit = flows
        return policy
    }
}
