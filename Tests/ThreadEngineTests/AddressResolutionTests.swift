import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Finding addresses")
struct AddressResolutionTests {
    private let profile = LinkProfile.ieee802154
    private let target = IPv6Address("fdde:ad00:beef::1234")!
    private let place = RLOC16(rawValue: 0x2000)

    private func leader() -> ScriptedNode {
        var node = ScriptedNode()
        node.becomeLeader()
        node.with { engine, now in
            _ = engine.routers.allocate(
                preferring: RouterID(rawValue: 8), limit: 32, now: now, entropy: &engine.entropy.open)
            engine.routers.modify(RouterID(rawValue: 8)) {
                $0.link = .valid
                $0.neighbor.extendedAddress = ScriptedNode.peer
                $0.neighbor.signal.add(rssi: DecibelMilliwatts(-50), margin: Decibels(40))
                $0.neighbor.linkQualityOut = .good
            }
        }
        node.forgetOutput()
        return node
    }

    private func notification(identifier: UInt64 = 5, rloc16: RLOC16, time: UInt32? = nil) -> TMFMessage {
        TMFMessage(
            tlvs: [.targetEID(target), .meshLocalEID(identifier), .rloc16(rloc16)]
                + (time.map { [.timeSinceLastTransaction($0)] } ?? []))
    }

    private func resolve(_ node: inout ScriptedNode) -> Resolution {
        var resolution = Resolution.unreachable
        let target = target
        node.with { resolution = $0.resolve(target, now: $1) }
        return resolution
    }

    /// The paths of the management messages sent.
    private func paths(_ node: ScriptedNode) -> [String] {
        node.datagrams.filter { $0.port == ThreadPort.management }.compactMap { datagram in
            var reader = ByteReader(datagram.payload)
            return (try? CoAPMessage(parsing: &reader))?.uriPath
        }
    }

    @Test("One query goes to all routers, and its answer resolves the address")
    func query() {
        var node = leader()
        #expect(resolve(&node) == .pending)
        #expect(resolve(&node) == .pending)
        #expect(paths(node) == [TMFPath.addressQuery])
        #expect(node.datagrams.last?.destination == .realmLocalAllRouters)
        let answer = notification(rloc16: place)
        node.with { _ = $0.handleAddressNotification(answer, now: $1) }
        #expect(node.outputs.contains(.resolved(target)))
        #expect(resolve(&node) == .rloc16(place))
    }

    @Test("When nobody answers the address is unresolved, and the wait for the next query doubles to its longest")
    func retries() {
        var node = leader()
        var expected = profile.addressQueryInitialRetryDelay
        for round in 1...12 {
            node.forgetOutput()
            #expect(resolve(&node) == .pending, "round \(round)")
            while !node.outputs.contains(.unresolved(target)) { node.passDeadline() }
            guard case .waiting(let until) = node.engine.resolver.entry(target)?.state else {
                Issue.record("round \(round): not waiting")
                return
            }
            #expect(until.since(node.now) == expected, "round \(round)")
            #expect(resolve(&node) == .unreachable)
            node.now = until
            expected = min(expected + expected, profile.addressQueryMaximumRetryDelay)
            keepAlive(&node)
        }
        #expect(expected == profile.addressQueryMaximumRetryDelay)
    }

    /// Keeps the router's link from ageing while the test jumps in time.
    private func keepAlive(_ node: inout ScriptedNode) {
        node.with { engine, now in engine.routers.modify(RouterID(rawValue: 8)) { $0.neighbor.lastHeard = now } }
    }

    @Test("A second owner of an address is told of to all routers; the parent that heard a child last is believed")
    func duplicates() {
        var node = leader()
        _ = resolve(&node)
        for answer in [
            notification(rloc16: place, time: 50), notification(rloc16: RLOC16(rawValue: 0x2001), time: 60),
            notification(rloc16: RLOC16(rawValue: 0x2002), time: 10),
        ] {
            node.with { _ = $0.handleAddressNotification(answer, now: $1) }
        }
        #expect(node.engine.resolver.entry(target)?.rloc16 == RLOC16(rawValue: 0x2002))
        node.forgetOutput()
        let foreign = notification(identifier: 6, rloc16: place)
        node.with { _ = $0.handleAddressNotification(foreign, now: $1) }
        #expect(paths(node) == [TMFPath.addressError])
        #expect(node.datagrams.last?.destination == .realmLocalAllRouters)
        let error = TMFMessage(tlvs: [.targetEID(target), .meshLocalEID(6)])
        node.with { $0.handleAddressError(error, now: $1) }
        #expect(node.engine.resolver.entry(target) == nil)
    }

    @Test("A notification that nobody asked for teaches nothing")
    func unasked() {
        var node = leader()
        let answer = notification(rloc16: place)
        node.with { _ = $0.handleAddressNotification(answer, now: $1) }
        #expect(node.engine.resolver.entries.isEmpty)
        #expect(node.engine.drops[.unexpectedTMF] == 1)
    }

    @Test("The sender of a datagram is remembered at its place, unless it is foreign or a locator")
    func snooping() {
        var node = leader()
        let target = target
        let place = place
        node.with { engine, now in
            engine.snoop(IPv6Address("2001:db8::1")!, at: place, now: now)
            engine.snoop(IPv6Address("fdde:ad00:beef::ff:fe00:2000")!, at: place, now: now)
            engine.snoop(target, at: engine.rloc16, now: now)
        }
        #expect(node.engine.resolver.entries.isEmpty)
        node.with { $0.snoop(target, at: place, now: $1) }
        #expect(resolve(&node) == .rloc16(place))
        node.with { $0.snoop(target, at: RLOC16(rawValue: 0x2001), now: $1) }
        #expect(resolve(&node) == .rloc16(RLOC16(rawValue: 0x2001)), "what it says last is true")
        #expect(paths(node).isEmpty)
    }

    @Test("Who owns the address answers the query; who does not is silent")
    func answering() {
        var node = leader()
        let asker = IPv6Address("fdde:ad00:beef::ff:fe00:2000")!
        let strange = TMFMessage(tlvs: [.targetEID(target)])
        node.with { $0.handleAddressQuery(strange, from: asker, now: $1) }
        #expect(paths(node).isEmpty)
        let own = TMFMessage(tlvs: [.targetEID(node.engine.meshLocalEID!)])
        node.with { $0.handleAddressQuery(own, from: asker, now: $1) }
        #expect(paths(node) == [TMFPath.addressNotification])
        #expect(node.datagrams.last?.destination == asker)
    }
}
