import EngineCore
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("What a node tells of itself in diagnostics")
struct DiagnosticServerTests {
    private static let router = RouterID(rawValue: 8)

    /// A leader with a router beside it and `children` children that cannot route.
    private func leader(
        children count: Int = 1, configure: (inout ThreadEngine.Configuration) -> Void = { _ in }
    ) -> ScriptedNode {
        var node = ScriptedNode {
            $0.identity.eui64 = ExtendedAddress(rawValue: 0x18b4_3000_0000_0003)
            $0.childLimit = 511
            configure(&$0)
        }
        node.becomeLeader()
        node.with { engine, now in
            _ = engine.routers.allocate(preferring: Self.router, limit: 32, now: now, entropy: &engine.entropy.open)
            engine.routers.modify(Self.router) {
                $0.link = .valid
                $0.neighbor.extendedAddress = ScriptedNode.peer
                $0.neighbor.version = 5
                $0.neighbor.signal.add(rssi: DecibelMilliwatts(-20), margin: Decibels(80))
                $0.neighbor.linkQualityOut = .good
            }
            for index in 0..<count {
                var neighbor = Neighbor(
                    extendedAddress: ExtendedAddress(rawValue: 0x166e_0a00_0000_1000 + UInt64(index)),
                    rloc16: RLOC16(routerID: engine.rloc16.routerID, childID: UInt16(index + 1)),
                    mode: DeviceMode(
                        isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false),
                    version: 5, now: now)
                neighbor.signal.add(rssi: DecibelMilliwatts(-20), margin: Decibels(80))
                var child = Child(neighbor: neighbor, state: .valid, answeredAt: now)
                child.addresses = [IPv6Address("fdde:ad00:beef::\(index + 1)")!]
                child.supervisionInterval = 129
                _ = engine.children.update(child)
            }
            engine.diagnosticFacts = DiagnosticFacts(
                macCounters: DiagnosticMACCounters(inErrors: 8), addresses: [engine.linkLocalAddress])
        }
        node.forgetOutput()
        return node
    }

    private func typeList(_ types: [UInt8]) -> [UInt8] { [18, UInt8(types.count)] + types }

    private func answer(_ node: ScriptedNode) throws -> [DiagnosticTLV] {
        let last = try #require(node.managementMessages.last)
        return try [DiagnosticTLV](reading: last.message.payload)
    }

    @Test("The answer to all types has the types that OpenThread's has, in its order")
    func recordedTypes() throws {
        // Recording cliref, section 8: what was asked for, and what a router without children told.
        let recorded = try #require(
            try Fixtures.text("thread/cliref.cli.txt").split(separator: "\n")
                .first { $0.hasPrefix("DIAG_GET.rsp/ans from fdde:ad00:beef:0:0:ff:fe00:ec00: 0008") })
        let hex = try #require(recorded.split(separator: " ").last)
        let expected = try [DiagnosticTLV](reading: try #require(bytes(hexadecimal: String(hex))))
        var node = leader(children: 0)
        let asked: [UInt8] = [
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 19, 23, 24, 25, 26, 27, 28,
        ]
        let request = node.management(TMFPath.diagnosticGet, typeList(asked))
        node.with { $0.handle(request, now: $1) }
        let found = try answer(node)
        #expect(found.map(\.type) == expected.map(\.type))
        // What does not depend on the place of the node is the same to the byte.
        for (found, expected) in zip(found, expected) {
            switch found {
            case .mode, .version, .channelPages, .childTable, .eui64, .vendorModel, .vendorSoftwareVersion:
                #expect(found == expected)
            case .connectivity(let connectivity):
                guard case .connectivity(let recorded) = expected else { return #expect(Bool(false)) }
                #expect(connectivity.linkQuality3 == recorded.linkQuality3)
                #expect(connectivity.sleepyBuffering == recorded.sleepyBuffering)
            default: break
            }
        }
        let message = try #require(node.managementMessages.last)
        #expect(message.message.type == .acknowledgement && message.message.code == .changed)
        #expect(message.message.token == [1, 2])
        #expect(message.datagram.destination == ScriptedNode.peerAddress)
    }

    @Test("An answer comes from the address that was asked")
    func answerSource() throws {
        var node = leader()
        let asked = try #require(node.engine.meshLocalEID)
        let request = node.management(TMFPath.diagnosticGet, typeList([0]), to: asked)
        node.with { $0.handle(request, now: $1) }
        #expect(node.managementMessages.last?.datagram.source == asked)
    }

    @Test("Types without a meaning are left out, and one asked for twice is told once")
    func unknownTypes() throws {
        var node = leader()
        let request = node.management(TMFPath.diagnosticGet, typeList([1, 200, 1, 29, 30, 31, 3]))
        node.with { $0.handle(request, now: $1) }
        #expect(try answer(node) == [.address16(node.engine.rloc16)])
    }

    @Test("The longest timeout is that of children that cannot route")
    func maximumChildTimeout() throws {
        var node = leader(children: 2)
        let request = node.management(TMFPath.diagnosticGet, typeList([19, 16]))
        node.with { $0.handle(request, now: $1) }
        let tlvs = try answer(node)
        #expect(tlvs.first == .maximumChildTimeout(240))
        guard case .childTable(let entries) = tlvs.last else { return #expect(Bool(false)) }
        #expect(entries.map(\.childID) == [1, 2])
        #expect(entries.allSatisfy { $0.timeoutExponent == 12 && $0.linkQuality == 3 && $0.mode.rawValue == 4 })
    }

    @Test("A child that cannot route tells nothing of routes")
    func minimalDevice() throws {
        var node = ScriptedNode()
        node.with { engine, now in
            _ = engine.setMode(
                DeviceMode(isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: true),
                now: now)
        }
        node.attachAsChild()
        let request = node.management(TMFPath.diagnosticGet, typeList([1, 3, 4, 5, 16, 19, 37, 24]))
        node.with { $0.handle(request, now: $1) }
        #expect(try answer(node).map(\.type) == [.address16, .timeout, .version])
    }

    @Test("A query for neighbors is answered as recorded, in a message of its own")
    func neighborQuery() throws {
        var node = leader()
        let request = node.management(
            TMFPath.diagnosticQuery, typeList([31]) + [33, 2, 0x72, 0x4b], type: .nonConfirmable)
        node.with { $0.handle(request, now: $1) }
        let sent = try #require(node.managementMessages.last)
        #expect(sent.message.type == .confirmable && sent.message.uriPath == TMFPath.diagnosticAnswer)
        // Recording cliref, frame 661.
        let recorded = try [DiagnosticTLV](
            reading: try #require(
                bytes(
                    hexadecimal: "2102724b1f1880cc00166e0a000000000200050000005a50ecec000000001f0020028000")))
        let found = try [DiagnosticTLV](reading: sent.message.payload)
        #expect(found.map(\.type) == recorded.map(\.type))
        #expect(found.first == recorded.first && found.suffix(2) == recorded.suffix(2))
        guard case .routerNeighbor(let neighbor?) = found[1], case .routerNeighbor(let expected?) = recorded[1]
        else { return #expect(Bool(false)) }
        #expect(neighbor.flags == expected.flags && neighbor.version == expected.version)
        #expect(neighbor.link == expected.link && neighbor.rloc16 == Self.router.rloc16)
    }

    @Test("Forty children come in parts, each after the one before was acknowledged")
    func parts() throws {
        var node = leader(children: 40)
        let request = node.management(
            TMFPath.diagnosticQuery, typeList([29]) + [33, 2, 0, 7], type: .nonConfirmable)
        node.with { $0.handle(request, now: $1) }
        var children: [RLOC16] = []
        var index = 0
        while true {
            let messages = node.managementMessages
            try #require(messages.count == index + 1, "one part at a time")
            let part = try [DiagnosticTLV](reading: messages[index].message.payload)
            #expect(part.queryID == 7)
            for case .child(let child?) in part {
                children.append(child.rloc16)
                #expect(child.supervisionInterval == 129 && child.timeout == 240 && !child.isReceiverOnWhenIdle)
            }
            guard case .answer(let place) = part.last else { return #expect(Bool(false)) }
            #expect(place.index == index)
            if place.isLast {
                #expect(part.contains(.child(nil)))
                break
            }
            #expect(messages[index].message.payload.count < 900)
            let acknowledgement = node.acknowledgement(of: messages[index].message)
            node.with { $0.handle(acknowledgement, now: $1) }
            index += 1
        }
        #expect(index == 2)
        #expect(children == node.engine.children.valid.map { $0.neighbor.rloc16 })
    }

    @Test("The addresses of children are told by child")
    func childAddresses() throws {
        var node = leader(children: 2)
        let request = node.management(
            TMFPath.diagnosticQuery, typeList([30]) + [33, 2, 0, 7], type: .nonConfirmable)
        node.with { $0.handle(request, now: $1) }
        let expected = node.engine.children.valid.map {
            DiagnosticTLV.childIPv6Addresses(
                DiagnosticChildAddresses(rloc16: $0.neighbor.rloc16, addresses: $0.addresses))
        }
        #expect(
            try answer(node) == [.queryID(7)] + expected + [
                .childIPv6Addresses(nil), .answer(DiagnosticAnswerPart(index: 0, isLast: true)),
            ])
    }

    @Test("Counters are reset as asked, and the request acknowledged")
    func reset() {
        var node = leader()
        node.run(for: .seconds(100))
        node.forgetOutput()
        #expect(node.engine.counters.attachAttempts == 1)
        let request = node.management(TMFPath.diagnosticReset, typeList([9, 34]))
        node.with { $0.handle(request, now: $1) }
        #expect(node.outputs.contains(.resetLinkCounters))
        #expect(node.engine.counters.attachAttempts == 0)
        #expect(node.managementMessages.last?.message.type == .acknowledgement)
    }

    @Test("The times of roles add up to the time since the start")
    func counters() throws {
        var node = leader()
        node.run(for: .seconds(10))
        let request = node.management(TMFPath.diagnosticGet, typeList([34]))
        node.with { $0.handle(request, now: $1) }
        guard case .mleCounters(let counters) = try answer(node).first else { return #expect(Bool(false)) }
        #expect(counters.events == [0, 1, 0, 0, 1, 1, 1, 0, 0])
        #expect(counters.times[0] == counters.times.dropFirst().reduce(0, +))
        #expect(counters.times[0] == UInt64(node.now.since(.zero).milliseconds))
    }

    // MARK: Bad input

    @Test("What is not a proper request is dropped and counted")
    func badRequests() {
        var node = leader()
        let cases: [(IncomingDatagram, DropReason)] = [
            (node.management(TMFPath.diagnosticGet, typeList([0]), isLinkSecured: false), .unexpectedTMF),
            (node.management(TMFPath.diagnosticGet, typeList([0]), type: .nonConfirmable), .unexpectedTMF),
            (node.management(TMFPath.diagnosticGet, []), .malformedTMF),
            (node.management(TMFPath.diagnosticGet, [18, 4, 0]), .malformedTMF),
            (node.management(TMFPath.diagnosticQuery, [33, 2, 0, 1]), .malformedTMF),
            (node.management(TMFPath.diagnosticQuery, [18]), .malformedTMF),
            (node.management(TMFPath.diagnosticReset, [9]), .malformedTMF),
            (node.management(TMFPath.diagnosticReset, typeList([9]), type: .nonConfirmable), .unexpectedTMF),
            (node.management(TMFPath.diagnosticAnswer, [33, 1, 0]), .malformedTMF),
            (node.management(TMFPath.diagnosticAnswer, [33, 2, 0, 1], type: .nonConfirmable), .unexpectedTMF),
        ]
        for (datagram, reason) in cases {
            let before = node.engine.drops[reason]
            node.with { $0.handle(datagram, now: $1) }
            #expect(node.engine.drops[reason] == before + 1)
        }
        #expect(node.managementMessages.isEmpty)
        #expect(!node.outputs.contains(.resetLinkCounters))
    }

    @Test("A flood of queries keeps no more answers than may wait")
    func flood() {
        var node = leader(children: 100)
        for index in 0..<200 {
            let request = node.management(
                TMFPath.diagnosticQuery, typeList([29]), type: .nonConfirmable, messageID: UInt16(index))
            node.with { $0.handle(request, now: $1) }
        }
        #expect(node.engine.management.pending.count == node.engine.configuration.pendingRequestLimit)
        #expect(node.engine.drops[.queueFull] == UInt64(200 - node.engine.configuration.pendingRequestLimit))
        // Nobody acknowledges: all of it is forgotten in time.
        node.run(for: .seconds(120))
        #expect(node.engine.management.pending.isEmpty)
    }

    @Test("Changed requests do no harm")
    func mutations() {
        var node = leader(children: 3)
        let valid = typeList([0, 1, 4, 5, 16, 29, 30, 31, 37]) + [33, 2, 0, 9]
        var random = OpenEntropy(seed: 77)
        for round in 0..<3000 {
            var bytes = valid
            for _ in 0..<Int(random.below(4)) {
                bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next())
            }
            bytes = Array(bytes.prefix(Int(random.below(UInt64(bytes.count + 1)))))
            let paths = [
                TMFPath.diagnosticGet, TMFPath.diagnosticQuery, TMFPath.diagnosticReset, TMFPath.diagnosticAnswer,
            ]
            let request = node.management(
                paths[round % paths.count], bytes, type: round % 3 == 0 ? .nonConfirmable : .confirmable,
                messageID: UInt16(round))
            node.with { $0.handle(request, now: $1) }
        }
        #expect(node.engine.role == .leader && node.engine.children.valid.count == 3)
    }
}
