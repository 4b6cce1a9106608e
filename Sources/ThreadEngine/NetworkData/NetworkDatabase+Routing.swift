public import ThreadWire

// Which border router leads out of the mesh.
extension NetworkDatabase {
    /// Whether nodes of the mesh have addresses of the prefix that an address has; the mesh-local one is not looked at.
    public func isOnMesh(_ address: IPv6Address) -> Bool {
        meshPrefixes.contains { $0.contains(address) }
    }

    /// The border router to send a datagram to that leaves the mesh.
    ///
    /// Its source decides first: only routers of the domain that gave the source its prefix take it, by the route to
    /// the longest prefix of the destination, else by the default route of the source's prefix.
    /// - Parameters:
    ///   - formerDomain: the domain of the source's prefix when the network data do not have it any more.
    ///   - isNearer: whether the way to one server is to be preferred to the way to another.
    /// - Source: OpenThread as observed
    func borderRouter(
        from source: IPv6Address, to destination: IPv6Address, formerDomain: UInt8?,
        isNearer: (RLOC16, _ other: RLOC16) -> Bool
    ) -> RLOC16? {
        for prefix in prefixes where prefix.prefix.contains(source) && !prefix.borderRouters.isEmpty {
            if let router = externalRoute(to: destination, domain: prefix.domainID, isNearer: isNearer) {
                return router
            }
            let defaults = prefix.borderRouters.filter { $0.flags.contains(.defaultRoute) }
            if let router = Self.best(defaults.map { ($0.preference, $0.rloc16) }, isNearer: isNearer) {
                return router
            }
        }
        return formerDomain.flatMap { externalRoute(to: destination, domain: $0, isNearer: isNearer) }
    }

    private func externalRoute(
        to destination: IPv6Address, domain: UInt8, isNearer: (RLOC16, _ other: RLOC16) -> Bool
    ) -> RLOC16? {
        var longest: UInt8?
        var candidates: [(preference: RoutePreference, server: RLOC16)] = []
        for prefix in prefixes where prefix.domainID == domain && prefix.prefix.contains(destination) {
            let routes = prefix.routes
            guard !routes.isEmpty, prefix.prefix.length >= longest ?? 0 else { continue }
            if prefix.prefix.length > longest ?? 0 { candidates.removeAll() }
            longest = prefix.prefix.length
            candidates += routes.map { (preference: $0.preference, server: $0.rloc16) }
        }
        return Self.best(candidates, isNearer: isNearer)
    }

    /// The most preferred, of those the nearest, of those the first.
    private static func best(
        _ candidates: [(preference: RoutePreference, server: RLOC16)], isNearer: (RLOC16, _ other: RLOC16) -> Bool
    ) -> RLOC16? {
        var best: (preference: RoutePreference, server: RLOC16)?
        for candidate in candidates {
            guard let current = best else {
                best = candidate
                continue
            }
            let isPreferred = candidate.preference.rawValue > current.preference.rawValue
            let isEqual = candidate.preference == current.preference
            if isPreferred || isEqual && isNearer(candidate.server, current.server) { best = candidate }
        }
        return best?.server
    }
}
