public import EngineCore

extension LoRaModulation {
    /// The noise figure that is assumed of a receiver.
    public static let noiseFigure = Decibels(6)

    /// The lowest signal-to-noise ratio at which frames are received.
    /// - Source: SX1261/2 data sheet, table of spreading factors
    public var demodulationFloor: Decibels {
        // -2.5 dB a step, from -2.5 dB at spreading factor 5 to -20 dB at 12.
        Decibels(-2.5 * Double(spreadingFactor - 4))
    }

    /// The power of the thermal noise in the bandwidth: −174 dBm/Hz + 10 log10(BW) + noise figure.
    public func noiseFloor(noiseFigure: Decibels = LoRaModulation.noiseFigure) -> DecibelMilliwatts {
        DecibelMilliwatts(-174) + bandwidthOverHertz + noiseFigure
    }

    /// The weakest signal that is received: the noise floor and the demodulation floor together.
    public func sensitivity(noiseFigure: Decibels = LoRaModulation.noiseFigure) -> DecibelMilliwatts {
        noiseFloor(noiseFigure: noiseFigure) + demodulationFloor
    }

    /// 10 log10 of the bandwidth in hertz. A table, since there are ten bandwidths and no logarithm without a
    /// mathematics library.
    private var bandwidthOverHertz: Decibels {
        switch bandwidth.value {
        case 7_810: Decibels(38.93)
        case 10_420: Decibels(40.18)
        case 15_630: Decibels(41.94)
        case 20_830: Decibels(43.19)
        case 31_250: Decibels(44.95)
        case 41_670: Decibels(46.20)
        case 62_500: Decibels(47.96)
        case 125_000: Decibels(50.97)
        case 250_000: Decibels(53.98)
        case 500_000: Decibels(56.99)
        case let other: preconditionFailure("bandwidth \(other) Hz in a valid modulation")
        }
    }
}
