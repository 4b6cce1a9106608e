import EngineCore
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("Ways out of the mesh")
struct BorderRoutingTests {
    private let source = IPv6Address("2001:cafe:cafe:cafe::1")!
    private let cafe = IPv6Prefix("2001:cafe:cafe:cafe::/64")!
    private static let first = RLOC16(rawValue: 0x0400)
    private static let second = RLOC16(rawValue: 0x0800)
    private static let third = RLOC16(rawValue: 0x0c00)

    private func database(
        defaults: [(RLOC16, RoutePreference)] = [], routes: [(String, RLOC16, RoutePreference)] = []
    ) throws -> NetworkDatabase {
        var offers: [RLOC16: (prefixes: [OnMeshPrefix], routes: [ExternalRoute])] = [:]
        for (server, preference) in defaults {
            offers[server, default: ([], [])].prefixes.append(
                OnMeshPrefix(
                    cafe, flags: [.onMesh, .slaac, .preferred, .defaultRoute], preference: preference, isStable: true))
        }
        for (prefix, server, preference) in routes {
            offers[server, default: ([], [])].routes.append(
                ExternalRoute(IPv6Prefix(prefix)!, preference: preference, isStable: true))
        }
        var database = NetworkDatabase()
        for (server, offer) in offers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let data = try NetworkDatabaseTests.offer(offer.prefixes, offer.routes, at: server)
            #expect(database.register(data, from: server, reuseDelay: .seconds(300), now: .zero).refusal == nil)
        }
        return database
    }

    private func router(
        _ database: NetworkDatabase, to destination: String, from source: IPv6Address? = nil, domain: UInt8? = nil,
        nearest: RLOC16 = first, unreachable: Set<RLOC16> = [], chosen: RLOC16? = nil
    ) -> RLOC16? {
        database.borderRouter(
            from: source ?? self.source, to: IPv6Address(destination)!, sourceDomain: domain,
            ways: NetworkDatabase.Ways(
                chosen: chosen, isReachable: { !unreachable.contains($0) },
                isNearer: { server, other in server == nearest && other != nearest }))
    }

    @Test("The longest prefix decides, then the preference, then the way there; a default route is the last resort")
    func order() throws {
        let defaults = [(Self.first, RoutePreference.medium), (Self.second, .medium)]
        #expect(try router(database(defaults: defaults), to: "2600::1", nearest: Self.second) == Self.second)
        #expect(try router(database(defaults: defaults), to: "2600::1", nearest: Self.first) == Self.first)
        let preferring = [(Self.first, RoutePreference.medium), (Self.second, .high)]
        #expect(try router(database(defaults: preferring), to: "2600::1", nearest: Self.first) == Self.second)
        let routed = try database(
            defaults: defaults,
            routes: [
                ("2600::/16", Self.second, .high), ("2600:1::/32", Self.third, .low), ("2700::/16", Self.third, .low),
            ])
        #expect(router(routed, to: "2600::1") == Self.second)
        #expect(router(routed, to: "2600:1::1") == Self.third)
        #expect(router(routed, to: "2700::1") == Self.third)
        #expect(router(routed, to: "2800::1") == Self.first)
        let all = try database(defaults: defaults, routes: [("::/0", Self.third, .low)])
        #expect(router(all, to: "2800::1") == Self.third)
        let equal = try database(
            defaults: defaults, routes: [("2600::/16", Self.second, .medium), ("2600::/16", Self.third, .medium)])
        #expect(router(equal, to: "2600::1", nearest: Self.third) == Self.third)
        #expect(router(equal, to: "2600::1", nearest: Self.second) == Self.second)
    }

    @Test("Who cannot be reached comes behind all who can, however preferred")
    func unreachable() throws {
        let database = try database(
            defaults: [(Self.first, .high), (Self.second, .low), (Self.third, .medium)],
            routes: [("2600::/16", Self.first, .high), ("2600::/16", Self.second, .low)])
        for destination in ["2600::1", "2800::1"] {
            #expect(router(database, to: destination) == Self.first)
        }
        #expect(router(database, to: "2800::1", unreachable: [Self.first]) == Self.third)
        #expect(router(database, to: "2800::1", unreachable: [Self.first, Self.third]) == Self.second)
        #expect(router(database, to: "2600::1", unreachable: [Self.first]) == Self.second)
        // Who was chosen by the sender takes it, whoever else would be better.
        #expect(router(database, to: "2800::1", chosen: Self.second) == Self.second)
        #expect(router(database, to: "2600::1", chosen: Self.third) == Self.first)
        // The longest prefix still decides: a default route is no substitute for its routers.
        #expect(router(database, to: "2600::1", unreachable: [Self.first, Self.second]) == Self.first)
    }

    @Test("Without a prefix of the source there is no way, but for an address whose prefix is gone")
    func sources() throws {
        let database = try database(
            defaults: [(Self.first, .medium)], routes: [("2600::/16", Self.second, .medium)])
        let foreign = IPv6Address("fdde:ad00:beef::1")!
        #expect(router(database, to: "2600::1", from: foreign) == nil)
        #expect(router(database, to: "2600::1", from: foreign, domain: 0) == Self.second)
        #expect(router(database, to: "2800::1", from: foreign, domain: 0) == nil)
        #expect(router(database, to: "2600::1", from: foreign, domain: 1) == nil)
        // A prefix without a default route leads only where routes lead.
        let closed = try NetworkDatabaseTests.offer(
            [OnMeshPrefix(cafe, flags: [.onMesh, .slaac], isStable: true)], at: Self.first)
        var onlyMesh = NetworkDatabase()
        _ = onlyMesh.register(closed, from: Self.first, reuseDelay: .seconds(300), now: .zero)
        #expect(router(onlyMesh, to: "2600::1") == nil)
        #expect(onlyMesh.isOnMesh(source) && !onlyMesh.isOnMesh(foreign))
    }

    private func resolve(_ node: inout ScriptedNode, _ target: String, from source: IPv6Address) -> Resolution {
        node.with { engine, now in engine.resolve(IPv6Address(target)!, from: source, now: now) }
    }

    @Test("A node sends what leaves the mesh to the border router, to itself where it is one, and else nowhere")
    func resolved() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        let nowhere = resolve(&node, "2600::1", from: source)
        #expect(nowhere == .noRoute)
        node.with { engine, now in
            _ = engine.routers.allocate(
                preferring: RouterID(rawValue: 1), limit: 32, now: now, entropy: &engine.entropy.open)
        }
        let offer = OnMeshPrefix(cafe, flags: [.onMesh, .slaac, .preferred, .defaultRoute], isStable: true)
        let other = try NetworkDatabaseTests.offer([offer], at: Self.first)
        node.with { engine, now in engine.registerServer(other, from: Self.first, now: now) }
        let border = resolve(&node, "2600::1", from: source)
        #expect(border == .rloc16(Self.first))
        let meshLocal = try #require(node.engine.meshLocalEID)
        let closed = resolve(&node, "2600::1", from: meshLocal)
        #expect(closed == .noRoute)
        // Addresses of the prefix itself are asked for.
        let onMesh = resolve(&node, "2001:cafe:cafe:cafe::2", from: source)
        #expect(onMesh == .pending)
        try node.engine.addOnMeshPrefix(offer)
        node.with { engine, now in engine.registerServerData(now: now) }
        let own = resolve(&node, "2600::1", from: source)
        #expect(own == .outside)
    }

    @Test("An address whose prefix is gone still finds the routes of its domain")
    func deprecated() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        try node.engine.addOnMeshPrefix(OnMeshPrefix(cafe, flags: [.onMesh, .slaac, .preferred], isStable: true))
        try node.engine.addExternalRoute(ExternalRoute(IPv6Prefix("2600::/16")!, isStable: true))
        node.with { $0.registerServerData(now: $1) }
        let address = try #require(node.engine.additionalAddresses.first { $0.origin == .autoconfigured }?.address)
        try node.engine.removePrefix(cafe)
        node.with { $0.registerServerData(now: $1) }
        #expect(node.engine.additionalAddresses.contains { $0.deprecatedUntil != nil })
        let routed = resolve(&node, "2600::1", from: address)
        #expect(routed == .outside)
        let unrouted = resolve(&node, "2700::1", from: address)
        #expect(unrouted == .noRoute)
    }
}
