import EngineCore
import Logging
import LoRaPHY
import MeshCoreEngine
import NIOCore
import RadioDrivers

/// Carries MeshCore's packets on a LoRa radio of their own: listens before it sends, one packet at a time.
///
/// It lives on the radio's event loop.
final class AirLink: @unchecked Sendable {
    private let radio: any Radio
    private let logger: Logger
    private var configuration: RadioConfiguration
    private var onPacket: (@Sendable (ReceivedFrame) -> Void)?
    private var onDone: (@Sendable (MeshCoreTransmitOutcome) -> Void)?
    /// What is sent when the channel was found free.
    private var waiting: [UInt8]?
    private var isConnected = false

    /// - Parameter configuration: what the radio was made with.
    init(radio: any Radio, configuration: RadioConfiguration, logger: Logger) {
        self.radio = radio
        self.configuration = configuration
        self.logger = logger
    }

    /// Takes packets from now on.
    /// - Parameters:
    ///   - onPacket: called on the event loop for each that was received.
    ///   - onDone: called once for each that was to be sent.
    func start(
        onPacket: @escaping @Sendable (ReceivedFrame) -> Void,
        onDone: @escaping @Sendable (MeshCoreTransmitOutcome) -> Void
    ) {
        self.onPacket = onPacket
        self.onDone = onDone
        radio.start { [weak self] event in self?.handle(event) }
    }

    /// Sets frequency, modulation and power.
    func configure(_ parameters: MeshCoreRadioParameters, power: Int8) {
        configuration.phy = .lora(parameters.modulation)
        configuration.frequency = Hertz(UInt64(parameters.frequency) * 1000)
        configuration.power = DecibelMilliwatts(Double(power))
        radio.configure(configuration)
    }

    func send(_ bytes: [UInt8]) {
        // The engine gives a link one packet at a time, unless it has given the last one up.
        guard waiting == nil else { return finish(.channelBusy) }
        waiting = bytes
        radio.assessChannel()
    }

    func close() -> EventLoopFuture<Void> {
        onPacket = nil
        onDone = nil
        return radio.close()
    }

    private func handle(_ event: RadioEvent) {
        switch event {
        case .received(let frame): onPacket?(frame)
        case .channelActivity(let isBusy):
            guard let bytes = waiting else { return }
            if isBusy {
                waiting = nil
                finish(.channelBusy)
            } else {
                radio.transmit(bytes)
            }
        case .transmitDone(let outcome):
            guard waiting != nil else { return }
            waiting = nil
            finish(outcome == .sent ? .sent : .failed)
        case .connected:
            isConnected = true
            logger.info("the radio of MeshCore's air is connected")
        case .disconnected(let reason):
            isConnected = false
            logger.warning("the radio of MeshCore's air is gone, trying again: \(reason)")
        case .failed(let error): logger.error("the radio of MeshCore's air: \(error)")
        }
    }

    private func finish(_ outcome: MeshCoreTransmitOutcome) {
        onDone?(outcome)
    }
}
