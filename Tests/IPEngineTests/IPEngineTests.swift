import EngineCore
import LinkProfiles
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import IPEngine

@Suite("IP engine, all together")
struct IPEngineTests {
    /// Nodes in a line that hear their neighbours alone; frames take a millisecond.
    struct Line {
        var nodes: [IPEngine]
        var now = Instant.zero
        private var inFlight: [(at: Instant, to: Int, from: Int, datagram: OutgoingDatagram)] = []
        /// How often each node has sent.
        private(set) var transmissions: [Int]
        private(set) var events: [[IPOutput]]

        init(_ nodes: [IPEngine]) {
            self.nodes = nodes
            transmissions = nodes.map { _ in 0 }
            events = nodes.map { _ in [] }
        }

        private mutating func drain() {
            for index in nodes.indices {
                for output in nodes[index].outputs() {
                    guard case .send(let datagram) = output else {
                        events[index].append(output)
                        continue
                    }
                    transmissions[index] += 1
                    for neighbor in [index - 1, index + 1] where nodes.indices.contains(neighbor) {
                        inFlight.append((now + .milliseconds(1), neighbor, index, datagram))
                    }
                }
            }
        }

        /// Runs until nothing is left to happen.
        mutating func run(limit: Int = 10_000) {
            for _ in 0..<limit {
                drain()
                let next = (nodes.map(\.nextDeadline) + inFlight.map { $0.at }).reduce(nil) { earlier($0, $1) }
                guard let next else { return }
                now = max(now, next)
                for index in nodes.indices { nodes[index].handleDeadline(now: now) }
                let arriving = inFlight.filter { $0.at <= now }
                inFlight.removeAll { $0.at <= now }
                for frame in arriving {
                    nodes[frame.to].receive(
                        frame.datagram.bytes,
                        link: LinkMetadata(isSecured: true, source: .short(ShortAddress(rawValue: UInt16(frame.from)))),
                        now: now)
                }
            }
            Issue.record("the line never came to rest")
        }
    }

    @Test("a realm-wide datagram reaches every node of a line once, each router sending it twice")
    func multicastOverLine() throws {
        var line = Line((1...5).map { makeNode($0 << 10) })
        let sockets = try line.nodes.indices.map { index in
            let socket = try line.nodes[index].open()
            _ = try line.nodes[index].bind(socket, port: 1234)
            return socket
        }
        try line.nodes[0].send(
            sockets[0], to: SocketAddress(.realmLocalAllNodes, port: 1234), payload: [7, 7], now: line.now)
        line.run()
        #expect(line.transmissions == [2, 2, 2, 2, 2])
        for index in 1..<5 {
            let datagram = try #require(try line.nodes[index].receive(sockets[index]))
            #expect(datagram.payload == [7, 7] && datagram.source.address == endpoint(1 << 10))
            #expect(datagram.hopLimit == 64 - UInt8(index - 1))
            #expect(try line.nodes[index].receive(sockets[index]) == nil)
            #expect(line.events[index] == [.readable(sockets[index])])
        }
        // Its own datagram does not come back to the node that sent it.
        #expect(try line.nodes[0].receive(sockets[0]) == nil)
        #expect(line.nodes[0].drops[.duplicateMulticast] == 2)
        #expect(line.nodes[2].drops[.duplicateMulticast] == 3)
    }

    @Test("a hop limit ends a multicast datagram's way")
    func multicastHopLimit() throws {
        var line = Line((1...5).map { makeNode($0 << 10) })
        let socket = try line.nodes[0].open()
        try line.nodes[0].send(
            socket, to: SocketAddress(.realmLocalAllNodes, port: 1234), payload: [], hopLimit: 3, now: line.now)
        line.run()
        #expect(line.transmissions == [2, 2, 2, 0, 0])
    }

    @Test("a multicast datagram beyond the realm goes through a tunnel, and comes out as it was")
    func tunnel() throws {
        let group = address("ff05::1234")
        var line = Line((1...3).map { makeNode($0 << 10) })
        for index in 0..<3 { line.nodes[index].multicastAddresses.append(group) }
        let socket = try line.nodes[2].open()
        _ = try line.nodes[2].bind(socket, port: 1234)
        let sender = try line.nodes[0].open()
        try line.nodes[0].send(sender, to: SocketAddress(group, port: 1234), payload: [9], hopLimit: 7, now: line.now)
        line.run()
        let datagram = try #require(try line.nodes[2].receive(socket))
        #expect(datagram.destination == SocketAddress(group, port: 1234) && datagram.payload == [9])
        #expect(datagram.hopLimit == 7)
        #expect(try line.nodes[2].receive(socket) == nil)
        #expect(line.transmissions == [2, 2, 2])
    }

    @Test("an end device's multicast is sent once by itself, and on by its parent")
    func child() throws {
        var line = Line([makeNode(0x0401, isForwarder: false), makeNode(0x0400), makeNode(0x0800)])
        let socket = try line.nodes[0].open()
        try line.nodes[0].send(
            socket, to: SocketAddress(.realmLocalAllNodes, port: 1234), payload: [], now: line.now)
        line.run()
        #expect(line.transmissions == [1, 2, 2])
    }

    @Test("a multicast ping is answered by every node that hears it, from its own address")
    func multicastPing() throws {
        var line = Line([makeNode(0x0400), makeNode(0x0800)])
        try line.nodes[0].sendEcho(
            identifier: 5, sequence: 1, payload: [1], to: .linkLocalAllNodes, from: nil, now: line.now)
        line.run()
        #expect(
            line.events[0] == [
                .echoReply(
                    EchoReply(
                        source: linkLocal(0x0800), destination: linkLocal(0x0400), identifier: 5, sequence: 1,
                        payload: [1], hopLimit: 64))
            ])
    }

    @Test("every datagram of the recordings, and many that are a little wrong, are taken without a trap")
    func mutation() throws {
        let seed: UInt64 = 4242
        var generator = SeededGenerator(seed: seed)
        let datagrams = try Fixtures.lowPANFrames().compactMap(\.datagram)
        var node = makeNode(0xd000)
        node.unicastAddresses.append(UnicastAddress(address("2001:cafe:cafe:cafe::1"), origin: .slaac))
        var now = Instant.zero
        for datagram in datagrams {
            for round in 0..<8 {
                now += .milliseconds(20)
                node.isForwarder = Bool.random(using: &generator)
                node.hostReceives = Bool.random(using: &generator)
                var bytes = round == 0 ? datagram : generator.mutated(datagram)
                // Half of them are addressed to this node.
                if bytes.count >= 40, Bool.random(using: &generator) {
                    bytes.replaceSubrange(24..<40, with: locator(0xd000).bytes)
                }
                let link = Bool.random(using: &generator) ? secured : unsecured
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    node.receiveFromHost(bytes, now: now)
                } else {
                    node.receive(bytes, link: link, now: now)
                }
                #expect(node.seeds.count <= 32 && node.forwarder.count <= 8, "seed \(seed)")
                for case .send(let sent) in node.outputs() {
                    #expect(throws: Never.self, "seed \(seed): \(hexadecimal(bytes))") {
                        var reader = ByteReader(sent.bytes)
                        let header = try IPv6Header(parsing: &reader)
                        #expect(Int(header.payloadLength) == reader.remaining && header.hopLimit > 0)
                    }
                }
            }
        }
    }
}
