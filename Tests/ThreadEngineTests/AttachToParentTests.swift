import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("Attaching to a parent")
struct AttachToParentTests {
    private let profile = LinkProfile.ieee802154

    @Test("A round asks routers first, then everybody, each time with a new challenge")
    func round() {
        var node = ScriptedNode()
        node.start()
        while node.engine.role == .detached { node.passDeadline() }
        let requests = node.sent.filter { $0.message.command == .parentRequest }
        #expect(
            requests.map { $0.message.scanMask } == [.routers, .routers]
                + Array(repeating: .routersAndEndDevices, count: 4))
        #expect(Set(requests.compactMap { $0.message.challenge }).count == 6)
        #expect(requests.allSatisfy { $0.destination == .linkLocalAllRouters })
        #expect(node.engine.role == .leader)
    }

    @Test("An answer to an earlier request of the round counts", arguments: 1...5)
    func slowAnswer(requestsBetween: Int) {
        var node = ScriptedNode()
        node.start()
        node.passDeadline()
        let first = node.lastChallenge
        for _ in 0..<requestsBetween { node.passDeadline() }
        #expect(node.lastChallenge != first)
        let response = node.parentResponse(to: first)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.forgetOutput()
        node.passDeadline()
        #expect(node.commands == [.childIDRequest])
        #expect(node.sent.first?.message.response == [9, 9, 9, 9, 9, 9, 9, 9])
    }

    @Test("The latest answer of a router replaces its earlier one: its challenge is the one to return")
    func repeatedAnswer() {
        var node = ScriptedNode()
        node.start()
        node.passDeadline()
        for own in [1, 2] as [UInt8] {
            let response = node.parentResponse(to: node.lastChallenge, challenge: [UInt8](repeating: own, count: 8))
            node.with { $0.handleParentResponse(response, now: $1) }
        }
        node.passDeadline()
        #expect(node.sent.last?.message.response == [UInt8](repeating: 2, count: 8))
    }

    @Test("Of several answers the better link wins, whichever came first", arguments: [false, true])
    func betterLink(isBetterFirst: Bool) {
        var node = ScriptedNode()
        node.start()
        node.passDeadline()
        let good = node.parentResponse(to: node.lastChallenge, margin: 40)
        let poor = node.parentResponse(
            to: node.lastChallenge, from: ScriptedNode.stranger, routerID: RouterID(rawValue: 9), margin: 5)
        for response in isBetterFirst ? [good, poor] : [poor, good] {
            node.with { $0.handleParentResponse(response, now: $1) }
        }
        node.passDeadline()
        #expect(node.sent.last?.destination == IPv6Address(linkLocal: ScriptedNode.peer.interfaceIdentifier))
    }

    @Test("A weak router is asked only when others had the chance to answer")
    func weakCandidate() {
        var node = ScriptedNode()
        node.start()
        node.passDeadline()
        let response = node.parentResponse(to: node.lastChallenge, margin: 5)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.forgetOutput()
        node.passDeadline()
        node.passDeadline()
        node.passDeadline()
        #expect(node.commands == [.parentRequest, .parentRequest, .childIDRequest])
    }

    @Test("An answer that lacks a part is malformed and changes nothing")
    func incomplete() {
        var node = ScriptedNode()
        node.start()
        node.passDeadline()
        let whole = node.parentResponse(to: node.lastChallenge)
        for index in whole.message.tlvs.indices {
            var partial = whole
            partial.message.tlvs.remove(at: index)
            let before = node.engine.attach
            let type = whole.message.tlvs[index].type
            node.with { $0.handleParentResponse(partial, now: $1) }
            // The MLE counter may be left out: it is the link layer's then.
            if type == .mleFrameCounter {
                #expect(node.engine.attach != before)
                break
            }
            #expect(node.engine.attach == before, "without \(type)")
        }
        #expect(node.engine.drops[.malformedMLE] + node.engine.drops[.staleChallenge] == 3)
    }

    @Test("A Child ID Request is repeated, then given up, and the candidate is forgotten by the MAC")
    func identifierRetries() {
        var node = ScriptedNode()
        node.start()
        node.passDeadline()
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.forgetOutput()
        for _ in 0...profile.childIDRequestTransmissions { node.passDeadline() }
        #expect(node.commands == Array(repeating: .childIDRequest, count: Int(profile.childIDRequestTransmissions)))
        #expect(node.events == [.attachFailed(attempt: 1)])
        #expect(node.outputs.contains(.removePeer(ScriptedNode.peer)))
        guard case .pausing = node.engine.attach else { return #expect(Bool(false), "\(node.engine.attach)") }
    }

    @Test("A node that stops while it waits for its address leaves no peer behind")
    func stopWithCandidate() {
        var node = ScriptedNode()
        node.start()
        node.passDeadline()
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.passDeadline()
        node.forgetOutput()
        node.with { $0.stop(now: $1) }
        #expect(node.outputs.contains(.removePeer(ScriptedNode.peer)))
    }

    @Test("Between rounds that find nobody the pause doubles up to its longest")
    func backoff() {
        var node = ScriptedNode { $0.isRouterEligible = false }
        node.start()
        var pauses: [Duration] = []
        var last: Instant?
        while pauses.count < 20 {
            node.passDeadline()
            // Other deadlines may come within a long pause.
            guard case .pausing(let until) = node.engine.attach, until != last else { continue }
            last = until
            pauses.append(until.since(node.now))
        }
        for (index, pause) in pauses.enumerated() {
            let doubled = Duration.microseconds(profile.attachBackoffMinimum.microseconds << Int64(index))
            let least = min(doubled, profile.attachBackoffMaximum - profile.attachBackoffJitter)
            let most = min(doubled, profile.attachBackoffMaximum + profile.attachBackoffJitter)
            #expect(pause >= least && pause <= most + profile.attachStartJitter, "round \(index + 1): \(pause)")
        }
    }

    @Test("A parent's answer without an address for this node is malformed")
    func noAddress() {
        var node = ScriptedNode()
        node.start()
        node.passDeadline()
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.passDeadline()
        let answer = node.childIDResponse(childID: 0)
        node.with { $0.handleChildIDResponse(answer, now: $1) }
        #expect(node.engine.role == .detached)
        #expect(node.engine.drops[.malformedMLE] == 1)
    }

    @Test("Who has a place keeps it, and goes on advertising, when the better parent answers and then never again")
    func vanishingParent() {
        var node = ScriptedNode { $0.leaderWeight = 10 }
        node.becomeLeader()
        node.with { $0.startAttach(.betterPartition, now: $1) }
        while node.commands.last != .parentRequest { node.passDeadline() }
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        while node.engine.attach != .idle { node.passDeadline() }
        #expect(node.commands.count { $0 == .childIDRequest } == Int(profile.childIDRequestTransmissions))
        #expect(node.engine.role == .leader)
        node.forgetOutput()
        node.run(for: .seconds(40))
        #expect(node.commands.contains(.advertisement))
    }

    @Test("A better partition heard again and again does not start the attachment anew each time")
    func steadyProgress() {
        var node = ScriptedNode { $0.leaderWeight = 10 }
        node.becomeLeader()
        let advertisement = node.advertisement(routerIDs: [ScriptedNode.peerRouterID, RouterID(rawValue: 8)])
        node.with { $0.handleAdvertisement(advertisement, now: $1) }
        while node.commands.last != .parentRequest { node.passDeadline() }
        let attach = node.engine.attach
        node.with { $0.handleAdvertisement(advertisement, now: $1) }
        #expect(node.engine.attach == attach)
    }

    @Test("Who changes to a better partition takes no parent of its own or of a worse one")
    func betterPartitionMode() {
        var node = ScriptedNode()
        node.becomeLeader()
        node.with { $0.startAttach(.betterPartition, now: $1) }
        while node.commands.last != .parentRequest { node.passDeadline() }
        let own = node.engine.leaderData!
        for leaderData in [own, ScriptedNode.leaderData(weighting: 1)] {
            let response = node.parentResponse(to: node.lastChallenge, leaderData: leaderData)
            node.with { $0.handleParentResponse(response, now: $1) }
        }
        #expect(node.engine.drops[.foreignPartition] == 2)
        let better = node.parentResponse(to: node.lastChallenge, leaderData: ScriptedNode.leaderData(weighting: 200))
        node.with { $0.handleParentResponse(better, now: $1) }
        #expect(node.engine.drops[.foreignPartition] == 2)
    }

    @Test(
        "Who steps back, or lost its leader, takes a parent of its partition alone",
        arguments: [AttachMode.downgrade, .samePartition])
    func sameIDModes(mode: AttachMode) {
        var node = ScriptedNode()
        node.attachAsChild()
        node.with { $0.startAttach(mode, now: $1) }
        while node.commands.last != .parentRequest { node.passDeadline() }
        let foreign = node.parentResponse(
            to: node.lastChallenge,
            leaderData: ScriptedNode.leaderData(PartitionID(rawValue: 0x7fff_ffff), weighting: 200))
        node.with { $0.handleParentResponse(foreign, now: $1) }
        #expect(node.engine.drops[.foreignPartition] == 1)
        // The same partition: to one that lost the leader, of use only where the leader is still heard.
        let same = node.parentResponse(to: node.lastChallenge, idSequence: 10)
        node.with { $0.handleParentResponse(same, now: $1) }
        #expect(node.engine.drops[.foreignPartition] == (mode == .samePartition ? 2 : 1))
        let ahead = node.parentResponse(to: node.lastChallenge, idSequence: 11)
        node.with { $0.handleParentResponse(ahead, now: $1) }
        #expect(node.engine.drops[.foreignPartition] == (mode == .samePartition ? 2 : 1))
    }

    @Test("A candidate is heard by its extended address, and takes no neighbor's short one")
    func candidatePeer() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        let better = ScriptedNode.leaderData(PartitionID(rawValue: 0x7fff_0000), weighting: 255)
        node.with { $0.startAttach(.betterPartition, now: $1) }
        node.passDeadline()
        let response = node.parentResponse(to: node.lastChallenge, leaderData: better)
        node.with { $0.handleParentResponse(response, now: $1) }
        while !node.commands.contains(.childIDRequest), node.engine.role == .leader { node.passDeadline() }
        let told = node.outputs.compactMap { if case .setPeer(let peer) = $0 { peer } else { nil } }
        #expect(told.map(\.extendedAddress) == [ScriptedNode.peer])
        #expect(told.first?.rloc16 == nil)
        let identifier = node.childIDResponse(leaderData: better)
        node.with { $0.handleChildIDResponse(identifier, now: $1) }
        #expect(node.engine.role == .child)
        let last = node.outputs.compactMap { if case .setPeer(let peer) = $0 { peer } else { nil } }.last
        #expect(last?.rloc16 == ScriptedNode.peerRouterID.rloc16)
    }

    @Test("The parent of before is told that this node is another's child now, and not when it stays")
    func formerParent() throws {
        var node = ScriptedNode()
        node.attachAsChild()
        #expect(node.engine.counters.parentChanges == 0)
        let former = try #require(node.engine.locatorAddress(ScriptedNode.peerRouterID.rloc16))
        let other = RouterID(rawValue: 9)
        for (parent, id, told) in [
            (ScriptedNode.peer, ScriptedNode.peerRouterID, []), (ScriptedNode.stranger, other, [former]),
        ] as [(ExtendedAddress, RouterID, [IPv6Address])] {
            node.with { $0.loseParent(now: $1) }
            node.passDeadline()
            let response = node.parentResponse(
                to: node.lastChallenge, from: parent, routerID: id,
                leaderData: ScriptedNode.leaderData(leader: id))
            node.with { $0.handleParentResponse(response, now: $1) }
            node.passDeadline()
            node.forgetOutput()
            let identifier = node.childIDResponse(
                from: parent, routerID: id, leaderData: ScriptedNode.leaderData(leader: id))
            node.with { $0.handleChildIDResponse(identifier, now: $1) }
            #expect(node.engine.parent?.extendedAddress == parent)
            #expect(
                node.outputs.compactMap { if case .sendEmpty(let to) = $0 { to } else { nil } } == told)
        }
        #expect(node.engine.counters.parentChanges == 1)
    }
}

extension AttachMode: CustomTestStringConvertible {
    public var testDescription: String {
        switch self {
        case .anyPartition: "any partition"
        case .samePartition: "same partition"
        case .betterPartition: "better partition"
        case .betterParent: "better parent"
        case .downgrade: "downgrade"
        }
    }
}
