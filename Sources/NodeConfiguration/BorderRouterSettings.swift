public import ThreadWire

/// How a node joins the mesh to the networks of its host.
public struct BorderRouterSettings: Equatable, Sendable {
    /// A prefix from which the nodes of the mesh have addresses.
    public struct Prefix: Equatable, Sendable {
        /// - Range: 64 bits, within 2000::/3 or fc00::/7
        public var prefix: IPv6Prefix
        /// How gladly this router takes what leaves the mesh.
        /// - Default: medium
        public var preference: RoutePreference
        /// Whether everything that is not in the mesh may leave through here.
        /// - Default: true
        public var isDefaultRoute: Bool
        /// Whether nodes make their own addresses.
        /// - Default: true
        public var isAutoconfigured: Bool
    }

    /// A network behind this router, for nodes whose prefix leads nowhere else, and for other border routers.
    public struct Route: Equatable, Sendable {
        public var prefix: IPv6Prefix
        /// - Default: medium
        public var preference: RoutePreference
    }

    public var prefixes: [Prefix]
    public var routes: [Route]
    /// Whether the host's forwarding is switched on.
    /// - Default: true
    public var forwarding: Bool
    /// Whether the host routes to networks behind other border routers.
    /// - Default: true
    public var acceptsRoutes: Bool
    public var filter: FilterSettings

    init(_ mapping: YAMLMapping, meshLocal: IPv6Prefix?) {
        var known: [IPv6Prefix] = []
        prefixes = (mapping.optional("prefixes")?.sequence() ?? []).compactMap { value in
            value.mapping().flatMap { Prefix($0, meshLocal: meshLocal, known: &known) }
        }
        known = []
        routes = (mapping.optional("routes")?.sequence() ?? []).compactMap { value in
            value.mapping().flatMap { Route($0, meshLocal: meshLocal, known: &known) }
        }
        forwarding = mapping.optional("forwarding")?.boolean() ?? true
        acceptsRoutes = mapping.optional("accept-routes")?.boolean() ?? true
        filter = FilterSettings(mapping.optional("filter")?.mapping())
    }
}

/// What comes in from beyond the host without having been asked for.
public struct FilterSettings: Equatable, Sendable {
    /// Whether nodes may be pinged.
    /// - Default: true
    public var echo: Bool
    /// The UDP ports that are open.
    /// - Default: none
    public var udp: [ClosedRange<UInt16>]
    /// The TCP ports that are open.
    /// - Default: none
    public var tcp: [ClosedRange<UInt16>]
    /// How many conversations are remembered at once.
    /// - Range: 16 to 65536
    /// - Default: 1024
    public var flows: Int

    init(_ mapping: YAMLMapping?) {
        echo = mapping?.optional("echo")?.boolean() ?? true
        udp = Self.ports(mapping?.optional("udp"))
        tcp = Self.ports(mapping?.optional("tcp"))
        flows = mapping?.optional("flows")?.integer(in: 16...65536) ?? 1024
    }

    private static func ports(_ value: YAMLValue?) -> [ClosedRange<UInt16>] {
        (value?.sequence() ?? []).compactMap { value in
            value.parsed(expected: "a port, or a range of ports such as 6000-6010, 1 to 65535") { text in
                let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
                    part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(part) : nil
                }
                guard let first = ends[0], first > 0, ends.count <= 2, let last = ends[ends.count - 1], last >= first
                else { return nil }
                return first...last
            }
        }
    }
}

// MARK: - Prefixes

extension BorderRouterSettings.Prefix {
    private static let expected = "a prefix of 64 bits within 2000::/3 or fc00::/7, such as fd12:3456:789a:1::/64"

    fileprivate init?(_ mapping: YAMLMapping, meshLocal: IPv6Prefix?, known: inout [IPv6Prefix]) {
        let value = mapping.required("prefix", expected: Self.expected)
        let prefix = value?.parsed(expected: Self.expected) { text -> IPv6Prefix? in
            guard let prefix = IPv6Prefix(text), prefix.length == 64, IPv6Address(text.prefix { $0 != "/" })?.low == 0,
                prefix.address[0] & 0xe0 == 0x20 || prefix.address[0] & 0xfe == 0xfc
            else { return nil }
            return prefix
        }
        preference = RoutePreference(mapping.optional("preference"))
        isDefaultRoute = mapping.optional("default-route")?.boolean() ?? true
        isAutoconfigured = mapping.optional("slaac")?.boolean() ?? true
        guard let value, let prefix, prefix.isNew(value, meshLocal: meshLocal, known: &known) else { return nil }
        self.prefix = prefix
    }
}

extension BorderRouterSettings.Route {
    private static let expected = "a prefix such as fd12:3456:789a::/48, not of multicast or link-local addresses"

    fileprivate init?(_ mapping: YAMLMapping, meshLocal: IPv6Prefix?, known: inout [IPv6Prefix]) {
        let value = mapping.required("prefix", expected: Self.expected)
        let prefix = value?.parsed(expected: Self.expected) { text -> IPv6Prefix? in
            guard let prefix = IPv6Prefix(text), !prefix.address.isMulticast, !prefix.address.isLinkLocalUnicast else {
                return nil
            }
            return prefix
        }
        preference = RoutePreference(mapping.optional("preference"))
        guard let value, let prefix, prefix.isNew(value, meshLocal: meshLocal, known: &known) else { return nil }
        self.prefix = prefix
    }
}

extension RoutePreference {
    private enum Name: String, CaseIterable {
        case high, medium, low
    }

    fileprivate init(_ value: YAMLValue?) {
        let name: Name? = value?.choice()
        switch name ?? .medium {
        case .high: self = .high
        case .medium: self = .medium
        case .low: self = .low
        }
    }
}

extension IPv6Prefix {
    /// Whether the prefix is neither there already nor the mesh's own; an error is recorded when not.
    fileprivate func isNew(_ value: YAMLValue, meshLocal: IPv6Prefix?, known: inout [IPv6Prefix]) -> Bool {
        if let meshLocal, length >= meshLocal.length, meshLocal.contains(address) {
            let _: Bool? = value.refuse(expected: "a prefix apart from the mesh-local one, \(meshLocal)")
            return false
        }
        guard !known.contains(self) else {
            let _: Bool? = value.refuse(expected: "a prefix that is not in the list already")
            return false
        }
        known.append(self)
        return true
    }
}
