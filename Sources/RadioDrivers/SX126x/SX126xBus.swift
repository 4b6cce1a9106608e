/// The wires to a SX126x: serial interface, busy, reset and interrupt lines, and the switch of its antenna.
///
/// Everything is called on the radio's event loop. Calls return within a millisecond or two.
public protocol SX126xBus: AnyObject, Sendable {
    /// One exchange with the chip selected.
    /// - Returns: as many bytes as were sent.
    func exchange(_ bytes: [UInt8]) throws(RadioError) -> [UInt8]
    /// Whether the chip does not take commands yet.
    func isBusy() throws(RadioError) -> Bool
    /// Holds the chip in reset, or lets it go.
    func setReset(isActive: Bool) throws(RadioError)
    /// Connects the antenna, on boards whose switch the host works.
    func connectAntenna(to path: SX126xAntennaPath) throws(RadioError)
    /// Waits, for times that are shorter than the event loop can measure.
    func pause(_ duration: Duration)
    /// Calls back on the event loop whenever the interrupt line rises.
    func watchInterrupts(_ onRise: @escaping @Sendable () -> Void) throws(RadioError)
    /// Lets all lines go.
    func close()
}

public enum SX126xAntennaPath: Equatable, Sendable {
    case none
    case receiver
    case transmitter
}

/// How a SX126x is built into a board.
public struct SX126xBoard: Equatable, Sendable {
    /// The supply of a temperature-compensated oscillator on DIO3; nil for a crystal.
    public var oscillatorVoltage: SX126xOscillatorVoltage?
    /// Whether the chip works the antenna switch itself, over DIO2.
    public var isDIO2AntennaSwitch: Bool
    /// The most that the chip may be set to: more would break the board's amplifier, or the law behind it.
    /// - Range: -9 to 22 dBm
    public var maximumPower: Int8
    /// What an amplifier behind the chip adds.
    /// - Units: dB
    public var amplifierGain: Int8

    public init(
        oscillatorVoltage: SX126xOscillatorVoltage? = nil, isDIO2AntennaSwitch: Bool = true, maximumPower: Int8 = 22,
        amplifierGain: Int8 = 0
    ) {
        self.oscillatorVoltage = oscillatorVoltage
        self.isDIO2AntennaSwitch = isDIO2AntennaSwitch
        self.maximumPower = min(max(maximumPower, -9), 22)
        self.amplifierGain = amplifierGain
    }
}

/// What DIO3 can supply an oscillator with.
/// - Source: SX1261/2 data sheet rev. 2.1, table 13-35
public enum SX126xOscillatorVoltage: String, CaseIterable, Sendable {
    case volts1_6 = "1.6"
    case volts1_7 = "1.7"
    case volts1_8 = "1.8"
    case volts2_2 = "2.2"
    case volts2_4 = "2.4"
    case volts2_7 = "2.7"
    case volts3_0 = "3.0"
    case volts3_3 = "3.3"

    var code: UInt8 {
        switch self {
        case .volts1_6: 0
        case .volts1_7: 1
        case .volts1_8: 2
        case .volts2_2: 3
        case .volts2_4: 4
        case .volts2_7: 5
        case .volts3_0: 6
        case .volts3_3: 7
        }
    }
}
