/// A frame as a radio received it.
public struct ReceivedFrame: Equatable, Sendable {
    /// The physical layer's payload: a PSDU with or without its frame check sequence, as the link profile says.
    public var bytes: [UInt8]
    /// The received signal's strength.
    public var rssi: DecibelMilliwatts
    /// The signal-to-noise ratio.
    public var snr: Decibels

    public init(bytes: [UInt8], rssi: DecibelMilliwatts, snr: Decibels) {
        self.bytes = bytes
        self.rssi = rssi
        self.snr = snr
    }
}

/// How the radio ended a transmission.
public enum TransmitOutcome: Equatable, Sendable {
    /// The last symbol has left the antenna.
    case sent
    /// The radio refused or failed.
    case failed
}
