import EngineCore
import WireCore

/// Commands to a chip, one at a time: waits while it is busy, and reads from each answer whether it took the last one.
struct SX126xChip {
    let bus: any SX126xBus

    /// The longest that any command keeps a chip busy is its calibration, 3.5 ms, and the start of an oscillator before.
    private static let busyLimit = Duration.milliseconds(30)
    private static let busyStep = Duration.microseconds(20)

    func waitUntilReady(for command: String) throws(RadioError) {
        var waited = Duration.zero
        while try bus.isBusy() {
            guard waited < Self.busyLimit else {
                throw RadioError(
                    command: command, cause: "the chip stays busy: are BUSY and RESET wired as configured?")
            }
            bus.pause(Self.busyStep)
            waited += Self.busyStep
        }
    }

    /// Sends a command.
    @discardableResult
    private func exchange(_ command: SX126xCommand, _ bytes: [UInt8]) throws(RadioError) -> [UInt8] {
        try waitUntilReady(for: "\(command)")
        let answer = try bus.exchange([command.rawValue] + bytes)
        guard answer.count == bytes.count + 1 else {
            throw RadioError(command: "\(command)", cause: "\(answer.count) bytes came back for \(bytes.count + 1)")
        }
        // The first byte comes while the command goes out, and means nothing.
        if let status = answer.dropFirst().first {
            if let objection = SX126xStatus(rawValue: status).objection {
                throw RadioError(command: "\(command)", chipStatus: status, cause: objection)
            }
        }
        return answer
    }

    func send(_ command: SX126xCommand, _ parameters: UInt8...) throws(RadioError) {
        try exchange(command, parameters)
    }

    /// Asks for bytes, which follow the status.
    private func ask(_ command: SX126xCommand, count: Int) throws(RadioError) -> [UInt8] {
        Array(try exchange(command, [UInt8](repeating: 0, count: count + 1)).suffix(count))
    }

    // MARK: State

    func status() throws(RadioError) -> SX126xStatus {
        SX126xStatus(rawValue: try exchange(.getStatus, [0])[1])
    }

    /// What is wrong with the chip itself; zero when nothing is.
    func deviceErrors() throws(RadioError) -> UInt16 {
        let bytes = try ask(.getDeviceErrors, count: 2)
        return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    }

    /// The interrupts that have come, which are then forgotten.
    func takeInterrupts() throws(RadioError) -> SX126xInterrupts {
        let bytes = try ask(.getInterrupts, count: 2)
        let interrupts = SX126xInterrupts(rawValue: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
        if !interrupts.isEmpty { try send(.clearInterrupts, bytes[0], bytes[1]) }
        return interrupts
    }

    /// What the receiver hears now.
    func instantaneousRSSI() throws(RadioError) -> DecibelMilliwatts {
        DecibelMilliwatts(-Double(try ask(.getInstantaneousRSSI, count: 1)[0]) / 2)
    }

    // MARK: Frames

    /// The frame that was received last, with its strength.
    func readFrame() throws(RadioError) -> ReceivedFrame {
        let place = try ask(.getReceiveBufferStatus, count: 2)
        let strength = try ask(.getPacketStatus, count: 3)
        let bytes = try exchange(.readBuffer, [place[1], 0] + [UInt8](repeating: 0, count: Int(place[0])))
        return ReceivedFrame(
            bytes: Array(bytes.dropFirst(3)), rssi: DecibelMilliwatts(-Double(strength[0]) / 2),
            snr: Decibels(Double(Int8(bitPattern: strength[1])) / 4))
    }

    func writeFrame(_ bytes: [UInt8]) throws(RadioError) {
        try exchange(.writeBuffer, [0] + bytes)
    }

    // MARK: Registers

    func read(_ register: SX126xRegister, count: Int = 1) throws(RadioError) -> [UInt8] {
        let address = [UInt8(register.rawValue >> 8), UInt8(register.rawValue & 0xff)]
        return Array(try exchange(.readRegister, address + [UInt8](repeating: 0, count: count + 1)).suffix(count))
    }

    func write(_ register: SX126xRegister, _ bytes: UInt8...) throws(RadioError) {
        try exchange(.writeRegister, [UInt8(register.rawValue >> 8), UInt8(register.rawValue & 0xff)] + bytes)
    }

    /// Sets and clears bits of a register.
    func change(_ register: SX126xRegister, set: UInt8 = 0, clear: UInt8 = 0) throws(RadioError) {
        let value = try read(register)[0]
        try write(register, value & ~clear | set)
    }
}
