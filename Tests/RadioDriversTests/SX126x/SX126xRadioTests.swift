import EngineCore
import LoRaPHY
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import RadioDrivers

/// Drivers on emulated chips, in virtual time.
@Suite("The SX126x driver on an emulated chip")
struct SX126xRadioTests {
    private static let modulation = LoRaModulation.sf7bw250
    private static let configuration = RadioConfiguration(
        phy: .lora(modulation), frequency: Hertz(869_525_000), power: DecibelMilliwatts(14))

    /// A driver, its chip and what it has told.
    private final class Station: Sendable {
        let chip: EmulatedChip
        let radio: SX126xRadio
        private let told = Mutex<[RadioEvent]>([])

        init(
            on air: EmulatedAir, board: SX126xBoard = SX126xBoard(), configuration: RadioConfiguration = configuration,
            fault: EmulatedChip.Fault? = nil
        ) throws {
            chip = EmulatedChip(on: air)
            chip.fault = fault
            radio = try SX126xRadio(eventLoop: air.eventLoop, bus: chip, board: board, configuration: configuration)
            radio.start { [self] event in told.withLock { $0.append(event) } }
            air.eventLoop.run()
        }

        var events: [RadioEvent] { told.withLock { $0 } }
        func forget() { told.withLock { $0 = [] } }
        var frames: [ReceivedFrame] {
            events.compactMap { if case .received(let frame) = $0 { frame } else { nil } }
        }
    }

    private static func airtime(_ count: Int) -> TimeAmount {
        .microseconds(modulation.timeOnAir(byteCount: count).microseconds)
    }

    private static let moment = TimeAmount.milliseconds(1)

    @Test("A chip is brought up with what its board and channel need, and never spoken to while it is busy")
    func start() throws {
        let air = EmulatedAir()
        let station = try Station(
            on: air, board: SX126xBoard(oscillatorVoltage: .volts1_8, isDIO2AntennaSwitch: true, maximumPower: 22))
        #expect(station.events == [.connected])
        #expect(station.chip.violations.isEmpty)
        #expect(station.chip.resets == 1)
        #expect(station.chip.mode == .receive && station.chip.antenna == .receiver)
        // 869.525 MHz * 2^25 / 32 MHz
        #expect(station.chip.frequency == 911_763_046)
        #expect(station.chip.imageCalibration == [0xd7, 0xdb])
        #expect(station.chip.power == 14)
        #expect(station.chip.oscillator == [2, 0, 1, 0x40])
        #expect(station.chip.isDIO2Switch)
    }

    @Test("Frames cross the air between two chips, with their strength, and end after their time on air")
    func frames() throws {
        let air = EmulatedAir()
        let (one, other) = (try Station(on: air), try Station(on: air))
        for bytes: [UInt8] in [[1], [UInt8](0..<100), [UInt8](repeating: 7, count: 255)] {
            one.forget()
            other.forget()
            one.radio.transmit(bytes)
            air.eventLoop.advanceTime(by: Self.airtime(bytes.count) - Self.moment)
            #expect(one.events.isEmpty)
            air.eventLoop.advanceTime(by: Self.moment * 2)
            #expect(one.events == [.transmitDone(.sent)])
            #expect(other.frames == [ReceivedFrame(bytes: bytes, rssi: DecibelMilliwatts(-70), snr: Decibels(-1.5))])
            #expect(one.chip.mode == .receive, "it listens again")
        }
        other.radio.transmit([9])
        air.eventLoop.advanceTime(by: Self.airtime(1) + Self.moment)
        #expect(one.frames.last?.bytes == [9])
        #expect(one.chip.violations.isEmpty && other.chip.violations.isEmpty)
        #expect(one.chip.registersWhenSent?.clamp == 0x1e, "the amplifier's clamp is mended")
        #expect(one.chip.registersWhenSent.map { $0.quality & 4 } == 4)
    }

    @Test("At 500 kHz the bit for the modulation's quality is clear")
    func wideChannel() throws {
        let air = EmulatedAir()
        let configuration = RadioConfiguration(
            phy: .lora(.sf7bw500), frequency: Hertz(915_000_000), power: DecibelMilliwatts(22))
        let station = try Station(on: air, configuration: configuration)
        station.radio.transmit([1])
        #expect(station.chip.registersWhenSent.map { $0.quality & 4 } == 0)
        #expect(station.chip.imageCalibration == [0xe1, 0xe9])
    }

    @Test(
        "The sync word is the one that is asked for, as the data sheet writes it",
        arguments: [(0x12, [0x14, 0x24]), (0x34, [0x34, 0x44]), (0x2b, [0x24, 0xb4])] as [(UInt8, [UInt8])])
    func syncWord(word: UInt8, registers: [UInt8]) throws {
        var configuration = Self.configuration
        configuration.syncWord = word
        let station = try Station(on: EmulatedAir(), configuration: configuration)
        #expect(station.chip.syncWord == registers)
    }

    @Test("A board with an amplifier of its own is never given more than it bears")
    func boardLimit() throws {
        let air = EmulatedAir()
        let configuration = RadioConfiguration(
            phy: .lora(Self.modulation), frequency: Hertz(869_525_000), power: DecibelMilliwatts(22))
        let station = try Station(on: air, board: SX126xBoard(maximumPower: 8), configuration: configuration)
        #expect(station.chip.power == 8)
        let amplified = try Station(on: air, board: SX126xBoard(maximumPower: 18, amplifierGain: 12))
        #expect(amplified.chip.power == 2, "what leaves the antenna is what was asked for")
    }

    @Test("Channel activity is heard while another chip sends, and not otherwise")
    func channelActivity() throws {
        let air = EmulatedAir()
        let (one, other) = (try Station(on: air), try Station(on: air))
        one.forget()
        one.radio.assessChannel()
        air.eventLoop.advanceTime(by: .milliseconds(3))
        #expect(one.events == [.channelActivity(isBusy: false)])
        other.radio.transmit([UInt8](repeating: 1, count: 100))
        one.forget()
        one.radio.assessChannel()
        air.eventLoop.advanceTime(by: .milliseconds(3))
        #expect(one.events == [.channelActivity(isBusy: true)])
        air.eventLoop.advanceTime(by: Self.airtime(100))
        #expect(one.frames.isEmpty, "it began to listen in the middle of the frame")
    }

    @Test("Where the law asks for it, energy on the channel keeps the radio from sending, acknowledgements included")
    func listenBeforeTalk() throws {
        let air = EmulatedAir()
        var configuration = Self.configuration
        configuration.listenBeforeTalk = Region.jp920.subBands[0].listenBeforeTalk
        let station = try Station(on: air, configuration: configuration)
        station.forget()
        air.isJammed = true
        station.radio.transmit([1, 2, 3])
        air.eventLoop.advanceTime(by: .milliseconds(10))
        #expect(station.events == [.transmitDone(.failed)])
        station.forget()
        station.radio.assessChannel()
        air.eventLoop.advanceTime(by: .milliseconds(10))
        #expect(station.events == [.channelActivity(isBusy: true)])

        air.isJammed = false
        station.forget()
        station.radio.assessChannel()
        air.eventLoop.advanceTime(by: .milliseconds(4))
        #expect(station.events.isEmpty, "five milliseconds are asked for")
        air.eventLoop.advanceTime(by: .milliseconds(4))
        #expect(station.events == [.channelActivity(isBusy: false)])
        // It has just listened: the frame goes at once. The next one listens again.
        station.radio.transmit([1])
        #expect(station.chip.mode == .transmit)
        air.eventLoop.advanceTime(by: Self.airtime(1) + .milliseconds(20))
        station.radio.transmit([1])
        #expect(station.chip.mode == .receive)
        air.eventLoop.advanceTime(by: .milliseconds(6))
        #expect(station.chip.mode == .transmit)
    }

    @Test("A sleeping chip is woken by what it is to do next")
    func sleeping() throws {
        let air = EmulatedAir()
        let (one, other) = (try Station(on: air), try Station(on: air))
        one.radio.sleep()
        #expect(one.chip.mode == .sleep && one.chip.antenna == .none)
        one.radio.transmit([5])
        air.eventLoop.advanceTime(by: Self.airtime(1) + Self.moment)
        #expect(other.frames.map(\.bytes) == [[5]])
        #expect(one.chip.mode == .standby, "its receiver was not asked for")
        one.radio.setReceiver(isOn: true)
        #expect(one.chip.mode == .receive)
        #expect(one.chip.violations.isEmpty)
    }

    @Test("Frames of no bytes or too many, and a second one at once, are refused and answered")
    func refused() throws {
        let air = EmulatedAir()
        let station = try Station(on: air)
        station.forget()
        station.radio.transmit([])
        station.radio.transmit([UInt8](repeating: 0, count: 256))
        air.eventLoop.run()
        #expect(station.events.count { $0 == .transmitDone(.failed) } == 2)
        station.forget()
        station.radio.transmit([1])
        station.radio.transmit([2])
        air.eventLoop.advanceTime(by: Self.airtime(1) + Self.moment)
        #expect(station.events.count { $0 == .transmitDone(.failed) } == 1)
        #expect(station.events.count { $0 == .transmitDone(.sent) } == 1)
    }

    // MARK: Faults

    @Test(
        "A chip that cannot be used is named once, and used as soon as it can be",
        arguments: [
            (EmulatedChip.Fault.absent, "no chip answers"), (.stuckBusy, "are BUSY and RESET wired as configured?"),
            (.noOscillator, "the oscillator does not start"), (.commandStatus(5), "could not be carried out"),
            (.commandStatus(4), "not valid"), (.commandStatus(3), "timed out"),
        ])
    func broken(fault: EmulatedChip.Fault, cause: String) throws {
        let air = EmulatedAir()
        let station = try Station(on: air, fault: fault)
        guard case .failed(let error)? = station.events.first else {
            Issue.record("\(station.events)")
            return
        }
        #expect(error.description.contains(cause))
        station.radio.transmit([1])
        air.eventLoop.advanceTime(by: .seconds(30))
        #expect(station.events.count { if case .failed = $0 { true } else { false } } == 1, "it is said once")
        #expect(station.events.count { $0 == .transmitDone(.failed) } == 1)
        station.chip.fault = nil
        air.eventLoop.advanceTime(by: .seconds(60))
        #expect(station.events.last == .connected)
        #expect(station.chip.mode == .receive)
    }

    @Test("A lost interrupt is made good when the frame should be over")
    func lostInterrupt() throws {
        let air = EmulatedAir()
        let station = try Station(on: air)
        station.forget()
        station.chip.fault = .noInterrupts
        station.radio.transmit([1, 2, 3])
        air.eventLoop.advanceTime(by: Self.airtime(3) + .milliseconds(200))
        #expect(station.events == [.transmitDone(.sent)])
        #expect(station.radio.counters.lostInterrupts == 1)
        #expect(station.radio.counters.recoveries == 0)
    }

    @Test("Bits that flip on the wires never trap, and end with the fault", arguments: [2, 10, 100])
    func bitErrors(oneIn: Int) throws {
        let seed = UInt64.random(in: .min ... .max)
        let air = EmulatedAir()
        let (one, other) = (try Station(on: air), try Station(on: air))
        one.chip.random = SeededGenerator(seed: seed)
        one.chip.fault = .bitErrors(oneIn: oneIn)
        for round in 0..<200 {
            one.radio.assessChannel()
            air.eventLoop.advanceTime(by: .milliseconds(100))
            (round.isMultiple(of: 2) ? one : other).radio.transmit([UInt8(truncatingIfNeeded: round), 2, 3])
            air.eventLoop.advanceTime(by: .seconds(1))
        }
        one.chip.fault = nil
        air.eventLoop.advanceTime(by: .seconds(75))
        one.forget()
        other.forget()
        one.radio.transmit([7, 8, 9])
        air.eventLoop.advanceTime(by: .seconds(1))
        #expect(one.events == [.transmitDone(.sent)], "seed \(seed)")
    }

    @Test("A chip that never ends a frame is reset, and the frame is told as failed")
    func silentTransmitter() throws {
        let air = EmulatedAir()
        let (one, other) = (try Station(on: air), try Station(on: air))
        one.forget()
        one.chip.fault = .silentTransmitter
        one.radio.transmit([1, 2, 3])
        air.eventLoop.advanceTime(by: Self.airtime(3) + .milliseconds(200))
        #expect(one.events.first == .transmitDone(.failed))
        guard case .disconnected? = one.events.last else {
            Issue.record("\(one.events)")
            return
        }
        one.chip.fault = nil
        air.eventLoop.advanceTime(by: .seconds(2))
        #expect(one.events.last == .connected)
        one.radio.transmit([4])
        air.eventLoop.advanceTime(by: Self.airtime(1) + Self.moment)
        #expect(other.frames.map(\.bytes) == [[4]])
        #expect(one.chip.resets == 2)
    }

    @Test("A chip whose supply has failed for a moment is noticed and brought up again")
    func brownOut() throws {
        let air = EmulatedAir()
        let (one, other) = (try Station(on: air), try Station(on: air))
        one.forget()
        one.chip.brownOut()
        air.eventLoop.advanceTime(by: .seconds(12))
        guard case .disconnected(let reason)? = one.events.first else {
            Issue.record("\(one.events)")
            return
        }
        #expect(reason.contains("has its supply failed?"))
        #expect(one.events.last == .connected)
        other.radio.transmit([8])
        air.eventLoop.advanceTime(by: Self.airtime(1) + Self.moment)
        #expect(one.frames.map(\.bytes) == [[8]])
    }

    @Test("A frame with a wrong checksum is counted and not handed up; the next one is")
    func checksum() throws {
        let air = EmulatedAir()
        let (one, other) = (try Station(on: air), try Station(on: air))
        other.chip.damagesNextFrame = true
        for byte: UInt8 in [1, 2] {
            one.radio.transmit([byte])
            air.eventLoop.advanceTime(by: Self.airtime(1) + Self.moment)
        }
        #expect(other.frames.map(\.bytes) == [[2]])
        #expect(other.radio.counters.checksumErrors == 1)
    }

    @Test("Another channel is taken while the radio runs, and who stays on the old one hears nothing")
    func retuning() throws {
        let air = EmulatedAir()
        let (one, other) = (try Station(on: air), try Station(on: air))
        var configuration = Self.configuration
        configuration.frequency = Hertz(868_100_000)
        one.radio.configure(configuration)
        #expect(one.chip.mode == .receive)
        other.radio.transmit([1])
        air.eventLoop.advanceTime(by: Self.airtime(1) + Self.moment)
        #expect(one.frames.isEmpty)
        other.radio.configure(configuration)
        other.radio.transmit([2])
        air.eventLoop.advanceTime(by: Self.airtime(1) + Self.moment)
        #expect(one.frames.map(\.bytes) == [[2]])
    }

    @Test("A closed radio lets its lines go, says nothing more, and may be closed again")
    func closing() throws {
        let air = EmulatedAir()
        let station = try Station(on: air)
        station.forget()
        station.radio.transmit([1])
        try station.radio.close().wait()
        air.eventLoop.advanceTime(by: .seconds(20))
        #expect(station.chip.isClosed && station.events.isEmpty)
        try station.radio.close().wait()
    }

    @Test("A modulation that is not LoRa is refused")
    func otherModulation() throws {
        let air = EmulatedAir()
        #expect(throws: RadioError.self) {
            try Station(
                on: air,
                configuration: RadioConfiguration(
                    phy: .ieee802154, frequency: Hertz(2_405_000_000), power: DecibelMilliwatts(0)))
        }
    }
}
