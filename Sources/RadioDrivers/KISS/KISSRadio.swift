import EngineCore
import LoRaPHY
import MeshCoreWire
public import NIOCore
import WireCore

/// A LoRa modem with MeshCore's KISS firmware, on a serial port or behind TCP.
///
///     waiting -> opening -> settingUp -> ready
///        ^          |           |  ^      | |     the line is lost, the modem does not answer
///        \__________\___________\__|______/ |
///                                  \________/     the modem has restarted
///
/// Before each frame the modem is asked what it is set to: one that has restarted has forgotten it, and would send on a
/// frequency of its own.
///
/// Unchecked, because its state is confined to the event loop, which every method asserts.
/// - Source: MeshCore firmware 1.17.1, kiss_modem
public final class KISSRadio: Radio, @unchecked Sendable {
    /// What was unusual since the start.
    public struct Counters: Equatable, Sendable {
        /// Frames of the line that say nothing known.
        public var malformedFrames: UInt64 = 0
        /// Answers to what was not, or no longer, asked.
        public var strayAnswers: UInt64 = 0
        /// Frames whose strength the modem did not tell.
        public var unratedFrames: UInt64 = 0
        /// Frames that came while the receiver was to be off, which a modem's never is.
        public var unwantedFrames: UInt64 = 0
        /// Questions that had to be asked again.
        public var repeatedRequests: UInt64 = 0
        /// Transmissions whose end the modem did not tell.
        public var lostEnds: UInt64 = 0
        /// Times at which the modem had lost its settings.
        public var restarts: UInt64 = 0
    }

    public let eventLoop: any EventLoop
    public private(set) var counters = Counters()
    private let line: any KISSLine
    private let shortestRetryDelay: TimeAmount
    private var channel: KISSChannel
    private var state = State.idle
    private var isReceiverOn = true
    private var onEvent: (@Sendable (RadioEvent) -> Void)?
    private var reader = KISSReader()
    /// Counts the openings of the line, so that no event of a former one is taken for one of this.
    private var opening: UInt64 = 0
    private var exchange: Exchange?
    /// Ends the exchange or the transmission under way.
    private var deadline: Scheduled<Void>?
    /// A frame whose strength is still to come.
    private var heard: [UInt8]?
    private var heardDeadline: Scheduled<Void>?
    private var watchdog: RepeatedTask?
    private var retryDelay: TimeAmount
    /// Whether the node believes that the radio can be used.
    private var isConnected = false
    /// Whether the modem must be set anew once it has nothing to do.
    private var needsSetUp = false
    /// The failure that was told last; the same one again is not.
    private var toldFailure: String?

    private enum State {
        case idle
        /// Waits for the next attempt to open the line.
        case waiting
        case opening
        case settingUp(ArraySlice<KISSChannel.Step>)
        case ready(Work)
        case closed
    }

    /// What the modem is asked to do.
    private enum Work {
        case none
        /// Looks from time to time whether it is still there.
        case watching
        case assessing
        /// Makes sure of it before it gets the frame.
        case verifying([UInt8])
        /// - Parameter isDoubtful: the modem may have refused the frame.
        case sending(isDoubtful: Bool)
    }

    /// A question that waits for its answer.
    private struct Exchange {
        let request: KISSHardwareRequest
        var attemptsLeft: Int
    }

    private static let answerTime = TimeAmount.milliseconds(500)
    private static let longestRetryDelay = TimeAmount.seconds(60)
    private static let watchdogInterval = TimeAmount.seconds(10)
    /// How long after a frame its strength may come: it is the next that the modem writes.
    private static let ratingTime = TimeAmount.milliseconds(20)
    /// What the end of a transmission may be late: the modem gives up by itself after one and a half times on air.
    private static let endMargin = Duration.seconds(1)

    /// - Parameter shortestRetryDelay: after the first failure; it doubles up to a minute.
    /// - Throws: when the configuration is nothing that a modem can be set to.
    public init(
        eventLoop: any EventLoop, line: any KISSLine, configuration: RadioConfiguration,
        shortestRetryDelay: TimeAmount = .seconds(1)
    ) throws(RadioError) {
        channel = try KISSChannel(configuration)
        self.eventLoop = eventLoop
        self.line = line
        self.shortestRetryDelay = shortestRetryDelay
        retryDelay = shortestRetryDelay
    }

    // MARK: What the node asks for

    public func start(onEvent: @escaping @Sendable (RadioEvent) -> Void) {
        eventLoop.preconditionInEventLoop()
        guard case .idle = state else { preconditionFailure("a radio is started once") }
        self.onEvent = onEvent
        state = .waiting
        eventLoop.execute { self.openLine() }
    }

    public func configure(_ configuration: RadioConfiguration) {
        eventLoop.preconditionInEventLoop()
        do throws(RadioError) {
            let wanted = try KISSChannel(configuration)
            guard wanted != channel else { return }
            channel = wanted
        } catch {
            return tell(.failed(error))
        }
        switch state {
        case .ready(.none), .ready(.watching), .settingUp: beginSetUp()
        case .ready: needsSetUp = true
        case .idle, .waiting, .opening, .closed: break
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
        case .ready(.none):
            state = .ready(.verifying(bytes))
            ask(.getRadio)
        // The question that matters has been asked already.
        case .ready(.watching): state = .ready(.verifying(bytes))
        case .ready(.assessing), .ready(.verifying), .ready(.sending):
            tell(.failed(RadioError(command: "transmit", cause: "the radio is busy with another frame")))
            tell(.transmitDone(.failed))
        case .idle, .waiting, .opening, .settingUp, .closed: tell(.transmitDone(.failed))
        }
    }

    public func assessChannel() {
        eventLoop.preconditionInEventLoop()
        switch state {
        case .ready(.none), .ready(.watching):
            state = .ready(.assessing)
            ask(.isChannelBusy)
        // Without a modem a transmission fails, which says more than a channel that is never free.
        case .ready, .idle, .waiting, .opening, .settingUp, .closed: tell(.channelActivity(isBusy: false))
        }
    }

    /// A modem listens always; what it hears while it should not is dropped.
    public func setReceiver(isOn: Bool) {
        eventLoop.preconditionInEventLoop()
        isReceiverOn = isOn
    }

    public func sleep() { setReceiver(isOn: false) }

    public func close() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        onEvent = nil
        state = .closed
        letGo()
        return eventLoop.makeSucceededVoidFuture()
    }

    // MARK: The line

    private func openLine() {
        guard case .waiting = state else { return }
        state = .opening
        reader = KISSReader()
        let opening = opening
        line.open { [weak self] event in self?.take(event, of: opening) }
    }

    private func take(_ event: KISSLineEvent, of opening: UInt64) {
        guard opening == self.opening else { return }
        switch event {
        case .opened:
            guard case .opening = state else { return }
            beginSetUp()
        case .received(let bytes):
            for frame in reader.take(bytes) {
                // What comes behind the frame that ended this opening is of no use.
                guard opening == self.opening else { return }
                handle(frame)
            }
        case .closed(let reason): lose(RadioError(command: "reach the modem", cause: reason))
        }
    }

    private func handle(_ frame: KISSFrame) {
        do throws(ParseError) {
            switch try KISSModemMessage(frame) {
            case .data(let bytes): hear(bytes)
            case .hardware(let response): handle(response)
            case nil: counters.malformedFrames += 1
            }
        } catch {
            counters.malformedFrames += 1
        }
    }

    // MARK: Questions and answers

    /// Asks the modem something; the answer ends up in `answered`.
    private func ask(_ request: KISSHardwareRequest, attempts: Int = KISSChannel.attempts) {
        exchange = Exchange(request: request, attemptsLeft: attempts)
        repeatRequest()
    }

    private func repeatRequest() {
        guard var current = exchange else { return }
        guard current.attemptsLeft > 0 else {
            let cause =
                "it does not answer: is it a modem with MeshCore's KISS firmware, and does the speed of its port fit?"
            return lose(RadioError(command: "talk to the modem", cause: cause))
        }
        current.attemptsLeft -= 1
        exchange = current
        line.write(KISSHostMessage.hardware(current.request).frame.line)
        deadline?.cancel()
        deadline = eventLoop.scheduleTask(in: Self.answerTime) {
            self.counters.repeatedRequests += 1
            self.repeatRequest()
        }
    }

    private func handle(_ response: KISSHardwareResponse) {
        switch (response, state) {
        case (.receptionQuality(let snrQuarters, let rssi), _):
            guard let bytes = takeHeard() else { return counters.strayAnswers += 1 }
            deliver(bytes, rssi: DecibelMilliwatts(Double(rssi)), snr: Decibels(Double(snrQuarters) / 4))
        case (.transmitDone(let succeeded), .ready(.sending(let isDoubtful))):
            deadline?.cancel()
            tell(.transmitDone(succeeded && !isDoubtful ? .sent : .failed))
            finish()
        case (.error(.busy), .ready(.sending)):
            // Either it still had a frame, and the end that comes is that one's, or it lost something it had to say.
            state = .ready(.sending(isDoubtful: true))
        default:
            guard let request = exchange?.request else { return counters.strayAnswers += 1 }
            switch channel.judge(response, to: request) {
            case .fits:
                exchange = nil
                deadline?.cancel()
                answered(response)
            case .stray: counters.strayAnswers += 1
            case .objection(let cause): object(cause)
            }
        }
    }

    private func answered(_ response: KISSHardwareResponse) {
        switch state {
        case .settingUp: goOnSettingUp()
        case .ready(.watching): finish()
        case .ready(.assessing):
            guard case .channelIsBusy(let isBusy) = response else { return }
            tell(.channelActivity(isBusy: isBusy))
            finish()
        case .ready(.verifying(let bytes)): send(bytes)
        case .ready(.none), .ready(.sending), .idle, .waiting, .opening, .closed: break
        }
    }

    /// The modem is not as it must be.
    private func object(_ cause: String) {
        guard case .ready(let work) = state else {
            return lose(RadioError(command: "set the modem", cause: cause))
        }
        counters.restarts += 1
        abandon(work)
        isConnected = false
        tell(.disconnected(reason: cause))
        beginSetUp()
    }

    // MARK: Set-up

    private func beginSetUp() {
        watchdog?.cancel()
        needsSetUp = false
        forgetHeard()
        exchange = nil
        deadline?.cancel()
        state = .settingUp(channel.steps[...])
        goOnSettingUp()
    }

    private func goOnSettingUp() {
        guard case .settingUp(var steps) = state else { return }
        while let step = steps.popFirst() {
            state = .settingUp(steps)
            switch step {
            case .tell(let message): line.write(message.frame.line)
            case .ask(let request, let attempts): return ask(request, attempts: attempts)
            }
        }
        state = .ready(.none)
        retryDelay = shortestRetryDelay
        toldFailure = nil
        watchdog = eventLoop.scheduleRepeatedTask(initialDelay: Self.watchdogInterval, delay: Self.watchdogInterval) {
            _ in self.watch()
        }
        guard !isConnected else { return }
        isConnected = true
        tell(.connected)
    }

    private func watch() {
        guard case .ready(.none) = state else { return }
        state = .ready(.watching)
        ask(.getRadio)
    }

    // MARK: Frames

    private func send(_ bytes: [UInt8]) {
        state = .ready(.sending(isDoubtful: false))
        let airtime = channel.modulation.timeOnAir(byteCount: bytes.count)
        let limit = airtime + airtime / 2 + Self.endMargin
        deadline = eventLoop.scheduleTask(in: .microseconds(limit.microseconds)) {
            self.counters.lostEnds += 1
            self.lose(RadioError(command: "transmit", cause: "the modem does not tell the end of the frame"))
        }
        line.write(KISSHostMessage.data(bytes).frame.line)
    }

    private func hear(_ bytes: [UInt8]) {
        deliverUnrated()
        guard case .ready = state, (1...LoRaModulation.maximumPayload).contains(bytes.count) else {
            return counters.malformedFrames += 1
        }
        heard = bytes
        heardDeadline = eventLoop.scheduleTask(in: Self.ratingTime) { self.deliverUnrated() }
    }

    private func takeHeard() -> [UInt8]? {
        defer { forgetHeard() }
        return heard
    }

    private func forgetHeard() {
        heardDeadline?.cancel()
        heard = nil
    }

    /// A frame was received, so it was at least as strong as what can be.
    private func deliverUnrated() {
        guard let bytes = takeHeard() else { return }
        counters.unratedFrames += 1
        deliver(bytes, rssi: channel.modulation.sensitivity(), snr: channel.modulation.demodulationFloor)
    }

    private func deliver(_ bytes: [UInt8], rssi: DecibelMilliwatts, snr: Decibels) {
        guard isReceiverOn else { return counters.unwantedFrames += 1 }
        tell(.received(ReceivedFrame(bytes: bytes, rssi: rssi, snr: snr)))
    }

    /// What was asked for is done and told.
    private func finish() {
        state = .ready(.none)
        if needsSetUp { beginSetUp() }
    }

    // MARK: Loss

    /// Ends what was under way, for whoever waits for it.
    private func abandon(_ work: Work) {
        switch work {
        case .none, .watching: break
        case .assessing: tell(.channelActivity(isBusy: true))
        case .verifying, .sending: tell(.transmitDone(.failed))
        }
    }

    /// Lets the line go, says once what is wrong, and tries again, later each time.
    private func lose(_ error: RadioError) {
        if case .closed = state { return }
        if case .ready(let work) = state { abandon(work) }
        state = .waiting
        letGo()
        if isConnected {
            tell(.disconnected(reason: error.description))
        } else if toldFailure != error.description {
            tell(.failed(error))
        }
        isConnected = false
        toldFailure = error.description
        eventLoop.scheduleTask(in: retryDelay) { self.openLine() }
        retryDelay = min(retryDelay * 2, Self.longestRetryDelay)
    }

    private func letGo() {
        opening += 1
        exchange = nil
        deadline?.cancel()
        watchdog?.cancel()
        forgetHeard()
        line.close()
    }

    private func tell(_ event: RadioEvent) {
        eventLoop.execute { self.onEvent?(event) }
    }
}
