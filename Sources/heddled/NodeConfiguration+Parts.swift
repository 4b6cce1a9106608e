import BorderRouter
import ControlService
import CryptoProviders
import EngineCore
import LinkProfiles
import LinuxDevices
import Logging
import NodeConfiguration
import NodeEngine
import NodeRuntime
import NodeService
import NodeStore
import ThreadEngine
import ThreadWire

// The parts of a node as its configuration asks for them.
extension NodeConfiguration {
    /// What each client that makes calls may have.
    var sessionLimits: MeshSession.Limits {
        var limits = MeshSession.Limits()
        limits.sockets = sockets
        return limits
    }

    /// - Throws: what is wrong with the file, when it is not to be set aside or may not be.
    func openStore(_ logger: Logger) throws -> NodeStore {
        do throws(NodeStore.OpenError) {
            return try NodeStore(path: state)
        } catch {
            guard case .corrupted(let path, let cause) = error, onDamagedState == .startAsNew else { throw error }
            // Which frame counters were used is lost. Under another link address, and so other nonces, that does not
            // matter; under the same one they would be used again.
            if let address = network.extendedAddress { throw FixedAddressError(path: path, address: address) }
            let kept = try NodeStore.setAside(path)
            logger.error("the state file \(path) is damaged (\(cause)): kept as \(kept), starting as a new node")
            return try NodeStore(path: path)
        }
    }

    func makeNode(_ profile: LinkProfile) -> NodeEngine {
        let entropy = KernelEntropy()
        let address =
            network.extendedAddress
            ?? ExtendedAddress(rawValue: entropy.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        var configuration = NodeEngine.Configuration(profile: profile)
        configuration.mac.airtimeRules = radio.lora.rules
        // Each client of the control socket may use all of its own, and one on the command line; MeshCore has two.
        configuration.ip.socketLimit = ControlServer.Configuration().clients * (sockets + 1) + 2
        configuration.thread.identity.eui64 = device.eui64
        configuration.thread.identity.vendorName = device.vendor
        configuration.thread.identity.vendorModel = device.model
        configuration.thread.identity.vendorSoftwareVersion = Heddled.version
        configuration.thread.identity.stackVersion = Heddled.stackVersion
        return NodeEngine(
            configuration: configuration, profile: profile, extendedAddress: address,
            cryptography: MbedTLSCryptography(), entropy: EntropySource(secret: entropy, openSeed: entropy.seed()))
    }

    /// - Returns: nil when the host does not use the mesh through an interface.
    func makeBridge(_ runtime: NodeRuntime) throws -> TUNBridge? {
        guard tun.enabled else { return nil }
        let logger = Logger(label: "BorderRouter")
        let namespace = try tun.namespace.map { try NetworkNamespace(named: $0) } ?? .own
        let interface = try TUNInterface(name: tun.name, namespace: namespace)
        guard let borderRouter else { return TUNBridge(runtime: runtime, interface: interface, logger: logger) }
        if borderRouter.forwarding {
            Forwarding.enable(in: namespace, logger: logger)
        } else {
            Forwarding.check(in: namespace, logger: logger)
        }
        return TUNBridge(
            runtime: runtime, interface: interface, policy: borderRouter.filter.policy,
            acceptsRoutes: borderRouter.acceptsRoutes, logger: logger)
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
