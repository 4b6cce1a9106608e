import EngineCore
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("Anycast locators")
struct AnycastLocatorsTests {
    private let near = RouterID(rawValue: 8)
    private let far = RouterID(rawValue: 9)
    private let cafe = IPv6Prefix("2001:cafe:cafe:cafe::/64")!

    private func leader() -> ScriptedNode { .leader(near: near, far: far) }

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

    // MARK: Who is it

    private func reports(_ node: ScriptedNode) -> [DiagnosticReport.Content] {
        node.outputs.compactMap { if case .diagnostic(let report) = $0 { report.content } else { nil } }
    }

    @Test("Who is asked says who it is, from the address that was asked")
    func location() throws {
        var node = leader()
        let asked = try #require(node.engine.leaderAnycastAddress)
        let request = node.management(TMFPath.anycastLocate, [], to: asked)
        node.with { $0.handle(request, now: $1) }
        let answer = try #require(node.managementMessages.last)
        #expect(answer.datagram.source == asked && answer.message.type == .acknowledgement)
        let place: [TMFTLV] = [
            .meshLocalEID(node.engine.meshLocalInterfaceIdentifier), .rloc16(node.engine.rloc16),
        ]
        #expect(answer.message.payload == TMFMessage(tlvs: place).bytes)
        node.forgetOutput()
        let unreliable = node.management(TMFPath.anycastLocate, [], type: .nonConfirmable, messageID: 2, to: asked)
        node.with { $0.handle(unreliable, now: $1) }
        #expect(node.managementMessages.isEmpty)
    }

    @Test("Another node is asked by the locator, and what it says is reported")
    func locating() throws {
        var node = leader()
        try register(&node, near.rloc16, flags: [.onMesh])
        node.forgetOutput()
        let anycast = try #require(node.engine.locatorAddress(RLOC16(rawValue: 0xfc10)))
        let id = node.with { $0.startLocating(anycast, now: $1) }
        #expect(id != nil)
        let sent = try #require(node.managementMessages.first)
        #expect(sent.datagram.destination == anycast)
        #expect(sent.message.uriPath == "a/yl" && sent.message.type == .confirmable && sent.message.payload.isEmpty)
        let place = TMFMessage(tlvs: [.meshLocalEID(0x1122_3344_5566_7788), .rloc16(near.rloc16)]).bytes
        let answer = node.acknowledgement(of: sent.message, place, from: anycast)
        node.with { $0.handle(answer, now: $1) }
        #expect(reports(node) == [.answer(place, from: anycast), .ended(isComplete: true)])
    }

    @Test("This node answers itself; what is no anycast locator of the mesh is not asked")
    func locatingItself() throws {
        var node = leader()
        let anycast = try #require(node.engine.leaderAnycastAddress)
        #expect(node.with { $0.startLocating(anycast, now: $1) } != nil)
        let place: [TMFTLV] = [
            .meshLocalEID(node.engine.meshLocalInterfaceIdentifier), .rloc16(node.engine.rloc16),
        ]
        #expect(reports(node).first == .answer(TMFMessage(tlvs: place).bytes, from: anycast))
        #expect(node.managementMessages.isEmpty)
        let others = [node.engine.rlocAddress!, node.engine.meshLocalEID!, IPv6Address("fd00::ff:fe00:fc00")!]
        for other in others { #expect(node.with { $0.startLocating(other, now: $1) } == nil) }
    }
}
