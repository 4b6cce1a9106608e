import EngineCore
import IPEngine
public import Logging
import MeshCoreEngine
import MeshCoreWire
import NodeEngine
public import NodeRuntime
import ThreadWire

/// A UDP port of this node on the IPv6 mesh, at which applications send to MeshCore and hear from it, as JSON lines.
///
/// Whoever is in the mesh may use it, and writes as this node. It lives on the node's event loop.
/// - Source: docs/meshcore-applications.md
public final class ApplicationPort: @unchecked Sendable {
    /// The port where the configuration does not say another one.
    public static let defaultPort: UInt16 = 61623

    /// How long a subscription lasts that is not renewed.
    static let subscriptionTime = Duration.seconds(600)
    /// How many subscriptions there may be; for a new one the one that ends first gives way.
    static let subscriptionLimit = 32
    /// How many datagrams are answered within a second; more are left out.
    private static let requestsPerSecond = 20

    private struct Subscription {
        let subscriber: SocketAddress
        /// nil for everything.
        let topic: ApplicationRequest.Topic?
        let end: Instant
    }

    private let node: MeshCoreNode
    private let runtime: NodeRuntime
    private let logger: Logger
    private var socket: SocketID?
    private var subscriptions: [Subscription] = []
    private var isReading = false
    private var second: (began: Instant, count: Int) = (.zero, 0)

    public init(node: MeshCoreNode, runtime: NodeRuntime, logger: Logger) {
        self.node = node
        self.runtime = runtime
        self.logger = logger
    }

    /// Takes requests from now on.
    /// - Throws: when the port is not free.
    public func start(port: UInt16) throws {
        runtime.eventLoop.preconditionInEventLoop()
        let socket = try runtime.withNode { node, _ in
            let socket = try node.openSocket()
            _ = try node.bind(socket, port: port)
            return socket
        }
        self.socket = socket
        runtime.observe { [weak self] output, _, _ in
            guard let self, case .readable(socket) = output, !self.isReading else { return }
            // Not at once: the node's outputs are just being drained.
            self.isReading = true
            self.runtime.eventLoop.execute { self.read() }
        }
        node.observe { [weak self] event, _, _ in self?.tell(event) }
        logger.info("applications reach MeshCore at UDP port \(port) of this node on the mesh")
    }

    // MARK: Requests

    private func read() {
        isReading = false
        while let socket, let datagram = runtime.withNode({ node, _ in try? node.receive(socket) }) {
            // What comes from beyond the mesh, or without its key, may not write as this node.
            guard datagram.isSecured, isWithinRate() else { continue }
            send(answer(datagram), to: datagram.source)
        }
    }

    private func isWithinRate() -> Bool {
        let now = runtime.now
        if now.since(second.began) >= .seconds(1) { second = (now, 0) }
        second.count += 1
        return second.count <= Self.requestsPerSecond
    }

    private func answer(_ datagram: UDPDatagram) -> ApplicationLine {
        do throws(ApplicationRequest.Malformed) {
            return carryOut(try ApplicationRequest(datagram.payload), from: datagram.source)
        } catch {
            return ApplicationLine(type: "error", error: error.description)
        }
    }

    private func carryOut(_ request: ApplicationRequest, from source: SocketAddress) -> ApplicationLine {
        do throws(MeshCoreError) {
            switch request {
            case .subscribe(let topic):
                subscribe(source, topic)
                return ApplicationLine(type: "ok")
            case .unsubscribe:
                subscriptions.removeAll { $0.subscriber == source }
                return ApplicationLine(type: "ok")
            case .channelText(let channel, let text):
                try node.withEngine { (engine, now) throws(MeshCoreError) in
                    try engine.sendChannelText(
                        channel: channel, timestamp: engine.uniqueTime(now: now), text: Array(text.utf8), now: now)
                }
                return ApplicationLine(type: "ok")
            case .contactText(let prefix, let text):
                let sent = try node.withEngine { (engine, now) throws(MeshCoreError) in
                    try engine.sendText(
                        to: prefix[...], timestamp: engine.uniqueTime(now: now), text: Array(text.utf8), now: now)
                }
                return ApplicationLine(type: "ok", acknowledgement: ApplicationLine.hexadecimal(sent.tag))
            }
        } catch {
            return ApplicationLine(type: "error", error: "\(error)")
        }
    }

    private func subscribe(_ subscriber: SocketAddress, _ topic: ApplicationRequest.Topic?) {
        let now = runtime.now
        subscriptions.removeAll { $0.end <= now || $0.subscriber == subscriber && $0.topic == topic }
        if subscriptions.count >= Self.subscriptionLimit { subscriptions.removeFirst() }
        subscriptions.append(Subscription(subscriber: subscriber, topic: topic, end: now + Self.subscriptionTime))
    }

    // MARK: What comes in

    private func tell(_ event: MeshCoreEvent) {
        guard let (topic, line) = ApplicationLine.of(event) else { return }
        let now = runtime.now
        subscriptions.removeAll { $0.end <= now }
        var told: [SocketAddress] = []
        for subscription in subscriptions where Self.wants(subscription.topic, topic) {
            // Whoever subscribed to a channel and to everything hears it once.
            guard !told.contains(subscription.subscriber) else { continue }
            told.append(subscription.subscriber)
            let (subscriber, eventLoop) = (subscription.subscriber, runtime.eventLoop)
            // Not at once: the engine's outputs are just being drained, and the store comes first.
            eventLoop.execute { [weak self] in self?.send(line, to: subscriber) }
        }
    }

    private static func wants(_ topic: ApplicationRequest.Topic?, _ told: ApplicationRequest.Topic) -> Bool {
        switch (topic, told) {
        case (nil, _): true
        case (.contact(let prefix), .contact(let key)): key.starts(with: prefix)
        case (let wanted?, let told): wanted == told
        }
    }

    private func send(_ line: ApplicationLine, to address: SocketAddress) {
        guard let socket else { return }
        do {
            try runtime.withNode { node, now in try node.send(socket, to: address, payload: line.bytes, now: now) }
        } catch {
            logger.debug("a line for the application at \(address.address) did not leave: \(error)")
        }
    }
}
