import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("The parent of sleepy children")
struct SleepyParentTests {
    private static let sleepy = DeviceMode(
        isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false)
    private static let child = ScriptedNode.stranger
    private static let identifier: UInt64 = 0x202a_3426_d183_d17f

    private func attach(
        _ node: inout ScriptedNode, from sender: ExtendedAddress = child, mode: DeviceMode = sleepy,
        addresses: [AddressRegistration] = [.compressed(contextID: 0, interfaceIdentifier: identifier)],
        version: UInt16 = 5, supervision: UInt16? = 129
    ) {
        let request = node.received(
            .parentRequest,
            [.mode(mode), .challenge([1, 2, 3, 4, 5, 6, 7, 8]), .scanMask(.routers), .version(version)], from: sender,
            isMulticast: true)
        node.with { $0.handleParentRequest(request, now: $1) }
        node.run(for: .seconds(1))
        let challenge = node.sent.last { $0.message.command == .parentResponse }?.message.challenge ?? []
        var tlvs: [MLETLV] = [
            .response(challenge), .linkLayerFrameCounter(1), .mleFrameCounter(1), .mode(mode), .timeout(30),
            .version(version),
        ]
        if let supervision { tlvs.append(.supervisionInterval(supervision)) }
        tlvs += [
            .addressRegistration(addresses), .tlvRequest([.address16, .networkData]),
            .activeTimestamp(Timestamp(seconds: 1)),
        ]
        let identifier = node.received(.childIDRequest, tlvs, from: sender)
        node.with { $0.handleChildIDRequest(identifier, now: $1) }
    }

    private func parent() -> ScriptedNode {
        var node = ScriptedNode()
        node.becomeLeader()
        attach(&node)
        return node
    }

    private func update(_ node: ScriptedNode, _ tlvs: [MLETLV], mode: DeviceMode = sleepy) -> ReceivedMLE {
        node.received(.childUpdateRequest, [.mode(mode)] + tlvs, from: Self.child)
    }

    @Test("Parent Response and Child ID Response have the elements of OpenThread's, in its order")
    func attaching() throws {
        let node = parent()
        let response = try #require(node.sent.first { $0.message.command == .parentResponse }?.message)
        // Recording sleepy, frame 9.
        #expect(
            response.tlvs.map(\.type) == [
                .sourceAddress, .leaderData, .linkLayerFrameCounter, .mleFrameCounter, .response, .cslAccuracy,
                .challenge, .linkMargin, .connectivity, .version,
            ])
        let identifier = try #require(node.sent.last?.message)
        // Recording sleepy, frame 16.
        #expect(
            identifier.tlvs.map(\.type) == [
                .sourceAddress, .leaderData, .activeTimestamp, .address16, .networkData, .supervisionInterval,
                .addressRegistration,
            ])
        #expect(identifier.addressRegistration == [], "the mesh-local address is confirmed without being told")
        #expect(identifier.networkData == [], "nothing of it is stable")
        #expect(node.engine.isSleepyChild(.extended(Self.child)))
        #expect(node.engine.children[Self.child]?.networkDataVersion == node.engine.leaderData?.stableDataVersion)
    }

    @Test("Who listens always is told of no clock")
    func awakeChild() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        attach(
            &node,
            mode: DeviceMode(isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true)
        )
        let response = try #require(node.sent.first { $0.message.command == .parentResponse }?.message)
        #expect(!response.contains(.cslAccuracy))
        #expect(node.sent.last?.message.networkData == node.engine.networkData)
    }

    @Test(
        "A child before Thread 1.4 is supervised, a later one as it asks",
        arguments: [(4, nil, 129), (5, nil, 0), (5, 20, 20)] as [(UInt16, UInt16?, UInt16)])
    func supervisionInterval(version: UInt16, asked: UInt16?, expected: UInt16) {
        var node = ScriptedNode()
        node.becomeLeader()
        attach(&node, version: version, supervision: asked)
        #expect(node.engine.children[Self.child]?.supervisionInterval == expected)
    }

    @Test("A Child Update Response has the elements of OpenThread's, in its order")
    func childUpdate() throws {
        var node = parent()
        let leaderData = try #require(node.engine.leaderData)
        let request = update(
            node,
            [
                .sourceAddress(RLOC16(rawValue: 0x2801)), .leaderData(leaderData), .timeout(60),
                .supervisionInterval(10),
                .addressRegistration([.compressed(contextID: 0, interfaceIdentifier: Self.identifier)]),
            ])
        node.with { $0.handleChildUpdateRequest(request, now: $1) }
        let response = try #require(node.sent.last?.message)
        // Recording sleepy, frame 146.
        #expect(
            response.tlvs.map(\.type) == [
                .sourceAddress, .mode, .linkMargin, .leaderData, .addressRegistration, .timeout, .supervisionInterval,
            ])
        #expect(node.engine.children[Self.child]?.timeout == 60)
        #expect(node.engine.children[Self.child]?.supervisionInterval == 10)
    }

    @Test("A child that restarted proves itself by nothing and gets the parent's counters")
    func restartedChild() throws {
        var node = parent()
        let request = update(node, [.challenge([8, 7, 6, 5, 4, 3, 2, 1])])
        node.with { $0.handleChildUpdateRequest(request, now: $1) }
        let response = try #require(node.sent.last?.message)
        #expect(
            response.tlvs.map(\.type) == [
                .response, .sourceAddress, .mode, .linkMargin, .leaderData, .mleFrameCounter, .linkLayerFrameCounter,
            ])
    }

    @Test("Who is no child is told so if it listens, and left alone if it sleeps")
    func unknownChild() {
        var node = ScriptedNode()
        node.becomeLeader()
        let sleeping = update(node, [.challenge([1, 2, 3, 4, 5, 6, 7, 8])])
        node.with { $0.handleChildUpdateRequest(sleeping, now: $1) }
        #expect(node.sent.isEmpty)
        let listening = update(node, [.challenge([1, 2, 3, 4, 5, 6, 7, 8])], mode: .fullThreadDevice)
        node.with { $0.handleChildUpdateRequest(listening, now: $1) }
        #expect(node.sent.last?.message.tlvs.map(\.type) == [.response, .sourceAddress, .status])
    }

    @Test("A sleepy child is brought new network data once, and its answer tells that it has them")
    func networkData() throws {
        var node = parent()
        node.forgetOutput()
        node.with { engine, _ in
            engine.leaderData?.dataVersion &+= 1
            engine.leaderData?.stableDataVersion &+= 1
        }
        node.run(for: .seconds(5))
        let updates = node.sent.filter { $0.message.command == .childUpdateRequest }
        #expect(updates.count == 1)
        let request = try #require(updates.first?.message)
        #expect(
            request.tlvs.map(\.type) == [.sourceAddress, .leaderData, .networkData, .activeTimestamp, .linkMargin])
        let leaderData = try #require(node.engine.leaderData)
        let rloc16 = try #require(node.engine.children[Self.child]?.neighbor.rloc16)
        let answer = node.received(
            .childUpdateResponse, [.sourceAddress(rloc16), .leaderData(leaderData)], from: Self.child)
        node.with { $0.handleChildUpdateResponse(answer, now: $1) }
        #expect(node.engine.children[Self.child]?.networkDataVersion == leaderData.stableDataVersion)
        node.forgetOutput()
        // What is not stable does not concern it.
        node.with { engine, _ in engine.leaderData?.dataVersion &+= 1 }
        node.run(for: .seconds(5))
        #expect(!node.commands.contains(.childUpdateRequest))
    }

    @Test("A child that says it is none, or has another address, is forgotten", arguments: [true, false])
    func notAChild(refuses: Bool) {
        var node = parent()
        let answer = node.received(
            .childUpdateResponse, [refuses ? .status(1) : .sourceAddress(RLOC16(rawValue: 0x1c01))], from: Self.child)
        node.with { $0.handleChildUpdateResponse(answer, now: $1) }
        #expect(node.engine.children[Self.child] == nil)
        #expect(node.outputs.contains(.removePeer(Self.child)))
    }

    @Test("A child that hears nothing for its interval is sent a sign of life, one that hears something is not")
    func supervision() {
        var node = parent()
        node.forgetOutput()
        // Its polls keep it from being forgotten.
        func pass(_ seconds: Int) {
            for _ in 0..<seconds {
                node.with { $0.noteHeard(Self.child, rssi: DecibelMilliwatts(-40), snr: Decibels(10), now: $1) }
                node.run(for: .seconds(1))
            }
        }
        pass(128)
        #expect(!node.outputs.contains(.supervise(Self.child)))
        pass(3)
        #expect(node.outputs.contains(.supervise(Self.child)))
        node.with { $0.noteTransmission(to: Self.child, isAcknowledged: true, now: $1) }
        node.forgetOutput()
        pass(127)
        #expect(!node.outputs.contains(.supervise(Self.child)))
    }

    @Test("Addresses are taken with and without prefix, as many as there may be, and none that say nothing")
    func addresses() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        let wholes = ["2001:cafe::1", "ff05::abcd", "fe80::1", "::", "2001:cafe::2", "2001:cafe::3"]
        attach(
            &node,
            addresses: [
                .compressed(contextID: 0, interfaceIdentifier: Self.identifier),
                .compressed(contextID: 9, interfaceIdentifier: 5),
            ] + wholes.map { .uncompressed(IPv6Address($0)!) })
        let registered = try #require(node.engine.children[Self.child]?.addresses)
        #expect(
            registered.map { "\($0)" } == [
                "fdde:ad00:beef:0:202a:3426:d183:d17f", "2001:cafe:0:0:0:0:0:1", "ff05:0:0:0:0:0:0:abcd",
                "2001:cafe:0:0:0:0:0:2",
            ])
        #expect(registered.count == ThreadEngine.registeredAddressLimit)
        #expect(node.sent.last?.message.addressRegistration?.count == 3)
    }

    @Test("An address belongs to the child that registered it last")
    func duplicateAddress() {
        var node = parent()
        attach(&node, from: ExtendedAddress(rawValue: 0x166e_0a00_0000_00cc))
        #expect(node.engine.children[Self.child]?.addresses == [])
        #expect(node.engine.children.valid.count == 2)
    }

    @Test("Multicasts are kept for sleepy children: of the network's groups for all, of others for who registered them")
    func listeners() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        let group = try #require(IPv6Address("ff05::abcd"))
        attach(&node, addresses: [.uncompressed(group)])
        attach(&node, from: ExtendedAddress(rawValue: 0x166e_0a00_0000_00cc))
        attach(&node, from: ExtendedAddress(rawValue: 0x166e_0a00_0000_00dd), mode: .fullThreadDevice)
        let engine = node.engine
        for network in engine.networkGroups { #expect(engine.sleepyListeners(to: network).count == 2) }
        #expect(engine.sleepyListeners(to: group) == [try #require(engine.children[Self.child]?.neighbor.rloc16)])
        #expect(engine.sleepyListeners(to: .realmLocalAllNodes).isEmpty)
    }

    @Test("A child that attaches anew takes nothing along that waited for its former self")
    func attachesAnew() {
        var node = parent()
        node.forgetOutput()
        attach(&node)
        #expect(node.outputs.contains(.removePeer(Self.child)))
        #expect(node.engine.children.valid.count == 1)
    }

    @Test("No device that routes and sleeps becomes a child")
    func impossibleMode() {
        var node = ScriptedNode()
        node.becomeLeader()
        attach(
            &node,
            mode: DeviceMode(isReceiverOnWhenIdle: false, isFullThreadDevice: true, requestsFullNetworkData: true))
        #expect(node.engine.children.valid.isEmpty)
        #expect(node.engine.drops[.malformedMLE] == 1)
    }

    @Test("A sleeping child that looks for a parent again is answered at once: it listens, but does not poll")
    func wakefulSearch() throws {
        var node = parent()
        node.run(for: .seconds(1))
        node.forgetOutput()
        let request = node.received(
            .parentRequest,
            [.mode(.fullThreadDevice), .challenge([8, 7, 6, 5, 4, 3, 2, 1]), .scanMask(.routers), .version(5)],
            from: Self.child, isMulticast: true)
        node.with { $0.handleParentRequest(request, now: $1) }
        node.run(for: .seconds(1))
        #expect(
            !node.datagrams.contains { node.opened($0)?.command == .parentResponse },
            "the layers below would keep it for a poll")
        let direct = node.outputs.compactMap { if case .sendOnLink(let message) = $0 { message } else { nil } }
        #expect(direct.count == 1)
        let message = try #require(direct.first)
        #expect(message.datagram.destination == IPv6Address(linkLocal: Self.child.interfaceIdentifier))
        #expect(node.opened(message.datagram)?.command == .parentResponse)
        #expect(message.destinationPAN == nil && message.channel == nil && !message.isWellKnownKeyUsed)
    }

    @Test("A child that cannot route and sends by another router is that one's child")
    func movedChild() throws {
        var node = parent()
        node.forgetOutput()
        let child = try #require(node.engine.children[Self.child])
        let address = try #require(child.addresses.first)
        let elsewhere = RLOC16(rawValue: node.engine.rloc16.rawValue ^ 0x0400)
        node.with { $0.noteSender(IPv6Address("fdde:ad00:beef::9")!, at: elsewhere, now: $1) }
        for place in [child.neighbor.rloc16, node.engine.rloc16, .unassigned] {
            node.with { $0.noteSender(address, at: place, now: $1) }
        }
        #expect(node.engine.children[Self.child]?.isValid == true)
        node.with { $0.noteSender(address, at: RLOC16(rawValue: elsewhere.rawValue | 3), now: $1) }
        #expect(node.engine.children[Self.child] == nil)
        #expect(node.events.contains(.childRemoved(Self.child, child.neighbor.rloc16)))
    }

    @Test("A child that could route may send by any router that it hears")
    func routingChild() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        attach(&node, mode: .fullThreadDevice)
        let address = try #require(IPv6Address("fdde:ad00:beef::1:2"))
        node.engine.children.modify(Self.child) { $0.addresses = [address] }
        node.with { $0.noteSender(address, at: RLOC16(rawValue: 0x0400), now: $1) }
        #expect(node.engine.children[Self.child]?.isValid == true)
    }

    @Test("A child that advertises itself as another router's is forgotten", arguments: [true, false])
    func advertisedElsewhere(isElsewhere: Bool) throws {
        var node = ScriptedNode()
        node.becomeLeader()
        attach(&node, mode: .fullThreadDevice)
        let place = try #require(node.engine.children[Self.child]?.neighbor.rloc16)
        let leaderData = try #require(node.engine.leaderData)
        let advertised = isElsewhere ? RLOC16(rawValue: place.rawValue ^ 0x0400) : place
        let advertisement = node.received(
            .advertisement, [.sourceAddress(advertised), .leaderData(leaderData)], from: Self.child, isMulticast: true)
        node.with { $0.handleAdvertisement(advertisement, now: $1) }
        #expect((node.engine.children[Self.child] == nil) == isElsewhere)
    }
}
