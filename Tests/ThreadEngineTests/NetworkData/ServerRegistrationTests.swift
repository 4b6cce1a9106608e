import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Registering at the leader")
struct ServerRegistrationTests {
    private let cafe = IPv6Prefix("2001:cafe:cafe:cafe::/64")!
    private let profile = LinkProfile.ieee802154

    private var offer: OnMeshPrefix {
        OnMeshPrefix(cafe, flags: [.preferred, .slaac, .defaultRoute, .onMesh], isStable: true)
    }

    /// The Server Data messages sent: their content and where to.
    private func sent(_ node: ScriptedNode) -> [(message: CoAPMessage, content: TMFMessage, destination: IPv6Address)] {
        node.datagrams.filter { $0.port == ThreadPort.management }.compactMap { datagram in
            var reader = ByteReader(datagram.payload)
            guard let message = try? CoAPMessage(parsing: &reader), message.uriPath == TMFPath.serverData,
                let content = try? TMFMessage(message.payload)
            else { return nil }
            return (message, content, datagram.destination)
        }
    }

    /// A child that will not become a router.
    private func child() -> ScriptedNode {
        var node = ScriptedNode { $0.isRouterEligible = false }
        node.attachAsChild()
        return node
    }

    private func acknowledge(_ node: inout ScriptedNode) throws {
        let request = try #require(sent(node).last)
        let answer = CoAPMessage(
            type: .acknowledgement, code: .changed, messageID: request.message.messageID, token: request.message.token,
            path: nil, payload: [])
        let leader = try #require(node.engine.locatorAddress(.leaderAnycast))
        let own = try #require(node.engine.rlocAddress)
        node.forgetOutput()
        node.with {
            $0.handle(
                IncomingDatagram(
                    source: leader, destination: own, port: ThreadPort.management, payload: answer.bytes, hopLimit: 64,
                    isLinkSecured: true, rssi: DecibelMilliwatts(-50), snr: Decibels(10)), now: $1)
        }
    }

    /// The parent tells network data with a version.
    private func tell(_ node: inout ScriptedNode, _ data: NetworkData, version: UInt8, frameCounter: UInt32 = 2000) {
        var leaderData = ScriptedNode.leaderData()
        leaderData.dataVersion = version
        leaderData.stableDataVersion = version
        let message = node.received(
            .dataResponse,
            [
                .sourceAddress(ScriptedNode.peerRouterID.rloc16), .leaderData(leaderData),
                .networkData(data.bytes),
            ], frameCounter: frameCounter)
        node.with { $0.handleDataResponse(message, now: $1) }
    }

    @Test("An offer goes to the leader's anycast address as confirmable request, and is told again only after the rest")
    func registers() throws {
        var node = child()
        try node.engine.addOnMeshPrefix(offer)
        #expect(sent(node).isEmpty)
        node.with { $0.registerServerData(now: $1) }
        let request = try #require(sent(node).first)
        #expect(request.message.type == .confirmable && request.message.code == .post)
        #expect(request.destination == node.engine.locatorAddress(.leaderAnycast))
        let expected = node.engine.serverData.data(at: node.engine.rloc16)
        #expect(request.content.tlvs == [.threadNetworkData(expected.bytes)])
        // While the message is under way nothing else is sent, whatever happens.
        node.with { $0.registerServerData(now: $1) }
        tell(&node, NetworkData(), version: 2)
        #expect(sent(node).count == 1)
        try acknowledge(&node)
        #expect(node.engine.registration.isResting)
        tell(&node, NetworkData(), version: 3)
        #expect(sent(node).isEmpty)
        // The network data never showed it: after the rest it is told again.
        let rest = try #require(node.engine.registration.deadline).since(node.now)
        #expect(rest == profile.serverDataRest)
        node.now = node.now + rest
        node.with { $0.handleServerRegistrationDeadline(now: $1) }
        #expect(sent(node).count == 1)
    }

    @Test("Once the network data show it, nothing more is sent; when they lose it, it is told again")
    func shown() throws {
        var node = child()
        try node.engine.addOnMeshPrefix(offer)
        node.with { $0.registerServerData(now: $1) }
        try acknowledge(&node)
        var database = NetworkDatabase()
        _ = database.register(
            node.engine.serverData.data(at: node.engine.rloc16), from: node.engine.rloc16, reuseDelay: .seconds(300),
            now: node.now)
        tell(&node, database.data, version: 2)
        node.now = node.now + profile.serverDataRest
        node.with { $0.handleServerRegistrationDeadline(now: $1) }
        #expect(sent(node).isEmpty && node.engine.registration.deadline == nil)
        tell(&node, NetworkData(), version: 3)
        #expect(sent(node).count == 1)
    }

    @Test("When the leader never answers, the message is repeated with growing waits and then begun anew")
    func unanswered() throws {
        var node = child()
        try node.engine.addOnMeshPrefix(offer)
        node.with { $0.registerServerData(now: $1) }
        var times: [Instant] = [node.now]
        var identifiers: Set<UInt16> = []
        while times.count < 6, node.engine.role == .child {
            let before = sent(node).count
            node.passDeadline()
            node.with { engine, now in engine.childUpdate = .scheduled(at: now + .seconds(1000)) }
            if sent(node).count > before { times.append(node.now) }
        }
        for request in sent(node) { identifiers.insert(request.message.messageID) }
        try #require(times.count == 6)
        #expect(identifiers.count == 2)
        for index in 2...4 { #expect(times[index].since(times[index - 1]) > times[index - 1].since(times[index - 2])) }
    }

    @Test("After a change of place the old place is named, so that the leader forgets it")
    func newPlace() throws {
        var node = child()
        try node.engine.addOnMeshPrefix(offer)
        node.with { $0.registerServerData(now: $1) }
        let old = node.engine.rloc16
        try acknowledge(&node)
        let moved = RLOC16(routerID: ScriptedNode.peerRouterID, childID: 9)
        node.with { engine, now in
            let parent = engine.parent!
            let leaderData = engine.leaderData!
            engine.becomeChild(of: parent, rloc16: moved, leaderData: leaderData, now: now)
        }
        let request = try #require(sent(node).first)
        #expect(
            request.content.tlvs == [
                .threadNetworkData(node.engine.serverData.data(at: moved).bytes), .rloc16(old),
            ])
    }

    @Test("A node without a place tells nobody, and does so as soon as it has one")
    func detached() throws {
        var node = ScriptedNode { $0.isRouterEligible = false }
        try node.engine.addOnMeshPrefix(offer)
        node.with { $0.registerServerData(now: $1) }
        node.attachAsChild()
        #expect(node.engine.registration.isWaiting)
        node.with { $0.stop(now: $1) }
        #expect(node.engine.registration == ServerRegistration(registeredAs: node.engine.registration.registeredAs))
    }

    @Test("A leader takes in what it offers itself, and counts the versions on")
    func leader() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        let before = try #require(node.engine.leaderData)
        try node.engine.addOnMeshPrefix(offer)
        node.with { $0.registerServerData(now: $1) }
        #expect(sent(node).isEmpty)
        #expect(node.engine.networkDatabase.servers == [node.engine.rloc16])
        #expect(node.engine.leaderData?.dataVersion == before.dataVersion &+ 1)
        #expect(node.engine.leaderData?.stableDataVersion == before.stableDataVersion &+ 1)
        #expect(node.commands == [.dataResponse])
        #expect(node.sent.last?.message.networkData == node.engine.networkData)
        node.forgetOutput()
        node.with { $0.registerServerData(now: $1) }
        #expect(node.commands.isEmpty && node.engine.leaderData?.dataVersion == before.dataVersion &+ 1)
        try node.engine.removePrefix(cafe)
        node.with { $0.registerServerData(now: $1) }
        #expect(node.engine.networkDatabase.servers.isEmpty)
        // The prefix's number expires at last.
        let version = try #require(node.engine.leaderData?.dataVersion)
        node.forgetOutput()
        node.run(for: .seconds(301))
        #expect(node.engine.networkDatabase.contexts.isEmpty)
        #expect(node.engine.leaderData?.dataVersion == version &+ 1)
        #expect(node.commands.contains(.dataResponse))
    }

    /// Server Data × who says it, as leader: whether it is acknowledged and what is known then.
    @Test("The leader believes only those whose routers it knows, and only what they say of themselves")
    func receiving() throws {
        let stranger = RLOC16(rawValue: 0x3c00)
        for (source, owner, isTaken) in [
            (nil, nil, true), (nil, stranger, false), (stranger, stranger, false), (stranger, nil, false),
        ] as [(RLOC16?, RLOC16?, Bool)] {
            var node = ScriptedNode()
            node.becomeLeader()
            let known = RLOC16(routerID: node.engine.rloc16.routerID, childID: 5)
            node.engine.children.keep(known)
            var server = ServerData(limit: 254)
            try server.add(offer, meshLocal: nil)
            let message = TMFMessage(tlvs: [.threadNetworkData(server.data(at: owner ?? known).bytes)])
            let address = try #require(node.engine.locatorAddress(source ?? known))
            var isAcknowledged = false
            node.with { isAcknowledged = $0.handleServerData(message, from: address, now: $1) }
            #expect(isAcknowledged)
            #expect(node.engine.networkDatabase.servers == (isTaken ? [known] : []))
            // Its old place is forgotten where it names it.
            let gone = TMFMessage(tlvs: [.rloc16(known)])
            node.with { isAcknowledged = $0.handleServerData(gone, from: address, now: $1) }
            #expect(isAcknowledged && node.engine.networkDatabase.servers.isEmpty)
        }
    }

    @Test(
        "A leader that has restarted takes nothing in before it has its network data back, and then goes on with them")
    func restartedLeader() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        let known = RLOC16(routerID: node.engine.rloc16.routerID, childID: 5)
        node.engine.children.keep(known)
        let source = try #require(node.engine.locatorAddress(known))
        let message = TMFMessage(tlvs: [.threadNetworkData(try NetworkDatabaseTests.offer([offer], at: known).bytes)])
        node.engine.mustRetrieveNetworkData = true
        let before = node.engine.networkDatabase
        let isTakenEarly = node.with { engine, now in engine.handleServerData(message, from: source, now: now) }
        #expect(!isTakenEarly && node.engine.networkDatabase == before)
        node.engine.mustRetrieveNetworkData = false
        let isTaken = node.with { engine, now in engine.handleServerData(message, from: source, now: now) }
        #expect(isTaken && node.engine.networkDatabase.servers == [known])
        // A server without a router is gone, and the number of its prefix begins to expire.
        let lost = RLOC16(rawValue: node.engine.rloc16 == RLOC16(rawValue: 0x0400) ? 0x0800 : 0x0400)
        _ = node.engine.networkDatabase.replace(with: try NetworkDatabaseTests.offer([offer], at: lost))
        node.with { $0.resumeNetworkData(now: $1) }
        #expect(node.engine.networkDatabase.servers.isEmpty)
    }

    @Test("Server Data that cannot be read, or do not come from a place, are not acknowledged and change nothing")
    func badInput() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        let before = node.engine.networkDatabase
        let own = try #require(node.engine.rlocAddress)
        let elsewhere = IPv6Address("2001:db8::ff:fe00:400")!
        for (bytes, source) in [
            ([0x03, 0x20, 0x00], own), ([0x03, 0x02, 0x00, 0x81], own),
            ([0x03, 0x05, 0x00, 0x08, 0x20, 0x05, 0x04], own),
            ([], elsewhere), ([], node.engine.locatorAddress(.leaderAnycast)!), ([], node.engine.meshLocalEID!),
        ] as [([UInt8], IPv6Address)] {
            let message = TMFMessage(tlvs: [.threadNetworkData(bytes)])
            var isTaken = true
            node.with { isTaken = $0.handleServerData(message, from: source, now: $1) }
            #expect(!isTaken && node.engine.networkDatabase == before, "\(bytes)")
        }
        #expect(node.engine.drops[.malformedTMF] == 3 && node.engine.drops[.unexpectedTMF] == 3)
        var child = child()
        var isTaken = true
        child.with { isTaken = $0.handleServerData(TMFMessage(), from: own, now: $1) }
        #expect(!isTaken)
    }
}
