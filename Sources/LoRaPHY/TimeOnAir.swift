import EngineCore

/// Time on air, computed with integers: a quarter of a symbol is the unit, one division ends the computation.
extension LoRaModulation {
    /// How long one symbol takes, rounded up to the microsecond: 2^SF / BW.
    /// - Source: AN1200.13
    public var symbolTime: Duration { duration(quarterSymbols: 4) }

    /// How long a frame is on the air, rounded up to the microsecond.
    /// - Parameter byteCount: The payload without LoRa's own header and CRC, 0 to 255 bytes.
    /// - Source: AN1200.13; SX1261/2 data sheet §6.1.4 for the terms of spreading factors 5 and 6
    public func timeOnAir(byteCount: Int) -> Duration {
        precondition((0...Self.maximumPayload).contains(byteCount), "\(byteCount) bytes in one LoRa frame")
        let preambleQuarters = 4 * Int64(preambleLength) + (isShortSymbol ? 25 : 17)
        return duration(quarterSymbols: preambleQuarters + 4 * (8 + payloadSymbols(byteCount: byteCount)))
    }

    /// How long the preamble takes until a receiver has locked on to it.
    /// - Parameter symbols: How many symbols a lock takes.
    public func preambleTime(symbols: Int) -> Duration {
        duration(quarterSymbols: 4 * Int64(symbols))
    }

    /// How long channel activity detection listens: the symbols and half of one more.
    /// - Parameter symbols: 1, 2, 4, 8 or 16 symbols, as the radio is set.
    /// - Source: SX1261/2 data sheet, channel activity detection
    public func channelActivityDetectionTime(symbols: Int = 2) -> Duration {
        duration(quarterSymbols: 4 * Int64(symbols) + 2)
    }

    /// Spreading factors 5 and 6 have a longer synchronisation and no header reserve in the first block.
    private var isShortSymbol: Bool { spreadingFactor < 7 }

    /// The symbols behind the eight that every frame has.
    private func payloadSymbols(byteCount: Int) -> Int64 {
        let factor = Int64(spreadingFactor)
        let bits =
            8 * Int64(byteCount) - 4 * factor + (isShortSymbol ? 0 : 8) + (hasCRC ? 16 : 0)
            + (isImplicitHeader ? 0 : 20)
        guard bits > 0 else { return 0 }
        let bitsABlock = 4 * (optimizesForLowDataRate ? factor - 2 : factor)
        let blocks = (bits + bitsABlock - 1) / bitsABlock
        return blocks * Int64(codingRate)
    }

    private func duration(quarterSymbols: Int64) -> Duration {
        let numerator = quarterSymbols * (Int64(1) << Int64(spreadingFactor)) * 250_000
        let bandwidth = Int64(bandwidth.value)
        return .microseconds((numerator + bandwidth - 1) / bandwidth)
    }
}
