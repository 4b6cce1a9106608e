import EngineCore
import LoRaPHY
public import NIOCore

/// A Semtech SX1261, SX1262 or SX1268 on a serial interface.
///
///     recovering -> resting <-> assessing, transmitting
///         ^____________\_____________/   a command fails, an interrupt stays away, the chip has reset itself
///
/// Unchecked, because its state is confined to the event loop, which every method asserts.
/// - Source: SX1261/2 data sheet rev. 2.1
public final class SX126xRadio: Radio, @unchecked Sendable {
    /// What went wrong since the start.
    public struct Counters: Equatable, Sendable {
        /// Frames with a wrong checksum.
        public var checksumErrors: UInt64 = 0
        /// Frames whose header could not be read.
        public var headerErrors: UInt64 = 0
        /// Times at which the chip had finished, but no interrupt came.
        public var lostInterrupts: UInt64 = 0
        /// Times at which the chip had to be reset.
        public var recoveries: UInt64 = 0
    }

    public let eventLoop: any EventLoop
    public private(set) var counters = Counters()
    private let chip: SX126xChip
    private let board: SX126xBoard
    private var configuration: RadioConfiguration
    private var channel: SX126xChannel
    private var state = State.idle
    private var isReceiverOn = true
    private var isAsleep = false
    private var onEvent: (@Sendable (RadioEvent) -> Void)?
    private var isWatching = false
    /// The failure that was told last; the same one again is not.
    private var toldFailure: String?
    private var retryDelay = shortestRetryDelay
    private var deadline: Scheduled<Void>?
    private var watchdog: RepeatedTask?
    /// When the channel was last found free by its energy.
    private var foundFreeAt: NIODeadline?

    private enum State {
        case idle
        case resting
        case assessing
        /// Listens for energy until then; afterwards sends the bytes, or tells that the channel is free.
        case sensing(until: NIODeadline, bytes: [UInt8]?)
        case transmitting
        /// Waits for the next attempt to bring the chip up.
        case recovering
        case closed
    }

    private static let shortestRetryDelay = TimeAmount.seconds(1)
    private static let longestRetryDelay = TimeAmount.seconds(60)
    private static let watchdogInterval = TimeAmount.seconds(10)
    /// What an interrupt may be late.
    private static let interruptMargin = Duration.milliseconds(100)
    /// How long the channel counts as free once it was found so.
    private static let freeFor = TimeAmount.milliseconds(10)
    private static let senseStep = TimeAmount.microseconds(500)

    /// - Throws: when the modulation is not LoRa.
    public init(
        eventLoop: any EventLoop, bus: any SX126xBus, board: SX126xBoard, configuration: RadioConfiguration
    ) throws(RadioError) {
        guard let channel = SX126xChannel(configuration, board: board) else {
            throw RadioError(command: "set the modulation", cause: "a SX126x modulates LoRa only")
        }
        self.eventLoop = eventLoop
        chip = SX126xChip(bus: bus)
        self.board = board
        self.configuration = configuration
        self.channel = channel
    }

    // MARK: What the node asks for

    public func start(onEvent: @escaping @Sendable (RadioEvent) -> Void) {
        eventLoop.preconditionInEventLoop()
        guard case .idle = state else { preconditionFailure("a radio is started once") }
        self.onEvent = onEvent
        state = .recovering
        eventLoop.execute { self.bringUp() }
    }

    public func configure(_ configuration: RadioConfiguration) {
        eventLoop.preconditionInEventLoop()
        guard let channel = SX126xChannel(configuration, board: board) else {
            return tell(
                .failed(RadioError(command: "set the modulation", cause: "a SX126x modulates LoRa only")))
        }
        self.configuration = configuration
        self.channel = channel
        guard case .resting = state else { return }
        attempt {
            () throws(RadioError) in
            try wake()
            try chip.send(.setStandby, 0)
            try chip.tune(to: channel)
            try rest()
        }
    }

    /// LoRa frames carry the number, and the radio keeps its frequency.
    public func setChannel(_ channel: UInt8) {}

    public func transmit(_ bytes: [UInt8]) {
        eventLoop.preconditionInEventLoop()
        guard (1...LoRaModulation.maximumPayload).contains(bytes.count) else {
            let limit = "1 to \(LoRaModulation.maximumPayload) can be sent"
            tell(.failed(RadioError(command: "transmit", cause: "\(bytes.count) bytes, \(limit)")))
            return tell(.transmitDone(.failed))
        }
        switch state {
        case .resting: attempt { () throws(RadioError) in try listenThenSend(bytes) }
        case .assessing, .sensing, .transmitting:
            tell(.failed(RadioError(command: "transmit", cause: "the radio is busy with another frame")))
            tell(.transmitDone(.failed))
        case .idle, .recovering, .closed: tell(.transmitDone(.failed))
        }
    }

    public func assessChannel() {
        eventLoop.preconditionInEventLoop()
        // Without a chip a transmission fails, which says more than a channel that is never free.
        guard case .resting = state else { return tell(.channelActivity(isBusy: false)) }
        state = .assessing
        attempt {
            () throws(RadioError) in
            try wake()
            try chip.send(.setStandby, 0)
            _ = try chip.takeInterrupts()
            try chip.bus.connectAntenna(to: .receiver)
            try chip.send(.setChannelActivityDetection)
            expectInterrupt(after: channel.modulation.channelActivityDetectionTime())
        }
    }

    public func setReceiver(isOn: Bool) {
        eventLoop.preconditionInEventLoop()
        guard isOn != isReceiverOn else { return }
        isReceiverOn = isOn
        guard case .resting = state else { return }
        attempt { () throws(RadioError) in try rest() }
    }

    public func sleep() {
        eventLoop.preconditionInEventLoop()
        isReceiverOn = false
        guard case .resting = state, !isAsleep else { return }
        attempt {
            () throws(RadioError) in
            try chip.send(.setStandby, 0)
            try chip.bus.connectAntenna(to: .none)
            // Registers are kept.
            try chip.send(.setSleep, 4)
            isAsleep = true
        }
    }

    public func close() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        onEvent = nil
        if case .closed = state { return eventLoop.makeSucceededVoidFuture() }
        state = .closed
        deadline?.cancel()
        watchdog?.cancel()
        // Whatever goes wrong now, the lines are let go.
        do throws(RadioError) {
            try wake()
            try chip.send(.setStandby, 0)
        } catch {}
        chip.bus.close()
        return eventLoop.makeSucceededVoidFuture()
    }

    /// What the chip says of itself, for people.
    func facts() -> [String] {
        do throws(RadioError) {
            let status = try chip.status()
            let errors = try chip.deviceErrors()
            let rssi = try chip.instantaneousRSSI()
            return [
                "chip status 0x\(String(status.rawValue, radix: 16))"
                    + (status.mode.map { ", mode \($0)" } ?? ", no mode that is known")
                    + ", errors 0x\(String(errors, radix: 16))",
                "\(Int(rssi.value)) dBm are heard on the channel",
            ]
        } catch {
            return ["\(error)"]
        }
    }

    // MARK: Sending

    /// Sends, after listening for energy where the law asks for it and nobody has done so just before.
    private func listenThenSend(_ bytes: [UInt8]) throws(RadioError) {
        if let rule = configuration.listenBeforeTalk, foundFreeAt.map({ $0 + Self.freeFor < eventLoop.now }) ?? true {
            try sense(rule.duration, thenSend: bytes)
        } else {
            try send(bytes)
        }
    }

    private func send(_ bytes: [UInt8]) throws(RadioError) {
        state = .transmitting
        try wake()
        try chip.send(.setStandby, 0)
        _ = try chip.takeInterrupts()
        try chip.setFrameLength(bytes.count, channel)
        try chip.writeFrame(bytes)
        try chip.transmit(channel)
        expectInterrupt(after: channel.modulation.timeOnAir(byteCount: bytes.count))
    }

    private func sense(_ duration: Duration, thenSend bytes: [UInt8]?) throws(RadioError) {
        state = .sensing(until: eventLoop.now + .microseconds(duration.microseconds), bytes: bytes)
        try wake()
        try chip.receive()
        deadline = eventLoop.scheduleTask(in: Self.senseStep) { self.goOnSensing() }
    }

    private func goOnSensing() {
        guard case .sensing(let until, let bytes) = state, let rule = configuration.listenBeforeTalk else { return }
        attempt {
            () throws(RadioError) in
            if try chip.instantaneousRSSI() > rule.threshold {
                tell(bytes == nil ? .channelActivity(isBusy: true) : .transmitDone(.failed))
                try finish()
            } else if eventLoop.now < until {
                deadline = eventLoop.scheduleTask(in: Self.senseStep) { self.goOnSensing() }
            } else {
                foundFreeAt = eventLoop.now
                if let bytes { return try send(bytes) }
                tell(.channelActivity(isBusy: false))
                try finish()
            }
        }
    }

    // MARK: Interrupts

    private func expectInterrupt(after duration: Duration) {
        let limit = duration + duration / 2 + Self.interruptMargin
        deadline?.cancel()
        deadline = eventLoop.scheduleTask(in: .microseconds(limit.microseconds)) { self.missInterrupt() }
    }

    /// No interrupt has come in time: the line may be at fault, or the chip.
    private func missInterrupt() {
        switch state {
        case .assessing, .transmitting:
            attempt {
                () throws(RadioError) in
                let interrupts = try chip.takeInterrupts()
                guard interrupts.contains(.transmitDone) || interrupts.contains(.channelActivityDone) else {
                    let status = try chip.status()
                    throw RadioError(
                        command: "wait for the end", chipStatus: status.rawValue,
                        cause: "the chip neither ends nor says why: is DIO1 wired as configured?")
                }
                counters.lostInterrupts += 1
                try handle(interrupts)
            }
        case .idle, .resting, .sensing, .recovering, .closed: break
        }
    }

    private func interrupted() {
        switch state {
        case .resting, .assessing, .sensing, .transmitting:
            attempt { () throws(RadioError) in try handle(chip.takeInterrupts()) }
        case .idle, .recovering, .closed: break
        }
    }

    private func handle(_ interrupts: SX126xInterrupts) throws(RadioError) {
        if interrupts.contains(.headerError) {
            counters.headerErrors += 1
        } else if interrupts.contains(.checksumError) {
            counters.checksumErrors += 1
        } else if interrupts.contains(.receiveDone) {
            let frame = try chip.readFrame()
            if !frame.bytes.isEmpty { tell(.received(frame)) }
        }
        switch state {
        case .transmitting where interrupts.contains(.transmitDone):
            tell(.transmitDone(.sent))
            try finish()
        case .assessing where interrupts.contains(.channelActivityDone):
            let isBusy = interrupts.contains(.channelActivityDetected)
            if !isBusy, let rule = configuration.listenBeforeTalk {
                deadline?.cancel()
                return try sense(rule.duration, thenSend: nil)
            }
            tell(.channelActivity(isBusy: isBusy))
            try finish()
        case .transmitting, .assessing, .sensing, .resting, .idle, .recovering, .closed: break
        }
    }

    /// What was asked for is done and told.
    private func finish() throws(RadioError) {
        deadline?.cancel()
        state = .resting
        try rest()
    }

    /// What the radio does while nothing is sent.
    private func rest() throws(RadioError) {
        try wake()
        if isReceiverOn {
            try chip.send(.setStandby, 0)
            try chip.setFrameLength(LoRaModulation.maximumPayload, channel)
            try chip.receive()
        } else {
            try chip.send(.setStandby, 0)
            try chip.bus.connectAntenna(to: .none)
        }
    }

    /// A sleeping chip wakes when it is selected, and is busy until it is awake.
    private func wake() throws(RadioError) {
        guard isAsleep else { return }
        isAsleep = false
        _ = try chip.bus.exchange([SX126xCommand.getStatus.rawValue, 0])
        try chip.waitUntilReady(for: "wake up")
    }

    // MARK: Recovery

    private func bringUp() {
        guard case .recovering = state else { return }
        do throws(RadioError) {
            if !isWatching {
                try chip.bus.watchInterrupts { [weak self] in self?.interrupted() }
                isWatching = true
            }
            isAsleep = false
            try chip.bringUp(board)
            try chip.tune(to: channel)
            try rest()
        } catch {
            return lose(error)
        }
        state = .resting
        retryDelay = Self.shortestRetryDelay
        toldFailure = nil
        watchdog?.cancel()
        watchdog = eventLoop.scheduleRepeatedTask(initialDelay: Self.watchdogInterval, delay: Self.watchdogInterval) {
            _ in self.checkChip()
        }
        tell(.connected)
    }

    /// A chip whose supply has failed for a moment is in standby, with nothing set.
    private func checkChip() {
        guard case .resting = state, isReceiverOn else { return }
        attempt {
            () throws(RadioError) in
            let status = try chip.status()
            guard status.mode == .receive else {
                throw RadioError(
                    command: "receive", chipStatus: status.rawValue,
                    cause: "the chip has left its receive mode: has its supply failed?")
            }
        }
    }

    private func attempt(_ body: () throws(RadioError) -> Void) {
        do throws(RadioError) { try body() } catch { lose(error) }
    }

    /// Ends what was under way, says once what is wrong, and tries again from a reset, later each time.
    private func lose(_ error: RadioError) {
        let former = state
        if case .closed = former { return }
        state = .recovering
        deadline?.cancel()
        watchdog?.cancel()
        counters.recoveries += 1
        switch former {
        case .transmitting: tell(.transmitDone(.failed))
        case .sensing(_, let bytes): tell(bytes == nil ? .channelActivity(isBusy: true) : .transmitDone(.failed))
        case .assessing: tell(.channelActivity(isBusy: true))
        case .resting, .idle, .recovering, .closed: break
        }
        if case .recovering = former {
            // It never ran, or not since the last loss.
            if toldFailure != error.description { tell(.failed(error)) }
        } else {
            tell(.disconnected(reason: error.description))
        }
        toldFailure = error.description
        eventLoop.scheduleTask(in: retryDelay) { self.bringUp() }
        retryDelay = min(retryDelay * 2, Self.longestRetryDelay)
    }

    private func tell(_ event: RadioEvent) {
        eventLoop.execute { self.onEvent?(event) }
    }
}
