import BorderRouter
import ControlService
import CryptoProviders
import EngineCore
import LinkProfiles
import LinuxDevices
import LoRaPHY
import Logging
import NIOCore
import NIOPosix
import NodeConfiguration
import NodeEngine
import NodeRuntime
import NodeStore
import RadioDrivers
import ServiceLifecycle
import StatusService
import ThreadEngine
import ThreadWire

/// All parts of a running node, made from its configuration, started in order and stopped in reverse.
final class Daemon: Service, Sendable {
    private let settings: NodeConfiguration
    private let logger: Logger
    private let eventLoop: any EventLoop
    private let claim: ControlServer.Claim
    private let stateLock: FileLock
    private let runtime: NodeRuntime
    private let commands: CommandService
    private let tun: TUNBridge?

    init(_ settings: NodeConfiguration, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        // First of all: where another daemon already runs this node, nothing of it may be touched.
        claim = try ControlServer.claim(settings.control)
        let modulation = try settings.radio.modulation
        let profile = settings.radio.linkProfile(modulation)
        // Two nodes on one state would send different frames with the same frame counter.
        try NodeStore.makeFolder(of: settings.state)
        stateLock = try FileLock(path: settings.state + ".lock")
        let store = try Self.openStore(settings, logger)
        let radio = try settings.radio.makeRadio(profile: profile, eventLoop: eventLoop)
        let node = Self.makeNode(settings, profile: profile)
        runtime = NodeRuntime(
            node: node, radio: radio, store: store, logger: Logger(label: "NodeRuntime"))
        commands = CommandService(runtime: runtime)
        tun = settings.tun.enabled ? try Self.makeBridge(settings, runtime) : nil
    }

    private static func openStore(_ settings: NodeConfiguration, _ logger: Logger) throws -> NodeStore {
        do throws(NodeStore.OpenError) {
            return try NodeStore(path: settings.state)
        } catch {
            guard case .corrupted(let path, let cause) = error, settings.onDamagedState == .startAsNew else {
                throw error
            }
            // Which frame counters were used is lost. Under another link address, and so other nonces, that does not
            // matter; under the same one they would be used again.
            if let address = settings.network.extendedAddress { throw FixedAddressError(path: path, address: address) }
            let kept = try NodeStore.setAside(path)
            logger.error("the state file \(path) is damaged (\(cause)): kept as \(kept), starting as a new node")
            return try NodeStore(path: path)
        }
    }

    private static func makeNode(_ settings: NodeConfiguration, profile: LinkProfile) -> NodeEngine {
        let entropy = KernelEntropy()
        let address =
            settings.network.extendedAddress
            ?? ExtendedAddress(rawValue: entropy.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        return NodeEngine(
            configuration: NodeEngine.Configuration(profile: profile), profile: profile, extendedAddress: address,
            cryptography: MbedTLSCryptography(), entropy: EntropySource(secret: entropy, openSeed: entropy.seed()))
    }

    private static func makeBridge(_ settings: NodeConfiguration, _ runtime: NodeRuntime) throws -> TUNBridge {
        let logger = Logger(label: "BorderRouter")
        let namespace = try settings.tun.namespace.map { try NetworkNamespace(named: $0) } ?? .own
        let interface = try TUNInterface(name: settings.tun.name, namespace: namespace)
        guard let border = settings.borderRouter else {
            return TUNBridge(runtime: runtime, interface: interface, logger: logger)
        }
        if border.forwarding {
            Forwarding.enable(in: namespace, logger: logger)
        } else {
            Forwarding.check(in: namespace, logger: logger)
        }
        return TUNBridge(
            runtime: runtime, interface: interface, policy: border.filter.policy, acceptsRoutes: border.acceptsRoutes,
            logger: logger)
    }

    func run() async throws {
        let control = try await ControlServer.listen(
            on: claim, handler: StatusHandler(commands: commands) { [runtime, tun] in runtime.report(tun) },
            eventLoop: eventLoop, logger: Logger(label: "ControlService"))
        var metrics: MetricsServer?
        do {
            metrics = try await serveMetrics()
            try await startNode()
            logger.info("the control socket is \(settings.control)")
            try await gracefulShutdown()
        } catch {
            await stop(control, metrics)
            throw error
        }
        logger.info("stopping")
        await stop(control, metrics)
    }

    private func serveMetrics() async throws -> MetricsServer? {
        guard let metrics = settings.metrics else { return nil }
        return try await MetricsServer.listen(
            host: metrics.host, port: Int(metrics.port), eventLoop: eventLoop, logger: Logger(label: "StatusService")
        ) { [runtime, tun] in runtime.report(tun).prometheusText }
    }

    private func startNode() async throws {
        let runtime = runtime
        try await eventLoop.submit { try runtime.start() }.get()
        try await eventLoop.submit { [commands] in commands.attach() }.get()
        let network = settings.network
        let extendedAddress = network.extendedAddress
        let settings = settings
        try await runtime.perform { node, now in
            if let extendedAddress { _ = node.setExtendedAddress(extendedAddress, now: now) }
            // A dataset that the node already has, perhaps a newer one, stays; else the configured one is taken.
            if let configured = network.dataset, node.parameters.networkKey != configured.key {
                _ = node.setActiveDataset(OperationalDataset(configured), now: now)
            }
            try settings.borderRouter?.offer(on: node)
            node.setInterface(isUp: true, now: now)
            if network.autostart { _ = node.startThread(now: now) }
            node.registerServerData(now: now)
        }
        try await tun?.start()
    }

    private func stop(_ control: ControlServer, _ metrics: MetricsServer?) async {
        await metrics?.shutdown()
        await tun?.stop()
        await control.shutdown()
        let runtime = runtime
        do {
            try await eventLoop.flatSubmit { runtime.stop() }.get()
        } catch {
            logger.warning("the radio could not be let go: \(error)")
        }
    }
}

/// A damaged state whose node cannot start as a new one.
struct FixedAddressError: Error, CustomStringConvertible {
    let path: String
    let address: ExtendedAddress

    var description: String {
        """
        the state file \(path) is damaged, and a node with the configured address \(address) would use frame counters \
        again: take another network.extended-address, or none, and move the file away
        """
    }
}
