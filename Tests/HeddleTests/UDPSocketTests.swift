import Heddle
import Testing

/// Sockets of a node on its own, which talks to itself by its link-local address.
@Suite("A UDP socket of a mesh", .timeLimit(.minutes(1)))
struct UDPSocketTests {
    static func linkLocalAddress(of mesh: Mesh) async throws -> IPv6Address {
        try #require(await mesh.addresses.first { $0.isLinkLocalUnicast })
    }

    @Test("A port that another socket has is refused until that socket is closed", arguments: Place.allCases)
    func portInUse(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let (first, second) = (try await mesh.socket(), try await mesh.socket())
            try await first.bind(port: 5000)
            await #expect(throws: BindError.portInUse(5000)) { try await second.bind(port: 5000) }
            await first.close()
            #expect(try await second.bind(port: 5000) == 5000)
        }
    }

    @Test("A fourth socket is refused until one is closed", arguments: Place.allCases)
    func fourthSocket(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            var sockets: [UDPSocket] = []
            for _ in 0..<3 { sockets.append(try await mesh.socket()) }
            #expect(Set(sockets).count == 3)
            await #expect(throws: BindError.socketLimit(3)) { try await mesh.socket() }
            await sockets[0].close()
            _ = try await mesh.socket()
            await #expect(throws: BindError.socketLimit(3)) { try await mesh.socket() }
        }
        try await place.withMesh(sockets: 5) { mesh async throws in
            for _ in 0..<5 { _ = try await mesh.socket() }
            await #expect(throws: BindError.socketLimit(5)) { try await mesh.socket() }
        }
    }

    @Test("A port is one of 1024 to 63535, and none of Thread's own", arguments: Place.allCases)
    func ports(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let socket = try await mesh.socket()
            for port in [1, 1023, 63536, 65535] as [UInt16] {
                await #expect(throws: BindError.portOutOfRange(port)) { try await socket.bind(port: port) }
            }
            await #expect(throws: BindError.portReserved(61631)) { try await socket.bind(port: 61631) }
            #expect(try await socket.bind(port: 1024) == 1024)
            #expect(try await socket.bind(port: 63535) == 63535)
        }
    }

    @Test("A socket is bound to an address of the node, not to another's", arguments: Place.allCases)
    func boundAddress(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let socket = try await mesh.socket()
            let foreign = try #require(IPv6Address("fe80::1"))
            await #expect(throws: BindError.addressNotOurs("\(foreign)")) {
                try await socket.bind(address: foreign, port: 5000)
            }
            let own = try await Self.linkLocalAddress(of: mesh)
            #expect(try await socket.bind(address: own, port: 0) >= 49152)
        }
    }

    @Test("A socket that is bound again has the new port, and what waited in it", arguments: Place.allCases)
    func boundAgain(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let socket = try await mesh.socket()
            let own = try await Self.linkLocalAddress(of: mesh)
            try await socket.bind(port: 1234)
            try await socket.send([1], to: own, port: 1234)
            try await socket.bind(address: own, port: 1235)
            try await socket.send([2], to: own, port: 1235)
            #expect(try await socket.receive().payload == [1])
            #expect(try await socket.receive().payload == [2])
            try await mesh.socket().bind(port: 1234)
        }
    }

    @Test("A closed socket neither sends nor receives, and closing it again does nothing", arguments: Place.allCases)
    func closed(place: Place) async throws {
        try await place.withMesh { mesh async throws in
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
    }

    @Test("Datagrams come in the order they were sent, to who waits and to who asks later", arguments: Place.allCases)
    func order(place: Place) async throws {
        try await place.withMesh { mesh async throws in
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
        }
    }

    @Test("A buffer takes what fits into it, and the rest of the datagram is lost", arguments: Place.allCases)
    func bufferSize(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let socket = try await mesh.socket()
            try await socket.bind(port: 5000)
            let own = try await Self.linkLocalAddress(of: mesh)
            for _ in 0..<2 { try await socket.send([1, 2, 3, 4], to: own, port: 5000) }
            let cut = try await socket.receive(atMost: 3)
            #expect(cut.payload == [1, 2, 3] && cut.missingByteCount == 1)
            let whole = try await socket.receiveIfAvailable(atMost: 4)
            #expect(whole?.payload == [1, 2, 3, 4] && whole?.missingByteCount == 0)
            #expect(try await socket.receiveIfAvailable(atMost: 4) == nil)
            for size in [0, -1] {
                await #expect(throws: ReceiveError.invalidSize(size)) { try await socket.receive(atMost: size) }
                await #expect(throws: ReceiveError.invalidSize(size)) {
                    try await socket.receiveIfAvailable(atMost: size)
                }
            }
        }
    }

    @Test("A datagram too large, or to nowhere, is refused", arguments: Place.allCases)
    func refusedDatagrams(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let socket = try await mesh.socket()
            let own = try await Self.linkLocalAddress(of: mesh)
            let limit = 1232
            #expect(try await socket.send([UInt8](repeating: 1, count: limit), to: own, port: 5000) == limit)
            for count in [limit + 1, 100_000] {
                await #expect(throws: SendError.payloadTooLarge(byteCount: count, limit: limit)) {
                    try await socket.send([UInt8](repeating: 1, count: count), to: own, port: 5000)
                }
            }
            await #expect(throws: SendError.invalidDestination("[\(own)]:0")) {
                try await socket.send([1], to: own, port: 0)
            }
            let nobody = try #require(IPv6Address("fdde:ad00:beef::1"))
            await #expect(throws: SendError.notAttached) { try await socket.send([1], to: nobody, port: 5000) }
        }
    }

    @Test("A task that is cancelled waits no longer and takes no datagram from the next one", arguments: Place.allCases)
    func cancellation(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let socket = try await mesh.socket()
            try await socket.bind(port: 5000)
            let own = try await Self.linkLocalAddress(of: mesh)
            let cancelled = Task { try await socket.receive() }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            let waiting = Task { try await socket.receive() }
            try await socket.send([7], to: own, port: 5000)
            #expect(try await waiting.value.payload == [7])
        }
    }

    @Test("Many who wait get a datagram each, and none is lost", arguments: Place.allCases)
    func manyReaders(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let socket = try await mesh.socket()
            try await socket.bind(port: 5000)
            let own = try await Self.linkLocalAddress(of: mesh)
            let payloads = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<12 { group.addTask { try await socket.receive().payload } }
                for number in 0..<12 as Range<UInt8> { try await socket.send([number], to: own, port: 5000) }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(payloads) == Set((0..<12 as Range<UInt8>).map { [$0] }))
        }
    }

    @Test("A handler is called for each datagram with its socket, one call after the other", arguments: Place.allCases)
    func handler(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let (first, second) = (try await mesh.socket(), try await mesh.socket())
            try await first.bind(port: 5000)
            try await second.bind(port: 5001)
            let own = try await Self.linkLocalAddress(of: mesh)
            let (arrived, arrivals) = AsyncStream.makeStream(of: (UDPSocket, [UInt8]?).self)
            try await mesh.onReceive { socket in
                while let datagram = try? await socket.receiveIfAvailable() {
                    arrivals.yield((socket, datagram.payload))
                }
                arrivals.yield((socket, nil))
            }
            try await first.send([1], to: own, port: 5000)
            try await first.send([2], to: own, port: 5001)
            try await first.send([3], to: own, port: 5000)
            var found: [UDPSocket: [[UInt8]]] = [:]
            var endedCalls = 0
            for await (socket, payload) in arrived {
                if let payload { found[socket, default: []].append(payload) } else { endedCalls += 1 }
                if endedCalls == 3 { break }
            }
            #expect(found == [first: [[1], [3]], second: [[2]]])
            try await mesh.onReceive(nil)
            try await first.send([4], to: own, port: 5000)
            #expect(try await first.receive().payload == [4])
        }
    }

    @Test("Whoever waits when the mesh is closed is told so, and the sequence ends", arguments: Place.allCases)
    func closedMesh(place: Place) async throws {
        try await place.withMesh { mesh async throws in
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
    }

    @Test("A node answers its own ping at once; who does not exist does not answer", arguments: Place.allCases)
    func ping(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let own = try await Self.linkLocalAddress(of: mesh)
            #expect(try await mesh.ping(own, timeout: .seconds(5)) < .seconds(1))
            let nobody = try #require(IPv6Address("fe80::1"))
            await #expect(throws: MeshError.noAnswer(from: "\(nobody)")) {
                try await mesh.ping(nobody, timeout: .milliseconds(100))
            }
            await #expect(throws: SendError.self) { try await mesh.ping(own, size: 2000) }
        }
    }
}
