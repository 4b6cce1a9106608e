import EngineCore
import LoRaPHY

// How a chip is brought up, and set to a channel.
extension SX126xChip {
    /// How long an oscillator takes to be steady, in steps of 15.625 µs: 5 ms.
    private static let oscillatorSteps: UInt32 = 320

    /// Resets the chip and sets all that does not depend on the channel.
    /// - Throws: what does not answer, or what the chip says is broken.
    func bringUp(_ board: SX126xBoard) throws(RadioError) {
        try bus.setReset(isActive: true)
        // At least 100 µs. - Source: SX1261/2 data sheet rev. 2.1, §8.1
        bus.pause(.microseconds(200))
        try bus.setReset(isActive: false)
        bus.pause(.milliseconds(5))
        try send(.setStandby, 0)
        // A chip that is not there would take every command.
        let word = SX126xChannel.registers(ofSyncWord: RadioConfiguration.privateSyncWord)
        try write(.syncWord, word.0, word.1)
        let found = try read(.syncWord, count: 2)
        guard found == [word.0, word.1] else {
            throw RadioError(
                command: "find the chip",
                cause: "it does not keep what is written: is there a SX126x at this device, with this chip select?")
        }
        if let voltage = board.oscillatorVoltage {
            let steps = Self.oscillatorSteps
            try send(
                .setDIO3AsOscillatorControl, voltage.code, UInt8(steps >> 16), UInt8(steps >> 8 & 0xff),
                UInt8(steps & 0xff))
        }
        // The chip has looked for a crystal in vain where there is an oscillator.
        try send(.clearDeviceErrors, 0, 0)
        try send(.calibrate, 0x7f)
        let errors = try deviceErrors()
        guard errors == 0 else {
            let isOscillator = errors & 1 << 5 != 0
            throw RadioError(
                command: "calibrate",
                cause: "device errors 0x\(String(errors, radix: 16))"
                    + (isOscillator ? ": the oscillator does not start; is its voltage as configured?" : ""))
        }
        // The converter instead of the linear regulator: half the current.
        try send(.setRegulatorMode, 1)
        if board.isDIO2AntennaSwitch { try send(.setDIO2AsSwitchControl, 1) }
        try send(.setPacketType, 1)
        try send(.setBufferBase, 0, 0)
        try change(.amplifierClamp, set: 0x1e)
        // 140 mA, what 22 dBm need. - Source: SX1261/2 data sheet rev. 2.1, table 13-21 and register 0x08e7
        try write(.overCurrentProtection, 0x38)
        // 3 dB better for 2 mA more.
        try write(.receiverGain, 0x96)
        let used = SX126xInterrupts.used.rawValue
        let (high, low) = (UInt8(used >> 8), UInt8(used & 0xff))
        try send(.setInterrupts, high, low, high, low, 0, 0, 0, 0)
    }

    /// Sets frequency, modulation and power, in standby.
    func tune(to channel: SX126xChannel) throws(RadioError) {
        let (low, high) = channel.imageCalibration
        try send(.calibrateImage, low, high)
        let steps = channel.frequencySteps
        try send(
            .setFrequency, UInt8(steps >> 24), UInt8(steps >> 16 & 0xff), UInt8(steps >> 8 & 0xff),
            UInt8(steps & 0xff))
        let modulation = channel.modulation
        try send(
            .setModulationParameters, modulation.spreadingFactor, channel.bandwidthCode, modulation.codingRate - 4,
            modulation.optimizesForLowDataRate ? 1 : 0)
        // The setting for 22 dBm serves all powers. - Source: SX1261/2 data sheet rev. 2.1, table 13-21
        try send(.setPowerAmplifier, 4, 7, 0, 1)
        // 200 µs to full power.
        try send(.setTransmitParameters, UInt8(bitPattern: channel.power), 4)
        // Two symbols, then standby; the peak that counts as activity as RadioLib sets it: 13 more than the factor.
        try send(.setChannelActivityParameters, 1, modulation.spreadingFactor + 13, 10, 0, 0, 0, 0)
        let word = SX126xChannel.registers(ofSyncWord: channel.syncWord)
        try write(.syncWord, word.0, word.1)
        try setFrameLength(255, channel)
    }

    /// Sets the form of frames; before receiving, the longest that is taken.
    func setFrameLength(_ count: Int, _ channel: SX126xChannel) throws(RadioError) {
        let modulation = channel.modulation
        try send(
            .setPacketParameters, UInt8(modulation.preambleLength >> 8), UInt8(modulation.preambleLength & 0xff),
            modulation.isImplicitHeader ? 1 : 0, UInt8(clamping: count), modulation.hasCRC ? 1 : 0, 0)
        // Known limitation: the usual polarity needs bit 2. - Source: SX1261/2 data sheet rev. 2.1, §15.4
        try change(.polarity, set: 0x04)
    }

    func receive() throws(RadioError) {
        try bus.connectAntenna(to: .receiver)
        // Until something else is asked for.
        try send(.setReceive, 0xff, 0xff, 0xff)
    }

    /// Sends what is in the buffer.
    func transmit(_ channel: SX126xChannel) throws(RadioError) {
        // Known limitation. - Source: SX1261/2 data sheet rev. 2.1, §15.1
        if channel.modulation.bandwidth == Hertz(500_000) {
            try change(.modulationQuality, clear: 0x04)
        } else {
            try change(.modulationQuality, set: 0x04)
        }
        try bus.connectAntenna(to: .transmitter)
        try send(.setTransmit, 0, 0, 0)
    }
}

/// A channel in the chip's own units.
struct SX126xChannel: Equatable {
    let frequency: Hertz
    let modulation: LoRaModulation
    /// What the chip is set to.
    /// - Units: dBm
    let power: Int8
    let syncWord: UInt8

    /// The chip keeps each half of a sync word beside a 4.
    /// - Source: SX1261/2 data sheet rev. 2.1, table 12-1: 0x3444 for public networks, 0x1424 for private ones
    static func registers(ofSyncWord word: UInt8) -> (UInt8, UInt8) { (word & 0xf0 | 4, word << 4 | 4) }

    /// - Returns: nil when the modulation is not LoRa.
    init?(_ configuration: RadioConfiguration, board: SX126xBoard) {
        guard case .lora(let modulation) = configuration.phy else { return nil }
        self.modulation = modulation
        frequency = configuration.frequency
        syncWord = configuration.syncWord
        let own = configuration.power.value.rounded(.down) - Double(board.amplifierGain)
        power = min(Int8(max(-9, min(22, own))), board.maximumPower)
    }

    /// The frequency in steps of 32 MHz / 2^25.
    /// - Source: SX1261/2 data sheet rev. 2.1, §13.4.1
    var frequencySteps: UInt32 { UInt32(clamping: (frequency.value << 25 + 16_000_000) / 32_000_000) }

    /// - Source: SX1261/2 data sheet rev. 2.1, table 13-48
    var bandwidthCode: UInt8 {
        switch modulation.bandwidth.value {
        case 7_810: 0x00
        case 10_420: 0x08
        case 15_630: 0x01
        case 20_830: 0x09
        case 31_250: 0x02
        case 41_670: 0x0a
        case 62_500: 0x03
        case 125_000: 0x04
        case 250_000: 0x05
        default: 0x06
        }
    }

    /// The band to calibrate the image rejection for, in steps of 4 MHz.
    /// - Source: SX1261/2 data sheet rev. 2.1, table 9-2
    var imageCalibration: (UInt8, UInt8) {
        switch frequency.value {
        case ..<450_000_000: (0x6b, 0x6f)
        case ..<600_000_000: (0x75, 0x81)
        case ..<820_000_000: (0xc1, 0xc5)
        case ..<890_000_000: (0xd7, 0xdb)
        default: (0xe1, 0xe9)
        }
    }
}
