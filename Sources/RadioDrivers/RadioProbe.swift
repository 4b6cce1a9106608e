import EngineCore
import LoRaPHY
public import NIOCore

/// Tries a radio step by step and says what it finds: whether it comes up, hears the channel, is interrupted, and, if
/// that is wanted, sends.
///
///     starting -> assessing -> (sending) -> listening -> ended
///
/// Unchecked, because its state is confined to the radio's event loop.
public final class RadioProbe: @unchecked Sendable {
    private let radio: any Radio
    private let transmits: Bool
    private let listeningTime: TimeAmount
    private let report: @Sendable (String) -> Void
    private let result: EventLoopPromise<Bool>
    private var state = State.starting
    private var deadline: Scheduled<Void>?
    private var isSound = true
    private var heard: [ReceivedFrame] = []

    private enum State {
        case starting, assessing, sending, listening, ended
    }

    /// A board that resets when its port is opened takes seconds.
    private static let startTime = TimeAmount.seconds(15)
    private static let assessmentTime = TimeAmount.seconds(5)
    /// The longest frame at the slowest modulation, and half as much again.
    private static let sendingTime = TimeAmount.seconds(30)
    /// What is sent: it says to whoever receives it what it is.
    private static let frame = [UInt8]("Heddle probes its radio".utf8)

    /// - Parameters:
    ///   - radio: not started.
    ///   - transmits: whether one frame is sent.
    ///   - report: takes what was found, a line each.
    public init(
        _ radio: any Radio, transmits: Bool, listeningTime: TimeAmount = .seconds(5),
        report: @escaping @Sendable (String) -> Void
    ) {
        self.radio = radio
        self.transmits = transmits
        self.listeningTime = listeningTime
        self.report = report
        result = radio.eventLoop.makePromise(of: Bool.self)
    }

    /// Runs once; afterwards the radio is closed.
    /// - Returns: whether everything was as it should be.
    public func run() -> EventLoopFuture<Bool> {
        radio.eventLoop.execute {
            self.await(Self.startTime, elseSay: "the radio does not come up, and does not say why")
            self.radio.start { self.take($0) }
        }
        return result.futureResult
    }

    private func await(_ time: TimeAmount, elseSay text: String) {
        deadline?.cancel()
        deadline = radio.eventLoop.scheduleTask(in: time) { self.fail(text) }
    }

    private func take(_ event: RadioEvent) {
        switch (event, state) {
        case (_, .ended): break
        case (.failed(let error), _): fail("\(error)")
        case (.disconnected(let reason), _): fail(reason)
        case (.connected, .starting):
            report("the radio is up and keeps what it is told")
            for line in (radio as? SX126xRadio)?.facts() ?? [] { report(line) }
            state = .assessing
            self.await(Self.assessmentTime, elseSay: "the radio does not tell whether the channel is busy")
            radio.assessChannel()
        case (.channelActivity(let isBusy), .assessing):
            report("the channel is \(isBusy ? "busy" : "free")")
            judgeInterrupts()
            transmits ? send() : listen()
        case (.transmitDone(let outcome), .sending):
            if outcome == .sent {
                report("\(Self.frame.count) bytes were sent")
            } else {
                report("FAULT: the frame was not sent")
                isSound = false
            }
            judgeInterrupts()
            listen()
        case (.received(let frame), .listening): heard.append(frame)
        default: break
        }
    }

    private var lostInterrupts: UInt64 = 0

    private func judgeInterrupts() {
        guard let chip = radio as? SX126xRadio, chip.counters.lostInterrupts > lostInterrupts else { return }
        lostInterrupts = chip.counters.lostInterrupts
        report("FAULT: the chip was done, but no interrupt came: is DIO1 wired as configured?")
        isSound = false
    }

    private func send() {
        state = .sending
        self.await(Self.sendingTime, elseSay: "the radio does not tell the end of the frame")
        radio.transmit(Self.frame)
    }

    private func listen() {
        state = .listening
        deadline?.cancel()
        deadline = radio.eventLoop.scheduleTask(in: listeningTime) {
            let seconds = self.listeningTime.nanoseconds / 1_000_000_000
            let strongest = self.heard.map(\.rssi).max().map { ", the strongest at \(Int($0.value)) dBm" } ?? ""
            self.report("\(self.heard.count) frames were heard in \(seconds) s\(strongest)")
            self.end()
        }
    }

    private func fail(_ text: String) {
        report("FAULT: \(text)")
        isSound = false
        end()
    }

    private func end() {
        state = .ended
        deadline?.cancel()
        radio.close().map { self.isSound }.cascade(to: result)
    }
}
