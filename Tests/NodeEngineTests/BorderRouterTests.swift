import EngineCore
import LinkProfiles
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire
import WireCore

@Suite("Several border routers")
struct BorderRouterTests {
    private static let outside = IPv6Address("2600::99")!
    private static let prefix = IPv6Prefix("2001:cafe:cafe:cafe::/64")!

    /// A line of four whose ends are border routers with one prefix; N0 leads.
    private func network(_ first: RoutePreference, _ last: RoutePreference) throws -> VirtualNetwork {
        let network = TestNetworks.network(TestNetworks.line(4), profile: .ieee802154, seed: 77)
        for name in ["N0", "N1", "N2", "N3"] {
            network.start(TestNetworks.dataset, nodes: [network[name]])
            _ = try #require(network.run(until: { $0[name].engine.thread.role.isRouting }, within: .seconds(400)))
        }
        try #require(network["N0"].engine.thread.role == .leader)
        network.run(for: .seconds(60))
        for (name, preference) in [("N0", first), ("N3", last)] {
            let offer = OnMeshPrefix(
                Self.prefix, flags: [.preferred, .slaac, .onMesh, .defaultRoute], preference: preference,
                isStable: true)
            try network.with(network[name]) { engine, now in
                engine.setHostReceives(true, now: now)
                try engine.addOnMeshPrefix(offer)
                engine.registerServerData(now: now)
            }
        }
        let isKnown = network.run(
            until: { network in
                network.nodes.allSatisfy { $0.engine.thread.networkDatabase.data.onMeshPrefixes.count == 2 }
            }, within: .seconds(60))
        _ = try #require(isKnown)
        return network
    }

    /// Pings the world outside once a second until a border router hands a new request to its host.
    /// - Returns: which one did.
    private func wayOut(of sender: String, in network: VirtualNetwork, within limit: Int = 30) throws -> String? {
        let before = network.nodes.map { $0.delivered.count }
        for attempt in 0..<limit {
            try network.with(network[sender]) { engine, now in
                try engine.sendEcho(
                    to: Self.outside, identifier: 5, sequence: UInt16(attempt), payload: [], now: now)
            }
            network.run(for: .seconds(1))
            if let index = network.nodes.indices.first(where: { network.nodes[$0].delivered.count > before[$0] }) {
                return network.nodes[index].name
            }
        }
        return nil
    }

    @Test("Of equal ones each node uses the nearer, of others the preferred")
    func choice() throws {
        let equal = try network(.medium, .medium)
        #expect(try wayOut(of: "N1", in: equal) == "N0")
        #expect(try wayOut(of: "N2", in: equal) == "N3")
        let preferring = try network(.low, .medium)
        #expect(try wayOut(of: "N1", in: preferring) == "N3")
        #expect(try wayOut(of: "N2", in: preferring) == "N3")
    }

    @Test(
        "When one dies the other takes over within seconds, and what the dead one offered is removed",
        arguments: ["N3", "N0"])
    func failover(victim: String) throws {
        let survivor = victim == "N3" ? "N0" : "N3"
        let network = try network(victim == "N0" ? .high : .low, victim == "N3" ? .high : .low)
        let sender = victim == "N3" ? "N2" : "N1"
        #expect(try wayOut(of: sender, in: network) == victim)
        network.powerOff(network[victim])
        #expect(try wayOut(of: sender, in: network) == survivor, "\(network[sender].engine.drops.nonzero)")
        let isRemoved = network.run(
            until: { network in
                network.nodes.filter { $0.isOn }.allSatisfy {
                    $0.engine.thread.networkDatabase.data.onMeshPrefixes.map(\.rloc16)
                        == [network[survivor].engine.thread.rloc16]
                }
            }, within: .seconds(600))
        _ = try #require(isRemoved)
        #expect(try wayOut(of: sender, in: network) == survivor)
        // It is back, and preferred again.
        network.powerOn(network[victim])
        network.run(for: .seconds(200))
        let offer = OnMeshPrefix(
            Self.prefix, flags: [.preferred, .slaac, .onMesh, .defaultRoute], preference: .high, isStable: true)
        try network.with(network[victim]) { engine, now in
            engine.setHostReceives(true, now: now)
            try engine.addOnMeshPrefix(offer)
            engine.registerServerData(now: now)
        }
        network.run(for: .seconds(30))
        #expect(try wayOut(of: sender, in: network) == victim)
    }

    @Test("A datagram from a network behind one border router reaches a network behind another, unchanged")
    func transit() throws {
        let network = try network(.medium, .medium)
        for (name, route) in [("N0", "fd01::/64"), ("N3", "fd02::/64")] {
            try network.with(network[name]) { engine, now in
                try engine.addExternalRoute(ExternalRoute(IPv6Prefix(route)!, isStable: true))
                engine.registerServerData(now: now)
            }
        }
        network.run(for: .seconds(20))
        #expect(network["N0"].engine.hostRoutes.contains(IPv6Prefix("fd02::/64")!))
        #expect(network["N0"].engine.hostRoutes.contains(Self.prefix))
        #expect(!network["N0"].engine.hostRoutes.contains(IPv6Prefix("fd01::/64")!))
        let datagram = Self.echoRequest(from: IPv6Address("fd01::5")!, to: IPv6Address("fd02::6")!, hopLimit: 9)
        network.with(network["N0"]) { engine, now in engine.handle(.hostDatagram(datagram), now: now) }
        network.run(for: .seconds(5))
        #expect(network["N3"].delivered == [datagram])
        #expect(network["N0"].delivered.isEmpty)
    }

    @Test("Who sends to nobody in the mesh hears so from the border router that he came through")
    func unreachable() throws {
        let network = try network(.low, .high)
        let datagram = Self.echoRequest(
            from: Self.outside, to: IPv6Address("2001:cafe:cafe:cafe::dead")!, hopLimit: 9)
        network.with(network["N0"]) { engine, now in engine.handle(.hostDatagram(datagram), now: now) }
        network.run(for: .seconds(20))
        #expect(network["N3"].delivered.isEmpty)
        let answer = try #require(network["N0"].delivered.first)
        var reader = ByteReader(answer)
        let header = try IPv6Header(parsing: &reader)
        #expect(header.destination == Self.outside && Self.prefix.contains(header.source))
        let message = try ICMPv6Message(parsing: &reader, source: header.source, destination: header.destination)
        #expect(message == .destinationUnreachable(.address, invoking: datagram))
    }

    private static func echoRequest(from source: IPv6Address, to destination: IPv6Address, hopLimit: UInt8) -> [UInt8] {
        var upper = ByteWriter()
        ICMPv6Message.echoRequest(.init(identifier: 1, sequence: 1, payload: [1, 2, 3]))
            .serialize(into: &upper, source: source, destination: destination)
        var writer = ByteWriter()
        IPv6Header(
            payloadLength: UInt16(upper.bytes.count), nextHeader: .icmpv6, hopLimit: hopLimit, source: source,
            destination: destination
        ).serialize(into: &writer)
        writer.write(contentsOf: upper.bytes)
        return writer.bytes
    }
}
