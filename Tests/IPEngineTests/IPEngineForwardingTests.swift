import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import IPEngine

@Suite("IP engine: forwarding")
struct IPEngineForwardingTests {
    private let peer = endpoint(0x0800)
    private let own = endpoint(0x0400)
    private let other = endpoint(0x0c00)

    @Test("a router sends a datagram for another node on, one hop less to go")
    func unicast() throws {
        var node = makeNode()
        let datagram = makeUDP(from: peer, to: other, 5, hopLimit: 2)
        node.receive(datagram, link: secured, now: .zero)
        let sent = try #require(node.sent().first)
        #expect(sent.isForwarded && sent.priority == .data && !sent.isMulticastRetransmission)
        #expect(sent.bytes[7] == 1 && sent.bytes[8...] == datagram[8...])
        node.receive(sent.bytes, link: secured, now: .zero)
        let parts = try Parts(try #require(node.sent().first).bytes)
        #expect(parts.icmpv6 == .timeExceeded(.hopLimit, invoking: sent.bytes))
        #expect(parts.header.destination == peer && parts.header.source == own)
        #expect(node.drops[.hopLimitExceeded] == 1)
    }

    @Test(
        "the class of a datagram that passes through tells its priority",
        arguments: [
            (0x00, TransmitPriority.data), (0x1c, .control), (0x3c, .control), (0x5c, .control), (0x7c, .control),
            (0x20, .background), (0x40, .background), (0x80, .data), (0xb8, .data),
        ] as [(UInt8, TransmitPriority)])
    func priority(trafficClass: UInt8, expected: TransmitPriority) {
        var node = makeNode()
        node.receive(
            makeDatagram(.udp, [1], from: peer, to: other, trafficClass: trafficClass), link: secured, now: .zero)
        #expect(node.sent().map(\.priority) == [expected])
    }

    @Test("link-local datagrams, datagrams in a loop, and those at an end device are not sent on")
    func refused() {
        var node = makeNode()
        for datagram in [
            makeUDP(from: peer, to: linkLocal(0x0c00), 5), makeUDP(from: linkLocal(0x0800), to: other, 5),
            makeUDP(from: own, to: other, 5),
        ] {
            node.receive(datagram, link: secured, now: .zero)
        }
        node.isForwarder = false
        node.receive(makeUDP(from: peer, to: other, 5), link: secured, now: .zero)
        #expect(node.sent().isEmpty && node.drops[.noRoute] == 4)
    }

    @Test("a realm-wide datagram is sent on twice, each time within its interval, and heard once")
    func multicast() throws {
        var node = makeNode()
        let socket = try node.open()
        _ = try node.bind(socket, port: 5)
        let datagram = withOptions(
            [.mpl(MPLOption(seedID: .short(0x0800), sequence: 200))], makeUDP(from: peer, to: .realmLocalAllNodes, 5))
        node.receive(datagram, link: secured, now: .zero)
        #expect(node.outputs() == [.readable(socket)])
        for index in 0..<2 {
            let moment = try #require(node.nextDeadline)
            #expect(moment <= Instant.zero + LinkProfile.ieee802154.mplDataMessageInterval * (index + 1))
            node.handleDeadline(now: moment)
            let sent = node.sent()
            #expect(sent.count == 1 && sent[0].isForwarded && sent[0].isMulticastRetransmission == (index > 0))
            #expect(sent[0].bytes[7] == 63 && sent[0].bytes[8...] == datagram[8...])
        }
        #expect(node.nextDeadline == nil)
        node.receive(datagram, link: secured, now: .zero)
        #expect(node.drops[.duplicateMulticast] == 1 && node.sockets[0].waiting == 1)
    }

    @Test("a seed is told by the option, or by the locator that the datagram came from")
    func seeds() {
        var node = makeNode(isForwarder: false)
        func receive(_ seedID: MPLOption.SeedID, from source: IPv6Address, sequence: UInt8 = 1) {
            node.receive(
                withOptions(
                    [.mpl(MPLOption(seedID: seedID, sequence: sequence))],
                    makeUDP(from: source, to: .realmLocalAllNodes, 5)), link: secured, now: .zero)
        }
        receive(.source, from: locator(0x0800))
        receive(.short(0x0800), from: peer)
        #expect(node.drops[.duplicateMulticast] == 1)
        receive(.source, from: peer)
        receive(.long(5), from: peer)
        receive(.address(peer), from: peer)
        #expect(node.drops[.malformedIPv6] == 3)
        // Its own short address as a seed can only be its own datagram.
        receive(.short(0x0400), from: peer)
        receive(.short(0x0c00), from: own)
        #expect(node.drops[.duplicateMulticast] == 3)
    }

    @Test("seeds and waiting datagrams are bounded, each bound with its own counter")
    func bounds() {
        var node = makeNode {
            $0.multicastSeedLimit = 3
            $0.multicastBufferLimit = 2
        }
        for seed in 1...4 as ClosedRange<UInt16> {
            node.receive(
                withOptions(
                    [.mpl(MPLOption(seedID: .short(seed), sequence: 0))],
                    makeUDP(from: peer, to: .realmLocalAllNodes, 5)), link: secured, now: .zero)
        }
        #expect(node.drops[.multicastSeedsFull] == 1 && node.drops[.queueFull] == 1)
        #expect(node.seeds.count == 3 && node.forwarder.count == 2)
    }

    @Test("link-local multicast, the last hop's multicast, and multicast without an option are not sent on")
    func notForwarded() {
        var node = makeNode()
        let option = IPv6Option.mpl(MPLOption(seedID: .short(0x0800), sequence: 1))
        node.receive(
            withOptions([option], makeUDP(from: linkLocal(0x0800), to: .linkLocalAllNodes, 5)), link: secured,
            now: .zero)
        node.receive(
            withOptions([option], makeUDP(from: peer, to: .realmLocalAllNodes, 5, hopLimit: 1)), link: secured,
            now: .zero)
        node.receive(makeUDP(from: peer, to: .realmLocalAllNodes, 5), link: secured, now: .zero)
        #expect(node.nextDeadline == nil && node.sent().isEmpty)
        #expect(node.drops[.noListener] == 3)
    }

    @Test("a router sends on for groups that it does not listen to")
    func foreignGroup() {
        var node = makeNode()
        node.receive(
            withOptions(
                [.mpl(MPLOption(seedID: .short(0x0800), sequence: 1))], makeUDP(from: peer, to: address("ff03::99"), 5)),
            link: secured, now: .zero)
        #expect(node.nextDeadline != nil && node.drops.nonzero.isEmpty)
    }

    @Test("what a router of the mesh cannot deliver is told to the owner, what this node says to itself is not")
    func unreachable() throws {
        var router = makeNode()
        var node = makeNode()
        let mine = makeUDP(from: own, to: other, 5)
        router.unicastAddresses = [UnicastAddress(peer)]
        router.refuse(mine, because: .noRoute, to: own, now: .zero)
        let error = try #require(router.sent().first).bytes
        node.receive(error, link: secured, now: .zero)
        #expect(node.outputs() == [.unreachable(other)])
        node.receive(error, link: LinkMetadata(isSecured: false, source: .none), now: .zero)
        #expect(node.outputs().isEmpty)
    }

    @Test("a datagram that the owner cannot deliver is refused to its sender")
    func refuse() throws {
        var node = makeNode()
        let datagram = makeUDP(from: peer, to: other, 5)
        node.refuse(datagram, because: .noRoute, now: .zero)
        #expect(
            try Parts(try #require(node.sent().first).bytes).icmpv6
                == .destinationUnreachable(.noRoute, invoking: datagram))
        #expect(node.drops[.noRoute] == 1)
        let mine = makeUDP(from: own, to: other, 5)
        node.refuse(mine, because: .address, now: .zero)
        #expect(node.outputs().isEmpty && node.drops[.addressUnresolved] == 1)
        node.hostReceives = true
        node.refuse(mine, because: .address, now: .zero)
        let outputs = node.outputs()
        guard case .deliver(let error) = outputs.first else {
            Issue.record("\(outputs)")
            return
        }
        #expect(try Parts(error).icmpv6 == .destinationUnreachable(.address, invoking: mine))
        node.refuse([1, 2, 3], because: .address, now: .zero)
        #expect(node.drops[.malformedIPv6] == 1)
    }

    /// What is to be kept for sleepy children.
    private func kept(_ node: inout IPEngine) -> [[UInt8]] {
        node.outputs().compactMap { if case .keep(let datagram) = $0 { datagram.bytes } else { nil } }
    }

    @Test("a multicast that passes through is kept once for sleepy children, where there are any")
    func keptForChildren() {
        var node = makeNode()
        func datagram(_ sequence: UInt8, hopLimit: UInt8 = 64) -> [UInt8] {
            withOptions(
                [.mpl(MPLOption(seedID: .short(0x0800), sequence: sequence))],
                makeUDP(from: peer, to: .realmLocalAllNodes, 5, hopLimit: hopLimit))
        }
        node.receive(datagram(1), link: secured, now: .zero)
        #expect(kept(&node).isEmpty)
        node.hasSleepyChildren = true
        node.receive(datagram(2), link: secured, now: .zero)
        let copies = kept(&node)
        #expect(copies.count == 1 && copies[0][7] == 63 && copies[0][8...] == datagram(2)[8...])
        node.receive(datagram(2), link: secured, now: .zero)
        node.receive(datagram(3, hopLimit: 1), link: secured, now: .zero)
        #expect(kept(&node).isEmpty)
        node.handleDeadline(now: .zero + .seconds(1))
        #expect(kept(&node).isEmpty)
        // What stays on the link passes through nobody.
        node.receive(makeUDP(from: linkLocal(0x0800), to: .linkLocalAllNodes, 5), link: secured, now: .zero)
        #expect(kept(&node).isEmpty)
    }

    @Test("a multicast from beyond the mesh reaches sleepy children out of its tunnel")
    func keptFromTunnel() {
        var node = makeNode()
        node.hasSleepyChildren = true
        let inner = makeUDP(from: address("2001:cafe::1"), to: address("ff05::abcd"), 5)
        let tunnel = withOptions(
            [.mpl(MPLOption(seedID: .short(0x0800), sequence: 1))],
            makeDatagram(.ipv6, inner, from: peer, to: .realmLocalAllMPLForwarders))
        node.receive(tunnel, link: secured, now: .zero)
        #expect(kept(&node).map { Array($0[8...]) }.contains(Array(inner[8...])))
    }

    @Test("this node's own multicasts are kept for sleepy children as these can read them: without a tunnel")
    func ownKept() throws {
        var node = makeNode()
        node.hasSleepyChildren = true
        for group in ["ff03::abcd", "ff05::abcd"] {
            try node.sendEcho(
                identifier: 1, sequence: 1, payload: [1], to: address(group), from: nil, now: .zero)
            let copies = kept(&node)
            #expect(copies.count == 1)
            #expect(try Parts(copies[0]).header.destination == address(group))
        }
    }
}
