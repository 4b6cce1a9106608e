public import Logging
import MeshCoreEngine
import MeshCoreWire
public import NIOCore
import NIOPosix

/// Serves MeshCore's apps over TCP.
///
/// It lives on the node's event loop.
public final class CompanionServer: CompanionConnection.Owner, @unchecked Sendable {
    /// What may be tuned.
    public struct Configuration: Sendable {
        /// How many apps may be connected at once; more are closed at once.
        /// - Range: 1 to 256
        public var clientLimit = 16
        /// The folder whose disk is told as the node's storage; nil where nothing is told.
        public var storageFolder: String?
        /// Whether a new app ends the connection of the one before, as the firmware does.
        public var newestWins = false

        public init() {}
    }

    /// What is known of one app.
    private struct Client {
        let connection: CompanionConnection
        /// As it gave it in its first command.
        var name: [UInt8] = []
        /// The highest protocol version that it understands.
        var version: UInt8 = 0
        /// What is to be signed, from the command that begins to the one that ends.
        var signing: [UInt8]?
        /// Where it goes on in the mailbox, ahead of what has been written.
        var place: UInt64
    }

    /// Why the node's service is to start anew.
    public enum Restart: Sendable {
        case reboot
        /// Without anything that MeshCore has stored; that is gone already.
        case factoryReset
    }

    private let node: MeshCoreNode
    private let onRestart: @Sendable (Restart) -> Void
    private let mailbox: CompanionMailbox
    private let configuration: Configuration
    private let logger: Logger
    private var clients: [UInt64: Client] = [:]
    private var connectionCount: UInt64 = 0
    private var channel: (any Channel)?

    /// - Parameter onRestart: what an app's wish to start anew does.
    /// - Throws: when the messages that wait cannot be read from the store.
    public init(
        node: MeshCoreNode, configuration: Configuration = Configuration(), logger: Logger,
        onRestart: @escaping @Sendable (Restart) -> Void
    ) throws {
        self.onRestart = onRestart
        self.node = node
        self.configuration = configuration
        self.logger = logger
        mailbox = try CompanionMailbox(node.store)
    }

    // MARK: Life

    /// Takes the node's events from now on, so that messages are kept also while no app is connected.
    public func attach() {
        node.observe { [weak self] event, _, _ in self?.handle(event) }
    }

    /// Listens for apps.
    /// - Throws: when the address cannot be listened on.
    public func listen(host: String, port: Int) async throws {
        let channel = try await ServerBootstrap(group: node.eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(newConnection())
                }
            }
            .bind(host: host, port: port).get()
        logger.info("MeshCore's apps are served at \(channel.localAddress.map { "\($0)" } ?? host)")
        try await node.eventLoop.submit { self.channel = channel }.get()
    }

    /// Where it listens; the port is chosen by the system where 0 was asked for.
    public func localAddress() async throws -> SocketAddress? {
        try await node.eventLoop.submit { self.channel?.localAddress }.get()
    }

    /// Ends all connections.
    public func shutdown() async {
        // A server that never listened, or a channel that is closed already, is what is wanted.
        try? await node.eventLoop.flatSubmit { () -> EventLoopFuture<Void> in
            for client in self.clients.values { client.connection.close() }
            return self.channel?.close() ?? self.node.eventLoop.makeSucceededVoidFuture()
        }.get()
    }

    private func newConnection() -> CompanionConnection {
        connectionCount += 1
        return CompanionConnection(
            number: connectionCount, owner: self, logger: logger)
    }

    // MARK: Connections

    func opened(_ connection: CompanionConnection) {
        if configuration.newestWins {
            for client in clients.values { client.connection.close() }
        }
        clients[connection.number] = Client(connection: connection, place: mailbox.place(of: []))
        if clients.count > configuration.clientLimit {
            logger.warning(
                "\(clients.count) apps at once, \(configuration.clientLimit) are served: the newest is refused")
            connection.close()
        }
    }

    func closed(_ connection: CompanionConnection) { clients[connection.number] = nil }

    func received(_ body: [UInt8], from connection: CompanionConnection) {
        guard let client = clients[connection.number] else { return }
        let command = CompanionCommand(body: body)
        switch command.code {
        case CompanionCommand.appStart where body.count >= 8: start(client, body)
        case CompanionCommand.syncNextMessage: sendNextMessage(to: client)
        case CompanionCommand.deviceQuery where body.count >= 2:
            clients[connection.number]?.version = body[1]
            let pin = pin
            connection.send(node.withEngine { engine, _ in CompanionFrames.deviceInformation(engine, pin: pin) })
        case CompanionCommand.setPin where body.count >= 5: connection.send(setPin(Array(body[1..<5])))
        case CompanionCommand.batteryAndStorage: connection.send(batteryAndStorage())
        case CompanionCommand.reboot where body.dropFirst().starts(with: Array("reboot".utf8)): onRestart(.reboot)
        case CompanionCommand.factoryReset where body.dropFirst().starts(with: Array("reset".utf8)):
            resetFactory(connection)
        case CompanionCommand.signStart, CompanionCommand.signData, CompanionCommand.signFinish:
            connection.send(sign(command, client))
        default:
            // The answer goes out before anything that follows from the command.
            node.withEngine { engine, now in
                for answer in command.answer(&engine, now: now) { connection.send(answer) }
            }
        }
    }

    private func start(_ client: Client, _ body: [UInt8]) {
        let number = client.connection.number
        let name = Array(body.dropFirst(8).prefix { $0 != 0 }.prefix(32))
        mailbox.register(name)
        clients[number]?.name = name
        clients[number]?.place = mailbox.place(of: name)
        client.connection.send(node.withEngine { engine, _ in CompanionFrames.selfInformation(engine) })
    }

    /// The number that a radio with Bluetooth asks apps for; this node has none, but keeps it.
    private var pin: [UInt8] {
        guard let stored = try? node.store.load(Self.pinName), stored.count == 4 else { return [0, 0, 0, 0] }
        return stored
    }

    private static let pinName = "pin"

    private func setPin(_ bytes: [UInt8]) -> [UInt8] {
        let pin = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard pin == 0 || (100_000...999_999).contains(pin) else {
            return [CompanionCode.error, CompanionError.illegalArgument.rawValue]
        }
        node.store.save(Self.pinName, bytes)
        return [CompanionCode.ok]
    }

    private func batteryAndStorage() -> [UInt8] {
        let storage = configuration.storageFolder.flatMap { DeviceMeasurements.storage(of: $0) } ?? (0, 0)
        return CompanionFrames.make(12) { writer in
            writer.writeLittleEndian(UInt64(DeviceMeasurements.battery() ?? 0), count: 2)
            writer.writeLittleEndian(UInt64(storage.0), count: 4)
            writer.writeLittleEndian(UInt64(storage.1), count: 4)
        }
    }

    private func resetFactory(_ connection: CompanionConnection) {
        do {
            try node.forgetEverything()
        } catch {
            logger.error("MeshCore's state cannot be forgotten: \(error)")
            connection.send([CompanionCode.error, CompanionError.storage.rawValue])
            return
        }
        connection.send([CompanionCode.ok])
        onRestart(.factoryReset)
    }

    /// The longest text that is signed.
    /// - Units: bytes
    private static let signingLimit = 8192

    private func sign(_ command: CompanionCommand, _ client: Client) -> [UInt8] {
        let number = client.connection.number
        func refused(_ error: CompanionError) -> [UInt8] { [CompanionCode.error, error.rawValue] }
        if command.code == CompanionCommand.signStart {
            clients[number]?.signing = []
            return CompanionFrames.make(19) { writer in
                writer.write(UInt8(0))
                writer.writeLittleEndian(UInt64(Self.signingLimit), count: 4)
            }
        }
        if command.code == CompanionCommand.signData, command.body.count < 2 { return refused(.unsupported) }
        guard let text = client.signing else { return refused(.badState) }
        if command.code == CompanionCommand.signData {
            guard text.count + command.body.count - 1 <= Self.signingLimit else { return refused(.full) }
            clients[number]?.signing?.append(contentsOf: command.body.dropFirst())
            return [CompanionCode.ok]
        }
        clients[number]?.signing = nil
        return [20] + node.withEngine { engine, _ in engine.sign(text) }
    }

    // MARK: Messages

    private func sendNextMessage(to client: Client) {
        guard let (frame, next) = mailbox.message(at: client.place) else {
            client.connection.send([CompanionCode.noMoreMessages])
            return
        }
        let name = client.name
        clients[client.connection.number]?.place = next
        let shown = client.version >= 3 ? frame : CompanionFrames.forOldApps(frame)
        // Only what has been written counts: an app that is gone gets the message again.
        client.connection.send(shown) { [mailbox = NIOLoopBound(mailbox, eventLoop: node.eventLoop)] in
            mailbox.value.advance(name, to: next)
        }
    }

    func handle(_ event: MeshCoreEvent) {
        switch event {
        case .message(let contact, let text, let arrival):
            keep(CompanionFrames.message(from: contact, text, arrival))
        case .channelMessage(let channel, let text, let arrival):
            keep(CompanionFrames.message(channel: channel, text, arrival))
        case .channelData(let channel, let data, let arrival):
            keep(CompanionFrames.data(channel: channel, data, arrival))
        default:
            if let push = CompanionFrames.push(of: event) { tellAll(push) }
        }
    }

    private func keep(_ frame: [UInt8]) {
        mailbox.append(frame)
        tellAll([CompanionCode.pushMessageWaiting])
    }

    private func tellAll(_ frame: [UInt8]) {
        for client in clients.values { client.connection.send(frame) }
    }
}
