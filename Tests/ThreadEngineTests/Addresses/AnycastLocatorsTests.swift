import EngineCore
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("Anycast locators")
struct AnycastLocatorsTests {
    private let near = RouterID(rawValue: 8)
    private let far = RouterID(rawValue: 9)
    private let cafe = IPv6Prefix("2001:cafe:cafe:cafe::/64")!

    /// A leader with a near router, and a far one behind that.
    private func leader() -> ScriptedNode {
        var node = ScriptedNode()
        node.becomeLeader()
        node.with { engine, now in
            for id in [near, far] {
                _ = engine.routers.allocate(preferring: id, limit: 32, now: now, entropy: &engine.entropy.open)
            }
            engine.routers.modify(near) {
                $0.link = .valid
                $0.neighbor.extendedAddress = ScriptedNode.peer
                $0.neighbor.signal.add(rssi: DecibelMilliwatts(-50), margin: Decibels(40))
                $0.neighbor.linkQualityOut = .good
            }
            engine.routers.modify(far) {
                $0.nextHop = near
                $0.cost = 1
            }
        }
        node.forgetOutput()
        return node
    }

    private func register(_ node: inout ScriptedNode, _ server: RLOC16, flags: BorderRouterEntry.Flags) throws {
        let offer = try NetworkDatabaseTests.offer(
            [OnMeshPrefix(cafe, flags: flags, isStable: true)], [],
            [MeshService(enterpriseNumber: 44970, serviceData: [0x5d])], at: server)
        node.with { $0.registerServer(offer, from: server, now: $1) }
    }

    /// The node itself offers a prefix with these flags and the service.
    private func offer(_ node: inout ScriptedNode, flags: BorderRouterEntry.Flags) throws {
        try node.engine.addOnMeshPrefix(OnMeshPrefix(cafe, flags: flags, isStable: true))
        try node.engine.addService(MeshService(enterpriseNumber: 44970, serviceData: [0x5d]))
        node.with { $0.registerServerData(now: $1) }
    }

    private func place(_ node: ScriptedNode, _ locator: UInt16) -> RLOC16? {
        node.engine.place(ofAnycast: RLOC16(rawValue: locator))
    }

    @Test("Each stands for the nearest of its servers, and a router before an end device as near")
    func nearest() throws {
        var node = leader()
        let locators: [UInt16] = [0xfc01, 0xfc10, 0xfc40]
        #expect(locators.allSatisfy { place(node, $0) == nil })
        try register(&node, far.rloc16, flags: [.dhcp, .ndDNS, .onMesh])
        #expect(locators.allSatisfy { place(node, $0) == far.rloc16 })
        // The hop from a parent to its child counts.
        try register(&node, RLOC16(routerID: near, childID: 3), flags: [.dhcp, .ndDNS, .onMesh])
        #expect(locators.allSatisfy { place(node, $0) == far.rloc16 })
        try register(&node, near.rloc16, flags: [.configure, .onMesh])
        #expect(place(node, 0xfc01) == near.rloc16 && place(node, 0xfc10) == near.rloc16)
        try offer(&node, flags: [.configure, .onMesh])
        #expect(place(node, 0xfc01) == node.engine.rloc16 && place(node, 0xfc10) == node.engine.rloc16)
        #expect(place(node, 0xfc00) == node.engine.rloc16)
        for locator: UInt16 in [0xfc02, 0xfc0f, 0xfc11, 0xfc1f, 0xfc20, 0xfc30, 0xfc38, 0xfc41, 0xfc4f, 0xfcff] {
            #expect(place(node, locator) == nil)
        }
    }

    @Test("The child of this node that serves is the place itself")
    func ownChild() throws {
        var node = leader()
        let child = RLOC16(routerID: node.engine.rloc16.routerID, childID: 3)
        node.engine.children.keep(child)
        try register(&node, child, flags: [.dhcp, .onMesh])
        #expect(place(node, 0xfc10) == child)
    }

    @Test("A node has the locators of what the network data say it serves, as long as they say so")
    func owned() throws {
        var node = leader()
        func owned() -> Set<IPv6Address> {
            Set(node.engine.additionalAddresses.filter { $0.origin == .anycast }.map(\.address))
        }
        func locators(_ raw: [UInt16]) -> Set<IPv6Address> {
            Set(raw.compactMap { node.engine.locatorAddress(RLOC16(rawValue: $0)) })
        }
        try register(&node, far.rloc16, flags: [.dhcp, .onMesh])
        #expect(owned().isEmpty)
        try offer(&node, flags: [.dhcp, .ndDNS, .onMesh])
        #expect(owned() == locators([0xfc01, 0xfc10, 0xfc40]))
        #expect(node.outputs.contains(.identityChanged))
        // Nobody is told of them as of addresses that can be asked for.
        #expect(Set(node.engine.ownAddresses).isDisjoint(with: owned()))
        try offer(&node, flags: [.onMesh])
        #expect(owned() == locators([0xfc10]))
        try node.engine.removePrefix(cafe)
        try node.engine.removeService(enterpriseNumber: 44970, serviceData: [0x5d])
        node.with { $0.registerServerData(now: $1) }
        #expect(owned().isEmpty)
        try offer(&node, flags: [.dhcp, .onMesh])
        #expect(owned() == locators([0xfc01, 0xfc10]))
        node.with { $0.stop(now: $1) }
        #expect(node.engine.additionalAddresses.isEmpty)
    }

    @Test("A datagram for one goes to that place")
    func resolved() throws {
        var node = leader()
        try register(&node, far.rloc16, flags: [.dhcp, .onMesh])
        let service = try #require(node.engine.locatorAddress(RLOC16(rawValue: 0xfc10)))
        let unknown = try #require(node.engine.locatorAddress(RLOC16(rawValue: 0xfc15)))
        let known = node.with { engine, now in engine.resolve(service, now: now) }
        #expect(known == .rloc16(far.rloc16))
        let nobody = node.with { engine, now in engine.resolve(unknown, now: now) }
        #expect(nobody == .unreachable)
    }
}
