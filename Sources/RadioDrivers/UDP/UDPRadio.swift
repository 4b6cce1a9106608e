import EngineCore
import LoRaPHY
public import NIOCore
import NIOPosix

/// A radio whose air are UDP datagrams to programs that are named one by one: each datagram is one raw LoRa frame.
///
/// A datagram carries the frame's bytes and nothing else: no strength, no frequency, no modulation. It leaves when the
/// frame's time on air has passed, so that what the other end hears is paced as on the air. Two frames at the same
/// time do not disturb each other, and a radio hears also while it sends; the channel is always free.
///
/// Unchecked, because its state is confined to the event loop, which every method asserts.
public final class UDPRadio: Radio, @unchecked Sendable {
    /// Datagrams from which no frame came, by reason.
    public struct Drops: Equatable, Sendable {
        /// They are empty, or longer than a LoRa frame.
        public var malformed: UInt64 = 0
        /// They came from an address that is none of the peers'.
        public var notFromPeer: UInt64 = 0
        /// The receiver was off.
        public var receiverOff: UInt64 = 0
    }

    /// What is told as every frame's strength: it is not known, and this is a good signal.
    static let rssi = DecibelMilliwatts(-60)
    /// What is told as every frame's distance to the noise: it is not known, and this is a good signal.
    static let snr = Decibels(10)

    public let eventLoop: any EventLoop
    private let address: SocketAddress
    private let peers: [SocketAddress]
    private var configuration: RadioConfiguration
    private var isReceiverOn = true

    private var state = State.idle
    private var onEvent: (@Sendable (RadioEvent) -> Void)?
    private var transmission: Scheduled<Void>?
    /// Counted since the start.
    public private(set) var drops = Drops()

    private enum State {
        case idle
        case opening
        case connected(any Channel)
        /// The socket could not be opened.
        case failed
        case closed
    }

    /// - Parameters:
    ///   - address: where frames arrive, and what they are sent from.
    ///   - peers: who gets each frame; datagrams from other addresses are not heard, whatever their port.
    public init(
        eventLoop: any EventLoop, address: SocketAddress, peers: [SocketAddress], configuration: RadioConfiguration
    ) {
        self.eventLoop = eventLoop
        self.address = address
        self.peers = peers
        self.configuration = configuration
    }

    /// Where frames arrive, once the radio is connected.
    public var localAddress: SocketAddress? {
        eventLoop.preconditionInEventLoop()
        guard case .connected(let channel) = state else { return nil }
        return channel.localAddress
    }

    public func start(onEvent: @escaping @Sendable (RadioEvent) -> Void) {
        eventLoop.preconditionInEventLoop()
        guard case .idle = state else { preconditionFailure("a radio is started once") }
        self.onEvent = onEvent
        state = .opening
        DatagramBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.pipeline.addHandler(DatagramHandler { bytes, sender in self.received(bytes, from: sender) })
            }
            .bind(to: address)
            .whenComplete { result in self.opened(result) }
    }

    public func configure(_ configuration: RadioConfiguration) {
        eventLoop.preconditionInEventLoop()
        self.configuration = configuration
    }

    /// LoRa has no such channels.
    public func setChannel(_ channel: UInt8) {}

    public func transmit(_ bytes: [UInt8]) {
        eventLoop.preconditionInEventLoop()
        guard transmission == nil else {
            return tell(.failed(RadioError(command: "transmit", cause: "a frame is being sent already")))
        }
        let limit = configuration.phy.maximumPayload
        guard (1...limit).contains(bytes.count) else {
            let error = RadioError(command: "transmit", cause: "\(bytes.count) bytes, 1 to \(limit) can be sent")
            transmission = eventLoop.scheduleTask(in: .zero) {
                self.onEvent?(.failed(error))
                self.finish(.failed)
            }
            return
        }
        let airtime = configuration.phy.timeOnAir(byteCount: bytes.count)
        transmission = eventLoop.scheduleTask(in: .microseconds(airtime.microseconds)) { self.send(bytes) }
    }

    /// On this air nobody is in the way of anybody.
    public func assessChannel() {
        eventLoop.preconditionInEventLoop()
        tell(.channelActivity(isBusy: false))
    }

    public func setReceiver(isOn: Bool) {
        eventLoop.preconditionInEventLoop()
        isReceiverOn = isOn
    }

    public func sleep() {
        setReceiver(isOn: false)
    }

    public func close() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        let former = state
        state = .closed
        onEvent = nil
        transmission?.cancel()
        guard case .connected(let channel) = former else { return eventLoop.makeSucceededVoidFuture() }
        return channel.close()
    }

    private func opened(_ result: Result<any Channel, any Error>) {
        switch (result, state) {
        case (.success(let channel), .opening):
            state = .connected(channel)
            onEvent?(.connected)
        case (.success(let channel), _): channel.close(promise: nil)
        case (.failure(let error), .opening):
            state = .failed
            onEvent?(.failed(RadioError(command: "listen on \(address) for frames", cause: "\(error)")))
        case (.failure, _): break
        }
    }

    /// The frame's time on air is over: whoever listens has heard it. That nobody does is nothing a radio notices.
    private func send(_ bytes: [UInt8]) {
        guard case .connected(let channel) = state else { return finish(.failed) }
        for peer in peers {
            let buffer = channel.allocator.buffer(bytes: bytes)
            channel.writeAndFlush(AddressedEnvelope(remoteAddress: peer, data: buffer), promise: nil)
        }
        finish(.sent)
    }

    private func finish(_ outcome: TransmitOutcome) {
        transmission = nil
        onEvent?(.transmitDone(outcome))
    }

    private func received(_ bytes: [UInt8], from sender: SocketAddress) {
        guard case .connected = state else { return }
        guard peers.contains(where: { $0.ipAddress == sender.ipAddress }) else {
            drops.notFromPeer += 1
            return
        }
        guard (1...LoRaModulation.maximumPayload).contains(bytes.count) else {
            drops.malformed += 1
            return
        }
        guard isReceiverOn else {
            drops.receiverOff += 1
            return
        }
        onEvent?(.received(ReceivedFrame(bytes: bytes, rssi: Self.rssi, snr: Self.snr)))
    }

    /// Tells of an event once the call that caused it has returned.
    private func tell(_ event: RadioEvent) {
        eventLoop.execute { self.onEvent?(event) }
    }
}
