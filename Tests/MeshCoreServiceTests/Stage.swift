import CryptoProviders
import EngineCore
import Foundation
import LinkProfiles
import LoRaPHY
import Logging
import MeshCoreEngine
import MeshCoreWire
import NIOCore
import NIOPosix
import NodeEngine
import NodeRuntime
import NodeStore
import RadioDrivers
import TestSupport
import Testing
import ThreadWire

@testable import MeshCoreService

/// Two places on one air, at each of which a node can be started, one after the other on the same state.
final class Stage: @unchecked Sendable {
    let eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heddle-mc-\(UUID().uuidString)")
    private var addresses: [SocketAddress] = []
    private var nodes: [StagedNode] = []
    private var stores: [NodeStore] = []

    init() async throws {
        for place in 0..<2 {
            // A port of the kernel's choice, given back for the radio that the other one has to know.
            let probe = try await DatagramBootstrap(group: eventLoop).bind(host: "127.0.0.1", port: 0).get()
            addresses.append(try #require(probe.localAddress))
            try await probe.close()
            stores.append(try NodeStore(path: folder.appendingPathComponent("\(place).sqlite").path))
        }
    }

    /// A node that runs.
    func node(_ place: Int) async throws -> StagedNode {
        // The fastest modulation that MeshCore takes.
        let radio = try MeshCoreRadioParameters(
            frequency: 869_618, bandwidth: 500_000, spreadingFactor: 5, codingRate: 5)
        var parameters = MeshCoreParameters(name: Array("node \(place)".utf8), radio: radio)
        parameters.airtimeFactor = 0
        let configuration = MeshCoreNode.Configuration(
            engine: MeshCoreEngine.Configuration(), parameters: parameters, usesMesh: false)
        let phy = RadioConfiguration(
            phy: .lora(radio.modulation), frequency: Hertz(869_618_000), power: DecibelMilliwatts(14))
        let node = try await eventLoop.submit { [self] in
            let air = UDPRadio(
                eventLoop: eventLoop, address: addresses[place], peers: [addresses[1 - place]], configuration: phy)
            let runtime = NodeRuntime(
                node: Self.sleepingNode(), radio: SilentRadio(eventLoop: eventLoop), store: nil, logger: Self.logger)
            let node = try MeshCoreNode(
                configuration, runtime: runtime, store: stores[place],
                air: MeshCoreNode.Air(radio: air, configuration: phy), logger: Self.logger)
            let staged = StagedNode(node)
            try node.start()
            return staged
        }.get()
        nodes.append(node)
        return node
    }

    func close() async throws {
        for node in nodes { try await node.stop() }
        try FileManager.default.removeItem(at: folder)
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The node beneath, which takes no part.
    private static func sleepingNode() -> NodeEngine {
        NodeEngine(
            configuration: NodeEngine.Configuration(profile: .ieee802154), profile: .ieee802154,
            extendedAddress: ExtendedAddress(rawValue: 0x0200_0000_0000_0001), cryptography: MbedTLSCryptography(),
            entropy: EntropySource(secret: SodiumEntropy(seed: [UInt8](repeating: 1, count: 32)), openSeed: 1))
    }
}

/// A node, whose events are taken one by one.
final class StagedNode: @unchecked Sendable {
    let node: MeshCoreNode
    private let continuation: AsyncStream<MeshCoreEvent>.Continuation
    private var iterator: AsyncStream<MeshCoreEvent>.Iterator
    private var isStopped = false

    /// - Precondition: on the node's event loop.
    init(_ node: MeshCoreNode) {
        self.node = node
        let (events, continuation) = AsyncStream.makeStream(of: MeshCoreEvent.self)
        self.continuation = continuation
        iterator = events.makeAsyncIterator()
        node.observe { event, _, _ in continuation.yield(event) }
    }

    @discardableResult
    func perform<Result: Sendable>(
        _ body: @escaping @Sendable (inout MeshCoreEngine, Instant) throws -> Result
    ) async throws -> Result {
        try await node.eventLoop.submit { [node] in try node.withEngine { try body(&$0, $1) } }.get()
    }

    func observe(
        _ body: @escaping @Sendable (MeshCoreEvent, inout MeshCoreEngine, Instant, MeshCoreStore) -> Void
    ) async throws {
        try await node.eventLoop.submit { [node] in
            node.observe { event, engine, now in body(event, &engine, now, node.store) }
        }.get()
    }

    func stored(_ name: String) async throws -> [UInt8]? {
        try await node.eventLoop.submit { [node] in try node.store.load(name) }.get()
    }

    /// What the first event is that a closure takes; others are passed over.
    func next<Value>(_ body: (MeshCoreEvent) -> Value?) async throws -> Value {
        while let event = await iterator.next() {
            if let value = body(event) { return value }
        }
        throw CancellationError()
    }

    /// The key in the next advert.
    func contactHeard() async throws -> MeshCorePublicKey {
        try await next { event in
            if case .advertHeard(let contact, _) = event { contact.key } else { nil }
        }
    }

    func stop() async throws {
        guard !isStopped else { return }
        isStopped = true
        try await node.eventLoop.flatSubmit { [node] in node.stop() }.get()
        continuation.finish()
    }
}

/// A radio of which nothing comes.
final class SilentRadio: Radio {
    let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func start(onEvent: @escaping @Sendable (RadioEvent) -> Void) {}
    func configure(_ configuration: RadioConfiguration) {}
    func setChannel(_ channel: UInt8) {}
    func transmit(_ bytes: [UInt8]) {}
    func assessChannel() {}
    func setReceiver(isOn: Bool) {}
    func sleep() {}
    func close() -> EventLoopFuture<Void> { eventLoop.makeSucceededVoidFuture() }
}
