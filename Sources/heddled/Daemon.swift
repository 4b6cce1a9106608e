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
    private let commands: CommandService
    private let tun: TUNBridge?
    /// Wishes of the command line to start anew.
    private let restarts: AsyncStream<Restart>
    private let restart = Mutex<Restart?>(nil)
    /// Whether the program is to start anew, now that everything is closed.
    var mustRestart: Bool { restart.withLock { $0 != nil } }

    /// How the program is to start anew.
    enum Restart: Sendable {
        case asItIs
        /// Without the networks and settings that were stored.
        case factoryReset
    }

    init(_ settings: NodeConfiguration, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        // First of all: where another daemon already runs this node, nothing of it may be touched.
        claim = try ControlServer.claim(settings.control)
        let modulation = try settings.radio.modulation
        let profile = settings.radio.linkProfile(modulation)
        let store = try NodeStore(path: settings.state)
        // Two nodes on one state would send different frames with the same frame counter.
        stateLock = try FileLock(path: settings.state + ".lock")
        let radio = try settings.radio.makeRadio(profile: profile, eventLoop: eventLoop)
        let node = Self.makeNode(settings, profile: profile)
        runtime = NodeRuntime(
            node: node, radio: radio, store: store, logger: Logger(label: "NodeRuntime"))
        let (restarts, wishes) = AsyncStream.makeStream(of: Restart.self, bufferingPolicy: .bufferingNewest(1))
        self.restarts = restarts
        commands = CommandService(runtime: runtime, configuration: settings.commandLine) { isFactoryReset in
            wishes.yield(isFactoryReset ? .factoryReset : .asItIs)
        }
        tun =
            settings.tun.enabled
            ? TUNBridge(
                runtime: runtime, interface: try TUNInterface(name: settings.tun.name),
                logger: Logger(label: "BorderRouter"))
            : nil
    }

    private static func makeNode(_ settings: NodeConfiguration, profile: LinkProfile) -> NodeEngine {
        let entropy = KernelEntropy()
        let address =
            settings.network.extendedAddress
            ?? ExtendedAddress(rawValue: entropy.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        var configuration = NodeEngine.Configuration(profile: profile)
        configuration.thread.identity.eui64 = settings.device.eui64
        configuration.thread.identity.vendorName = settings.device.vendor
        configuration.thread.identity.vendorModel = settings.device.model
        configuration.thread.identity.vendorSoftwareVersion = Heddled.version
        configuration.thread.identity.stackVersion = Heddled.stackVersion
        return NodeEngine(
            configuration: configuration, profile: profile, extendedAddress: address,
            cryptography: MbedTLSCryptography(), entropy: EntropySource(secret: entropy, openSeed: entropy.seed()))
    }

    func run() async throws {
        let control: ControlServer
        do {
            // Whoever asks the control socket finds a node that knows who it is.
            try await startNode()
            control = try await ControlServer.listen(
                on: claim, handler: commands, eventLoop: eventLoop, logger: Logger(label: "ControlService"))
        } catch {
            await stop(nil)
            throw error
        }
        logger.info("the control socket is \(settings.control)")
        let wish = await nextRestart()
        logger.info("\(wish == nil ? "stopping" : "starting anew")")
        await stop(control)
        guard let wish else { return }
        if wish == .factoryReset { try await forgetNetwork() }
        restart.withLock { $0 = wish }
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
        let network = settings.network
        let extendedAddress = network.extendedAddress
        try await runtime.perform { node, now in
            node.ensureEUI64(now: now)
            if let extendedAddress { _ = node.setExtendedAddress(extendedAddress, now: now) }
            // A dataset that the node already has, perhaps a newer one, stays; else the configured one is taken.
            if let configured = network.dataset, node.parameters.networkKey != configured.key {
                _ = node.setActiveDataset(OperationalDataset(configured), now: now)
            }
            node.setInterface(isUp: true, now: now)
            if network.autostart { _ = node.startThread(now: now) }
        }
        try await tun?.start()
    }

    private func stop(_ control: ControlServer?) async {
        await tun?.stop()
        await control?.shutdown()
        let runtime = runtime
        do {
            try await eventLoop.flatSubmit { runtime.stop() }.get()
        } catch {
            logger.warning("the radio could not be let go: \(error)")
        }
    }
}
