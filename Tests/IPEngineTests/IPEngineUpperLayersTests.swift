import EngineCore
import Testing
import ThreadWire

@testable import IPEngine

@Suite("IP engine: UDP and ICMPv6")
struct IPEngineUpperLayersTests {
    private let peer = endpoint(0x0800)
    private let own = endpoint(0x0400)

    @Test("a wrong or missing checksum is dropped")
    func checksum() {
        var node = makeNode()
        var udp = makeUDP(from: peer, to: own, 5)
        udp[46] ^= 1
        var unchecked = udp
        (unchecked[46], unchecked[47]) = (0, 0)
        var echo = makeICMPv6(.echoRequest(.init(identifier: 1, sequence: 1, payload: [])), from: peer, to: own)
        echo[42] ^= 1
        for datagram in [udp, unchecked, echo] { node.receive(datagram, link: secured, now: .zero) }
        #expect(node.outputs().isEmpty && node.drops[.checksum] == 3)
    }

    @Test("mesh link establishment is for the Thread engine, from the link alone")
    func mle() {
        var node = makeNode()
        node.receive(
            makeUDP(from: linkLocal(0x0800), 19788, to: .linkLocalAllNodes, 19788, payload: [1], hopLimit: 255),
            link: unsecured, now: .zero)
        #expect(
            node.outputs() == [
                .udp(
                    UDPDatagram(
                        source: SocketAddress(linkLocal(0x0800), port: 19788),
                        destination: SocketAddress(.linkLocalAllNodes, port: 19788), payload: [1], hopLimit: 255,
                        link: unsecured))
            ])
        node.receive(makeUDP(from: peer, 19788, to: own, 19788), link: secured, now: .zero)
        #expect(node.outputs().isEmpty && node.drops[.unexpectedMLE] == 1)
    }

    @Test("Thread management is for the Thread engine, from the mesh alone")
    func tmf() {
        var node = makeNode()
        node.unicastAddresses.append(UnicastAddress(address("2001:cafe:cafe:cafe::1"), origin: .slaac))
        for (source, destination) in [
            (locator(0x0800), locator(0x0400)), (linkLocal(0x0800), linkLocal(0x0400)),
            (locator(0x0800), .realmLocalAllRouters), (linkLocal(0x0800), .linkLocalAllNodes),
        ] {
            node.receive(makeUDP(from: source, 61631, to: destination, 61631), link: secured, now: .zero)
            let outputs = node.outputs()
            guard case .udp(let datagram) = outputs.first, outputs.count == 1 else {
                Issue.record("\(outputs)")
                continue
            }
            #expect(datagram.source.address == source && datagram.isSecured)
        }
        for (source, destination) in [
            (address("2600::1"), locator(0x0400)), (locator(0x0800), address("2001:cafe:cafe:cafe::1")),
        ] {
            node.receive(makeUDP(from: source, 61631, to: destination, 61631), link: secured, now: .zero)
        }
        #expect(node.outputs().isEmpty && node.drops[.unexpectedTMF] == 2)
    }

    @Test("a port that nobody has bound is answered with an error, unless a group was asked")
    func noListener() throws {
        var node = makeNode()
        let datagram = makeUDP(from: peer, to: own, 5)
        node.receive(datagram, link: secured, now: .zero)
        let parts = try Parts(try #require(node.sent().first).bytes)
        #expect(parts.header.source == own && parts.header.destination == peer)
        #expect(parts.icmpv6 == .destinationUnreachable(.port, invoking: datagram))
        node.receive(makeUDP(from: peer, to: .realmLocalAllNodes, 5), link: secured, now: .zero)
        #expect(node.sent().isEmpty && node.drops[.noListener] == 2)
    }

    @Test("the host gets what no socket takes, and hears no error")
    func host() throws {
        var node = makeNode()
        node.hostReceives = true
        let socket = try node.open()
        _ = try node.bind(socket, port: 5)
        let taken = makeUDP(from: peer, to: own, 5)
        let others = [
            makeUDP(from: peer, to: own, 6), makeDatagram(.tcp, [1, 2, 3], from: peer, to: own),
            makeICMPv6(.echoReply(.init(identifier: 77, sequence: 1, payload: [])), from: peer, to: own),
            makeICMPv6(.destinationUnreachable(.port, invoking: taken), from: peer, to: own),
            makeICMPv6(.unknown(type: 135, code: 0, body: [0, 0, 0, 0]), from: peer, to: own),
        ]
        node.receive(taken, link: secured, now: .zero)
        #expect(node.outputs() == [.readable(socket)])
        for datagram in others {
            node.receive(datagram, link: secured, now: .zero)
            #expect(node.outputs() == [.deliver(datagram)])
        }
        #expect(node.drops.nonzero.isEmpty)
    }

    @Test("the host never sees the option that its stack would refuse")
    func withoutOption() {
        var node = makeNode(isForwarder: false)
        node.hostReceives = true
        let plain = makeUDP(from: peer, to: .realmLocalAllNodes, 6)
        let option = IPv6Option.mpl(MPLOption(seedID: .short(0x0800), sequence: 1))
        node.receive(withOptions([option], plain), link: secured, now: .zero)
        #expect(node.outputs() == [.deliver(plain)])
        let other = IPv6Option.unknown(type: 0x1e, value: [1, 2, 3, 4])
        node.receive(
            withOptions([.mpl(MPLOption(seedID: .short(0x0800), sequence: 2)), other], plain), link: secured,
            now: .zero)
        #expect(node.outputs() == [.deliver(withOptions([other], plain))])
        let odd: [UInt8] = [1, 2, 3]
        #expect(IPEngine.withoutMPLOption(odd) == odd && IPEngine.withoutMPLOption(plain) == plain)
    }

    @Test("an echo request is answered from the address that was asked, or from one chosen when a group was")
    func echo() throws {
        var node = makeNode()
        let echo = ICMPv6Message.Echo(identifier: 3, sequence: 9, payload: [1, 2, 3])
        for (source, destination, answering) in [
            (peer, own, own), (peer, locator(0x0400), locator(0x0400)),
            (linkLocal(0x0800), linkLocal(0x0400), linkLocal(0x0400)),
            (linkLocal(0x0800), .linkLocalAllNodes, linkLocal(0x0400)),
            (peer, .realmLocalAllNodes, own),
        ] {
            node.receive(makeICMPv6(.echoRequest(echo), from: source, to: destination), link: secured, now: .zero)
            let parts = try Parts(try #require(node.sent().first).bytes)
            #expect(parts.header.source == answering && parts.header.destination == source)
            #expect(parts.header.hopLimit == 64 && parts.icmpv6 == .echoReply(echo))
        }
        node.unicastAddresses.removeAll { $0.address.isLinkLocalUnicast == false }
        node.receive(
            makeICMPv6(.echoRequest(echo), from: peer, to: .realmLocalAllNodes), link: secured, now: .zero)
        #expect(node.sent().isEmpty && node.drops[.noRoute] == 1)
    }
}
