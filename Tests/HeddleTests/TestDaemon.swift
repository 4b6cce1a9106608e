import ControlService
import CryptoProviders
import EngineCore
import Foundation
import Heddle
import LinkProfiles
import LinuxDevices
import Logging
import NIOCore
import NIOPosix
import NodeEngine
import NodeRuntime
import NodeService
import RadioDrivers
import Testing
import ThreadCLI
import ThreadWire

/// What a `heddled` is to the library: a node on a virtual ether behind a control socket.
final class TestDaemon: Sendable {
    let path: String
    private let folder: String
    private let runtime: NodeRuntime
    private let server: ControlServer

    private init(folder: String, runtime: NodeRuntime, server: ControlServer) {
        self.folder = folder
        path = server.path
        self.runtime = runtime
        self.server = server
    }

    /// - Parameters:
    ///   - key: nil for a node that knows no network and is stopped.
    ///   - port: the ether's.
    static func start(
        key: [UInt8]?, sockets: Int = 3, port: UInt16, node name: String,
        control: ControlServer.Configuration = .init()
    ) async throws -> TestDaemon {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let profile = LinkProfile.lora(.sf7bw250)
        let entropy = KernelEntropy()
        let radio = EtherRadio(
            eventLoop: eventLoop, address: try SocketAddress(ipAddress: "127.0.0.1", port: Int(port)), node: name,
            configuration: RadioConfiguration(
                phy: profile.phy, frequency: Hertz(869_525_000), power: DecibelMilliwatts(14)),
            hasFrameCheckSequence: false)
        let runtime = NodeRuntime(
            node: NodeEngine(
                configuration: NodeEngine.Configuration(profile: profile), profile: profile,
                extendedAddress: ExtendedAddress(rawValue: entropy.seed()), cryptography: MbedTLSCryptography(),
                entropy: EntropySource(secret: entropy, openSeed: entropy.seed())),
            radio: radio, store: nil, logger: logger)
        var limits = MeshSession.Limits()
        limits.sockets = sockets
        let service = NodeControl(
            runtime: runtime, commands: CommandInterpreter.Configuration(), limits: limits)
        try await eventLoop.submit {
            try runtime.start()
            service.attach()
        }.get()
        if let key {
            let dataset = MeshNetwork.dataset(networkKey: try MeshNetwork.padded(key))
            try await runtime.perform { node, now in
                _ = node.setActiveDataset(dataset, now: now)
                node.setInterface(isUp: true, now: now)
                _ = node.startThread(now: now)
            }
        }
        // Not in a deep folder: the path of a control socket has at most 107 bytes.
        let folder = "/tmp/heddle-\(UUID().uuidString.prefix(8))"
        let server = try await ControlServer.listen(
            path: "\(folder)/node.sock", handler: service, eventLoop: eventLoop, configuration: control,
            logger: logger)
        return TestDaemon(folder: folder, runtime: runtime, server: server)
    }

    /// How many sockets are open at the node, of all programs.
    var socketCount: Int {
        get async throws { try await runtime.perform { node, _ in node.ip.sockets.count } }
    }

    func stop() async {
        await server.shutdown()
        try? await runtime.eventLoop.flatSubmit { self.runtime.stop() }.get()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Where the node is that a test's mesh uses: each test of the API runs with both.
enum Place: CaseIterable, CustomTestStringConvertible {
    case inThisProcess
    case inADaemon

    var testDescription: String { self == .inThisProcess ? "a node in this process" : "a daemon's node" }

    /// Lets a test use a node on its own: nobody runs an ether on the discard port.
    func withMesh(
        key: [UInt8] = MeshTests.key, sockets: Int = 3, _ body: (Mesh) async throws -> Void
    ) async throws {
        let (mesh, daemon) = try await open(key: key, sockets: sockets, port: 9, node: "A")
        do {
            try await body(mesh)
        } catch {
            await mesh.close()
            await daemon?.stop()
            throw error
        }
        await mesh.close()
        await daemon?.stop()
    }

    func open(
        key: [UInt8], sockets: Int = 3, port: UInt16, node: String
    ) async throws -> (mesh: Mesh, daemon: TestDaemon?) {
        switch self {
        case .inThisProcess:
            let configuration = MeshConfiguration(key: key, socketLimit: sockets)
            return (try await Mesh.open(configuration, etherAt: "127.0.0.1", port: port, node: node), nil)
        case .inADaemon:
            let daemon = try await TestDaemon.start(key: key, sockets: sockets, port: port, node: node)
            do {
                return (try await Mesh.connect(to: daemon.path), daemon)
            } catch {
                await daemon.stop()
                throw error
            }
        }
    }
}
