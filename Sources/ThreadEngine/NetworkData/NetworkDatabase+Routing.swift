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
    ///   - sourceDomain: the domain of the source when the network data do not have its prefix: what they had before,
    ///     or the one that takes datagrams from a network behind one border router to a network behind another.
    ///   - ways: how the servers are reached.
    /// - Source: OpenThread as observed
    func borderRouter(
        from source: IPv6Address, to destination: IPv6Address, sourceDomain: UInt8?, ways: Ways
    ) -> RLOC16? {
        for prefix in prefixes where prefix.prefix.contains(source) && !prefix.borderRouters.isEmpty {
            if let router = externalRoute(to: destination, domain: prefix.domainID, ways: ways) { return router }
            let defaults = prefix.borderRouters.filter { $0.flags.contains(.defaultRoute) }
            if let router = ways.best(defaults.map { ($0.preference, $0.rloc16) }) { return router }
        }
        return sourceDomain.flatMap { externalRoute(to: destination, domain: $0, ways: ways) }
    }

    private func externalRoute(to destination: IPv6Address, domain: UInt8, ways: Ways) -> RLOC16? {
        var longest: UInt8?
        var candidates: [(preference: RoutePreference, server: RLOC16)] = []
        for prefix in prefixes where prefix.domainID == domain && prefix.prefix.contains(destination) {
            let routes = prefix.routes
            guard !routes.isEmpty, prefix.prefix.length >= longest ?? 0 else { continue }
            if prefix.prefix.length > longest ?? 0 { candidates.removeAll() }
            longest = prefix.prefix.length
            candidates += routes.map { (preference: $0.preference, server: $0.rloc16) }
        }
        return ways.best(candidates)
    }

    /// How a node reaches those who offer something.
    struct Ways {
        /// The server that was chosen already: used wherever it is one at all.
        var chosen: RLOC16?
        /// Whether there is any way now.
        let isReachable: (RLOC16) -> Bool
        /// Whether the way to one server is to be preferred to the way to another.
        let isNearer: (RLOC16, _ other: RLOC16) -> Bool

        /// The most preferred of those that are reached at all, of those the nearest, of those the first.
        /// - Deviation: docs/deviations.md#reachable-border-routers
        func best(_ candidates: [(preference: RoutePreference, server: RLOC16)]) -> RLOC16? {
            if let chosen, candidates.contains(where: { $0.server == chosen }) { return chosen }
            var best: (preference: RoutePreference, server: RLOC16)?
            for candidate in candidates {
                guard let current = best else {
                    best = candidate
                    continue
                }
                let (isReached, isCurrentReached) = (isReachable(candidate.server), isReachable(current.server))
                guard isReached == isCurrentReached else {
                    if isReached { best = candidate }
                    continue
                }
                let isPreferred = candidate.preference.rawValue > current.preference.rawValue
                let isEqual = candidate.preference == current.preference
                if isPreferred || isEqual && isNearer(candidate.server, current.server) { best = candidate }
            }
            return best?.server
        }
    }
}
