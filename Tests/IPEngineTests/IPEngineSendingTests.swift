import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import IPEngine

@Suite("IP engine: sending")
struct IPEngineSendingTests {
    private let peer = SocketAddress(endpoint(0x0800), port: 7000)

    @Test("a socket's datagram goes out whole, from a port that it keeps")
    func send() throws {
        var node = makeNode()
        let socket = try node.open()
        try node.send(socket, to: peer, payload: [1, 2, 3], now: .zero)
        try node.send(socket, to: peer, payload: [4], hopLimit: 9, now: .zero)
        let sent = node.sent()
        #expect(sent.count == 2)
        #expect(
            sent.allSatisfy {
                $0.priority == .data && $0.isLinkSecured && !$0.isForwarded && !$0.isMulticastRetransmission
            })
        let parts = try sent.map { try Parts($0.bytes) }
        #expect(parts[0].header.source == endpoint(0x0400) && parts[0].header.destination == peer.address)
        #expect(parts[0].header.hopLimit == 64 && parts[1].header.hopLimit == 9)
        #expect(parts[0].payload == [1, 2, 3] && parts[1].payload == [4])
        #expect(parts[0].udp?.destinationPort == 7000)
        #expect(parts[0].udp?.sourcePort == parts[1].udp?.sourcePort)
        #expect(parts[0].udp?.sourcePort == node.sockets[0].localPort)
    }

    @Test("a connected socket needs no destination, and a bound one sends from its address")
    func connected() throws {
        var node = makeNode()
        let socket = try node.open()
        _ = try node.bind(socket, address: locator(0x0400), port: 1234)
        try node.connect(socket, to: peer)
        try node.send(socket, payload: [], now: .zero)
        let parts = try Parts(node.sent()[0].bytes)
        #expect(parts.header.source == locator(0x0400) && parts.udp?.sourcePort == 1234)
        #expect(parts.header.destination == peer.address)
        // A receiver may answer to another destination than the connected one.
        try node.send(socket, to: SocketAddress(endpoint(0x0c00), port: 1), payload: [], now: .zero)
        #expect(try Parts(node.sent()[0].bytes).header.destination == endpoint(0x0c00))
    }

    @Test("each refusal to send names its reason, and sends nothing")
    func errors() throws {
        var node = makeNode { $0.datagramLimit = 100 }
        let socket = try node.open()
        let unknown = SocketID(rawValue: 99)
        func expect(_ error: SendError, _ operation: (inout IPEngine) throws -> Void) {
            #expect(throws: error) { try operation(&node) }
            #expect(node.outputs().isEmpty)
        }
        expect(.unknownSocket(unknown)) { try $0.send(unknown, to: peer, payload: [], now: .zero) }
        expect(.noDestination) { try $0.send(socket, payload: [], now: .zero) }
        expect(.invalidDestination("[0:0:0:0:0:0:0:0]:5")) {
            try $0.send(socket, to: SocketAddress(.unspecified, port: 5), payload: [], now: .zero)
        }
        expect(.invalidDestination("[\(peer.address)]:0")) {
            try $0.send(socket, to: SocketAddress(peer.address, port: 0), payload: [], now: .zero)
        }
        expect(.payloadTooLarge(byteCount: 53, limit: 52)) {
            try $0.send(socket, to: peer, payload: [UInt8](repeating: 0, count: 53), now: .zero)
        }
        expect(.payloadTooLarge(byteCount: 45, limit: 44)) {
            try $0.send(
                socket, to: SocketAddress(.realmLocalAllNodes, port: 5), payload: [UInt8](repeating: 0, count: 45),
                now: .zero)
        }
        expect(.payloadTooLarge(byteCount: 60, limit: 52)) {
            try $0.sendEcho(
                identifier: 1, sequence: 1, payload: [UInt8](repeating: 0, count: 60), to: peer.address, from: nil,
                now: .zero)
        }
        expect(.invalidDestination("0:0:0:0:0:0:0:0")) {
            try $0.sendEcho(identifier: 1, sequence: 1, payload: [], to: .unspecified, from: nil, now: .zero)
        }
        expect(.sourceNotOurs(address("2600::1").description)) {
            try $0.sendEcho(
                identifier: 1, sequence: 1, payload: [], to: peer.address, from: address("2600::1"), now: .zero)
        }
        expect(.invalidDestination("[0:0:0:0:0:0:0:0]:5")) {
            try $0.send(
                ControlDatagram(sourcePort: 1, destination: SocketAddress(.unspecified, port: 5), payload: []),
                now: .zero)
        }
        node.rloc16 = nil
        expect(.notAttached) {
            try $0.send(socket, to: SocketAddress(.realmLocalAllNodes, port: 5), payload: [], now: .zero)
        }
        node.unicastAddresses = []
        expect(.noSourceAddress) { try $0.send(socket, to: peer, payload: [], now: .zero) }
    }

    @Test("the largest payload that fits is sent")
    func largest() throws {
        var node = makeNode()
        let socket = try node.open()
        try node.send(socket, to: peer, payload: [UInt8](repeating: 1, count: 1232), now: .zero)
        try node.send(
            socket, to: SocketAddress(.realmLocalAllNodes, port: 1), payload: [UInt8](repeating: 1, count: 1224),
            now: .zero)
        try node.send(
            socket, to: SocketAddress(address("ff05::1"), port: 1), payload: [UInt8](repeating: 1, count: 1184),
            now: .zero)
        #expect(node.sent().map(\.bytes.count) == [1280, 1280, 1280])
    }

    @Test("a node's own address is reached without the radio")
    func loopback() throws {
        var node = makeNode()
        let socket = try node.open()
        _ = try node.bind(socket, port: 5)
        try node.send(socket, to: SocketAddress(endpoint(0x0400), port: 5), payload: [8], now: .zero)
        try node.sendEcho(identifier: 1, sequence: 2, payload: [3], to: locator(0x0400), from: nil, now: .zero)
        #expect(
            node.outputs() == [
                .readable(socket),
                .echoReply(
                    EchoReply(
                        source: locator(0x0400), destination: locator(0x0400), identifier: 1, sequence: 2,
                        payload: [3], hopLimit: 64)),
            ])
        #expect(try node.receive(socket)?.payload == [8])
    }

    @Test("Thread's own datagrams keep their port, class, priority and want of link security")
    func control() throws {
        var node = makeNode()
        try node.send(
            ControlDatagram(
                sourcePort: 19788, destination: SocketAddress(.linkLocalAllRouters, port: 19788), payload: [1],
                hopLimit: 255, priority: .attach, isLinkSecured: false), now: .zero)
        try node.send(
            ControlDatagram(
                source: locator(0x0400), sourcePort: 61631, destination: SocketAddress(locator(0x0c00), port: 61631),
                payload: [2], trafficClass: 0x1c), now: .zero)
        let sent = node.sent()
        #expect(!sent[0].isLinkSecured && sent[0].priority == .attach)
        #expect(sent[1].isLinkSecured && sent[1].priority == .control)
        let parts = try sent.map { try Parts($0.bytes) }
        #expect(parts[0].header.source == linkLocal(0x0400) && parts[0].header.hopLimit == 255)
        #expect(parts[1].header.source == locator(0x0400) && parts[1].header.trafficClass == 0x1c)
        #expect(parts[0].mpl == nil && parts[1].udp?.sourcePort == 61631)
        #expect(node.nextDeadline == nil)
    }

    @Test("realm-wide multicast carries an option seeded with the short address, or by the source that tells it")
    func option() throws {
        // As in recording cliref, frames 152 and 328.
        var node = makeNode(0xd000)
        for source in [locator(0xd000), endpoint(0xd000)] {
            try node.send(
                ControlDatagram(
                    source: source, sourcePort: 61631, destination: SocketAddress(.realmLocalAllRouters, port: 61631),
                    payload: [1], trafficClass: 0x1c), now: .zero)
        }
        let parts = try node.sent().map { try Parts($0.bytes) }
        #expect(parts[0].mpl?.seedID == .source && parts[1].mpl?.seedID == .short(0xd000))
        #expect(parts[0].mpl?.isLargestSequence == false)
        #expect(parts[1].mpl?.sequence == parts[0].mpl.map { $0.sequence &+ 1 })
        #expect(parts[0].udp?.destinationPort == 61631 && parts[0].header.payloadLength == 17)
    }

    @Test("a router sends its realm-wide multicast a second time within the interval, a child does not")
    func retransmission() throws {
        for isForwarder in [true, false] {
            var node = makeNode(isForwarder: isForwarder)
            try node.sendEcho(
                identifier: 1, sequence: 1, payload: [], to: .realmLocalAllNodes, from: nil, now: .zero)
            let first = node.sent()
            #expect(first.count == 1 && !first[0].isMulticastRetransmission)
            guard isForwarder else {
                #expect(node.nextDeadline == nil)
                continue
            }
            let moment = try #require(node.nextDeadline)
            #expect(moment <= Instant.zero + LinkProfile.ieee802154.mplDataMessageInterval)
            node.handleDeadline(now: moment)
            let second = node.sent()
            #expect(second.count == 1 && second[0].isMulticastRetransmission && second[0].bytes == first[0].bytes)
            #expect(node.nextDeadline == nil)
        }
    }

    @Test("replies are told apart by the identifiers of the latest sixteen requests")
    func identifiers() throws {
        var node = makeNode()
        for identifier in 0..<17 as Range<UInt16> {
            try node.sendEcho(
                identifier: identifier, sequence: 0, payload: [], to: peer.address, from: nil, now: .zero)
        }
        _ = node.outputs()
        for identifier in [0, 16] as [UInt16] {
            node.receive(
                makeICMPv6(
                    .echoReply(.init(identifier: identifier, sequence: 0, payload: [])), from: peer.address,
                    to: endpoint(0x0400)), link: secured, now: .zero)
        }
        #expect(
            node.outputs() == [
                .echoReply(
                    EchoReply(
                        source: peer.address, destination: endpoint(0x0400), identifier: 16, sequence: 0, payload: [],
                        hopLimit: 64))
            ])
        #expect(node.drops[.noListener] == 1)
    }
}
