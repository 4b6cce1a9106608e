import EngineCore
import Testing
import ThreadWire

@testable import IPEngine

@Suite("IP engine: what an application leads out of the mesh")
struct IPEngineOutsideTests {
    private let peer = endpoint(0x0800)
    private let outside = address("2600::1")

    @Test("a datagram for the outside goes to the first bound socket that takes such, and says so")
    func delivery() throws {
        var node = makeNode()
        let sockets = [try node.open(), try node.open(), try node.open()]
        let datagram = makeUDP(from: peer, to: outside, 7, payload: [1, 2])
        let withoutReceiver = node.deliverToOutsideSocket(datagram)
        #expect(!withoutReceiver)

        try node.setReceivesOutside(sockets[1], true)
        try node.setReceivesOutside(sockets[2], true)
        let first = node.deliverToOutsideSocket(datagram)
        #expect(first && node.outputs() == [.readable(sockets[1])])
        let received = try #require(try node.receive(sockets[1]))
        #expect(received.isForOutside && received.payload == [1, 2])
        #expect(received.source == SocketAddress(peer, port: 1000))
        #expect(received.destination == SocketAddress(outside, port: 7))

        _ = try node.bind(sockets[2], port: 9)
        let second = node.deliverToOutsideSocket(datagram)
        #expect(second && node.outputs() == [.readable(sockets[2])])
        try node.setReceivesOutside(sockets[2], false)
        node.close(sockets[1])
        let afterwards = node.deliverToOutsideSocket(datagram)
        #expect(!afterwards)
        #expect(throws: BindError.unknownSocket(sockets[1])) { try node.setReceivesOutside(sockets[1], true) }
    }

    @Test("only whole UDP datagrams go there")
    func others() throws {
        var node = makeNode()
        let socket = try node.open()
        try node.setReceivesOutside(socket, true)
        let datagram = makeUDP(from: peer, to: outside, 7, payload: [1, 2])
        for length in 0..<datagram.count {
            let isTaken = node.deliverToOutsideSocket(Array(datagram.prefix(length)))
            #expect(!isTaken, "\(length) bytes")
        }
        var corrupt = datagram
        corrupt[corrupt.count - 1] ^= 1
        let taken = [
            node.deliverToOutsideSocket(corrupt),
            node.deliverToOutsideSocket(makeDatagram(.icmpv6, [128, 0, 0, 0], from: peer, to: outside)),
        ]
        #expect(taken == [false, false] && node.outputs() == [])
    }

    @Test("an end device with such a socket leads out of the mesh, one without does not")
    func endDevice() throws {
        var node = makeNode(isForwarder: false)
        let datagram = makeUDP(from: peer, to: outside, 7)
        node.receive(datagram, link: secured, now: .zero)
        #expect(node.sent().isEmpty && node.drops[.noRoute] == 1)
        try node.setReceivesOutside(node.open(), true)
        node.receive(datagram, link: secured, now: .zero)
        #expect(node.sent().map(\.isForwarded) == [true])
    }
}
