import Heddle
import Testing

/// Sockets of a node on its own, which talks to itself by its link-local address.
@Suite("A UDP socket of a mesh", .timeLimit(.minutes(1)))
struct UDPSocketTests {
    static func linkLocalAddress(of mesh: Mesh) async throws -> IPv6Address {
        try #require(await mesh.addresses.first { $0.isLinkLocalUnicast })
    }

    @Test("A port that another socket has is refused until that socket is closed")
    func portInUse() async throws {
        let mesh = try await MeshTests.lonely()
        let (first, second) = (try await mesh.socket(), try await mesh.socket())
        try await first.bind(port: 5000)
        await #expect(throws: BindError.portInUse(5000)) { try await second.bind(port: 5000) }
        await first.close()
        #expect(try await second.bind(port: 5000) == 5000)
        await mesh.close()
    }

    @Test("A socket is bound to an address of the node, not to another's")
    func boundAddress() async throws {
        let mesh = try await MeshTests.lonely()
        let socket = try await mesh.socket()
        let foreign = try #require(IPv6Address("fe80::1"))
        await #expect(throws: BindError.self) { try await socket.bind(address: foreign, port: 5000) }
        let own = try await Self.linkLocalAddress(of: mesh)
        #expect(try await socket.bind(address: own, port: 0) >= 49152)
        await mesh.close()
    }

    @Test("A closed socket neither sends nor receives, and closing it again does nothing")
    func closed() async throws {
        let mesh = try await MeshTests.lonely()
        let socket = try await mesh.socket()
        let own = try await Self.linkLocalAddress(of: mesh)
        await socket.close()
        await socket.close()
        await #expect(throws: SendError.self) { try await socket.send([1], to: own, port: 5000) }
        await #expect(throws: ReceiveError.self) { try await socket.receive() }
        await #expect(throws: ReceiveError.self) { try await socket.receiveIfAvailable() }
        await #expect(throws: BindError.self) { try await socket.bind(port: 5000) }
        for try await datagram in socket { Issue.record("\(datagram)") }
        await mesh.close()
        await #expect(throws: MeshError.closed) { try await socket.send([1], to: own, port: 5000) }
    }

    @Test("Datagrams come in the order they were sent, to who waits and to who asks later")
    func order() async throws {
        let mesh = try await MeshTests.lonely()
        let socket = try await mesh.socket()
        try await socket.bind(port: 5000)
        let own = try await Self.linkLocalAddress(of: mesh)
        #expect(try await socket.receiveIfAvailable() == nil)
        for number in 1...3 as ClosedRange<UInt8> {
            #expect(try await socket.send([UInt8](repeating: number, count: 10), to: own, port: 5000) == 10)
        }
        let first = try await socket.receive()
        #expect(first.payload.first == 1)
        #expect(first.source == own)
        #expect(first.sourcePort == 5000)
        #expect(first.rssi == nil)
        #expect(try await socket.receiveIfAvailable()?.payload.first == 2)
        #expect(try await socket.receive().payload.first == 3)
        #expect(try await socket.receiveIfAvailable() == nil)
        await mesh.close()
    }

    @Test("A task that is cancelled waits no longer and takes no datagram from the next one")
    func cancellation() async throws {
        let mesh = try await MeshTests.lonely()
        let socket = try await mesh.socket()
        try await socket.bind(port: 5000)
        let own = try await Self.linkLocalAddress(of: mesh)
        let cancelled = Task { try await socket.receive() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let waiting = Task { try await socket.receive() }
        try await socket.send([7], to: own, port: 5000)
        #expect(try await waiting.value.payload == [7])
        await mesh.close()
    }

    @Test("Whoever waits when the mesh is closed is told so, and the sequence ends")
    func closedMesh() async throws {
        let mesh = try await MeshTests.lonely()
        let socket = try await mesh.socket()
        try await socket.bind(port: 5000)
        let waiting = Task { try await socket.receive() }
        let counting = Task {
            var count = 0
            for try await _ in socket { count += 1 }
            return count
        }
        try await Task.sleep(for: .milliseconds(50))
        await mesh.close()
        await #expect(throws: MeshError.closed) { try await waiting.value }
        #expect(try await counting.value == 0)
    }

    @Test("A node answers its own ping at once; who does not exist does not answer")
    func ping() async throws {
        let mesh = try await MeshTests.lonely()
        let own = try await Self.linkLocalAddress(of: mesh)
        #expect(try await mesh.ping(own, timeout: .seconds(5)) < .seconds(1))
        let nobody = try #require(IPv6Address("fe80::1"))
        await #expect(throws: MeshError.noAnswer(from: "\(nobody)")) {
            try await mesh.ping(nobody, timeout: .milliseconds(100))
        }
        await #expect(throws: SendError.self) { try await mesh.ping(own, size: 2000) }
        await mesh.close()
    }
}
