import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Taking up the old place after a restart")
struct RoleRestorationTests {
    private let profile = LinkProfile.ieee802154
    private static let ownID = RouterID(rawValue: 20)
    private static let child = ExtendedAddress(rawValue: 0x166e_0a00_0000_00cc)
    private static let childPlace = RLOC16(routerID: ownID, childID: 3)

    /// A node that was a router or leader before it was started again.
    private func restarted(as role: Role, children: Int = 0, isAlone: Bool = false) -> ScriptedNode {
        var node = ScriptedNode()
        let address = node.engine.extendedAddress
        node.with { engine, now in
            engine.restore(
                StoredNetworkState(
                    role: role, rloc16: Self.ownID.rloc16, keySequence: 0, mleFrameCounterLimit: 5000,
                    linkFrameCounterLimit: 5000, meshLocalInterfaceIdentifier: 7, extendedAddress: address,
                    previousPartitionID: ScriptedNode.partition, parent: ExtendedAddress(rawValue: 0),
                    isAlone: isAlone, keyUsage: engine.keyUsage))
            let stored = (0..<children).map {
                StoredChild(
                    extendedAddress: ExtendedAddress(rawValue: Self.child.rawValue + UInt64($0)),
                    rloc16: RLOC16(routerID: Self.ownID, childID: UInt16(3 + $0)), mode: .fullThreadDevice, version: 5,
                    timeout: 240)
            }
            engine.restore(StoredChildren(stored), now: now)
        }
        node.start()
        node.passDeadline()
        return node
    }

    private func linkAccept(
        _ node: ScriptedNode, challenge: [UInt8]? = nil, address16: RLOC16 = ownID.rloc16,
        leader: RouterID = ScriptedNode.peerRouterID, ids: [RouterID] = [ScriptedNode.peerRouterID, ownID],
        without missing: MLETLVType? = nil
    ) -> ReceivedMLE {
        let tlvs: [MLETLV] = [
            .version(5), .sourceAddress(ScriptedNode.peerRouterID.rloc16),
            .response(challenge ?? node.sent.last?.message.challenge ?? []), .linkLayerFrameCounter(70),
            .mleFrameCounter(900), .linkMargin(40), .leaderData(ScriptedNode.leaderData(leader: leader)),
            .address16(address16),
            .route64(
                Route64(
                    idSequence: 12, routerIDMask: RouterIDMask(ids),
                    entries: ids.map { _ in RouteEntry(linkQualityOut: 3, linkQualityIn: 3, routeCost: 1) })),
        ]
        return node.received(.linkAccept, tlvs.filter { $0.type != missing })
    }

    @Test("It asks all routers, with its version, a challenge and no address of its own")
    func request() throws {
        let node = restarted(as: .router)
        let sent = try #require(node.sent.last)
        #expect(sent.destination == .linkLocalAllRouters)
        #expect(sent.message.command == .linkRequest)
        #expect(sent.message.tlvs.map(\.type) == [.version, .tlvRequest, .challenge])
        #expect(sent.message.tlvRequest == [.address16, .route64])
    }

    @Test("A router that knows it gives it its place back, without a new router id", arguments: [false, true])
    func answered(isLeader: Bool) {
        var node = restarted(as: isLeader ? .leader : .router)
        let answer = linkAccept(node, leader: isLeader ? Self.ownID : ScriptedNode.peerRouterID)
        node.forgetOutput()
        node.with { $0.handleLinkAccept(answer, alsoRequests: false, now: $1) }
        #expect(node.engine.role == (isLeader ? .leader : .router))
        #expect(node.engine.rloc16 == Self.ownID.rloc16)
        #expect(node.engine.partitionID == ScriptedNode.partition)
        #expect(node.engine.routers[ScriptedNode.peerRouterID]?.isLinkValid == true)
        #expect(node.engine.routers.idSequence == 12)
        #expect(node.commands == [.dataRequest], "what the network data is it must ask")
        #expect(node.engine.management.pending.isEmpty)
        #expect(node.engine.attach == .idle)
    }

    @Test("A router that confirms the place and asks for a link in the same message gets it")
    func acceptAndRequest() throws {
        var node = restarted(as: .router)
        var answer = linkAccept(node)
        answer.message.tlvs += [.challenge([8, 7, 6, 5, 4, 3, 2, 1]), .tlvRequest([.linkMargin])]
        node.forgetOutput()
        node.with { $0.handleLinkAccept(answer, alsoRequests: true, now: $1) }
        #expect(node.engine.role == .router)
        let accept = try #require(node.sent.first { $0.message.command == .linkAccept })
        #expect(accept.destination == IPv6Address(linkLocal: ScriptedNode.peer.interfaceIdentifier))
        #expect(accept.message.response == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(accept.message.sourceAddress == Self.ownID.rloc16)
    }

    @Test("A node whose place is not confirmed answers no request for a link")
    func refusedRequest() {
        var node = restarted(as: .router)
        var answer = linkAccept(node, address16: RLOC16(rawValue: 0x5400))
        answer.message.tlvs.append(.challenge([8, 7, 6, 5, 4, 3, 2, 1]))
        node.forgetOutput()
        node.with { $0.handleLinkAccept(answer, alsoRequests: true, now: $1) }
        #expect(node.commands.isEmpty)
    }

    // MARK: What the others say

    /// A leader that has heard nothing of its neighbor for so long that it gave the link up.
    private static func forsaken() -> ScriptedNode {
        var node = ScriptedNode.leader(near: ScriptedNode.peerRouterID, far: RouterID(rawValue: 30))
        node.with { $0.routers.removeLink(ScriptedNode.peerRouterID, now: $1) }
        node.forgetOutput()
        return node
    }

    private func placeRequest(_ node: ScriptedNode, from sender: ExtendedAddress = ScriptedNode.peer) -> ReceivedMLE {
        node.received(
            .linkRequest,
            [.version(5), .tlvRequest([.address16, .route64]), .challenge([1, 2, 3, 4, 5, 6, 7, 8])], from: sender,
            isMulticast: true)
    }

    @Test("A router to which there is no link any more is told its place, and asked for a link")
    func silentRouter() throws {
        var node = Self.forsaken()
        let request = placeRequest(node)
        node.with { $0.handleLinkRequest(request, now: $1) }
        node.run(for: profile.linkAcceptMaximumDelay)
        let answer = try #require(node.sent.first)
        #expect(answer.message.command == .linkAcceptAndRequest)
        #expect(answer.message.address16 == ScriptedNode.peerRouterID.rloc16)
        #expect(answer.message.challenge?.isEmpty == false)
        #expect(node.engine.routers[ScriptedNode.peerRouterID]?.isLinkValid == false, "it must show that it is there")
    }

    @Test("A router whose id is not in use any more, and one that never was a neighbor, are told nothing")
    func lostPlace() {
        var node = Self.forsaken()
        let stranger = placeRequest(node, from: ScriptedNode.stranger)
        node.with { $0.handleLinkRequest(stranger, now: $1) }
        let far = placeRequest(node, from: ExtendedAddress(rawValue: 0))
        node.with { $0.handleLinkRequest(far, now: $1) }
        node.with { $0.releaseRouter(ScriptedNode.peerRouterID, now: $1) }
        node.forgetOutput()
        let request = placeRequest(node)
        node.with { $0.handleLinkRequest(request, now: $1) }
        node.run(for: profile.linkAcceptMaximumDelay)
        #expect(!node.commands.contains(.linkAccept) && !node.commands.contains(.linkAcceptAndRequest))
    }

    @Test(
        "It takes network data of any version once it has its place again, and only once",
        arguments: [Role.router, .leader])
    func networkData(role: Role) {
        var node = restarted(as: role)
        let answer = linkAccept(node, leader: role == .leader ? Self.ownID : ScriptedNode.peerRouterID)
        node.with { $0.handleLinkAccept(answer, alsoRequests: false, now: $1) }
        let leaderData = node.engine.leaderData!
        let data = node.received(
            .dataResponse,
            [
                .sourceAddress(ScriptedNode.peerRouterID.rloc16), .leaderData(leaderData),
                .networkData([0x08, 0x04, 0x0b, 0x02, 1, 2]),
            ], frameCounter: 1001)
        node.with { $0.handleDataResponse(data, now: $1) }
        #expect(node.engine.networkData == [0x08, 0x04, 0x0b, 0x02, 1, 2])
        #expect(!node.engine.mustRetrieveNetworkData)
    }

    @Test(
        "It asks as often as its role is worth, then looks for a parent",
        arguments: [(Role.router, 0, UInt8(3)), (.router, 6, 6), (.leader, 0, 6)])
    func unanswered(role: Role, children: Int, attempts: UInt8) {
        #expect(profile.mleMaximumTransmissions == 3 && profile.mleCriticalMaximumTransmissions == 6)
        var node = restarted(as: role, children: children)
        while node.commands.last != .parentRequest { node.passDeadline() }
        #expect(node.commands.count { $0 == .linkRequest } == Int(attempts))
        let challenges = node.sent.filter { $0.message.command == .linkRequest }.compactMap { $0.message.challenge }
        #expect(Set(challenges).count == Int(attempts))
        #expect(node.engine.previousRouterID == Self.ownID, "the id that it will ask for")
    }

    @Test(
        "An answer that lacks a part, answers another question or tells of another place changes nothing",
        arguments: 0..<12)
    func rejected(index: Int) {
        var node = restarted(as: .router)
        let other = RouterID(rawValue: 21)
        let (answer, reason): (ReceivedMLE, DropReason) =
            switch index {
            case 0: (linkAccept(node, challenge: [1, 2, 3, 4, 5, 6, 7, 8]), .staleChallenge)
            case 1: (linkAccept(node, address16: other.rloc16), .unexpectedMLE)
            case 2: (linkAccept(node, ids: [ScriptedNode.peerRouterID, other]), .unexpectedMLE)
            case 3: (linkAccept(node, ids: [Self.ownID, other]), .unexpectedMLE)
            case 4: (linkAccept(node, without: .version), .malformedMLE)
            case 5: (linkAccept(node, without: .sourceAddress), .malformedMLE)
            case 6: (linkAccept(node, without: .response), .malformedMLE)
            case 7: (linkAccept(node, without: .linkLayerFrameCounter), .malformedMLE)
            case 8: (linkAccept(node, without: .leaderData), .unexpectedMLE)
            case 9: (linkAccept(node, without: .address16), .unexpectedMLE)
            case 10: (linkAccept(node, without: .route64), .unexpectedMLE)
            default: (linkAccept(node, challenge: []), .staleChallenge)
            }
        let before = node.engine.attach
        node.with { $0.handleLinkAccept(answer, alsoRequests: false, now: $1) }
        #expect(node.engine.role == .detached)
        #expect(node.engine.attach == before)
        #expect(node.engine.drops.nonzero.map(\.reason) == [reason])
    }

    @Test("What is stored stays the place of before, however often a node is started without finding it")
    func storedPlace() throws {
        var node = restarted(as: .leader)
        node.run(for: .seconds(1))
        for output in node.outputs {
            guard case .store(let record) = output, record.name == .networkState else { continue }
            var reader = ByteReader(record.value)
            let state = try StoredNetworkState(parsing: &reader)
            #expect(state.role == .leader)
            #expect(state.rloc16 == Self.ownID.rloc16)
            #expect(state.previousPartitionID == ScriptedNode.partition)
        }
    }

    @Test("A leader that was alone asks nobody for its place, unless it has children")
    func alone() {
        let alone = restarted(as: .leader, isAlone: true)
        #expect(alone.commands == [.parentRequest])
        #expect(alone.engine.previousRouterID == Self.ownID, "the id that it will have again")
        #expect(restarted(as: .leader, children: 1, isAlone: true).commands == [.linkRequest])
    }

    @Test("What is stored tells whether a leader is alone, as other routers come and go")
    func company() throws {
        let harness = ThreadHarness(count: 2)
        harness.start(0)
        _ = try #require(harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30)))
        #expect(harness.engines[0].place?.isAlone == true)
        harness.connectLine()
        harness.start(1)
        _ = try #require(harness.run(until: { $0.isFullyRouted }, within: .seconds(300)))
        #expect(harness.engines[0].place?.isAlone == false)
        harness.connect(0, 1, rssi: nil)
        let isLeft = harness.run(until: { $0.engines[0].place?.isAlone == true }, within: .seconds(600))
        #expect(isLeft != nil)
    }

    @Test("A leader that was alone leads again within the time that a new node takes")
    func aloneAgain() throws {
        let harness = ThreadHarness(count: 1)
        harness.start(0)
        _ = try #require(harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30)))
        let place = harness.engines[0].rloc16
        harness.restart(0)
        let time = harness.run(until: { $0.roles[0] == .leader }, within: .seconds(7))
        #expect(time != nil)
        #expect(harness.engines[0].rloc16 == place)
    }

    @Test("A node of another network has no place in this one")
    func otherNetwork() {
        var node = restarted(as: .router, children: 1)
        var other = ThreadHarness.dataset
        other.networkKey = [UInt8](repeating: 9, count: 16)
        node.with { engine, now in
            engine.stop(now: now)
            _ = engine.setDataset(other, .active, now: now)
        }
        node.forgetOutput()
        node.start()
        node.passDeadline()
        #expect(node.commands == [.parentRequest])
        #expect(node.engine.children.children.isEmpty)
    }

    // MARK: Children

    private func parentAgain() -> ScriptedNode {
        var node = restarted(as: .router, children: 1)
        let answer = linkAccept(node)
        node.forgetOutput()
        node.with { $0.handleLinkAccept(answer, alsoRequests: false, now: $1) }
        return node
    }

    private func confirmation(_ node: ScriptedNode, challenge: [UInt8]? = nil, _ more: [MLETLV] = []) -> ReceivedMLE {
        let asked = node.sent.last { $0.message.command == .childUpdateRequest }?.message.challenge ?? []
        return node.received(
            .childUpdateResponse, [.response(challenge ?? asked), .timeout(100)] + more, from: Self.child)
    }

    @Test("Children of before are asked whether they still are, and are children again when they say so")
    func children() throws {
        var node = parentAgain()
        let request = try #require(node.sent.first { $0.message.command == .childUpdateRequest })
        #expect(request.destination == IPv6Address(linkLocal: Self.child.interfaceIdentifier))
        #expect(request.message.tlvRequest == [.timeout, .addressRegistration])
        #expect(node.engine.children[Self.child]?.state == .restored(isAsked: true))
        let answer = confirmation(node, [.sourceAddress(Self.childPlace), .linkLayerFrameCounter(77)])
        node.forgetOutput()
        node.with { $0.handleChildUpdateResponse(answer, now: $1) }
        let child = try #require(node.engine.children[Self.child])
        #expect(child.isValid)
        #expect(child.timeout == 100)
        #expect(child.neighbor.linkFrameCounter == 77)
        #expect(node.events == [.childAdded(Self.child, Self.childPlace)])
    }

    @Test("A child that asks before it has answered is asked once more")
    func lostQuestion() {
        var node = parentAgain()
        node.forgetOutput()
        let keepAlive = node.received(
            .childUpdateRequest, [.mode(.fullThreadDevice), .timeout(240), .challenge([1, 2, 3, 4, 5, 6, 7, 8])],
            from: Self.child)
        node.with { $0.handleChildUpdateRequest(keepAlive, now: $1) }
        #expect(node.commands == [.childUpdateRequest])
        #expect(node.engine.children[Self.child]?.isRestored == true)
    }

    @Test("A child that denies it, or has another address, is none any more; a wrong challenge counts for nothing")
    func denied() {
        for denial: [MLETLV] in [[.status(1)], [.sourceAddress(RLOC16(rawValue: 0x4401))]] {
            var node = parentAgain()
            let answer = confirmation(node, denial)
            node.with { $0.handleChildUpdateResponse(answer, now: $1) }
            #expect(node.engine.children[Self.child] == nil)
        }
        var node = parentAgain()
        let wrong = confirmation(node, challenge: [8, 7, 6, 5, 4, 3, 2, 1])
        node.with { $0.handleChildUpdateResponse(wrong, now: $1) }
        #expect(node.engine.children[Self.child]?.isRestored == true)
        #expect(node.engine.drops[.staleChallenge] == 1)
    }

    @Test("Children that are never heard again go with their timeout")
    func silentChildren() {
        var node = parentAgain()
        node.run(for: .seconds(239))
        #expect(node.engine.children[Self.child] != nil)
        node.run(for: .seconds(3))
        #expect(node.engine.children[Self.child] == nil)
    }

    // MARK: In a network

    @Test(
        "A router or leader of a line that is killed and started at once is what it was within seconds",
        arguments: [0, 1, 2], [UInt64(1), 2, 3])
    func restart(index: Int, seed: UInt64) throws {
        let harness = ThreadHarness(count: 3, seed: seed)
        harness.connectLine()
        for index in 0..<3 { harness.start(index) }
        _ = try #require(harness.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        let (role, rloc16) = (harness.engines[index].role, harness.engines[index].rloc16)
        let partition = harness.engines[index].partitionID
        harness.restart(index)
        let time = harness.run(until: { $0.engines[index].role == role }, within: .seconds(30))
        #expect(time != nil, "roles \(harness.roles)")
        #expect(harness.engines[index].rloc16 == rloc16)
        #expect(harness.engines[index].partitionID == partition)
        let routed = harness.run(until: { $0.isFullyRouted }, within: .seconds(120))
        #expect(routed != nil, "roles \(harness.roles)")
        // Nothing of it is undone later.
        harness.run(for: .seconds(300))
        #expect(harness.isFullyRouted)
        #expect(harness.engines[index].rloc16 == rloc16)
        #expect(harness.engines.allSatisfy { $0.networkData == harness.engines[0].networkData })
    }

    @Test("All nodes that are killed and started at once are one network again, each under its old id")
    func restartAll() throws {
        let harness = ThreadHarness(count: 4, seed: 4)
        harness.connectLine()
        for index in 0..<4 { harness.start(index) }
        _ = try #require(harness.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        let places = harness.engines.map(\.rloc16)
        for index in 0..<4 { harness.restart(index) }
        let time = harness.run(until: { $0.isFullyRouted }, within: .seconds(600))
        #expect(time != nil, "roles \(harness.roles)")
        #expect(harness.engines.map(\.rloc16) == places)
    }

    @Test("A child of before the restart that is a router by now is no child any more, and keeps its own address")
    func childIsRouter() {
        var node = ScriptedNode.leader(near: RouterID(rawValue: 8), far: RouterID(rawValue: 9))
        let id = node.engine.rloc16.routerID
        node.with { engine, now in
            for (number, address) in [ScriptedNode.peer, ScriptedNode.stranger].enumerated() {
                let place = RLOC16(routerID: id, childID: UInt16(number + 1))
                _ = engine.children.update(
                    Child(
                        neighbor: Neighbor(extendedAddress: address, rloc16: place, now: now),
                        state: .restored(isAsked: false), answeredAt: now))
            }
            engine.reclaimChildren(now: now)
        }
        #expect(node.engine.children[ScriptedNode.peer] == nil)
        #expect(node.engine.children[ScriptedNode.stranger]?.isRestored == true)
        let told = node.outputs.compactMap { if case .setPeer(let peer) = $0 { peer.extendedAddress } else { nil } }
        #expect(told == [ScriptedNode.stranger])
        #expect(!node.outputs.contains(.removePeer(ScriptedNode.peer)))
    }
}

@Suite("The stored children")
struct StoredChildrenTests {
    private let children = StoredChildren([
        StoredChild(
            extendedAddress: ExtendedAddress(rawValue: 0x166e_0a00_0000_0001), rloc16: RLOC16(rawValue: 0x5001),
            mode: .fullThreadDevice, version: 5, timeout: 240),
        StoredChild(
            extendedAddress: ExtendedAddress(rawValue: 0x166e_0a00_0000_0002), rloc16: RLOC16(rawValue: 0x5002),
            mode: DeviceMode(rawValue: 4), version: 2, timeout: 20),
    ])

    @Test("They come back as they were written")
    func roundTrip() throws {
        var reader = ByteReader(children.record.value)
        #expect(try StoredChildren(parsing: &reader) == children)
    }

    @Test("What is cut off, or of another version, is an error, but for whole children")
    func truncation() {
        let bytes = children.record.value
        for count in bytes.indices {
            var reader = ByteReader(Array(bytes.prefix(count)))
            let parsed = try? StoredChildren(parsing: &reader)
            let isWhole = count > 0 && (count - 1) % 17 == 0
            #expect((parsed != nil) == isWhole, "\(count) bytes")
        }
        var reader = ByteReader([9] + bytes.dropFirst())
        #expect(throws: ParseError.self) { try StoredChildren(parsing: &reader) }
    }

    @Test("Children of another place are not taken over")
    func otherPlace() {
        var node = ScriptedNode()
        let stored = children
        node.with { $0.restore(stored, now: $1) }
        #expect(node.engine.children.children.isEmpty)
    }
}
