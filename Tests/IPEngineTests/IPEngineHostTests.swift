import EngineCore
import Testing
import ThreadWire

@testable import IPEngine

@Suite("IP engine: the host")
struct IPEngineHostTests {
    private let own = endpoint(0x0400)
    private let outside = address("2600::1")
    private let onMesh = address("2001:cafe:cafe:cafe::9")

    @Test("the host speaks from the node's addresses, and for the world outside the mesh")
    func allowed() throws {
        var node = makeNode()
        for datagram in [makeUDP(from: own, to: endpoint(0x0800), 5), makeUDP(from: outside, to: onMesh, 5)] {
            node.receiveFromHost(datagram, now: .zero)
            let sent = node.sent()
            #expect(sent.map(\.bytes) == [datagram] && sent[0].isLinkSecured && !sent[0].isForwarded)
        }
        #expect(node.drops.nonzero.isEmpty)
    }

    @Test("the host does not speak for other nodes, nor from where nobody is")
    func refused() {
        var node = makeNode()
        let refused = [
            makeUDP(from: outside, to: endpoint(0x0800), 5), makeUDP(from: endpoint(0x0c00), to: onMesh, 5),
            makeUDP(from: linkLocal(0x0400), to: endpoint(0x0800), 5), makeUDP(from: own, to: linkLocal(0x0800), 5),
            makeUDP(from: .unspecified, to: onMesh, 5), makeUDP(from: .loopback, to: onMesh, 5),
            makeUDP(from: .realmLocalAllNodes, to: onMesh, 5), makeUDP(from: own, to: .linkLocalAllNodes, 5),
            makeUDP(from: own, to: .unspecified, 5), makeUDP(from: own, to: .loopback, 5),
        ]
        for datagram in refused { node.receiveFromHost(datagram, now: .zero) }
        #expect(node.drops[.noRoute] == UInt64(refused.count))
        node.receiveFromHost(makeUDP(from: own, to: endpoint(0x0800), 5, hopLimit: 0), now: .zero)
        node.receiveFromHost([1, 2, 3], now: .zero)
        #expect(node.drops[.malformedIPv6] == 2)
        node.receiveFromHost(makeUDP(from: own, to: endpoint(0x0800), 61631), now: .zero)
        node.receiveFromHost(makeUDP(from: own, to: own, 19788), now: .zero)
        #expect(node.drops[.unexpectedTMF] == 2)
        #expect(node.outputs().isEmpty)
    }

    @Test("the host reaches the node's sockets and echo, and hears answers")
    func toNode() throws {
        var node = makeNode()
        node.hostReceives = true
        let socket = try node.open()
        _ = try node.bind(socket, port: 5)
        node.receiveFromHost(makeUDP(from: own, to: locator(0x0400), 5), now: .zero)
        #expect(node.outputs() == [.readable(socket)])
        let echo = ICMPv6Message.Echo(identifier: 9, sequence: 1, payload: [])
        node.receiveFromHost(makeICMPv6(.echoRequest(echo), from: own, to: locator(0x0400)), now: .zero)
        #expect(node.outputs() == [.deliver(makeICMPv6(.echoReply(echo), from: locator(0x0400), to: own))])
    }

    @Test("the host's multicast gets the option, or goes into the tunnel when it has options already")
    func multicast() throws {
        var node = makeNode()
        let plain = makeUDP(from: own, to: .realmLocalAllNodes, 5)
        node.receiveFromHost(plain, now: .zero)
        let parts = try Parts(try #require(node.sent().first).bytes)
        #expect(parts.mpl?.seedID == .short(0x0400) && parts.udp?.destinationPort == 5)
        #expect(node.nextDeadline != nil)
        let optioned = withOptions([.padN(4)], plain)
        node.receiveFromHost(optioned, now: .zero)
        let tunnel = try Parts(try #require(node.sent().first).bytes)
        #expect(tunnel.header.destination == .realmLocalAllMPLForwarders && tunnel.nextHeader == .ipv6)
        #expect(tunnel.payload == optioned)
        node.rloc16 = nil
        node.receiveFromHost(plain, now: .zero)
        #expect(node.outputs().isEmpty && node.drops[.noRoute] == 1)
    }

    @Test("a datagram too large for the mesh is refused with the size that it carries")
    func tooLarge() throws {
        var node = makeNode()
        node.hostReceives = true
        let large = makeUDP(from: own, to: endpoint(0x0800), 5, payload: [UInt8](repeating: 0, count: 1233))
        node.receiveFromHost(large, now: .zero)
        let outputs = node.outputs()
        guard case .deliver(let error) = outputs.first else {
            Issue.record("\(outputs)")
            return
        }
        #expect(try Parts(error).icmpv6 == .packetTooBig(mtu: 1280, invoking: Array(large.prefix(104))))
        let group = makeUDP(from: own, to: .realmLocalAllNodes, 5, payload: [UInt8](repeating: 0, count: 1230))
        node.receiveFromHost(group, now: .zero)
        #expect(node.outputs().isEmpty && node.drops[.datagramTooLarge] == 2)
    }

    @Test("who is told of a datagram that the host sent on for somebody else is the host, not the mesh")
    func refusedForOthers() throws {
        var node = makeNode()
        node.hostReceives = true
        let datagram = makeUDP(from: outside, to: onMesh, 5)
        node.refuse(datagram, because: .address, isFromHost: true, now: .zero)
        let outputs = node.outputs()
        guard outputs.count == 1, case .deliver(let error) = outputs[0] else {
            Issue.record("\(outputs)")
            return
        }
        let parts = try Parts(error)
        #expect(parts.header.destination == outside && parts.header.source == own && parts.header.hopLimit == 64)
        #expect(parts.icmpv6 == .destinationUnreachable(.address, invoking: datagram))
        let large = makeUDP(from: outside, to: onMesh, 5, payload: [UInt8](repeating: 0, count: 1233))
        node.receiveFromHost(large, now: .zero)
        guard case .deliver(let tooBig) = node.outputs().first else {
            Issue.record("the host was not told")
            return
        }
        #expect(try Parts(tooBig).icmpv6 == .packetTooBig(mtu: 1280, invoking: Array(large.prefix(104))))
    }
}
