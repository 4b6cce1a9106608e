import EngineCore
import LoRaPHY
public import NIOCore
import NIOPosix
import WireCore

/// A radio whose antenna is a UDP socket to `heddle ether`.
///
/// When the ether is gone it says so once, tries again each second, and comes back by itself. Until then frames fail
/// after their time on air and the channel is found free, so that a node runs on.
///
/// Unchecked, because its state is confined to the event loop, which every method asserts.
public final class EtherRadio: Radio, @unchecked Sendable {
    public let eventLoop: any EventLoop
    private let address: SocketAddress
    private let node: String
    private let hasFrameCheckSequence: Bool
    private var configuration: RadioConfiguration
    private var isReceiverOn = true

    private var state = State.idle
    private var channel: (any Channel)?
    private var onEvent: (@Sendable (RadioEvent) -> Void)?
    private var ticker: RepeatedTask?
    private var lastHeard = NIODeadline.distantPast
    /// What has been told about the ether's absence or refusal, so that it is told once.
    private var reported: String?
    private var transmission: Pending?
    private var assessment: Pending?
    private var lastToken: UInt32 = 0

    private enum State {
        case idle
        case registering
        case connected
        case closed
    }

    /// A command that waits for its answer, and the task that ends it without one.
    private struct Pending {
        let token: UInt32
        let timeout: Scheduled<Void>
    }

    /// How often the radio gives a sign of life, or tries to register.
    static let keepAliveInterval = TimeAmount.seconds(1)
    /// After how long without a message the ether counts as gone.
    static let silenceLimit = TimeAmount.milliseconds(2500)
    /// How much later than due an answer may arrive.
    private static let answerMargin = TimeAmount.seconds(1)

    /// - Parameters:
    ///   - address: Where the ether listens.
    ///   - node: The node's name in the ether's topology, 1 to 64 bytes of UTF-8.
    ///   - hasFrameCheckSequence: Whether the link profile's frames end with one.
    public init(
        eventLoop: any EventLoop, address: SocketAddress, node: String, configuration: RadioConfiguration,
        hasFrameCheckSequence: Bool
    ) {
        self.eventLoop = eventLoop
        self.address = address
        self.node = node
        self.configuration = configuration
        self.hasFrameCheckSequence = hasFrameCheckSequence
    }

    public func start(onEvent: @escaping @Sendable (RadioEvent) -> Void) {
        eventLoop.preconditionInEventLoop()
        precondition(state == .idle, "a radio is started once")
        self.onEvent = onEvent
        state = .registering
        let local = address.protocol == .inet6 ? "::1" : "127.0.0.1"
        DatagramBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.pipeline.addHandler(
                    DatagramHandler { bytes, sender in self.received(bytes, from: sender) })
            }
            .bind(host: local, port: 0)
            .whenComplete { result in self.bound(result) }
    }

    public func configure(_ configuration: RadioConfiguration) {
        eventLoop.preconditionInEventLoop()
        self.configuration = configuration
        if state == .connected { send(.configure(setting)) }
    }

    public func transmit(_ bytes: [UInt8]) {
        eventLoop.preconditionInEventLoop()
        guard transmission == nil else {
            report(RadioError(command: "transmit", cause: "a frame is being sent already"))
            return
        }
        let token = nextToken()
        guard bytes.count <= configuration.phy.maximumPayload else {
            report(
                RadioError(
                    command: "transmit",
                    cause: "\(bytes.count) bytes, at most \(configuration.phy.maximumPayload) can be sent"))
            transmission = pending(token, after: .zero) { $0.transmitted(token, .failed) }
            return
        }
        let airtime = TimeAmount.microseconds(configuration.phy.timeOnAir(byteCount: bytes.count).microseconds)
        if state == .connected { send(.transmit(token: token, bytes: bytes)) }
        let wait = state == .connected ? airtime + Self.answerMargin : airtime
        transmission = pending(token, after: wait) { $0.transmitted(token, .failed) }
    }

    public func assessChannel() {
        eventLoop.preconditionInEventLoop()
        guard assessment == nil else {
            report(RadioError(command: "assess", cause: "the channel is being assessed already"))
            return
        }
        let token = nextToken()
        if state == .connected { send(.assess(token: token)) }
        let time = TimeAmount.microseconds(configuration.phy.channelAssessmentTime.microseconds)
        let wait = state == .connected ? time + Self.answerMargin : time
        assessment = pending(token, after: wait) { $0.assessed(token, isBusy: false) }
    }

    /// LoRa has no such channels: the configured frequency stays.
    public func setChannel(_ channel: UInt8) {}

    public func setReceiver(isOn: Bool) {
        eventLoop.preconditionInEventLoop()
        isReceiverOn = isOn
        if state == .connected { send(.receiver(isOn: isOn)) }
    }

    public func sleep() {
        setReceiver(isOn: false)
    }

    public func close() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        if state == .connected { send(.leave) }
        state = .closed
        onEvent = nil
        ticker?.cancel()
        transmission?.timeout.cancel()
        assessment?.timeout.cancel()
        guard let channel else { return eventLoop.makeSucceededVoidFuture() }
        self.channel = nil
        return channel.close()
    }

    private func bound(_ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            guard state == .registering else {
                channel.close(promise: nil)
                return
            }
            self.channel = channel
            register()
            ticker = eventLoop.scheduleRepeatedTask(
                initialDelay: Self.keepAliveInterval, delay: Self.keepAliveInterval
            ) { _ in self.tick() }
        case .failure(let error): report(RadioError(command: "open a socket to the ether", cause: "\(error)"))
        }
    }

    private func tick() {
        switch state {
        case .idle, .closed: return
        case .registering:
            // Where the ether refuses, that is what there is to tell, not that it does not answer.
            if NIODeadline.now() - lastHeard > Self.silenceLimit { reportAbsence("no ether answers at \(address)") }
            register()
        case .connected:
            if NIODeadline.now() - lastHeard > Self.silenceLimit {
                lost("the ether at \(address) no longer answers")
            } else {
                send(.keepAlive)
            }
        }
    }

    private func lost(_ reason: String) {
        state = .registering
        reportAbsence(reason)
        register()
    }

    private func reportAbsence(_ reason: String) {
        guard reported == nil else { return }
        reported = reason
        onEvent?(.disconnected(reason: reason))
    }

    private func register() {
        send(
            .register(
                EtherRegistration(node: node, hasFrameCheckSequence: hasFrameCheckSequence, setting: setting)))
    }

    private var setting: EtherRadioSetting {
        EtherRadioSetting(
            phy: configuration.phy, frequency: configuration.frequency, power: configuration.power,
            isReceiving: isReceiverOn)
    }

    private func send(_ message: EtherMessage) {
        guard let channel else { return }
        var writer = ByteWriter(capacity: message.byteCount)
        message.serialize(into: &writer)
        let buffer = channel.allocator.buffer(bytes: writer.bytes)
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
    }

    private func received(_ bytes: [UInt8], from sender: SocketAddress) {
        guard sender == address, state != .closed else { return }
        var reader = ByteReader(bytes)
        // What is not a message of the ether's may come from any program on this host.
        guard let message = try? EtherMessage(parsing: &reader) else { return }
        lastHeard = NIODeadline.now()
        switch message {
        case .registered:
            guard state == .registering else { return }
            state = .connected
            reported = nil
            onEvent?(.connected)
        case .refused(let reason): refused(reason)
        case .transmitDone(let token, let outcome): transmitted(token, outcome)
        case .received(let frame): if state == .connected, isReceiverOn { onEvent?(.received(frame)) }
        case .assessment(let token, let isBusy): assessed(token, isBusy: isBusy)
        case .unregistered: if state == .connected { lost("the ether at \(address) does not know this node any more") }
        case .alive, .statistics: return
        case .register, .configure, .transmit, .assess, .receiver, .keepAlive, .statisticsRequest, .leave: return
        }
    }

    private func refused(_ reason: String) {
        let error = RadioError(command: "register node \(node) with the ether", cause: reason)
        switch state {
        case .registering:
            guard reported != reason else { return }
            reported = reason
            onEvent?(.failed(error))
        case .connected: onEvent?(.failed(RadioError(command: "use the ether", cause: reason)))
        case .idle, .closed: return
        }
    }

    private func transmitted(_ token: UInt32, _ outcome: TransmitOutcome) {
        guard let transmission, transmission.token == token else { return }
        transmission.timeout.cancel()
        self.transmission = nil
        onEvent?(.transmitDone(outcome))
    }

    private func assessed(_ token: UInt32, isBusy: Bool) {
        guard let assessment, assessment.token == token else { return }
        assessment.timeout.cancel()
        self.assessment = nil
        onEvent?(.channelActivity(isBusy: isBusy))
    }

    private func pending(
        _ token: UInt32, after wait: TimeAmount, _ end: @escaping @Sendable (EtherRadio) -> Void
    ) -> Pending {
        Pending(token: token, timeout: eventLoop.scheduleTask(in: wait) { end(self) })
    }

    private func nextToken() -> UInt32 {
        lastToken &+= 1
        return lastToken
    }

    /// Tells of an error once the call that caused it has returned.
    private func report(_ error: RadioError) {
        eventLoop.execute { self.onEvent?(.failed(error)) }
    }
}
