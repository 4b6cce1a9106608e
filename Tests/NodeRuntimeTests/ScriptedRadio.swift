import EngineCore
import NIOCore
import RadioDrivers

/// A radio on an air where nobody else is: every frame leaves at once and nobody answers.
final class ScriptedRadio: Radio, @unchecked Sendable {
    let eventLoop: any EventLoop
    private var onEvent: (@Sendable (RadioEvent) -> Void)?
    /// How many frames it was given; on the event loop alone.
    private(set) var frameCount = 0

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func start(onEvent: @escaping @Sendable (RadioEvent) -> Void) {
        self.onEvent = onEvent
        tell(.connected)
    }

    func configure(_ configuration: RadioConfiguration) {}
    func setChannel(_ channel: UInt8) {}
    func setReceiver(isOn: Bool) {}
    func sleep() {}

    func transmit(_ bytes: [UInt8]) {
        frameCount += 1
        tell(.transmitDone(.sent))
    }

    func assessChannel() { tell(.channelActivity(isBusy: false)) }

    func close() -> EventLoopFuture<Void> {
        onEvent = nil
        return eventLoop.makeSucceededVoidFuture()
    }

    private func tell(_ event: RadioEvent) {
        eventLoop.execute { self.onEvent?(event) }
    }
}
