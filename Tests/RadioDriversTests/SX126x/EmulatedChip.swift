import EngineCore
import LoRaPHY
import NIOCore
import NIOEmbedded
import TestSupport

@testable import RadioDrivers

/// The air between emulated chips: everybody hears everybody, and two frames at once destroy each other.
final class EmulatedAir: @unchecked Sendable {
    let eventLoop = EmbeddedEventLoop()
    fileprivate var chips: [EmulatedChip] = []
    fileprivate var onAir: [EmulatedChip] = []
    /// Interference that is not LoRa: heard as energy only.
    var isJammed = false

    fileprivate var isCollision = false

    fileprivate func begin(_ sender: EmulatedChip) {
        if !onAir.isEmpty { isCollision = true }
        onAir.append(sender)
    }

    fileprivate func end(_ sender: EmulatedChip, _ frame: [UInt8], since start: NIODeadline) {
        onAir.removeAll { $0 === sender }
        let isLost = isCollision
        if onAir.isEmpty { isCollision = false }
        guard !isLost else { return }
        for chip in chips where chip !== sender { chip.hear(frame, from: sender, since: start) }
    }
}

/// A SX1262 as its data sheet describes it, as far as a driver can tell: it executes the bytes of the serial interface.
/// - Source: SX1261/2 data sheet rev. 2.1, chapters 8, 9, 11 to 13
final class EmulatedChip: SX126xBus, @unchecked Sendable {
    enum Fault {
        /// Nothing is at the other end of the wires.
        case absent
        /// The busy line never falls.
        case stuckBusy
        /// The interrupt line does not reach the host.
        case noInterrupts
        /// Every command is answered with this command status.
        case commandStatus(UInt8)
        /// The chip accepts a transmission and never ends it.
        case silentTransmitter
        /// The oscillator does not start.
        case noOscillator
        /// Bits flip on the way back to the host, in one of so many exchanges.
        case bitErrors(oneIn: Int)
    }

    enum Mode: UInt8 {
        case sleep = 0
        case standby = 2
        case receive = 5
        case transmit = 6
        case channelActivity = 1
    }

    private let air: EmulatedAir
    var fault: Fault?
    private(set) var mode = Mode.standby
    private(set) var commands: [UInt8] = []
    private(set) var antenna = SX126xAntennaPath.none
    private(set) var resets = 0
    /// Commands that came while the chip was busy, or in a mode in which it takes none.
    private(set) var violations: [String] = []
    private(set) var isClosed = false
    /// Of the last setting.
    private(set) var power: Int8?
    private(set) var frequency: UInt32 = 0
    private(set) var imageCalibration: [UInt8] = []
    private(set) var oscillator: [UInt8] = []
    private(set) var isDIO2Switch = false
    /// The amplifier's clamp and the modulation's quality when the last frame was sent.
    private(set) var registersWhenSent: (clamp: UInt8, quality: UInt8)?
    /// The next frame arrives with a wrong checksum.
    var damagesNextFrame = false

    private var isReset = false
    private var busy = Duration.zero
    private var registers: [UInt16: UInt8] = [:]
    /// Which bits flip.
    var random = SeededGenerator(seed: 1)
    var syncWord: [UInt8] { [0x0740, 0x0741].map { registers[$0] ?? 0 } }
    private var buffer = [UInt8](repeating: 0, count: 256)
    private var modulation: [UInt8] = [7, 4, 1, 0]
    private var packet: [UInt8] = [0, 8, 0, 255, 1, 0]
    private var interrupts: UInt16 = 0
    private var mask: UInt16 = 0
    private var errors: UInt16 = 0
    private var received: (length: UInt8, rssi: UInt8, snr: UInt8) = (0, 0, 0)
    private var receivingSince: NIODeadline?
    private var onRise: (@Sendable () -> Void)?
    private var generation = 0

    init(on air: EmulatedAir) {
        self.air = air
        air.chips.append(self)
        powerUp()
    }

    private func powerUp() {
        generation += 1
        mode = .standby
        registers = [
            0x0736: 0x0d, 0x0740: 0x14, 0x0741: 0x24, 0x0889: 0x01, 0x08ac: 0x94, 0x08d8: 0x08, 0x08e7: 0x18,
        ]
        mask = 0
        interrupts = 0
        receivingSince = nil
        air.onAir.removeAll { $0 === self }
        // A crystal is looked for in vain where an oscillator has no supply yet.
        errors = 1 << 5
    }

    /// The supply fails for a moment.
    func brownOut() { powerUp() }

    // MARK: Lines

    func isBusy() throws(RadioError) -> Bool {
        if case .stuckBusy = fault { return true }
        return busy > .zero || isReset || mode == .sleep
    }

    func setReset(isActive: Bool) throws(RadioError) {
        if isReset, !isActive {
            resets += 1
            powerUp()
            busy = .milliseconds(3)
        }
        isReset = isActive
    }

    func connectAntenna(to path: SX126xAntennaPath) throws(RadioError) { antenna = path }

    func pause(_ duration: Duration) { busy = max(.zero, busy - duration) }

    func watchInterrupts(_ onRise: @escaping @Sendable () -> Void) throws(RadioError) { self.onRise = onRise }

    func close() { isClosed = true }

    private func raise(_ bits: UInt16) {
        interrupts |= bits
        if case .noInterrupts = fault { return }
        guard interrupts & mask != 0, let onRise else { return }
        air.eventLoop.execute { onRise() }
    }

    // MARK: Commands

    func exchange(_ bytes: [UInt8]) throws(RadioError) -> [UInt8] {
        guard case .bitErrors(let oneIn) = fault else { return perform(bytes) }
        return disturbed(perform(bytes), oneIn)
    }

    private func disturbed(_ bytes: [UInt8], _ oneIn: Int) -> [UInt8] {
        guard UInt64.random(in: 0..<UInt64(oneIn), using: &random) == 0, !bytes.isEmpty else { return bytes }
        var bytes = bytes
        bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
        return bytes
    }

    private func perform(_ bytes: [UInt8]) -> [UInt8] {
        if case .absent = fault { return [UInt8](repeating: 0xff, count: bytes.count) }
        if mode == .sleep {
            // Being selected wakes it.
            mode = .standby
            busy = .milliseconds(1)
            return [UInt8](repeating: status, count: bytes.count)
        }
        if busy > .zero || isReset { violations.append("\(bytes[0]) while busy") }
        commands.append(bytes[0])
        busy = .microseconds(100)
        var answer = [UInt8](repeating: status, count: bytes.count)
        let results = execute(bytes[0], Array(bytes.dropFirst()))
        answer.replaceSubrange(answer.count - results.count..<answer.count, with: results)
        return answer
    }

    private var status: UInt8 {
        var command: UInt8 = 1
        if case .commandStatus(let code) = fault { command = code }
        return mode.rawValue << 4 | command << 1
    }

    private func execute(_ command: UInt8, _ p: [UInt8]) -> [UInt8] {
        switch command {
        case 0x80: leave(for: .standby)
        case 0x84: leave(for: .sleep)
        case 0x82:
            leave(for: .receive)
            receivingSince = air.eventLoop.now
        case 0x83: transmit()
        case 0xc5: detectActivity()
        case 0x86: frequency = p.reduce(0) { $0 << 8 | UInt32($1) }
        case 0x8b: modulation = p
        case 0x8c: packet = p
        case 0x8e: power = Int8(bitPattern: p[0])
        case 0x98: imageCalibration = p
        case 0x97: oscillator = p
        case 0x9d: isDIO2Switch = p == [1]
        case 0x89:
            busy = .milliseconds(3)
            if case .noOscillator = fault { errors |= 1 << 5 }
        case 0x08: mask = UInt16(p[2]) << 8 | UInt16(p[3])
        case 0x02: interrupts &= ~(UInt16(p[0]) << 8 | UInt16(p[1]))
        case 0x07: errors = 0
        case 0x0d:
            let address = UInt16(p[0]) << 8 | UInt16(p[1])
            for (offset, value) in p.dropFirst(2).enumerated() { registers[address + UInt16(offset)] = value }
        case 0x0e: buffer.replaceSubrange(Int(p[0])..<Int(p[0]) + p.count - 1, with: p.dropFirst())
        default: return answer(command, p)
        }
        return []
    }

    private func answer(_ command: UInt8, _ p: [UInt8]) -> [UInt8] {
        switch command {
        case 0x12: return [UInt8(interrupts >> 8), UInt8(interrupts & 0xff)]
        case 0x17: return [UInt8(errors >> 8), UInt8(errors & 0xff)]
        case 0x13: return [received.length, 0]
        case 0x14: return [received.rssi, received.snr, received.rssi]
        case 0x15: return [air.isJammed || !air.onAir.isEmpty ? 120 : 240]
        case 0x1d:
            let address = UInt16(p[0]) << 8 | UInt16(p[1])
            return (0..<UInt16(p.count - 3)).map { registers[address + $0] ?? 0 }
        case 0x1e: return (0..<p.count - 2).map { buffer[Int(p[0]) + $0] }
        case 0xc0, 0x8a, 0x8f, 0x95, 0x96, 0x88: return []
        default:
            violations.append("an unknown command \(command)")
            return []
        }
    }

    /// Ends what is going on.
    private func leave(for next: Mode) {
        if mode == .transmit { air.onAir.removeAll { $0 === self } }
        generation += 1
        mode = next
        receivingSince = nil
    }

    private static let bandwidths: [UInt8: UInt64] = [
        0x00: 7_810, 0x08: 10_420, 0x01: 15_630, 0x09: 20_830, 0x02: 31_250, 0x0a: 41_670, 0x03: 62_500, 0x04: 125_000,
        0x05: 250_000, 0x06: 500_000,
    ]

    private var current: LoRaModulation? {
        guard let bandwidth = Self.bandwidths[modulation[1]] else { return nil }
        return try? LoRaModulation(
            bandwidth: Hertz(bandwidth), spreadingFactor: modulation[0], codingRate: modulation[2] + 4,
            preambleLength: UInt16(packet[0]) << 8 | UInt16(packet[1]), hasCRC: packet[4] == 1,
            isImplicitHeader: packet[2] == 1, optimizesForLowDataRate: modulation[3] == 1)
    }

    private func transmit() {
        guard let modulation = current else { return violations.append("a modulation that does not exist") }
        leave(for: .transmit)
        registersWhenSent = (registers[0x08d8] ?? 0, registers[0x0889] ?? 0)
        if case .silentTransmitter = fault { return }
        let frame = Array(buffer.prefix(Int(packet[3])))
        let (start, number) = (air.eventLoop.now, generation)
        air.begin(self)
        let duration = modulation.timeOnAir(byteCount: frame.count)
        air.eventLoop.scheduleTask(in: .microseconds(duration.microseconds)) { [self] in
            guard generation == number else { return }
            leave(for: .standby)
            air.end(self, frame, since: start)
            raise(1 << 0)
        }
    }

    private func detectActivity() {
        guard let modulation = current else { return violations.append("a modulation that does not exist") }
        leave(for: .channelActivity)
        let number = generation
        let duration = modulation.channelActivityDetectionTime()
        air.eventLoop.scheduleTask(in: .microseconds(duration.microseconds)) { [self] in
            guard generation == number else { return }
            let isActive = air.onAir.contains { $0.modulation == self.modulation && $0.frequency == frequency }
            leave(for: .standby)
            raise(1 << 7 | (isActive ? 1 << 8 : 0))
        }
    }

    /// What a receiver makes of a frame that was sent.
    fileprivate func hear(_ frame: [UInt8], from sender: EmulatedChip, since start: NIODeadline) {
        guard mode == .receive, let receivingSince, receivingSince <= start, antenna == .receiver,
            sender.modulation == modulation, sender.frequency == frequency,
            sender.registers[0x0740] == registers[0x0740], sender.registers[0x0741] == registers[0x0741]
        else { return }
        buffer.replaceSubrange(0..<frame.count, with: frame)
        received = (UInt8(frame.count), 140, UInt8(bitPattern: Int8(-6)))
        if damagesNextFrame {
            damagesNextFrame = false
            return raise(1 << 1 | 1 << 6)
        }
        raise(1 << 1)
    }
}
