import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("Being a parent")
struct ParentRoleTests {
    private let profile = LinkProfile.ieee802154
    private let challenge: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    private func parentRequest(
        _ node: ScriptedNode, from sender: ExtendedAddress = ScriptedNode.stranger, mask: ScanMask = .routers
    ) -> ReceivedMLE {
        node.received(
            .parentRequest, [.mode(.fullThreadDevice), .challenge(challenge), .scanMask(mask), .version(5)],
            from: sender, isMulticast: true)
    }

    private func childIDRequest(
        _ node: ScriptedNode, response: [UInt8], from sender: ExtendedAddress = ScriptedNode.stranger,
        timeout: UInt32 = 20
    ) -> ReceivedMLE {
        node.received(
            .childIDRequest,
            [
                .response(response), .linkLayerFrameCounter(1), .mleFrameCounter(1), .mode(.fullThreadDevice),
                .timeout(timeout), .version(5), .tlvRequest([.address16, .networkData, .route64]),
            ], from: sender)
    }

    private func leader(configure: (inout ThreadEngine.Configuration) -> Void = { _ in }) -> ScriptedNode {
        var node = ScriptedNode(configure: configure)
        node.becomeLeader()
        return node
    }

    /// A leader with one child.
    private func parent(timeout: UInt32 = 20) -> ScriptedNode {
        var node = leader()
        let request = parentRequest(node)
        node.with { $0.handleParentRequest(request, now: $1) }
        node.run(for: .seconds(1))
        let answer = node.sent.last { $0.message.command == .parentResponse }?.message.challenge ?? []
        let identifier = childIDRequest(node, response: answer, timeout: timeout)
        node.with { $0.handleChildIDRequest(identifier, now: $1) }
        #expect(node.engine.children.valid.count == 1)
        node.forgetOutput()
        return node
    }

    @Test(
        "Routers answer when routers are asked, end devices that may route when those are",
        arguments: [
            (ScanMask.routers, true, true), (.routersAndEndDevices, true, true),
            (ScanMask(rawValue: 0x40), true, false), (.routers, false, false), (.routersAndEndDevices, false, true),
        ])
    func scanMask(mask: ScanMask, isLeader: Bool, answers: Bool) {
        var node = ScriptedNode()
        if isLeader { node.becomeLeader() } else { node.attachAsChild() }
        let request = parentRequest(node, mask: mask)
        node.with { $0.handleParentRequest(request, now: $1) }
        node.run(for: .seconds(2))
        #expect(node.commands.contains(.parentResponse) == answers)
    }

    @Test("A detached node and a device that may not route answer nobody")
    func wrongRoles() {
        var detached = ScriptedNode()
        detached.start()
        var request = parentRequest(detached)
        detached.with { $0.handleParentRequest(request, now: $1) }
        #expect(detached.engine.children.children.isEmpty)
        var child = ScriptedNode { $0.isRouterEligible = false }
        child.attachAsChild()
        request = parentRequest(child, mask: .routersAndEndDevices)
        child.with { $0.handleParentRequest(request, now: $1) }
        #expect(child.engine.children.children.isEmpty)
    }

    @Test("A repeat within half a second is left alone, a later one is answered with the same challenge")
    func duplicates() {
        var node = leader()
        let request = parentRequest(node)
        for _ in 0..<3 { node.with { $0.handleParentRequest(request, now: $1) } }
        node.run(for: .seconds(1))
        #expect(node.commands.count { $0 == .parentResponse } == 1)
        node.with { $0.handleParentRequest(request, now: $1) }
        node.run(for: .seconds(1))
        let challenges = node.sent.filter { $0.message.command == .parentResponse }.map { $0.message.challenge }
        #expect(challenges.count == 2)
        #expect(Set(challenges).count == 1)
    }

    @Test("A candidate that does not go on is forgotten")
    func candidateExpiry() {
        var node = leader()
        let request = parentRequest(node)
        node.with { $0.handleParentRequest(request, now: $1) }
        #expect(node.engine.children.children.count == 1)
        node.run(for: profile.candidateChildLifetime + .seconds(3))
        #expect(node.engine.children.children.isEmpty)
    }

    @Test("A full child table answers no more, and counts it")
    func fullTable() {
        var node = leader { $0.childLimit = 3 }
        for number in 0..<5 as Range<UInt64> {
            let request = parentRequest(node, from: ExtendedAddress(rawValue: 0x166e_0000_0000_0100 + number))
            node.with { $0.handleParentRequest(request, now: $1) }
        }
        #expect(node.engine.children.children.count == 3)
        #expect(node.engine.drops[.childTableFull] == 2)
    }

    @Test("A Child ID Request needs the challenge of the answer, and needs it once")
    func challenges() {
        var node = leader()
        let early = childIDRequest(node, response: [])
        node.with { $0.handleChildIDRequest(early, now: $1) }
        #expect(node.engine.drops[.unexpectedMLE] == 1)
        let request = parentRequest(node)
        node.with { $0.handleParentRequest(request, now: $1) }
        node.run(for: .seconds(1))
        let answer = node.sent.last { $0.message.command == .parentResponse }?.message.challenge ?? []
        for response in [[], [0, 0, 0, 0, 0, 0, 0, 0], Array(answer.dropLast())] {
            let wrong = childIDRequest(node, response: response)
            node.with { $0.handleChildIDRequest(wrong, now: $1) }
        }
        #expect(node.engine.drops[.staleChallenge] == 3)
        #expect(node.engine.children.valid.isEmpty)
        let right = childIDRequest(node, response: answer)
        node.with { $0.handleChildIDRequest(right, now: $1) }
        #expect(node.engine.children.valid.count == 1)
        node.with { $0.handleChildIDRequest(right, now: $1) }
        #expect(node.engine.drops[.staleChallenge] == 4)
        #expect(node.engine.children.valid.count == 1)
    }

    @Test("A valid child that asks again stays valid and keeps its address")
    func asksAgain() {
        var node = parent()
        let address = node.engine.children.valid[0].neighbor.rloc16
        let request = parentRequest(node)
        node.run(for: .seconds(1))
        node.with { $0.handleParentRequest(request, now: $1) }
        #expect(node.engine.children.valid.count == 1)
        node.run(for: .seconds(1))
        let answer = node.sent.last { $0.message.command == .parentResponse }?.message.challenge ?? []
        let again = childIDRequest(node, response: answer)
        node.with { $0.handleChildIDRequest(again, now: $1) }
        #expect(node.engine.children.valid.map { $0.neighbor.rloc16 } == [address])
    }

    @Test("A child that is silent longer than its timeout is removed")
    func timeout() {
        var node = parent(timeout: 20)
        node.run(for: .seconds(19))
        #expect(node.engine.children.valid.count == 1)
        node.run(for: .seconds(3))
        #expect(node.engine.children.children.isEmpty)
        #expect(node.outputs.contains(.removePeer(ScriptedNode.stranger)))
    }

    @Test("A node that is no child is told so when it sends a Child Update Request")
    func unknownChild() {
        var node = leader()
        let update = node.received(
            .childUpdateRequest, [.mode(.fullThreadDevice), .challenge(challenge)], from: ScriptedNode.stranger)
        node.with { $0.handleChildUpdateRequest(update, now: $1) }
        #expect(node.sent.last?.message.status == 1)
        #expect(node.sent.last?.message.response == challenge)
    }
}
