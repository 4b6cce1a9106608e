import CryptoProviders
import EngineCore
import Logging
import LoRaPHY
import MeshCoreEngine
import MeshCoreService
import MeshCoreWire
import NIOCore
import NodeConfiguration
import NodeRuntime
import NodeStore
import RadioDrivers
import RadioSetup

// The MeshCore node as the configuration asks for it.
extension NodeConfiguration {
    /// - Returns: nil when the node is no MeshCore node.
    func makeMeshCoreNode(_ runtime: NodeRuntime, store: NodeStore) throws -> MeshCoreNode? {
        guard let meshCore else { return nil }
        return try MeshCoreNode(
            meshCore.node, runtime: runtime, store: store, air: meshCore.makeAir(runtime),
            logger: Logger(label: "MeshCoreService"))
    }
}

extension MeshCoreSettings {
    fileprivate var node: MeshCoreNode.Configuration {
        get throws {
            var engine = MeshCoreEngine.Configuration()
            engine.role = role == .repeater ? .repeater : .companion
            engine.bridgesLinks = bridge.isEnabled
            var parameters = MeshCoreParameters(name: Array(name.utf8), radio: try radioParameters)
            if let air { parameters.transmitPower = Int8(clamping: Int(air.lora.power.value)) }
            var node = MeshCoreNode.Configuration(engine: engine, parameters: parameters, usesMesh: mesh)
            let security = MeshCoreSecurity(MeshCoreSodiumCryptography())
            node.meshRules = bridge.mesh.rules(security)
            node.airRules = bridge.air.rules(security)
            return node
        }
    }

    /// How the air is modulated; without a radio of its own, as MeshCore's firmware begins.
    private var radioParameters: MeshCoreRadioParameters {
        get throws {
            guard let lora = air?.lora else { return try .europe }
            return try MeshCoreRadioParameters(
                frequency: UInt32(clamping: lora.frequency.value / 1000),
                bandwidth: UInt32(clamping: lora.bandwidth.value),
                spreadingFactor: lora.spreadingFactor, codingRate: lora.codingRate)
        }
    }

    fileprivate func makeAir(_ runtime: NodeRuntime) throws -> MeshCoreNode.Air? {
        guard let air else { return nil }
        let profile = air.linkProfile(try radioParameters.modulation)
        return MeshCoreNode.Air(
            radio: try air.makeRadio(profile: profile, eventLoop: runtime.eventLoop),
            configuration: RadioConfiguration(
                phy: profile.phy, frequency: air.lora.frequency, power: air.lora.power, syncWord: air.lora.syncWord,
                listenBeforeTalk: air.lora.rules?.listenBeforeTalk))
    }
}

extension MeshCoreBridgeSettings.Rules {
    fileprivate func rules(_ security: MeshCoreSecurity) -> MeshCoreBridgeRules {
        var rules = MeshCoreBridgeRules()
        rules.passesIn = passesIn
        rules.passesOut = passesOut
        rules.payloadTypes = types.map { Set($0.map { MeshCorePayloadType(rawValue: $0.code) }) }
        rules.channels = channels.map { Set($0.compactMap { $0.secret(security) }.map(security.channelHash)) }
        rules.packetsPerMinute = packetsPerMinute
        return rules
    }
}

extension MeshCoreBridgeSettings.Channel {
    fileprivate func secret(_ security: MeshCoreSecurity) -> MeshCoreSecret? {
        switch self {
        case .everybody: .publicChannel
        case .hashtag(let name): MeshCoreSecret(channelKey: security.hashtagKey(Array(name.utf8)))
        case .key(let bytes): MeshCoreSecret(channelKey: bytes)
        }
    }
}

extension MeshCoreCompanionSettings {
    /// Begins to serve apps.
    /// - Parameters:
    ///   - state: the path of the state file, whose disk is the node's storage.
    ///   - onRestart: what an app's wish to start anew does.
    func serve(
        _ node: MeshCoreNode, state: String, onRestart: @escaping @Sendable (CompanionServer.Restart) -> Void
    ) async throws -> CompanionServer {
        var configuration = CompanionServer.Configuration()
        configuration.clientLimit = clientLimit
        configuration.newestWins = clients == .newestWins
        configuration.storageFolder = state
        let logger = Logger(label: "MeshCoreService")
        let server = try await node.eventLoop.submit { [configuration] in
            let server = try CompanionServer(
                node: node, configuration: configuration, logger: logger, onRestart: onRestart)
            server.attach()
            return server
        }.get()
        if let listen { try await server.listen(host: listen.host, port: Int(listen.port)) }
        return server
    }
}
