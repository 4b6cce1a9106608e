import EngineCore
import Testing
import ThreadWire

@testable import IPEngine

@Suite("Sockets")
struct SocketTableTests {
    private let peer = SocketAddress(endpoint(0x0800), port: 1000)

    private func datagram(to destination: IPv6Address, _ port: UInt16, mark: UInt8 = 0) -> UDPDatagram {
        UDPDatagram(
            source: peer, destination: SocketAddress(destination, port: port), payload: [mark], hopLimit: 64,
            link: secured)
    }

    @Test("no more sockets open than configured, and a closed one makes room")
    func limit() throws {
        var node = makeNode { $0.socketLimit = 2 }
        let first = try node.open()
        let second = try node.open()
        #expect(first != second)
        #expect(throws: BindError.socketLimit(2)) { try node.open() }
        let closed = [node.close(first), node.close(first)]
        #expect(closed == [true, false])
        let third = try node.open()
        #expect(third != first && third != second)
    }

    @Test("each refusal to bind names its reason")
    func bindErrors() throws {
        var node = makeNode()
        let first = try node.open()
        let second = try node.open()
        #expect(try node.bind(first, port: 1234) == 1234)
        #expect(throws: BindError.alreadyBound(1234)) { try node.bind(first, port: 1235) }
        #expect(throws: BindError.portInUse(1234)) { try node.bind(second, port: 1234) }
        #expect(throws: BindError.portInUse(1234)) { try node.bind(second, address: endpoint(0x0400), port: 1234) }
        #expect(throws: BindError.portReserved(19788)) { try node.bind(second, port: 19788) }
        #expect(throws: BindError.portReserved(61631)) { try node.bind(second, port: 61631) }
        #expect(throws: BindError.addressNotOurs("2600:0:0:0:0:0:0:1")) {
            try node.bind(second, address: address("2600::1"), port: 1)
        }
        #expect(throws: BindError.unknownSocket(SocketID(rawValue: 99))) { try node.bind(SocketID(rawValue: 99)) }
        #expect(throws: BindError.invalidRemote) { try node.connect(second, to: SocketAddress(.unspecified, port: 1)) }
        #expect(throws: BindError.invalidRemote) {
            try node.connect(second, to: SocketAddress(endpoint(1), port: 0))
        }
        #expect(throws: BindError.unknownSocket(SocketID(rawValue: 99))) {
            try node.connect(SocketID(rawValue: 99), to: nil)
        }
        #expect(throws: ReceiveError.unknownSocket(SocketID(rawValue: 99))) {
            try node.receive(SocketID(rawValue: 99))
        }
        // Two addresses may share a port.
        let third = try node.open()
        #expect(try node.bind(second, address: endpoint(0x0400), port: 77) == 77)
        #expect(try node.bind(third, address: locator(0x0400), port: 77) == 77)
        #expect(node.sockets.map(\.localPort) == [1234, 77, 77])
    }

    @Test("a port chosen by the engine is dynamic, free and not reserved, and the last one is found")
    func dynamicPorts() throws {
        var table = SocketTable(limit: 70_000, queueLimit: 1, reservedPorts: [61631])
        var ports: Set<UInt16> = []
        for _ in 0..<(65536 - 49152 - 1) {
            let socket = try table.open()
            ports.insert(try table.bind(socket, address: nil, port: 0))
            _ = table.close(socket)
        }
        #expect(ports.count == 65536 - 49152 - 1)
        #expect(ports.min() == 49152 && !ports.contains(61631))
        var small = SocketTable(limit: 10, queueLimit: 1, reservedPorts: Array(49153...65535))
        let (first, second) = (try small.open(), try small.open())
        #expect(try small.bind(first, address: nil, port: 0) == 49152)
        #expect(throws: BindError.noFreePort) { try small.bind(second, address: nil, port: 0) }
    }

    @Test("a datagram goes to the socket that fits best: connected, then bound to the address, then any")
    func bestMatch() throws {
        var table = SocketTable(limit: 10, queueLimit: 10, reservedPorts: [])
        let own = endpoint(0x0400)
        let other = locator(0x0400)
        let bound = try table.open()
        _ = try table.bind(bound, address: own, port: 5)
        #expect(table.deliver(datagram(to: own, 5))?.socket == bound)
        #expect(table.deliver(datagram(to: other, 5)) == nil)
        #expect(table.deliver(datagram(to: own, 6)) == nil)
        try table.connect(bound, to: SocketAddress(endpoint(0x0800), port: 1001))
        #expect(table.deliver(datagram(to: own, 5)) == nil)
        try table.connect(bound, to: peer)
        #expect(table.deliver(datagram(to: own, 5))?.socket == bound)
        #expect(table[bound]?.match(datagram(to: own, 5)) == 3)
        try table.connect(bound, to: nil)
        #expect(table[bound]?.match(datagram(to: own, 5)) == 1)
    }

    @Test("a group's datagram goes to every socket at its port")
    func multicast() throws {
        var table = SocketTable(limit: 10, queueLimit: 10, reservedPorts: [])
        let sockets = [try table.open(), try table.open()]
        _ = try table.bind(sockets[0], address: nil, port: 5)
        _ = try table.bind(sockets[1], address: nil, port: 6)
        let delivery = SocketTable.Delivery(socket: sockets[0], hasDisplaced: false)
        #expect(table.deliver(toAll: datagram(to: .realmLocalAllNodes, 5)) == [delivery])
        #expect(table.deliver(toAll: datagram(to: .realmLocalAllNodes, 7)) == [])
    }

    @Test("a full queue drops its oldest, and each datagram is announced")
    func queue() throws {
        var node = makeNode { $0.socketQueueLimit = 2 }
        let socket = try node.open()
        _ = try node.bind(socket, port: 5)
        for mark in 1...3 as ClosedRange<UInt8> {
            node.receive(
                makeUDP(from: endpoint(0x0800), to: endpoint(0x0400), 5, payload: [mark]), link: secured, now: .zero)
        }
        #expect(node.outputs() == [.readable(socket), .readable(socket), .readable(socket)])
        #expect(node.drops[.socketQueueFull] == 1)
        #expect(node.sockets[0].waiting == 2)
        #expect(try node.receive(socket)?.payload == [2])
        #expect(try node.receive(socket)?.payload == [3])
        #expect(try node.receive(socket) == nil)
        node.receive(makeUDP(from: endpoint(0x0800), to: endpoint(0x0400), 5), link: secured, now: .zero)
        #expect(node.outputs() == [.readable(socket)])
    }

    @Test("a socket that gets another name keeps what waits in it, and its old name when the new one is refused")
    func rebinding() throws {
        var node = makeNode()
        let (socket, other) = (try node.open(), try node.open())
        _ = try node.bind(socket, port: 5)
        _ = try node.bind(other, port: 6)
        node.receive(makeUDP(from: endpoint(0x0800), to: endpoint(0x0400), 5), link: secured, now: .zero)
        #expect(throws: BindError.portInUse(6)) { try node.rebind(socket, port: 6) }
        #expect(throws: BindError.portReserved(61631)) { try node.rebind(socket, port: 61631) }
        #expect(throws: BindError.addressNotOurs("2600:0:0:0:0:0:0:1")) {
            try node.rebind(socket, address: address("2600::1"), port: 7)
        }
        #expect(throws: BindError.unknownSocket(SocketID(rawValue: 99))) {
            try node.rebind(SocketID(rawValue: 99), port: 7)
        }
        #expect(node.sockets[0].localPort == 5)
        #expect(try node.rebind(socket, address: endpoint(0x0400), port: 5) == 5)
        #expect(try node.rebind(socket, address: endpoint(0x0400), port: 7) == 7)
        #expect(node.sockets[0].localPort == 7 && node.sockets[0].localAddress == endpoint(0x0400))
        #expect(try node.receive(socket)?.payload == [1, 2, 3])
        #expect(try node.bind(try node.open(), port: 5) == 5)
    }

    @Test("each error tells what to do")
    func descriptions() {
        let id = SocketID(rawValue: 3)
        let bind: [BindError] = [
            .socketLimit(3), .unknownSocket(id), .portInUse(5), .portReserved(5), .addressNotOurs("::1"),
            .alreadyBound(5), .noFreePort, .invalidRemote, .portOutOfRange(5),
        ]
        let send: [SendError] = [
            .unknownSocket(id), .noDestination, .invalidDestination("x"), .payloadTooLarge(byteCount: 9, limit: 5),
            .noSourceAddress, .sourceNotOurs("::1"), .notAttached, .noFreePort, .stopped,
        ]
        let receive: [ReceiveError] = [.unknownSocket(id), .invalidSize(0)]
        let texts = bind.map(\.description) + send.map(\.description) + receive.map(\.description)
        #expect(texts.allSatisfy { $0.hasSuffix(".") && $0.contains(": ") })
        #expect(Set(texts).count >= texts.count - 3)
    }
}
