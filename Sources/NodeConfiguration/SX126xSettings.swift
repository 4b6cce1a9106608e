/// A SX126x on a board: how it is wired, and what the board bears.
public struct SX126xSettings: Equatable, Sendable {
    /// Such as /dev/spidev0.0
    public var serialDevice: String
    /// - Range: 100,000 to 16,000,000 Hz
    /// - Default: 2,000,000 Hz
    public var serialClock: UInt32
    /// The path of the chip with the lines; nil for a Raspberry Pi's header.
    public var gpioChip: String?
    /// Nil where the kernel selects the chip.
    public var chipSelect: UInt32?
    public var reset: UInt32
    public var busy: UInt32
    public var interrupt: UInt32
    public var transmitEnable: UInt32?
    public var receiveEnable: UInt32?
    public var powerEnable: [UInt32]
    /// The supply of an oscillator on DIO3, in volts as the data sheet lists them; nil for a crystal.
    public var oscillatorVoltage: String?
    /// - Default: true
    public var isDIO2AntennaSwitch: Bool
    /// The most that the chip may be set to.
    /// - Range: -9 to 22 dBm
    /// - Default: 22 dBm
    public var maximumPower: Int8
    /// What an amplifier behind the chip adds.
    /// - Range: 0 to 40 dB
    /// - Default: 0 dB
    public var amplifierGain: Int8

    static let oscillatorVoltages = ["1.6", "1.7", "1.8", "2.2", "2.4", "2.7", "3.0", "3.3"]

    /// Reads a board's file.
    /// - Throws: everything that is wrong with it.
    public init(file: String) throws(ConfigurationErrors) {
        let reader = try YAMLReader(file: file)
        self = try reader.finish(Self(reader.root))
    }

    /// Nil only if an error was recorded.
    init?(_ mapping: YAMLMapping) {
        func line(_ value: YAMLValue?) -> UInt32? { (value?.integer(in: 0...1023)).map { UInt32($0) } }
        let serialDevice = mapping.required("spi", expected: "a device such as /dev/spidev0.0")?.path()
        let serialClock = mapping.optional("spi-clock")?.integer(in: 100_000...16_000_000, unit: "Hz")
        let gpioChip = mapping.optional("gpio-chip")?.path()
        let chipSelect = line(mapping.optional("chip-select"))
        let reset = line(mapping.required("reset", expected: "the number of the line"))
        let busy = line(mapping.required("busy", expected: "the number of the line"))
        let interrupt = line(mapping.required("dio1", expected: "the number of the line"))
        let transmitEnable = line(mapping.optional("transmit-enable"))
        let receiveEnable = line(mapping.optional("receive-enable"))
        let powerEnable = mapping.optional("power-enable")?.sequence()?.compactMap { line($0) }
        let voltages = Self.oscillatorVoltages
        let voltage = mapping.optional("oscillator-voltage")?
            .parsed(expected: "one of " + voltages.joined(separator: ", ") + " V") { text in
                voltages.first { $0 == text }
            }
        let isSwitch = mapping.optional("dio2-antenna-switch")?.boolean()
        let power = mapping.optional("maximum-power")?.integer(in: -9...22, unit: "dBm")
        let gain = mapping.optional("amplifier-gain")?.integer(in: 0...40, unit: "dB")
        guard let serialDevice, let reset, let busy, let interrupt else { return nil }
        self.serialDevice = serialDevice
        self.serialClock = UInt32(serialClock ?? 2_000_000)
        self.gpioChip = gpioChip
        self.chipSelect = chipSelect
        self.reset = reset
        self.busy = busy
        self.interrupt = interrupt
        self.transmitEnable = transmitEnable
        self.receiveEnable = receiveEnable
        self.powerEnable = powerEnable ?? []
        oscillatorVoltage = voltage
        isDIO2AntennaSwitch = isSwitch ?? true
        maximumPower = Int8(power ?? 22)
        amplifierGain = Int8(gain ?? 0)
    }
}
