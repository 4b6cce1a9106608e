import EngineCore
import LoRaPHY
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import RadioDrivers

@Suite("Trying a radio")
struct RadioProbeTests {
    /// What a probe says of a chip, and its verdict.
    private func probe(
        _ fault: EmulatedChip.Fault?, transmits: Bool
    ) throws -> (lines: [String], isSound: Bool?, chip: EmulatedChip) {
        let air = EmulatedAir()
        let chip = EmulatedChip(on: air)
        chip.fault = fault
        let radio = try SX126xRadio(
            eventLoop: air.eventLoop, bus: chip, board: SX126xBoard(oscillatorVoltage: .volts1_8),
            configuration: RadioConfiguration(
                phy: .lora(.sf7bw250), frequency: Hertz(869_525_000), power: DecibelMilliwatts(14)))
        let lines = Mutex<[String]>([])
        let verdict = Mutex<Bool?>(nil)
        let probe = RadioProbe(radio, transmits: transmits) { line in lines.withLock { $0.append(line) } }
        probe.run().whenSuccess { isSound in verdict.withLock { $0 = isSound } }
        air.eventLoop.run()
        air.eventLoop.advanceTime(by: .seconds(60))
        return (lines.withLock { $0 }, verdict.withLock { $0 }, chip)
    }

    @Test("A sound one comes up, hears the channel, and sends only if it is told to", arguments: [false, true])
    func sound(transmits: Bool) throws {
        let (lines, isSound, chip) = try probe(nil, transmits: transmits)
        #expect(isSound == true)
        #expect(lines.first == "the radio is up and keeps what it is told")
        #expect(lines.contains { $0.hasPrefix("chip status 0x") && $0.hasSuffix("mode receive, errors 0x0") })
        #expect(lines.contains("the channel is free"))
        #expect(lines.contains("23 bytes were sent") == transmits)
        #expect((chip.registersWhenSent != nil) == transmits, "nothing goes on the air unasked")
        #expect(lines.last == "0 frames were heard in 5 s")
    }

    @Test(
        "What is wired wrongly is told",
        arguments: [
            (EmulatedChip.Fault.absent, "no chip answers"), (.stuckBusy, "busy"), (.noOscillator, "oscillator"),
            (.noInterrupts, "is DIO1 wired as configured?"),
        ])
    func faults(fault: EmulatedChip.Fault, told: String) throws {
        let (lines, isSound, _) = try probe(fault, transmits: false)
        #expect(isSound == false)
        #expect(lines.contains { $0.hasPrefix("FAULT: ") && $0.contains(told) }, "\(lines)")
    }

    @Test("A transmitter that never ends is told")
    func silentTransmitter() throws {
        let (lines, isSound, _) = try probe(.silentTransmitter, transmits: true)
        #expect(isSound == false)
        #expect(lines.contains { $0.hasPrefix("FAULT: ") }, "\(lines)")
    }

    @Test("A modem that is none is told after the time in which a board starts")
    func silentModem() throws {
        let eventLoop = EmbeddedEventLoop()
        let modem = EmulatedModem(eventLoop: eventLoop, on: ModemAir())
        modem.fault = .silent
        let radio = try KISSRadio(
            eventLoop: eventLoop, line: VirtualLine(eventLoop: eventLoop, modem: modem),
            configuration: RadioConfiguration(
                phy: .lora(.sf7bw250), frequency: Hertz(869_525_000), power: DecibelMilliwatts(14)))
        let lines = Mutex<[String]>([])
        let verdict = RadioProbe(radio, transmits: false) { line in lines.withLock { $0.append(line) } }.run()
        eventLoop.advanceTime(by: .seconds(20))
        #expect(try verdict.wait() == false)
        #expect(lines.withLock { $0 }.last?.hasPrefix("FAULT: talk to the modem failed: it does not answer") == true)
    }
}
