import EngineCore
import LoRaPHY
import MeshCoreWire

/// What a modem is set to, and the questions by which it is made sure of.
///
/// The firmware takes every value and says yes; only what it says when it is asked afterwards counts.
/// - Source: MeshCore firmware 1.17.1, kiss_modem
struct KISSChannel: Equatable {
    let modulation: LoRaModulation
    let parameters: KISSRadioParameters
    /// - Units: dBm
    let power: Int8

    /// The bandwidths that the firmware sets exactly; the narrower ones it rounds.
    static let bandwidths = [Hertz(31_250), Hertz(62_500), Hertz(125_000), Hertz(250_000), Hertz(500_000)]

    /// - Throws: what a modem cannot be told, or does not obey.
    init(_ configuration: RadioConfiguration) throws(RadioError) {
        func refuse(_ cause: String) -> RadioError { RadioError(command: "set the modem", cause: cause) }
        guard case .lora(let modulation) = configuration.phy else { throw refuse("a KISS modem modulates LoRa only") }
        guard Self.bandwidths.contains(modulation.bandwidth) else {
            throw refuse("it cannot be set to \(modulation.bandwidth.value) Hz exactly, expected 31250 Hz or more")
        }
        guard modulation.hasCRC, !modulation.isImplicitHeader else {
            throw refuse("its frames have a header and a checksum")
        }
        guard configuration.syncWord == RadioConfiguration.privateSyncWord else {
            throw refuse("its sync word is that of private networks")
        }
        guard configuration.listenBeforeTalk == nil else {
            throw refuse(
                "the region asks for listening for energy before each transmission, which a KISS modem does not do")
        }
        self.modulation = modulation
        parameters = KISSRadioParameters(
            frequency: UInt32(clamping: configuration.frequency.value),
            bandwidth: UInt32(clamping: modulation.bandwidth.value), spreadingFactor: modulation.spreadingFactor,
            codingRate: modulation.codingRate)
        power = Int8(max(-9, min(33, configuration.power.value.rounded(.down))))
    }

    /// One step of the set-up.
    enum Step: Equatable {
        /// Has an answer.
        case ask(KISSHardwareRequest, attempts: Int)
        /// Has none.
        case tell(KISSHostMessage)
    }

    /// How often a question is asked until the modem counts as gone.
    static let attempts = 3
    /// The first question finds a board that restarts when its port is opened.
    static let firstAttempts = 20

    /// What is done when a line was opened, and after each restart of the modem.
    var steps: [Step] {
        [
            .ask(.getVersion, attempts: Self.firstAttempts),
            // Nothing may stand between the node's decision and the frame: it has listened by itself.
            .tell(.transmitDelay(0)), .tell(.persistence(255)), .tell(.slotTime(1)), .tell(.fullDuplex(true)),
            .ask(.setSignalReport(true), attempts: Self.attempts),
            .ask(.setRadio(parameters), attempts: Self.attempts),
            .ask(.setTransmitPower(power), attempts: Self.attempts),
            .ask(.getRadio, attempts: Self.attempts), .ask(.getTransmitPower, attempts: Self.attempts),
            .ask(.getAirtime(byteCount: UInt8(LoRaModulation.maximumPayload)), attempts: Self.attempts),
        ]
    }

    enum Judgement: Equatable {
        case fits
        /// Not the answer to this question.
        case stray
        /// The answer says that the modem is not as it must be.
        case objection(String)
    }

    /// What an answer says.
    func judge(_ response: KISSHardwareResponse, to request: KISSHardwareRequest) -> Judgement {
        switch (request, response) {
        case (.getVersion, .version(let major, let minor)):
            major == 1 ? .fits : .objection("the modem speaks version \(major).\(minor) of its protocol, expected 1")
        case (.setSignalReport(let wanted), .signalReport(let isOn)) where wanted == isOn: .fits
        case (.setRadio, .ok), (.setTransmitPower, .ok): .fits
        case (.isChannelBusy, .channelIsBusy): .fits
        case (.getRadio, .radio(let found)): found == parameters ? .fits : .objection(unlike(found))
        case (.getTransmitPower, .transmitPower(let found)):
            found == power ? .fits : .objection("the modem is set to \(found) dBm, expected \(power) dBm")
        case (.getAirtime(let byteCount), .airtime(let found)): judge(airtime: found, byteCount: Int(byteCount))
        // It also stands for an answer that was lost; then the question is asked again.
        case (_, .error(.busy)): .stray
        case (let request, .error(let error)): .objection("the modem refuses \(request): \(error)")
        default: .stray
        }
    }

    private func unlike(_ found: KISSRadioParameters) -> String {
        guard found.frequency != 0 else { return "the modem has restarted and lost its settings" }
        return "the modem is set to \(found.frequency) Hz, \(found.bandwidth) Hz wide, spreading factor "
            + "\(found.spreadingFactor), coding rate 4/\(found.codingRate): does another program use it?"
    }

    /// Frames that take longer than is counted would break the law, and shorter ones are modulated otherwise.
    private func judge(airtime found: UInt32, byteCount: Int) -> Judgement {
        let counted = modulation.timeOnAir(byteCount: byteCount).microseconds
        let found = Int64(found) * 1000
        // The firmware rounds down to milliseconds; one more is what both may round.
        guard (counted - counted / 50 - 2000...counted + 1000).contains(found) else {
            return .objection(
                "\(byteCount) bytes take the modem \(found / 1000) ms and should take \(counted / 1000) ms: "
                    + "its preamble or modulation is another; update its firmware")
        }
        return .fits
    }
}
