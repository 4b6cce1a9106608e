import EngineCore
public import NIOCore
import WireCore

/// The virtual radio of OpenThread's simulation, so that a node shares one air with OpenThread's own.
///
/// The air is a UDP multicast group on the loopback interface. Whoever is on the channel hears everything: no loss, no
/// collisions, no time on air, always the same strength.
///
/// Unchecked, because its state is confined to the event loop, which every method asserts.
/// - Source: OpenThread as observed
public final class OpenThreadRadio: Radio, @unchecked Sendable {
    /// Datagrams from which no frame came, by reason.
    public struct Drops: Equatable, Sendable {
        /// They are not a channel and a frame.
        public var malformed: UInt64 = 0
        /// They came from another computer.
        public var notFromLoopback: UInt64 = 0
        /// The frame is on another channel.
        public var otherChannel: UInt64 = 0
        /// The receiver was off.
        public var receiverOff: UInt64 = 0
    }

    public let eventLoop: any EventLoop
    private let place: OpenThreadPlace
    private var channel: UInt8
    private var isReceiverOn = true

    private var state = State.idle
    private var onEvent: (@Sendable (RadioEvent) -> Void)?
    private var isTransmitting = false
    /// Counted since the start; this node's own frames, which come back, are not among them.
    public private(set) var drops = Drops()

    private enum State {
        case idle
        case opening
        case connected(OpenThreadSockets)
        /// The sockets could not be opened.
        case failed
        case closed
    }

    /// The strength of every frame.
    static let rssi = DecibelMilliwatts(-20)
    /// Its distance to the noise, which OpenThread takes to be at -100 dBm.
    static let snr = Decibels(80)

    /// - Parameter channel: 11 to 26; the node's dataset changes it.
    public init(eventLoop: any EventLoop, place: OpenThreadPlace, channel: UInt8 = 11) {
        precondition(OpenThreadDatagram.channels.contains(channel), "there is no channel \(channel)")
        self.eventLoop = eventLoop
        self.place = place
        self.channel = channel
    }

    public func start(onEvent: @escaping @Sendable (RadioEvent) -> Void) {
        eventLoop.preconditionInEventLoop()
        guard case .idle = state else { preconditionFailure("a radio is started once") }
        self.onEvent = onEvent
        state = .opening
        OpenThreadSockets.open(
            at: place, eventLoop: eventLoop, onDatagram: { bytes, sender in self.received(bytes, from: sender) }
        )
        .whenComplete { result in self.opened(result) }
    }

    public func configure(_ configuration: RadioConfiguration) {
        setChannel(configuration.channel)
    }

    public func setChannel(_ channel: UInt8) {
        eventLoop.preconditionInEventLoop()
        guard OpenThreadDatagram.channels.contains(channel) else {
            return tell(.failed(RadioError(command: "set the channel", cause: "there is no channel \(channel)")))
        }
        self.channel = channel
    }

    public func transmit(_ bytes: [UInt8]) {
        eventLoop.preconditionInEventLoop()
        guard !isTransmitting else {
            return tell(.failed(RadioError(command: "transmit", cause: "a frame is being sent already")))
        }
        isTransmitting = true
        guard (1...OpenThreadDatagram.maximumPSDU).contains(bytes.count) else {
            let limit = "1 to \(OpenThreadDatagram.maximumPSDU) can be sent"
            tell(.failed(RadioError(command: "transmit", cause: "\(bytes.count) bytes, \(limit)")))
            return tell(.transmitDone(.failed))
        }
        guard case .connected(let sockets) = state else { return tell(.transmitDone(.failed)) }
        let datagram = OpenThreadDatagram(channel: channel, psdu: bytes)
        var writer = ByteWriter(capacity: datagram.byteCount)
        datagram.serialize(into: &writer)
        sockets.send(writer.bytes).whenComplete { result in
            switch result {
            case .success: self.tell(.transmitDone(.sent))
            case .failure(let error):
                self.tell(.failed(RadioError(command: "transmit", cause: "\(error)")))
                self.tell(.transmitDone(.failed))
            }
        }
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
        guard case .connected(let sockets) = former else { return eventLoop.makeSucceededVoidFuture() }
        return sockets.close()
    }

    private func opened(_ result: Result<OpenThreadSockets, any Error>) {
        switch (result, state) {
        case (.success(let sockets), .opening):
            state = .connected(sockets)
            tell(.connected)
        case (.failure(let error), .opening):
            state = .failed
            let command = "open node \(place.nodeID) of OpenThread's simulation at port \(place.ownPort)"
            tell(.failed(RadioError(command: command, cause: "\(error)")))
        case (.success(let sockets), _): _ = sockets.close()
        case (.failure, _): break
        }
    }

    private func received(_ bytes: [UInt8], from sender: SocketAddress) {
        guard sender.port != place.ownPort, case .connected = state else { return }
        guard sender.isLoopback else {
            drops.notFromLoopback += 1
            return
        }
        var reader = ByteReader(bytes)
        guard let datagram = try? OpenThreadDatagram(parsing: &reader) else {
            drops.malformed += 1
            return
        }
        guard datagram.channel == channel else {
            drops.otherChannel += 1
            return
        }
        guard isReceiverOn else {
            drops.receiverOff += 1
            return
        }
        onEvent?(.received(ReceivedFrame(bytes: datagram.psdu, rssi: Self.rssi, snr: Self.snr)))
    }

    /// Tells of an event once the call that caused it has returned.
    private func tell(_ event: RadioEvent) {
        eventLoop.execute {
            if case .transmitDone = event { self.isTransmitting = false }
            self.onEvent?(event)
        }
    }
}
