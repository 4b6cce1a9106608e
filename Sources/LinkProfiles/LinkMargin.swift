public import EngineCore
import LoRaPHY

extension LinkProfile {
    /// How much stronger a frame arrived than the weakest that can still be received.
    ///
    /// Near the noise a LoRa chip tells the signal-to-noise ratio well and the strength badly; far above it the other
    /// way round, because its ratio saturates at about 10 dB.
    /// - Source: SX1261/2 data sheet §13.5.3, GetPacketStatus, for what the chip tells
    public func linkMargin(rssi: DecibelMilliwatts, snr: Decibels) -> Decibels {
        let byStrength = rssi - phy.sensitivity()
        switch phy {
        case .ieee802154: return byStrength
        case .lora:
            let byRatio = snr - phy.demodulationFloor
            return snr.value < 0 ? byRatio : max(byRatio, byStrength)
        }
    }
}
