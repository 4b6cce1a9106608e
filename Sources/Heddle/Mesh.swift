import CryptoProviders
import EngineCore
import LinkProfiles
import LinuxDevices
public import Logging
import NIOCore
import NodeEngine
import NodeRuntime
import NodeStore
public import RadioDrivers
import ThreadEngine
public import ThreadWire

/// A node of a mesh in this process.
///
///     let mesh = try await Mesh.open(MeshConfiguration(key: key), etherAt: "127.0.0.1", port: 7000, node: "A")
///     let socket = try await mesh.socket()
///     try await socket.bind(port: 5000)
///     for try await datagram in socket { print(datagram.payload) }
///     await mesh.close()
///
/// It forms a network or joins one by itself and goes on doing so until it is closed. All may be called from any task.
public final class Mesh: Sendable {
    let core: MeshCore

    private init(core: MeshCore) {
        self.core = core
    }

    // MARK: Life

    /// Starts a node on a radio; it is not attached yet when this returns.
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
        let core = MeshCore(runtime: runtime, echoIdentifier: UInt16(truncatingIfNeeded: entropy.seed()))
        do {
            try await runtime.eventLoop.submit {
                core.attach()
                try runtime.start()
            }.get()
            try await core.perform { node, now in
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

    /// Leaves the mesh, closes all sockets and lets the radio go. Whoever still waits gets `MeshError.closed`.
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
        try await core.ping(
            destination, payload: [UInt8](repeating: 0, count: max(0, size)), hopLimit: hopLimit, timeout: timeout)
    }

    /// Opens a UDP socket.
    /// - Throws: `BindError.socketLimit` when 16 are open, `MeshError.closed`.
    public func socket() async throws -> UDPSocket {
        UDPSocket(id: try await core.perform { node, _ in try node.openSocket() }, core: core)
    }
}
