/// What a SX126x can be told over its serial interface.
/// - Source: SX1261/2 data sheet rev. 2.1, chapter 13; opcodes as RadioLib's SX126x_commands.h has them too
enum SX126xCommand: UInt8 {
    case resetStatistics = 0x00
    case clearInterrupts = 0x02
    case clearDeviceErrors = 0x07
    case setInterrupts = 0x08
    case writeRegister = 0x0d
    case writeBuffer = 0x0e
    case getInterrupts = 0x12
    case getReceiveBufferStatus = 0x13
    case getPacketStatus = 0x14
    case getInstantaneousRSSI = 0x15
    case getDeviceErrors = 0x17
    case readRegister = 0x1d
    case readBuffer = 0x1e
    case setStandby = 0x80
    case setReceive = 0x82
    case setTransmit = 0x83
    case setSleep = 0x84
    case setFrequency = 0x86
    case setChannelActivityParameters = 0x88
    case calibrate = 0x89
    case setPacketType = 0x8a
    case setModulationParameters = 0x8b
    case setPacketParameters = 0x8c
    case setTransmitParameters = 0x8e
    case setBufferBase = 0x8f
    case setPowerAmplifier = 0x95
    case setRegulatorMode = 0x96
    case setDIO3AsOscillatorControl = 0x97
    case calibrateImage = 0x98
    case setDIO2AsSwitchControl = 0x9d
    case getStatus = 0xc0
    case setChannelActivityDetection = 0xc5
}

/// Registers that no command sets.
/// - Source: SX1261/2 data sheet rev. 2.1, table 12-1 and chapter 15 (known limitations)
enum SX126xRegister: UInt16 {
    /// Bit 2 must be set for the usual polarity of packets.
    case polarity = 0x0736
    case syncWord = 0x0740
    /// Bit 2 must be clear at 500 kHz and set otherwise, before each transmission.
    case modulationQuality = 0x0889
    case receiverGain = 0x08ac
    /// Bits 1 to 4 must be set, or the amplifier protects itself from antennas that are not quite matched.
    case amplifierClamp = 0x08d8
    case overCurrentProtection = 0x08e7
}

/// What a chip tells on its interrupt line.
/// - Source: SX1261/2 data sheet rev. 2.1, table 13-29
struct SX126xInterrupts: OptionSet, Equatable {
    let rawValue: UInt16

    static let transmitDone = SX126xInterrupts(rawValue: 1 << 0)
    static let receiveDone = SX126xInterrupts(rawValue: 1 << 1)
    static let headerError = SX126xInterrupts(rawValue: 1 << 5)
    static let checksumError = SX126xInterrupts(rawValue: 1 << 6)
    static let channelActivityDone = SX126xInterrupts(rawValue: 1 << 7)
    static let channelActivityDetected = SX126xInterrupts(rawValue: 1 << 8)
    static let timeout = SX126xInterrupts(rawValue: 1 << 9)

    /// All that the driver acts upon.
    static let used: SX126xInterrupts = [
        .transmitDone, .receiveDone, .headerError, .checksumError, .channelActivityDone, .channelActivityDetected,
        .timeout,
    ]
}

/// The byte that a chip sends before every answer.
/// - Source: SX1261/2 data sheet rev. 2.1, table 13-76
struct SX126xStatus: Equatable {
    enum Mode: UInt8 {
        case standbyRC = 2
        case standbyOscillator = 3
        case frequencySynthesis = 4
        case receive = 5
        case transmit = 6
    }

    let rawValue: UInt8

    /// Nil for a value that no chip that works sends.
    var mode: Mode? { Mode(rawValue: rawValue >> 4 & 7) }

    /// Why the last command was not carried out; nil when it was.
    var objection: String? {
        // A line that nobody drives reads as all zeros or all ones.
        if rawValue == 0x00 || rawValue == 0xff { return "no chip answers" }
        return switch rawValue >> 1 & 7 {
        case 3: "the chip says that the command timed out"
        case 4: "the chip says that the command is not valid"
        case 5: "the chip says that the command could not be carried out"
        default: nil
        }
    }
}
