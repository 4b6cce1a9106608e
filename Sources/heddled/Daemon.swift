import BorderRouter
import ControlService
import EngineCore
import LinuxDevices
import Logging
import MeshCoreService
import NIOCore
import NIOPosix
import NodeConfiguration
import NodeEngine
import NodeRuntime
import NodeStore
import RadioSetup
import ServiceLifecycle
import StatusService
import Synchronization
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
    private let commands: NodeControl
    private let tun: TUNBridge?
    private let meshCore: MeshCoreNode?
    private let applications = Mutex<ApplicationPort?>(nil)
    /// Wishes of the command line to start anew.
    private let restarts: AsyncStream<Restart>
    private let wishes: AsyncStream<Restart>.Continuation
    private let restart = Mutex<Restart?>(nil)
    /// Whether the program is to start anew, now that everything is closed.
    var mustRestart: Bool { restart.withLock { $0 != nil } }

    /// How the program is to start anew.
    enum Restart: Sendable {
        case asItIs
        /// Without the networks and settings that were stored.
        case factoryReset
    }

    /// What serves others while the node runs.
    private struct Servers {
        var metrics: MetricsServer?
        var companion: CompanionServer?
        var control: ControlServer?
    }

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
        let store = try settings.openStore(logger)
        let radio = try settings.radio.makeRadio(profile: profile, eventLoop: eventLoop)
        runtime = NodeRuntime(
            node: settings.makeNode(profile), radio: radio, store: store, logger: Logger(label: "NodeRuntime"))
        let (restarts, wishes) = AsyncStream.makeStream(of: Restart.self, bufferingPolicy: .bufferingNewest(1))
        self.restarts = restarts
        self.wishes = wishes
        commands = NodeControl(runtime: runtime, commands: settings.commandLine, limits: settings.sessionLimits) {
            isFactoryReset in wishes.yield(isFactoryReset ? .factoryReset : .asItIs)
        }
        tun = try settings.makeBridge(runtime)
        meshCore = try settings.makeMeshCoreNode(runtime, store: store)
    }

    func run() async throws {
        var servers = Servers()
        do {
            // Whoever asks finds a node that knows who it is.
            try await startNode()
            try await serve(&servers)
        } catch {
            await stop(servers)
            throw error
        }
        logger.info("the control socket is \(settings.control)")
        logger.info("\(settings.radio.law)")
        tellManager(.ready)
        let wish = await nextRestart()
        logger.info("\(wish == nil ? "stopping" : "starting anew")")
        tellManager(wish == nil ? .stopping : .reloading)
        await stop(servers)
        guard let wish else { return }
        if wish == .factoryReset { try await forgetNetwork() }
        restart.withLock { $0 = wish }
    }

    private func serve(_ servers: inout Servers) async throws {
        if let metrics = settings.metrics {
            servers.metrics = try await MetricsServer.listen(
                host: metrics.host, port: Int(metrics.port), eventLoop: eventLoop,
                logger: Logger(label: "StatusService")
            ) { [runtime, tun] in runtime.report(tun).prometheusText }
        }
        if let meshCore, let companion = settings.meshCore?.companion {
            servers.companion = try await companion.serve(meshCore, state: settings.state) { [wishes] _ in
                wishes.yield(.asItIs)
            }
        }
        servers.control = try await ControlServer.listen(
            on: claim, handler: StatusHandler(commands: commands) { [runtime, tun] in runtime.report(tun) },
            eventLoop: eventLoop, logger: Logger(label: "ControlService"))
    }

    /// Tells systemd, where it asks for it.
    private func tellManager(_ state: ServiceManager.State) {
        do throws(ServiceManager.NotifyError) {
            try ServiceManager.fromEnvironment?.notify(state)
        } catch {
            logger.warning("\(error)")
        }
    }

    /// Waits for a wish to start anew; nil when the program is to stop.
    private func nextRestart() async -> Restart? {
        await cancelWhenGracefulShutdown { [restarts] in
            for await wish in restarts { return wish }
            return nil
        }
    }

    private func forgetNetwork() async throws {
        let identifier = KernelEntropy().bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let runtime = runtime
        try await eventLoop.submit { try runtime.forgetNetwork(interfaceIdentifier: identifier) }.get()
    }

    private func startNode() async throws {
        let runtime = runtime
        try await eventLoop.submit { try runtime.start() }.get()
        try await eventLoop.submit { [commands] in commands.attach() }.get()
        let settings = settings
        try await runtime.perform { node, now in
            node.ensureEUI64(now: now)
            let network = settings.network
            if let extendedAddress = network.extendedAddress { _ = node.setExtendedAddress(extendedAddress, now: now) }
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
        try await startMeshCore()
    }

    private func startMeshCore() async throws {
        guard let meshCore else { return }
        let (runtime, settings) = (runtime, settings)
        try await eventLoop.submit { [self] in
            try meshCore.start()
            guard let port = settings.meshCore?.applicationPort else { return }
            let applications = ApplicationPort(
                node: meshCore, runtime: runtime, logger: Logger(label: "MeshCoreService"))
            try applications.start(port: port)
            self.applications.withLock { $0 = applications }
        }.get()
    }

    private func stop(_ servers: Servers) async {
        await servers.metrics?.shutdown()
        await servers.companion?.shutdown()
        await tun?.stop()
        await servers.control?.shutdown()
        let runtime = runtime
        do {
            try await eventLoop.flatSubmit { [meshCore, eventLoop] in
                meshCore?.stop() ?? eventLoop.makeSucceededVoidFuture()
            }.get()
            try await eventLoop.flatSubmit { runtime.stop() }.get()
        } catch {
            logger.warning("the radio could not be let go: \(error)")
        }
    }
}
