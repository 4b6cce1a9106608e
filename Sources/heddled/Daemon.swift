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
        let store = try NodeStore(path: settings.state)
        // Two nodes on one state would send different frames with the same frame counter.
        stateLock = try FileLock(path: settings.state + ".lock")
        let radio = try settings.radio.makeRadio(profile: profile, eventLoop: eventLoop)
        let node = Self.makeNode(settings, profile: profile)
        runtime = NodeRuntime(
            node: node, radio: radio, store: store, logger: Logger(label: "NodeRuntime"))
        commands = CommandService(runtime: runtime)
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
        return NodeEngine(
            configuration: NodeEngine.Configuration(profile: profile), profile: profile, extendedAddress: address,
            cryptography: MbedTLSCryptography(), entropy: EntropySource(secret: entropy, openSeed: entropy.seed()))
    }

    func run() async throws {
        let control = try await ControlServer.listen(
            on: claim, handler: commands, eventLoop: eventLoop, logger: Logger(label: "ControlService"))
        do {
            try await startNode()
            logger.info("the control socket is \(settings.control)")
            tellManager(.ready)
            try await gracefulShutdown()
        } catch {
            await stop(control)
            throw error
        }
        logger.info("stopping")
        tellManager(.stopping)
        await stop(control)
    }

    /// Tells systemd, where it asks for it.
    private func tellManager(_ state: ServiceManager.State) {
        do throws(ServiceManager.NotifyError) {
            try ServiceManager.fromEnvironment?.notify(state)
        } catch {
            logger.warning("\(error)")
        }
    }

    private func startNode() async throws {
        let runtime = runtime
        try await eventLoop.submit { try runtime.start() }.get()
        try await eventLoop.submit { [commands] in commands.attach() }.get()
        let network = settings.network
        let extendedAddress = network.extendedAddress
        try await runtime.perform { node, now in
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

    private func stop(_ control: ControlServer) async {
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
