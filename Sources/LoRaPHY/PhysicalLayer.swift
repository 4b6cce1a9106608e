public import EngineCore

/// What carries the frames: 2.4 GHz IEEE 802.15.4 or LoRa.
public enum PhysicalLayer: Hashable, Sendable {
    /// O-QPSK at 250 kb/s: 32 µs a byte, six bytes of preamble, delimiter and length before each frame.
    /// - Source: IEEE 802.15.4-2006 §6.3, §6.5
    case ieee802154
    case lora(LoRaModulation)

    /// The largest frame.
    /// - Units: bytes
    public var maximumPayload: Int {
        switch self {
        case .ieee802154: 127
        case .lora: LoRaModulation.maximumPayload
        }
    }

    /// How long a frame is on the air, rounded up to the microsecond.
    /// - Parameter byteCount: 0 to `maximumPayload` bytes.
    public func timeOnAir(byteCount: Int) -> Duration {
        switch self {
        case .ieee802154:
            precondition((0...maximumPayload).contains(byteCount), "\(byteCount) bytes in one IEEE 802.15.4 frame")
            return .microseconds(32 * (6 + Int64(byteCount)))
        case .lora(let modulation): return modulation.timeOnAir(byteCount: byteCount)
        }
    }

    /// How long it takes to find out whether the channel is in use: eight symbols, or two symbols of LoRa's channel
    /// activity detection.
    public var channelAssessmentTime: Duration {
        switch self {
        case .ieee802154: .microseconds(128)
        case .lora(let modulation): modulation.channelActivityDetectionTime()
        }
    }

    /// How long a preamble must be received alone until the receiver has locked on to it: six LoRa symbols, or the
    /// eight symbols of the 802.15.4 preamble.
    public var preambleLockTime: Duration {
        switch self {
        case .ieee802154: .microseconds(128)
        case .lora(let modulation): modulation.preambleTime(symbols: 6)
        }
    }

    /// The lowest signal-to-noise ratio at which frames are received. For 802.15.4 a value that puts a receiver with
    /// a noise figure of 6 dB at −98 dBm, typical of its radios.
    public var demodulationFloor: Decibels {
        switch self {
        case .ieee802154: Decibels(7)
        case .lora(let modulation): modulation.demodulationFloor
        }
    }

    /// The power of the thermal noise in the channel (802.15.4: 2 MHz).
    public func noiseFloor(noiseFigure: Decibels = LoRaModulation.noiseFigure) -> DecibelMilliwatts {
        switch self {
        case .ieee802154: DecibelMilliwatts(-174) + Decibels(63) + noiseFigure
        case .lora(let modulation): modulation.noiseFloor(noiseFigure: noiseFigure)
        }
    }

    /// The weakest signal that is received.
    public func sensitivity(noiseFigure: Decibels = LoRaModulation.noiseFigure) -> DecibelMilliwatts {
        noiseFloor(noiseFigure: noiseFigure) + demodulationFloor
    }
}
