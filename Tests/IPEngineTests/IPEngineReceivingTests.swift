import EngineCore
import Testing
import ThreadWire
import WireCore

@testable import IPEngine

@Suite("IP engine: receiving")
struct IPEngineReceivingTests {
    private let peer = endpoint(0x0800)
    private let own = endpoint(0x0400)

    private func receive(
        _ node: inout IPEngine, _ datagram: [UInt8], link: LinkMetadata = secured
    ) -> [IPOutput] {
        node.receive(datagram, link: link, now: .zero)
        return node.outputs()
    }

    @Test("a datagram whose length is wrong, or that stands for nobody, is malformed")
    func malformed() {
        var node = makeNode()
        let good = makeUDP(from: peer, to: own, 5)
        let bad: [[UInt8]] = [
            [], Array(good.dropLast()), good + [0], [0x45] + good[1...],
            makeUDP(from: .realmLocalAllNodes, to: own, 5), makeUDP(from: .unspecified, to: own, 5),
            makeUDP(from: .loopback, to: own, 5), makeUDP(from: peer, to: .loopback, 5),
            makeUDP(from: peer, to: .unspecified, 5),
        ]
        for datagram in bad { #expect(receive(&node, datagram) == []) }
        #expect(node.drops[.malformedIPv6] == UInt64(bad.count))
        #expect(node.drops.nonzero.count == 1)
    }

    @Test("without link security only link-local UDP to the open ports is heard")
    func withoutLinkSecurity() {
        var node = makeNode()
        node.unsecuredPorts = [19788, 1000]
        let mle = makeUDP(from: linkLocal(0x0800), 19788, to: .linkLocalAllRouters, 19788, hopLimit: 255)
        #expect(receive(&node, mle, link: unsecured).count == 1)
        let refused = [
            makeUDP(from: linkLocal(0x0800), to: linkLocal(0x0400), 61631),
            makeUDP(from: peer, to: own, 19788), makeUDP(from: peer, to: .realmLocalAllNodes, 19788),
            makeICMPv6(
                .echoRequest(.init(identifier: 1, sequence: 1, payload: [])), from: linkLocal(0x0800),
                to: linkLocal(0x0400)),
            withOptions([.padN(4)], makeUDP(from: linkLocal(0x0800), to: linkLocal(0x0400), 19788)),
            makeDatagram(.udp, [1, 2, 3], from: linkLocal(0x0800), to: linkLocal(0x0400)),
        ]
        for datagram in refused { #expect(receive(&node, datagram, link: unsecured) == []) }
        #expect(node.drops[.unsecuredFrame] == UInt64(refused.count))
        // The other open port reaches its socket, and an error message about it is never sent.
        #expect(
            receive(&node, makeUDP(from: linkLocal(0x0800), to: linkLocal(0x0400), 1000), link: unsecured) == [])
        #expect(node.drops[.noListener] == 1)
    }

    @Test("extension headers without meaning here are passed over")
    func passedOver() throws {
        var node = makeNode()
        let socket = try node.open()
        _ = try node.bind(socket, port: 5)
        var udp = makeUDP(from: peer, to: own, 5)
        let routing: [UInt8] = [17, 0, 0, 0, 0, 0, 0, 0]
        let fragment: [UInt8] = [17, 0, 0, 0, 1, 2, 3, 4]
        let wrapped = [
            withOptions([.padN(4)], udp), withOptions([.unknown(type: 0x1e, value: [1, 2])], udp),
            withOptions([.unknown(type: 0x1e, value: [])], as: .destinationOptions, udp),
            makeDatagram(.routing, routing + udp[40...], from: peer, to: own),
            makeDatagram(.fragment, fragment + udp[40...], from: peer, to: own),
            withOptions([.padN(4)], withOptions([.pad1], as: .destinationOptions, udp)),
        ]
        for datagram in wrapped {
            #expect(receive(&node, datagram) == [.readable(socket)])
            #expect(try node.receive(socket)?.payload == [1, 2, 3])
        }
        udp[6] = NextHeader.none.rawValue
        #expect(receive(&node, udp) == [])
        #expect(node.drops.nonzero.isEmpty)
    }

    @Test("an option that asks for it is reported with its place, others are dropped without a word")
    func options() throws {
        let udp = makeUDP(from: peer, to: own, 5)
        func outcome(_ type: UInt8, _ datagram: [UInt8]) throws -> ICMPv6Message? {
            var node = makeNode()
            node.receive(
                withOptions([.padN(0), .unknown(type: type, value: [9])], datagram), link: secured, now: .zero)
            #expect(node.drops[.malformedIPv6] == 1)
            return try node.sent().first.flatMap { try Parts($0.bytes).icmpv6 }
        }
        let group = makeUDP(from: peer, to: .realmLocalAllNodes, 5)
        #expect(try outcome(0x5e, udp) == nil)
        for (type, datagram) in [(0x9e, udp), (0xde, udp), (0x9e, group)] as [(UInt8, [UInt8])] {
            guard case .parameterProblem(.option, let pointer, let invoking) = try outcome(type, datagram) else {
                Issue.record("no parameter problem for option \(type)")
                continue
            }
            #expect(pointer == 44 && invoking[44] == type)
        }
        #expect(try outcome(0xde, group) == nil)
    }

    @Test("a routing header with segments left, and a protocol nobody knows, are reported")
    func reported() throws {
        var node = makeNode()
        node.receive(
            makeDatagram(.routing, [17, 0, 0, 1, 0, 0, 0, 0], from: peer, to: own), link: secured, now: .zero)
        node.receive(makeDatagram(.tcp, [1, 2], from: peer, to: own), link: secured, now: .zero)
        node.receive(
            withOptions([.padN(4)], as: .destinationOptions, makeDatagram(.tcp, [1, 2], from: peer, to: own)),
            link: secured, now: .zero)
        let messages = try node.sent().map { try Parts($0.bytes).icmpv6 }
        guard messages.count == 3, case .parameterProblem(.header, 42, _) = messages[0],
            case .parameterProblem(.nextHeader, 6, _) = messages[1],
            case .parameterProblem(.nextHeader, 40, _) = messages[2]
        else {
            Issue.record("\(messages)")
            return
        }
    }

    @Test("headers cut short are malformed")
    func cutShort() {
        var node = makeNode()
        for (header, payload) in [
            (NextHeader.hopByHop, [17, 0, 1]), (.destinationOptions, [17, 1, 0, 0, 0, 0, 0, 0]),
            (.routing, [17, 0, 0]),
            (.routing, [17, 1, 0, 0, 0, 0, 0, 0]), (.fragment, [17, 0, 0, 0, 0]), (.udp, [0, 1, 2]), (.icmpv6, [128]),
        ] as [(NextHeader, [UInt8])] {
            #expect(receive(&node, makeDatagram(header, payload, from: peer, to: own)) == [])
        }
        #expect(node.drops[.malformedIPv6] == 7)
    }

    @Test("fragments of larger datagrams are for the host alone")
    func fragments() {
        var node = makeNode()
        let datagram = makeDatagram(.fragment, [17, 0, 0, 1, 1, 2, 3, 4, 9, 9], from: peer, to: own)
        #expect(receive(&node, datagram) == [] && node.drops[.noListener] == 1)
        node.hostReceives = true
        #expect(receive(&node, datagram) == [.deliver(datagram)])
    }

    @Test("a datagram in a datagram is taken from the tunnel of multicast alone, and not twice over")
    func inner() throws {
        var node = makeNode()
        let group = address("ff05::7")
        node.multicastAddresses.append(group)
        let socket = try node.open()
        _ = try node.bind(socket, port: 5)
        func tunnel(_ inner: [UInt8], sequence: UInt8, to destination: IPv6Address = .realmLocalAllMPLForwarders)
            -> [UInt8]
        {
            withOptions(
                [.mpl(MPLOption(seedID: .short(0x0800), sequence: sequence))],
                makeDatagram(.ipv6, inner, from: peer, to: destination))
        }
        let multicast = makeUDP(from: peer, to: group, 5)
        #expect(receive(&node, tunnel(multicast, sequence: 1)) == [.readable(socket)])
        #expect(receive(&node, tunnel(makeUDP(from: peer, to: own, 5), sequence: 2)) == [])
        #expect(receive(&node, tunnel(multicast, sequence: 3, to: .realmLocalAllNodes)) == [])
        let twice = makeDatagram(.ipv6, multicast, from: peer, to: .realmLocalAllMPLForwarders)
        #expect(receive(&node, tunnel(twice, sequence: 4)) == [])
        #expect(receive(&node, tunnel([1, 2, 3], sequence: 5)) == [])
        #expect(receive(&node, makeDatagram(.ipv6, multicast, from: peer, to: own)) == [])
        #expect(node.drops[.malformedIPv6] == 5)
        #expect(node.sockets[0].waiting == 1)
    }

    @Test("a group that the node does not listen to is none of its business")
    func notSubscribed() {
        var node = makeNode(isForwarder: false)
        #expect(receive(&node, makeUDP(from: peer, to: address("ff03::99"), 5)) == [])
        #expect(node.nextDeadline == nil && node.drops.nonzero.isEmpty)
    }
}
