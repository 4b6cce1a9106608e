import ControlService
import Foundation
import Heddle
import Testing

/// What a mesh says of itself, and its command line, wherever its node is.
@Suite("The calls of a mesh", .timeLimit(.minutes(1)))
struct MeshCallsTests {
    @Test("A node without neighbors sees nobody", arguments: Place.allCases)
    func alone(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            #expect(try await mesh.state == .detached)
            #expect(try await mesh.rloc16 == nil)
            #expect(try await mesh.leader == nil)
            #expect(try await mesh.neighbors.isEmpty)
            #expect(try await mesh.routers.isEmpty)
            #expect(try await mesh.borderRouters.isEmpty)
            #expect(try await mesh.addresses.count == 2)
            #expect(try await mesh.meshLocalAddress != nil)
        }
    }

    @Test("A short key is padded with zero bytes, as the command line shows", arguments: Place.allCases)
    func paddedKey(place: Place) async throws {
        try await place.withMesh(key: [0x11, 0x22, 0x33]) { mesh async throws in
            #expect(try await mesh.cli("networkkey") == "11223300000000000000000000000000\n")
        }
    }

    @Test("Commands answer in their lines, and fail with OpenThread's number and name", arguments: Place.allCases)
    func commands(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            #expect(try await mesh.cli("state") == "detached\n")
            #expect(try await mesh.cli("") == "")
            #expect(try await mesh.cli("ipaddr").split(separator: "\n").count == 2)
            await #expect(throws: MeshError.command(code: 35, name: "InvalidCommand")) { try await mesh.cli("bogus") }
            await #expect(throws: MeshError.command(code: 7, name: "InvalidArgs")) { try await mesh.cli("ping") }
            await #expect(throws: MeshError.self) { try await mesh.cli("state\nstate") }
            await #expect(throws: MeshError.self) { try await mesh.cli(String(repeating: "x", count: 10_000)) }
            #expect(try await mesh.cli("state") == "detached\n")
        }
    }

    @Test("A command that takes its time keeps neither sockets nor other calls waiting", arguments: Place.allCases)
    func slowCommand(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let clock = ContinuousClock()
            let began = clock.now
            let ping = Task { try await mesh.cli("ping fe80::1 8 1 1 64 2") }
            let behind = Task { try await mesh.cli("state") }
            let own = try #require(await mesh.addresses.first { $0.isLinkLocalUnicast })
            let socket = try await mesh.socket()
            try await socket.bind(port: 5000)
            try await socket.send([1], to: own, port: 5000)
            #expect(try await socket.receive().payload == [1])
            #expect(clock.now - began < .seconds(2))
            #expect(try await ping.value.hasPrefix("1 packets transmitted, 0 packets received."))
            #expect(try await behind.value == "detached\n")
        }
    }

    @Test("A mesh that is down says so, and works again when it is up", arguments: Place.allCases)
    func down(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let socket = try await mesh.socket()
            try await socket.bind(port: 5000)
            let nobody = try #require(IPv6Address("fdde:ad00:beef::1"))
            for command in ["thread stop", "ifconfig down"] {
                _ = try await mesh.cli(command)
                #expect(try await mesh.state == .disabled)
                await #expect(throws: SendError.stopped) { try await socket.send([1], to: nobody, port: 5000) }
                await #expect(throws: SendError.stopped) { try await mesh.ping(nobody) }
            }
            #expect(try await mesh.addresses.isEmpty)
            _ = try await mesh.cli("ifconfig up")
            _ = try await mesh.cli("thread start")
            #expect(try await mesh.state == .detached)
            let own = try #require(await mesh.addresses.first { $0.isLinkLocalUnicast })
            try await socket.send([1], to: own, port: 5000)
            #expect(try await socket.receive().payload == [1])
        }
    }

    @Test("Prefixes that cannot be offered are refused, and nothing is offered", arguments: Place.allCases)
    func borderRouterRefusals(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let long = try #require(IPv6Prefix("2001:db8::/96"))
            await #expect(throws: BorderRouterError.invalidLength(96)) { try await mesh.addBorderRouter(long) }
            let local = try #require(IPv6Prefix("fdde:ad00:beef::/64"))
            await #expect(throws: BorderRouterError.notRoutable("\(local)")) { try await mesh.addBorderRouter(local) }
            let other = try #require(IPv6Prefix("2001:db8::/64"))
            await #expect(throws: BorderRouterError.notOffered("\(other)")) {
                try await mesh.removeBorderRouter(other)
            }
            #expect(try await mesh.borderRouters.isEmpty)
            try await mesh.addBorderRouter(other, preference: .high)
            #expect(try await mesh.borderRouters == [BorderRouterPrefix(prefix: other, preference: .high)])
            #expect(try await mesh.cli("prefix").contains("2001:db8:0:0::/64 paros high"))
            try await mesh.removeBorderRouter(other)
            #expect(try await mesh.borderRouters.isEmpty)
        }
    }

    @Test("Changes of the role are told until the mesh is closed", arguments: Place.allCases)
    func roles(place: Place) async throws {
        try await place.withMesh { mesh async throws in
            let changes = try await mesh.stateChanges()
            _ = try await mesh.cli("thread stop")
            _ = try await mesh.cli("thread start")
            let seen = Task { () -> [Role] in
                var roles: [Role] = []
                for await role in changes { roles.append(role) }
                return roles
            }
            try await Task.sleep(for: .milliseconds(100))
            await mesh.close()
            #expect(await seen.value == [.disabled, .detached])
        }
    }
}

/// The connection to a daemon.
@Suite("A mesh of a daemon", .timeLimit(.minutes(1)))
struct DaemonMeshTests {
    @Test("Where no daemon listens, the error says what to do")
    func nothingListens() async throws {
        let folder = "/tmp/heddle-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["nobody.sock", "file"] {
            let path = "\(folder)/\(name)"
            if name == "file" { try Data().write(to: URL(fileURLWithPath: path)) }
            await #expect(throws: MeshError.daemonNotRunning(path: path)) { try await Mesh.connect(to: path) }
        }
        for path in ["", "/" + String(repeating: "x", count: 107)] {
            await #expect(throws: MeshError.invalidControlPath(path)) { try await Mesh.connect(to: path) }
        }
        await #expect(throws: MeshError.keyTooLong(byteCount: 17)) {
            try await Mesh.connect(to: "\(folder)/nobody.sock", key: [UInt8](repeating: 1, count: 17))
        }
    }

    @Test("A key that is given makes the daemon's node join its network; none leaves it as it is")
    func key() async throws {
        let daemon = try await TestDaemon.start(key: nil, port: 9, node: "A")
        let watching = try await Mesh.connect(to: daemon.path)
        #expect(try await watching.state == .disabled)
        await #expect(throws: MeshError.command(code: 13, name: "InvalidState")) {
            try await watching.cli("thread start")
        }
        let joining = try await Mesh.connect(to: daemon.path, key: [0x11, 0x22])
        #expect(try await watching.state == .detached)
        #expect(try await watching.cli("networkkey") == "11220000000000000000000000000000\n")
        await joining.close()
        #expect(try await watching.state == .detached)
        await watching.close()
        await daemon.stop()
    }

    @Test("Programs see only their own sockets, and none outlives its program")
    func programs() async throws {
        let daemon = try await TestDaemon.start(key: MeshTests.key, port: 9, node: "A")
        let (first, second) = (try await Mesh.connect(to: daemon.path), try await Mesh.connect(to: daemon.path))
        for mesh in [first, second] {
            for _ in 0..<3 { _ = try await mesh.socket() }
            await #expect(throws: BindError.socketLimit(3)) { try await mesh.socket() }
        }
        #expect(try await daemon.socketCount == 6)
        await first.close()
        try await MeshTests.wait(.seconds(10)) { try await daemon.socketCount == 3 }
        #expect(try await second.state == .detached)
        await second.close()
        try await MeshTests.wait(.seconds(10)) { try await daemon.socketCount == 0 }
        await daemon.stop()
    }

    @Test("When the daemon goes, whoever waits is told so, and every call after it")
    func daemonGoes() async throws {
        let daemon = try await TestDaemon.start(key: MeshTests.key, port: 9, node: "A")
        let mesh = try await Mesh.connect(to: daemon.path)
        let socket = try await mesh.socket()
        try await socket.bind(port: 5000)
        let own = try await UDPSocketTests.linkLocalAddress(of: mesh)
        let nobody = try #require(IPv6Address("fe80::1"))
        let waiting = Task { try await socket.receive() }
        let pinging = Task { try await mesh.ping(nobody, timeout: .seconds(50)) }
        let commanding = Task { try await mesh.cli("ping fe80::1 8 1 1 64 50") }
        try await Task.sleep(for: .milliseconds(100))
        await daemon.stop()
        let gone = MeshError.daemonGone(reason: "it has stopped")
        await #expect(throws: gone) { try await waiting.value }
        await #expect(throws: gone) { try await pinging.value }
        await #expect(throws: gone) { try await commanding.value }
        await #expect(throws: gone) { try await mesh.state }
        await #expect(throws: gone) { try await socket.send([1], to: own, port: 5000) }
        await #expect(throws: gone) { try await socket.receiveIfAvailable() }
        await #expect(throws: gone) { try await mesh.cli("state") }
        await #expect(throws: gone) { for try await datagram in socket { Issue.record("\(datagram)") } }
        await mesh.close()
        await #expect(throws: MeshError.daemonNotRunning(path: daemon.path)) {
            try await Mesh.connect(to: daemon.path)
        }
    }

    @Test("A daemon with as many clients as it serves says so")
    func tooManyClients() async throws {
        var control = ControlServer.Configuration()
        control.clients = 1
        let daemon = try await TestDaemon.start(key: MeshTests.key, port: 9, node: "A", control: control)
        let mesh = try await Mesh.connect(to: daemon.path)
        let refused = MeshError.daemonGone(reason: "1 clients are connected already; close one")
        await #expect(throws: refused) { try await Mesh.connect(to: daemon.path) }
        await mesh.close()
        await daemon.stop()
    }

    @Test("What listens and speaks another protocol is no daemon")
    func otherProtocol() async throws {
        let server = try await OtherServer.start(greeting: "HTTP/1.1 400 Bad Request\r\n\r\n")
        await #expect(throws: MeshError.notADaemon(path: server.path)) { try await Mesh.connect(to: server.path) }
        await server.stop()
    }
}
