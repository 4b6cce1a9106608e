import EngineCore
public import ThreadWire

// Locators that stand for what a node serves instead of for a node: which this node has, and who is the nearest.
extension ThreadEngine {
    /// Takes up the anycast locators of what the network data say that this node serves, and gives up others.
    /// - Source: OpenThread as observed: recording cliref, `ipaddr`; fc01 to fc0f for a prefix's DHCP servers, fc10 to
    ///   fc1f for services, fc40 to fc4e for those who know a prefix's name servers
    mutating func updateAnycastAddresses(now: Instant) {
        let wanted = servedLocators.compactMap { locatorAddress($0) }
        let before = additionalAddresses
        additionalAddresses.removeAll { $0.origin == .anycast && !wanted.contains($0.address) }
        for address in wanted where !additionalAddresses.contains(where: { $0.address == address }) {
            additionalAddresses.insert(NodeAddress(address, origin: .anycast), at: 0)
        }
        if additionalAddresses != before { emit(.identityChanged) }
    }

    private var servedLocators: [RLOC16] {
        guard role.isAttached else { return [] }
        var served: [RLOC16] = []
        for prefix in networkDatabase.prefixes {
            guard let context = prefix.context else { continue }
            for entry in prefix.borderRouters where entry.rloc16 == rloc16 {
                if entry.isDHCPAgent { served.append(.dhcpAgent(contextID: context.contextID)) }
                if entry.flags.contains(.ndDNS) { served.append(.neighborDiscoveryAgent(context.contextID)) }
            }
        }
        for service in networkDatabase.data.services where service.servers.contains(where: { $0.rloc16 == rloc16 }) {
            served.append(.server(serviceID: service.serviceID))
        }
        return served
    }

    /// The place of the nearest node that an anycast locator stands for. A child is reached through its parent, which
    /// knows best how.
    /// - Returns: nil when there is none.
    public func place(ofAnycast locator: RLOC16) -> RLOC16? {
        if locator == .leaderAnycast { return leaderRLOC16 }
        var servers: [RLOC16] = []
        if let id = locator.serviceID {
            let service = networkDatabase.data.services.first { $0.serviceID == id }
            servers = service?.servers.map { $0.rloc16 } ?? []
        } else if let id = locator.dhcpContextID {
            servers = borderRouters(ofContext: id) { $0.isDHCPAgent }
        } else if let id = locator.neighborDiscoveryContextID {
            servers = borderRouters(ofContext: id) { $0.flags.contains(.ndDNS) }
        }
        var best: RLOC16?
        for server in servers where best.map({ isNearer(server, than: $0) }) ?? true { best = server }
        guard let best, best.childID != 0, best != rloc16, best.routerID != rloc16.routerID || role == .child else {
            return best
        }
        return best.router
    }

    private func borderRouters(ofContext id: UInt8, where isWanted: (BorderRouterEntry) -> Bool) -> [RLOC16] {
        let prefix = networkDatabase.prefixes.first { $0.context?.contextID == id }
        return prefix?.borderRouters.filter(isWanted).map { $0.rloc16 } ?? []
    }

    /// Whether one server is to be preferred by the way to it: the cheaper, then a router before an end device.
    func isNearer(_ server: RLOC16, than other: RLOC16) -> Bool {
        let cost = path(to: server)?.cost ?? infiniteRouteCost
        let otherCost = path(to: other)?.cost ?? infiniteRouteCost
        return cost == otherCost ? server.isRouter && !other.isRouter : cost < otherCost
    }
}

extension BorderRouterEntry {
    var isDHCPAgent: Bool { !flags.isDisjoint(with: [.dhcp, .configure]) }
}

extension RLOC16 {
    /// The leader's anycast locator.
    public static let leaderAnycast = RLOC16(rawValue: 0xfc00)

    /// - Parameter contextID: 1 to 15.
    static func neighborDiscoveryAgent(_ contextID: UInt8) -> RLOC16 {
        RLOC16(rawValue: 0xfc3f + UInt16(contextID & 0xf))
    }

    /// Whether this stands for a service instead of a node.
    public var isAnycast: Bool { rawValue >> 8 == 0xfc }

    fileprivate var serviceID: UInt8? {
        (0xfc10...0xfc1f).contains(rawValue) ? UInt8(truncatingIfNeeded: rawValue & 0xf) : nil
    }

    fileprivate var dhcpContextID: UInt8? {
        (0xfc01...0xfc0f).contains(rawValue) ? UInt8(truncatingIfNeeded: rawValue & 0xf) : nil
    }

    fileprivate var neighborDiscoveryContextID: UInt8? {
        (0xfc40...0xfc4e).contains(rawValue) ? UInt8(truncatingIfNeeded: rawValue & 0xf) + 1 : nil
    }
}
