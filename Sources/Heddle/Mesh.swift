import CryptoProviders
import EngineCore
import IPEngine
import LinkProfiles
import LinuxDevices
public import Logging
import NIOCore
import NIOPosix
import NodeEngine
import NodeRuntime
import NodeService
import NodeStore
public import RadioDrivers
import ThreadEngine
public import ThreadWire

/// A node of a mesh: in this process, or the one that a `heddled` owns. Pymesh: `LoRa.Mesh`.
///
///     let mesh = try await Mesh.connect(to: "/run/heddle/heddle.sock")
///     let socket = try await mesh.socket()
///     try await socket.bind(port: 5000)
///     for try await datagram in socket { print(datagram.payload) }
///     await mesh.close()
///
/// A node of its own forms a network or joins one by itself and goes on doing so until it is closed. All may be called
/// from any task.
public final class Mesh: Sendable {
    let core: MeshCore

    private init(core: MeshCore) {
        self.core = core
    }

    // MARK: Life

    /// Starts a node on a radio; it is not attached yet when this returns. Pymesh: `LoRa.Mesh(key=…)`.
    /// - Parameters:
    ///   - radio: set to the configuration's modulation and not started; it is the mesh's alone from now on.
    ///   - logger: nil logs nothing.
    /// - Throws: `MeshError` for a configuration that makes no network, `NodeStore.OpenError` for a state file that
    ///   cannot be used.
    public static func open(
        _ configuration: MeshConfiguration, radio: any Radio, logger: Logger? = nil
    ) async throws -> Mesh {
        let dataset = try configuration.dataset()
        let store = try configuration.statePath.map { path in try NodeStore(path: path) }
        let entropy = KernelEntropy()
        let profile = configuration.profile
        let node = NodeEngine(
            configuration: NodeEngine.Configuration(profile: profile), profile: profile,
            extendedAddress: ExtendedAddress(rawValue: entropy.seed()),
            cryptography: MbedTLSCryptography(), entropy: EntropySource(secret: entropy, openSeed: entropy.seed()))
        let runtime = NodeRuntime(
            node: node, radio: radio, store: store,
            logger: logger ?? Logger(label: "Heddle", factory: { _ in SwiftLogNoOpLogHandler() }))
        var limits = MeshSession.Limits()
        limits.sockets = configuration.socketLimit
        let session = MeshSession(limits: limits, echoIdentifier: UInt16(truncatingIfNeeded: entropy.seed()))
        let core = MeshCore(backend: LocalBackend(runtime: runtime, session: session))
        do {
            try await runtime.eventLoop.submit {
                core.attach()
                try runtime.start()
            }.get()
            try await runtime.perform { node, now in
                // A dataset with this key that the node already has, perhaps a newer one, stays.
                if node.parameters.networkKey != dataset.networkKey { _ = node.setActiveDataset(dataset, now: now) }
                node.setInterface(isUp: true, now: now)
                _ = node.startThread(now: now)
            }
        } catch {
            try? await runtime.eventLoop.flatSubmit { core.close() }.get()
            throw error
        }
        return Mesh(core: core)
    }

    /// Uses the node that a `heddled` owns; others may use it too, each with sockets of its own.
    /// - Parameters:
    ///   - path: the `control` path of the daemon's configuration.
    ///   - key: of the network to join, at most 16 bytes, a shorter one is padded with zero bytes; the node leaves
    ///     the network that it is in. Nil for the one of the daemon's configuration or state, as it is.
    /// - Throws: `MeshError.invalidControlPath`, `.daemonNotRunning`, `.controlNotPermitted`, `.notADaemon`,
    ///   `.controlFailed`, `.keyTooLong`.
    public static func connect(to path: String, key: [UInt8]? = nil) async throws -> Mesh {
        // A key that no network has is refused before anything is done.
        if let key { _ = try MeshNetwork.padded(key) }
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let backend = try await RemoteBackend.connect(to: path, on: eventLoop)
        let core = MeshCore(backend: backend)
        do {
            try await eventLoop.submit { core.attach() }.get()
            if let key {
                _ = try await core.perform(StartCall(key: key))
            } else {
                // Whoever listens there proves to be a daemon by its answer.
                _ = try await core.perform(StateCall())
            }
        } catch {
            try? await eventLoop.flatSubmit { core.close() }.get()
            throw error
        }
        return Mesh(core: core)
    }

    /// Closes all sockets and lets the node go. Whoever still waits gets `MeshError.closed`. Pymesh: `deinit()`.
    ///
    /// A node in this process leaves the mesh and lets its radio go; a daemon's goes on.
    public func close() async {
        let core = core
        // A radio that cannot be let go is of no use to anybody any more.
        try? await core.eventLoop.flatSubmit { core.close() }.get()
    }

    // MARK: Talking

    /// Sends an echo request and waits for the answer.
    /// - Parameters:
    ///   - size: how many bytes it carries, 0 to about 1,200.
    ///   - hopLimit: nil for the usual one, 64.
    ///   - timeout: nil for what an answer over eight hops takes on this link, at least three seconds.
    /// - Returns: the time until the first answer.
    /// - Throws: `SendError` when the request could not be sent, `MeshError.noAnswer`, `MeshError.closed`,
    ///   `CancellationError`.
    public func ping(
        _ destination: IPv6Address, size: Int = 8, hopLimit: UInt8? = nil, timeout: Duration? = nil
    ) async throws -> Duration {
        try await core.ping(destination, size: size, hopLimit: hopLimit, timeout: timeout)
    }

    /// Opens a UDP socket. Pymesh: `socket.socket(socket.AF_LORA, socket.SOCK_RAW)`.
    /// - Throws: `BindError.socketLimit` when as many are open as may be, 3 where nothing else is configured;
    ///   `MeshError.closed`.
    public func socket() async throws -> UDPSocket {
        UDPSocket(id: SocketID(rawValue: try await core.perform(OpenCall())), core: core)
    }

    /// Calls a handler for each datagram that arrives, with the socket that has it. Pymesh: `rx_cb(handler, argument)`.
    ///
    /// One call comes after the other; one under way goes on when the handler is replaced. What is not read stays in the socket; `receiveIfAvailable` takes it.
    /// - Parameter handler: replaces the one before; nil for none.
    /// - Throws: `MeshError.closed`.
    public func onReceive(_ handler: (@Sendable (UDPSocket) async -> Void)?) async throws {
        let core = core
        guard let handler else { return try await core.setArrivalHandler(nil) }
        try await core.setArrivalHandler { id in await handler(UDPSocket(id: id, core: core)) }
    }

    /// Gives a command to OpenThread's command line and waits until it has ended. Pymesh: `cli(command)`.
    ///
    /// Commands of one mesh are carried out one after the other; nothing else waits for them.
    /// - Parameter command: one line of at most 4096 bytes, such as `ping fdde:ad00:beef::1`.
    /// - Returns: the lines of the answer without the `Done` at its end, each with a line feed behind it.
    /// - Throws: `MeshError.command` when it fails, `MeshError.invalidCall` for what is no line, `MeshError.closed`.
    public func cli(_ command: String) async throws -> String {
        guard command.utf8.count <= Self.commandLength else {
            throw MeshError.invalidCall("a command has at most \(Self.commandLength) bytes")
        }
        guard command.unicodeScalars.allSatisfy({ ($0.value >= 0x20 && $0.value != 0x7f) || $0 == "\t" }) else {
            throw MeshError.invalidCall("a command is one line without control characters")
        }
        return try await core.execute(command).map { $0 + "\n" }.joined()
    }

    private static let commandLength = 4096
}
