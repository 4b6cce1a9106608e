import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("What a node asks others in diagnostics")
struct DiagnosticClientTests {
    private let peer = ScriptedNode.peerAddress

    private func leader() -> ScriptedNode {
        var node = ScriptedNode()
        node.becomeLeader()
        return node
    }

    private func reports(_ node: ScriptedNode) -> [DiagnosticReport.Content] {
        node.outputs.compactMap { if case .diagnostic(let report) = $0 { report.content } else { nil } }
    }

    private func get(_ node: inout ScriptedNode, from destination: IPv6Address) -> UInt32? {
        var id: UInt32?
        node.with { id = $0.startDiagnosticGet([.extendedAddress, .address16], from: destination, now: $1) }
        return id
    }

    @Test("A request looks as recorded, and its answer is reported and ends it")
    func request() throws {
        var node = leader()
        let id = try #require(get(&node, from: peer))
        let sent = try #require(node.managementMessages.first)
        #expect(sent.message.type == .confirmable && sent.message.uriPath == TMFPath.diagnosticGet)
        #expect(sent.message.payload == [18, 2, 0, 1])
        let answer = node.acknowledgement(of: sent.message, [1, 2, 0x1c, 0])
        node.with { $0.handle(answer, now: $1) }
        #expect(reports(node) == [.answer([1, 2, 0x1c, 0], from: peer), .ended(isComplete: true)])
        #expect(id == 1)
        #expect(node.engine.diagnosticClient.open.isEmpty && node.engine.management.pending.isEmpty)
    }

    @Test("Without an answer it ends after the profile's wait, and is not repeated after that")
    func timeout() throws {
        var node = leader()
        _ = try #require(get(&node, from: peer))
        node.run(for: LinkProfile.ieee802154.diagnosticResponseWait)
        #expect(reports(node) == [.ended(isComplete: false)])
        #expect(node.engine.management.pending.isEmpty)
        let count = node.managementMessages.count
        node.run(for: .seconds(60))
        #expect(node.managementMessages.count == count)
    }

    @Test("A group is asked in a query, this node among it")
    func query() throws {
        var node = leader()
        _ = try #require(get(&node, from: .linkLocalAllNodes))
        let sent = try #require(node.managementMessages.first)
        #expect(sent.message.type == .nonConfirmable && sent.message.uriPath == TMFPath.diagnosticQuery)
        #expect(sent.datagram.source == node.engine.linkLocalAddress)
        let asked = try [DiagnosticTLV](reading: sent.message.payload)
        let queryID = try #require(asked.queryID)
        #expect(asked == [.typeList([.extendedAddress, .address16]), .queryID(queryID)])
        let own: [DiagnosticTLV] = [
            .queryID(queryID), .extendedAddress(node.engine.extendedAddress), .address16(node.engine.rloc16),
            .answer(DiagnosticAnswerPart(index: 0, isLast: true)),
        ]
        #expect(reports(node) == [.answer(own.bytes, from: node.engine.linkLocalAddress)])

        // Two neighbors answer; a third one answers another question.
        node.forgetOutput()
        let neighbor = IPv6Address(linkLocal: ScriptedNode.peer.interfaceIdentifier)
        for (index, question) in [queryID, queryID, queryID &+ 1].enumerated() {
            let answer = node.management(
                TMFPath.diagnosticAnswer, [DiagnosticTLV.queryID(question)].bytes, messageID: UInt16(index),
                from: neighbor)
            node.with { $0.handle(answer, now: $1) }
        }
        #expect(reports(node).count == 2)
        #expect(node.managementMessages.count { $0.message.type == .acknowledgement } == 3)
        #expect(node.engine.drops[.unexpectedTMF] == 1)
        node.run(for: LinkProfile.ieee802154.diagnosticResponseWait)
        #expect(reports(node).last == .ended(isComplete: true))
    }

    @Test("One router's answer must come from that router, and each part prolongs the wait")
    func partsOfAnAnswer() throws {
        var node = leader()
        node.with { _ = $0.startDiagnosticQuery([.child], to: ScriptedNode.peerAddress, now: $1) }
        let queryID = try #require(node.engine.diagnosticClient.lastQueryID)
        let payload = [DiagnosticTLV.queryID(queryID)].bytes
        let forged = node.management(
            TMFPath.diagnosticAnswer, payload, from: IPv6Address("fdde:ad00:beef::ff:fe00:2000")!)
        node.with { $0.handle(forged, now: $1) }
        #expect(reports(node).isEmpty)
        for part in 0..<3 {
            node.run(for: .seconds(4))
            let answer = node.management(TMFPath.diagnosticAnswer, payload, messageID: UInt16(part + 10))
            node.with { $0.handle(answer, now: $1) }
        }
        #expect(reports(node).count == 3)
        node.with { engine, _ in for request in engine.diagnosticClient.open { engine.closeDiagnostic(request.id) } }
        node.run(for: .seconds(10))
        #expect(reports(node).count == 3)
    }

    @Test("A repeated answer is acknowledged again and reported once")
    func duplicate() throws {
        var node = leader()
        node.with { _ = $0.startDiagnosticQuery([.child], to: ScriptedNode.peerAddress, now: $1) }
        let queryID = try #require(node.engine.diagnosticClient.lastQueryID)
        let answer = node.management(TMFPath.diagnosticAnswer, [DiagnosticTLV.queryID(queryID)].bytes, messageID: 5)
        for _ in 0..<2 { node.with { $0.handle(answer, now: $1) } }
        #expect(reports(node).count == 1)
        #expect(node.managementMessages.count { $0.message.type == .acknowledgement } == 2)
    }

    @Test("This node asks itself without a frame")
    func itself() throws {
        var node = leader()
        let own = try #require(node.engine.rlocAddress)
        _ = try #require(get(&node, from: own))
        let expected: [DiagnosticTLV] = [
            .extendedAddress(node.engine.extendedAddress), .address16(node.engine.rloc16),
        ]
        #expect(reports(node) == [.answer(expected.bytes, from: own), .ended(isComplete: true)])
        #expect(node.datagrams.isEmpty)
        node.with { #expect($0.sendDiagnosticReset([.macCounters], to: own, now: $1)) }
        #expect(node.outputs.last == .resetLinkCounters)
    }

    @Test("There are limits: attached, and so many at once")
    func limits() {
        var detached = ScriptedNode()
        #expect(get(&detached, from: peer) == nil)
        var node = leader()
        let limit = node.engine.configuration.diagnosticRequestLimit
        for _ in 0..<limit { #expect(get(&node, from: peer) != nil) }
        #expect(get(&node, from: peer) == nil)
        node.with { $0.stop(now: $1) }
        #expect(reports(node) == [DiagnosticReport.Content](repeating: .ended(isComplete: false), count: limit))
    }
}
