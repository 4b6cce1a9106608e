import CryptoProviders
public import EngineCore
import Foundation
import LinuxDevices
public import Logging
public import MeshCoreEngine
import MeshCoreWire
public import NIOCore
public import NodeRuntime
public import NodeStore
public import RadioDrivers
import WireCore

/// Drives one MeshCore engine in real time on its links: the engine's only clock and only timer.
///
/// It lives on the runtime's event loop, as all of a node does, and every method checks that.
public final class MeshCoreNode: @unchecked Sendable {
    /// What a node is made with.
    public struct Configuration: Sendable {
        public var engine: MeshCoreEngine.Configuration
        /// What the configuration file says; what the owner sets through an app is kept as long as the file stays.
        public var parameters: MeshCoreParameters
        /// Whether packets travel over the IPv6 mesh.
        public var usesMesh: Bool
        public var meshRules = MeshCoreBridgeRules()
        public var airRules = MeshCoreBridgeRules()

        public init(engine: MeshCoreEngine.Configuration, parameters: MeshCoreParameters, usesMesh: Bool) {
            self.engine = engine
            self.parameters = parameters
            self.usesMesh = usesMesh
        }
    }

    /// A LoRa radio for MeshCore's own packets.
    public struct Air: Sendable {
        public var radio: any Radio
        /// What the radio was made with.
        public var configuration: RadioConfiguration

        public init(radio: any Radio, configuration: RadioConfiguration) {
            self.radio = radio
            self.configuration = configuration
        }
    }

    /// What others on the event loop do with an event, before anything that follows from it leaves the node.
    typealias Observer = (MeshCoreEvent, inout MeshCoreEngine, Instant) -> Void

    /// The links' ids.
    public static let meshLink = MeshCoreLinkID(rawValue: 1)
    public static let airLink = MeshCoreLinkID(rawValue: 2)

    public let eventLoop: any EventLoop
    private let configuration: Configuration
    private let runtime: NodeRuntime
    let store: MeshCoreStore
    private let logger: Logger
    private let mesh: MeshLink?
    private let air: AirLink?
    private var engine: MeshCoreEngine
    private var savedParameters: MeshCoreParameters
    private var observers: [Observer] = []
    private let started = NIODeadline.now()
    private var timer: Scheduled<Void>?
    private var timerDeadline: Instant?
    private var isDraining = false
    private var isRunning = false
    /// How far the host's time of day is from the engine's clock.
    private var hostClockOffset: Double

    /// Restores what was stored, and makes an identity where there is none.
    /// - Parameters:
    ///   - store: is used on the runtime's event loop alone.
    ///   - air: nil for a node without a radio of its own.
    /// - Throws: when the store cannot be read.
    public init(
        _ configuration: Configuration, runtime: NodeRuntime, store: any NamedRecordStore, air: Air?, logger: Logger
    ) throws {
        self.configuration = configuration
        self.runtime = runtime
        self.logger = logger
        eventLoop = runtime.eventLoop
        let store = MeshCoreStore(store, logger: logger)
        self.store = store
        mesh = configuration.usesMesh ? MeshLink(runtime: runtime, logger: logger) : nil
        self.air = air.map { AirLink(radio: $0.radio, configuration: $0.configuration, logger: logger) }
        var links: [MeshCoreLink] = []
        if mesh != nil {
            links.append(MeshCoreLink(id: Self.meshLink, medium: .network, bridge: configuration.meshRules))
        }
        if air != nil { links.append(MeshCoreLink(id: Self.airLink, medium: .air, bridge: configuration.airRules)) }
        savedParameters = try Self.parameters(configuration.parameters, store: store, logger: logger)
        let cryptography = MeshCoreSodiumCryptography()
        let entropy = KernelEntropy()
        hostClockOffset = Date().timeIntervalSince1970
        engine = MeshCoreEngine(
            configuration: configuration.engine, identity: try Self.identity(store, cryptography, entropy),
            parameters: savedParameters, links: links, cryptography: cryptography,
            entropy: EntropySource(secret: entropy, openSeed: entropy.seed()),
            time: UInt32(clamping: Int64(hostClockOffset)))
        for record in try store.engineRecords() where record.name != .identity {
            do throws(ParseError) { try engine.restore(record) } catch {
                logger.error("the stored \(record.name.text) cannot be read and is left out: \(error)")
            }
        }
    }

    /// The parameters to start with.
    private static func parameters(
        _ configured: MeshCoreParameters, store: MeshCoreStore, logger: Logger
    ) throws -> MeshCoreParameters {
        guard let bytes = try store.load(parametersName) else { return configured }
        do {
            return try StoredParameters(bytes).parameters(configured: configured)
        } catch {
            logger.error("the stored MeshCore settings cannot be read, those of the file are taken: \(error)")
            return configured
        }
    }

    private static let parametersName = "parameters"

    private static func identity(
        _ store: MeshCoreStore, _ cryptography: MeshCoreSodiumCryptography, _ entropy: KernelEntropy
    ) throws -> MeshCoreIdentity {
        let security = MeshCoreSecurity(cryptography)
        let name = MeshCoreRecord.Name.identity.text
        if let bytes = try store.load(name), let key = MeshCorePrivateKey(bytes),
            let identity = security.identity(importing: key)
        {
            return identity
        }
        while true {
            // One seed in 128 gives a key that begins with a reserved byte.
            guard let identity = security.identity(seed: entropy.bytes(32)) else { continue }
            // A node that forgets who it is would be another one to all its contacts.
            guard store.save(name, identity.privateKey.bytes) else { throw IdentityError() }
            return identity
        }
    }

    /// The time on the engine's clock.
    public var now: Instant { Instant(microseconds: UInt64((NIODeadline.now() - started).nanoseconds / 1000)) }

    // MARK: Life

    /// Takes packets from now on.
    public func start() throws {
        eventLoop.preconditionInEventLoop()
        isRunning = true
        try mesh?.start { [weak self] datagram, packet in
            self?.received(
                MeshCoreReception(
                    link: Self.meshLink, bytes: packet, snr: datagram.link.snr ?? Decibels(0),
                    rssi: datagram.link.rssi ?? DecibelMilliwatts(0)))
        }
        air?.start(
            onPacket: { [weak self] frame in
                self?.received(
                    MeshCoreReception(link: Self.airLink, bytes: frame.bytes, snr: frame.snr, rssi: frame.rssi))
            },
            onDone: { [weak self] outcome in
                self?.handle(.transmitDone(link: Self.airLink, outcome))
            })
        air?.configure(engine.parameters.radio, power: engine.parameters.transmitPower)
        let key = engine.identity.publicKey.bytes.prefix(6).map { String($0, radix: 16) }
        logger.info("the MeshCore node is \(String(decoding: engine.parameters.name, as: UTF8.self)), \(key.joined())")
        handle(.deadline)
    }

    public func stop() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        isRunning = false
        timer?.cancel()
        timer = nil
        mesh?.stop()
        return air?.close() ?? eventLoop.makeSucceededVoidFuture()
    }

    /// Removes everything that MeshCore has stored, and takes no part any more: the next start is that of a new node.
    /// - Throws: when the store cannot be written.
    func forgetEverything() throws {
        eventLoop.preconditionInEventLoop()
        isRunning = false
        try store.removeAll()
        store.isClosed = true
    }

    /// Lets somebody on the event loop handle every event, before what follows from it leaves the node.
    func observe(_ observer: @escaping Observer) {
        eventLoop.preconditionInEventLoop()
        observers.append(observer)
    }

    /// Does something with the engine, then carries out what it asks for.
    public func withEngine<Result, Failure: Error>(
        _ body: (inout MeshCoreEngine, Instant) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        eventLoop.preconditionInEventLoop()
        defer { drain() }
        return try body(&engine, now)
    }

    // MARK: Inputs

    private func received(_ reception: MeshCoreReception) { handle(.received(reception)) }

    private func handle(_ input: MeshCoreInput) {
        guard isRunning else { return }
        followHostClock()
        engine.handle(input, now: now)
        drain()
    }

    /// Follows the host's time of day where that is set, by hand or by a time server.
    private func followHostClock() {
        let offset = Date().timeIntervalSince1970 - Double(now.microseconds) / 1_000_000
        guard abs(offset - hostClockOffset) > 2 else { return }
        hostClockOffset = offset
        engine.setClock(UInt32(clamping: Int64(Date().timeIntervalSince1970)), now: now)
    }

    // MARK: Outputs

    private func drain() {
        // What a link says at once comes back here.
        guard !isDraining else { return }
        isDraining = true
        while let output = engine.pollOutput() {
            switch output {
            case .store(let record): store.save(record.name.text, record.value)
            case .event(let event): carryOut(event)
            case .transmit(let transmission): transmit(transmission)
            }
        }
        isDraining = false
        saveParameters()
        reschedule()
    }

    private func carryOut(_ event: MeshCoreEvent) {
        switch event {
        case .advertHeard(let contact, _): mesh?.confirm(contact.key)
        case .advertNotStored(let contact): mesh?.confirm(contact.key)
        case .radioChanged(let radio, let power): air?.configure(radio, power: power)
        default: break
        }
        for observer in observers { observer(event, &engine, now) }
    }

    private func transmit(_ transmission: MeshCoreTransmission) {
        switch (transmission.link, isRunning) {
        case (Self.airLink, true): air?.send(transmission.bytes)
        case (Self.meshLink, true):
            guard let mesh else { return }
            engine.handle(.transmitDone(link: Self.meshLink, mesh.send(transmission)), now: now)
        default: engine.handle(.transmitDone(link: transmission.link, .failed), now: now)
        }
    }

    private func saveParameters() {
        guard engine.parameters != savedParameters else { return }
        savedParameters = engine.parameters
        let stored = StoredParameters(savedParameters, configured: configuration.parameters)
        do {
            store.save(Self.parametersName, try stored.bytes)
        } catch {
            logger.error("the MeshCore settings cannot be written: \(error)")
        }
    }

    // MARK: Time

    private func reschedule() {
        guard isRunning else { return }
        let deadline = engine.nextDeadline
        guard deadline != timerDeadline else { return }
        timer?.cancel()
        timer = nil
        timerDeadline = deadline
        guard let deadline else { return }
        timer = eventLoop.scheduleTask(deadline: started + .microseconds(Int64(clamping: deadline.microseconds))) {
            [weak self] in
            guard let self else { return }
            self.timer = nil
            self.timerDeadline = nil
            self.handle(.deadline)
        }
    }
}

/// A node without a place to keep its identity.
struct IdentityError: Error, CustomStringConvertible {
    var description: String { "the MeshCore node's identity cannot be stored: see to the state file's disk" }
}
