import EtherService
import Foundation
import Heddle
import Logging
import NIOCore
import TestSupport
import Testing

/// Meshes in this process, in real time; bounds are loose, for machines under load.
@Suite("A mesh in a program", .serialized, .timeLimit(.minutes(3)))
struct MeshTests {
    static let key: [UInt8] = Array(1...16)

    static func startEther() async throws -> (ether: Ether, port: UInt16) {
        let path = Fixtures.directory.appendingPathComponent("../../config/topology/line.yaml").path
        var logger = Logger(label: "ether")
        logger.logLevel = .critical
        let ether = try await Ether.start(
            Ether.Configuration(topology: TopologyFile.read(path), listen: ListenAddress("127.0.0.1:0")),
            logger: logger)
        let port = try #require(await ether.address()?.port)
        return (ether, try #require(UInt16(exactly: port)))
    }

    /// A node on its own: nobody runs an ether on the discard port.
    static func lonely(_ configuration: MeshConfiguration = MeshConfiguration(key: key)) async throws -> Mesh {
        try await Mesh.open(configuration, etherAt: "127.0.0.1", port: 9, node: "A")
    }

    /// Waits until something is so.
    static func wait(
        _ limit: Duration = .seconds(90), for isSo: () async throws -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let end = ContinuousClock.now + limit
        while try await !isSo() {
            guard ContinuousClock.now < end else {
                Issue.record("it did not become so within \(limit)", sourceLocation: sourceLocation)
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test(
        "Three nodes in a line form one network, reach each other over two hops by ping and UDP, and close",
        arguments: Place.allCases)
    func line(place: Place) async throws {
        let (ether, port) = try await Self.startEther()
        var meshes: [Mesh] = []
        var daemons: [TestDaemon] = []
        for node in ["A", "B", "C"] {
            let (mesh, daemon) = try await place.open(key: Self.key, port: port, node: node)
            meshes.append(mesh)
            if let daemon { daemons.append(daemon) }
        }
        let (a, b, c) = (meshes[0], meshes[1], meshes[2])
        try await Self.wait {
            var partitions: Set<UInt32> = []
            for mesh in meshes {
                // Places change no more once all are routers.
                guard try await mesh.state.isRouting, let leader = try await mesh.leader else { return false }
                partitions.insert(leader.partitionID.rawValue)
            }
            return partitions.count == 1
        }
        try await Self.checkViews(of: b)
        #expect(try await Set(a.neighbors.map(\.rloc16)).isDisjoint(with: [#require(c.rloc16)]))

        let addressOfC = try await Self.routingAddress(of: c)
        var roundTrip: Duration?
        try await Self.wait {
            roundTrip = try? await a.ping(addressOfC, timeout: .seconds(8))
            return roundTrip != nil
        }
        // Four frames of more than 20 ms each.
        #expect(try #require(roundTrip) > .milliseconds(80))

        try await Self.talk(from: a, to: c)
        try await Self.leave(from: a, by: c)

        for mesh in meshes { await mesh.close() }
        await a.close()
        await #expect(throws: MeshError.closed) { try await a.state }
        await #expect(throws: MeshError.closed) { try await a.ping(addressOfC) }
        await #expect(throws: MeshError.closed) { try await a.socket() }
        for daemon in daemons { await daemon.stop() }
        await ether.stop()
    }

    /// The address of a node's place, which others reach without asking for it.
    static func routingAddress(of mesh: Mesh) async throws -> IPv6Address {
        let rloc16 = try #require(await mesh.rloc16)
        return try #require(await mesh.addresses.first { $0.locator == rloc16 })
    }

    /// What the node in the middle sees.
    static func checkViews(of mesh: Mesh) async throws {
        let role = try await mesh.state
        #expect([.router, .leader, .child].contains(role))
        try await wait { try await mesh.neighbors.count == 2 }
        let neighbors = try await mesh.neighbors
        #expect(neighbors.allSatisfy { $0.linkQualityIn == .good && $0.averageRSSI != nil })
        let rloc16 = try #require(await mesh.rloc16)
        #expect(try await mesh.addresses.contains { $0.locator == rloc16 })
        let leader = try #require(await mesh.leader)
        let routers = try await mesh.routers
        let leading = try #require(routers.first { $0.id == leader.routerID })
        #expect(leading.pathCost == (role == .leader ? 0 : 1))
        #expect(try await mesh.isSingle == (routers.count <= 1))
    }

    /// There by the sequence and by `receive`, back by `receiveIfAvailable`.
    static func talk(from a: Mesh, to c: Mesh) async throws {
        let server = try await c.socket()
        #expect(try await server.bind(port: 5000) == 5000)
        let client = try await a.socket()
        let address = try await routingAddress(of: c)
        #expect(try await server.receiveIfAvailable() == nil)

        // Nothing is repeated by UDP: each is sent until it arrives, as a lost frame is no error.
        let waiting = Task { try await server.receive() }
        let first = try await repeated(until: waiting) {
            let byteCount = try await client.send([1, 2, 3], to: address, port: 5000)
            #expect(byteCount == 3)
        }
        #expect(first.payload == [1, 2, 3])
        #expect(first.destination == address)
        #expect(first.destinationPort == 5000)
        #expect(first.sourcePort >= 49152)
        #expect(first.rssi != nil)
        let addressesOfA = try await a.addresses
        #expect(addressesOfA.contains(first.source))

        var answer: Datagram?
        try await wait(.seconds(30)) {
            #expect(try await server.send([4, 5], to: first.source, port: first.sourcePort) == 2)
            try await Task.sleep(for: .seconds(1))
            answer = try await client.receiveIfAvailable()
            return answer != nil
        }
        #expect(answer?.payload == [4, 5])
        #expect(answer?.sourcePort == 5000)

        let sequence = Task {
            for try await datagram in server where datagram.payload == [6] { return true }
            return false
        }
        #expect(
            try await repeated(until: sequence) {
                try await client.send([6], to: address, port: 5000)
            })

        let abandoned = Task { while true { _ = try await server.receive() } }
        try await Task.sleep(for: .milliseconds(50))
        await server.close()
        await #expect(throws: ReceiveError.self) { try await abandoned.value }
        await client.close()
    }

    /// A border router's way out: what one node sends to the outside reaches the program at the other.
    static func leave(from a: Mesh, by c: Mesh) async throws {
        let prefix = try #require(IPv6Prefix("2001:cafe:cafe:cafe::/64"))
        let outside = try #require(IPv6Address("2600::99"))
        let router = try await c.socket()
        try await router.bind(port: 5001)
        try await c.addBorderRouter(prefix)
        #expect(try await c.borderRouters == [BorderRouterPrefix(prefix: prefix, preference: .medium)])
        try await wait(.seconds(60)) { try await a.addresses.contains { prefix.contains($0) } }

        let sensor = try await a.socket()
        let waiting = Task { try await router.receive() }
        let datagram = try await repeated(until: waiting) { try await sensor.send([1, 2], to: outside, port: 7) }
        #expect(datagram.isForOutside && datagram.payload.prefix(1) == [0xbb] && Array(datagram.content) == [1, 2])
        #expect(BorderRouterHeader(datagram.payload) == BorderRouterHeader(address: outside, port: 7))
        #expect(prefix.contains(datagram.source))

        let answering = Task { try await sensor.receive() }
        let answer = try await repeated(until: answering) {
            try await router.send([3], to: datagram.source, port: datagram.sourcePort)
        }
        #expect(answer.payload == [3] && answer.sourcePort == 5001)
        try await c.removeBorderRouter(prefix)
        #expect(try await c.borderRouters.isEmpty)
        await router.close()
        await sensor.close()
    }

    /// The task's value, while something is done every two seconds.
    static func repeated<Value: Sendable>(
        until task: Task<Value, any Error>, _ action: @escaping @Sendable () async throws -> Void
    ) async throws -> Value {
        let repeating = Task {
            for _ in 0..<15 {
                try await action()
                try await Task.sleep(for: .seconds(2))
            }
            task.cancel()
        }
        defer { repeating.cancel() }
        return try await task.value
    }

    @Test("A key of more than 16 bytes is refused; shorter ones are taken")
    func keys() async throws {
        await #expect(throws: MeshError.keyTooLong(byteCount: 17)) {
            try await Self.lonely(MeshConfiguration(key: Array(0...16)))
        }
        let mesh = try await Self.lonely(MeshConfiguration(key: [1, 2, 3]))
        #expect(try await mesh.meshLocalAddress != nil)
        await mesh.close()
    }

    @Test("Channels, PAN ids, names and prefixes that do not exist are refused, and ether addresses that are none")
    func configurations() async throws {
        let good = MeshConfiguration(key: Self.key)
        func refusal(_ change: (inout MeshConfiguration) -> Void) async throws -> MeshError? {
            var configuration = good
            change(&configuration)
            do {
                await (try Self.lonely(configuration)).close()
                return nil
            } catch let error as MeshError {
                return error
            }
        }
        #expect(try await refusal { _ in } == nil)
        #expect(try await refusal { $0.channel = 10 } == .invalidChannel(10))
        #expect(try await refusal { $0.channel = 27 } == .invalidChannel(27))
        #expect(try await refusal { $0.panID = .broadcast } == .invalidPANID)
        #expect(try await refusal { $0.name = "" } == .invalidName(""))
        #expect(try await refusal { $0.name = "seventeen letters" } == .invalidName("seventeen letters"))
        let prefix = try #require(IPv6Prefix("2001:db8::/64"))
        #expect(try await refusal { $0.meshLocalPrefix = prefix } == .invalidMeshLocalPrefix("\(prefix)"))
        #expect(try await refusal { $0.socketLimit = 0 } == .invalidSocketLimit(0))
        #expect(try await refusal { $0.socketLimit = 65 } == .invalidSocketLimit(65))
        await #expect(throws: MeshError.invalidEtherAddress("nowhere, port 1")) {
            try await Mesh.open(good, etherAt: "nowhere", port: 1, node: "A")
        }
    }

    @Test("A state file keeps the node's address across a restart")
    func state() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heddle-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = MeshConfiguration(key: Self.key, statePath: folder.appendingPathComponent("a.sqlite").path)
        var found: [IPv6Address?] = []
        for _ in 0..<2 {
            let mesh = try await Self.lonely(configuration)
            found.append(try await mesh.meshLocalAddress)
            await mesh.close()
        }
        #expect(found[0] != nil)
        #expect(found[0] == found[1])
    }
}
