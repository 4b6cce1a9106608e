import EngineCore
import LoRaPHY
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import RadioDrivers

@Suite("The driver of KISS modems on an emulated modem")
struct KISSRadioTests {
    private static let modulation: LoRaModulation = {
        do {
            return try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 8, preambleLength: 32)
        } catch {
            preconditionFailure("\(error)")
        }
    }()
    private static let configuration = RadioConfiguration(
        phy: .lora(modulation), frequency: Hertz(869_525_000), power: DecibelMilliwatts(14))

    /// A driver, its modem and what it has told.
    private final class Station: Sendable {
        let line: VirtualLine
        let radio: KISSRadio
        private let told = Mutex<[RadioEvent]>([])

        init(
            _ eventLoop: EmbeddedEventLoop, on air: ModemAir, fault: EmulatedModem.Fault? = nil,
            prepare: (VirtualLine) -> Void = { _ in }
        ) throws {
            line = VirtualLine(eventLoop: eventLoop, modem: EmulatedModem(eventLoop: eventLoop, on: air))
            line.modem.fault = fault
            prepare(line)
            radio = try KISSRadio(eventLoop: eventLoop, line: line, configuration: KISSRadioTests.configuration)
            radio.start { [self] event in told.withLock { $0.append(event) } }
            eventLoop.run()
        }

        var modem: EmulatedModem { line.modem }
        var events: [RadioEvent] { told.withLock { $0 } }
        func forget() { told.withLock { $0 = [] } }
        var failures: [String] {
            events.compactMap {
                switch $0 {
                case .failed(let error): "\(error)"
                case .disconnected(let reason): reason
                default: nil
                }
            }
        }
    }

    private static func airtime(_ count: Int) -> TimeAmount {
        .microseconds(modulation.timeOnAir(byteCount: count).microseconds)
    }

    @Test("A modem is set, asked what it is set to, and only then used")
    func start() throws {
        let station = try Station(EmbeddedEventLoop(), on: ModemAir())
        #expect(station.events == [.connected])
        #expect(station.modem.frequency == 869_525_000 && station.modem.bandwidth == 125_000)
        #expect(station.modem.spreadingFactor == 8 && station.modem.codingRate == 5)
        #expect(station.modem.power == 14)
        #expect(
            station.modem.isFullDuplex && station.modem.transmitDelay == 0, "the node itself listens before it talks")
        #expect(station.modem.requests == [0x11, 0x19, 0x09, 0x0a, 0x0b, 0x0c, 0x0f])
        #expect(station.modem.violations.isEmpty)
    }

    @Test(
        "Frames cross the air between two modems, in whatever pieces the lines bring them", arguments: [nil, 1, 2, 7])
    func frames(pieces: Int?) throws {
        let (eventLoop, air) = (EmbeddedEventLoop(), ModemAir())
        let (one, other) = (try Station(eventLoop, on: air), try Station(eventLoop, on: air) { $0.pieces = pieces })
        for bytes: [UInt8] in [[1], [0xc0, 0xdb, 0xdc, 0xdd, 0xc0], [UInt8](repeating: 0xc0, count: 255)] {
            one.forget()
            other.forget()
            one.radio.transmit(bytes)
            eventLoop.advanceTime(by: Self.airtime(bytes.count) - .milliseconds(1))
            #expect(one.events.isEmpty)
            eventLoop.advanceTime(by: .milliseconds(2))
            #expect(one.events == [.transmitDone(.sent)])
            #expect(
                other.events == [
                    .received(ReceivedFrame(bytes: bytes, rssi: DecibelMilliwatts(-71), snr: Decibels(9.25)))
                ])
        }
        #expect(one.modem.sent.count == 3)
        #expect(one.modem.violations.isEmpty && other.modem.violations.isEmpty)
    }

    @Test("Whether the channel is busy the modem tells", arguments: [true, false])
    func channelActivity(isBusy: Bool) throws {
        let eventLoop = EmbeddedEventLoop()
        let station = try Station(eventLoop, on: ModemAir())
        station.modem.isChannelBusy = isBusy
        station.forget()
        station.radio.assessChannel()
        eventLoop.run()
        #expect(station.events == [.channelActivity(isBusy: isBusy)])
    }

    @Test("A modem that has restarted does not get the frame, and is set anew")
    func restart() throws {
        let eventLoop = EmbeddedEventLoop()
        let station = try Station(eventLoop, on: ModemAir())
        station.modem.restart()
        station.forget()
        station.radio.transmit([1, 2, 3])
        eventLoop.run()
        #expect(station.modem.sent.isEmpty, "it would have gone out on a frequency that nobody has chosen")
        #expect(station.events.first == .transmitDone(.failed))
        #expect(station.failures == ["the modem has restarted and lost its settings"])
        #expect(station.events.last == .connected)
        #expect(station.radio.counters.restarts == 1)
        station.radio.transmit([1, 2, 3])
        eventLoop.advanceTime(by: .seconds(1))
        #expect(station.modem.sent == [[1, 2, 3]])
    }

    @Test("A quiet modem that has restarted is found out within the time of the watchdog")
    func watchdog() throws {
        let eventLoop = EmbeddedEventLoop()
        let station = try Station(eventLoop, on: ModemAir())
        station.modem.restart()
        station.forget()
        eventLoop.advanceTime(by: .seconds(60))
        #expect(station.events.last == .connected)
        #expect(station.modem.frequency == 869_525_000)
    }

    @Test("A modem that is unplugged is told once, looked for later each time, and used again when it is back")
    func unplugged() throws {
        let eventLoop = EmbeddedEventLoop()
        let station = try Station(eventLoop, on: ModemAir())
        station.forget()
        station.radio.transmit([UInt8](repeating: 1, count: 200))
        eventLoop.advanceTime(by: .milliseconds(50))
        station.line.plug(false)
        eventLoop.advanceTime(by: .seconds(600))
        #expect(station.events.first == .transmitDone(.failed))
        #expect(station.failures.count == 2, "lost, and not there: \(station.failures)")
        #expect((10...20).contains(station.line.openings), "once a minute in the end")
        station.radio.transmit([1])
        eventLoop.run()
        #expect(station.events.last == .transmitDone(.failed))
        station.modem.restart()
        station.line.plug(true)
        eventLoop.advanceTime(by: .seconds(61))
        #expect(station.events.last == .connected)
    }

    private static let faults: [(fault: EmulatedModem.Fault, told: String)] = [
        (.silent, "it does not answer"), (.console, "it does not answer"),
        (.version2, "version 2.0 of its protocol, expected 1"),
        (.disobedient, "the modem is set to 869525000 Hz, 250001 Hz wide"),
        (.shortPreamble, "its preamble or modulation is another"),
    ]

    @Test("What is no fitting modem is told in words, and never sends", arguments: faults)
    func unfit(fault: EmulatedModem.Fault, told: String) throws {
        let eventLoop = EmbeddedEventLoop()
        let station = try Station(eventLoop, on: ModemAir(), fault: fault)
        eventLoop.advanceTime(by: .seconds(15))
        #expect(station.failures.count == 1 && station.failures[0].contains(told), "\(station.failures)")
        station.radio.transmit([1])
        eventLoop.run()
        #expect(station.events.last == .transmitDone(.failed))
        #expect(station.modem.sent.isEmpty)
        // Whoever changes the modem need not restart the node.
        station.modem.fault = nil
        eventLoop.advanceTime(by: .seconds(75))
        #expect(station.events.last == .connected)
    }

    @Test("A frame whose strength is not told counts as just heard")
    func noSignalReports() throws {
        let (eventLoop, air) = (EmbeddedEventLoop(), ModemAir())
        let one = try Station(eventLoop, on: air)
        let other = try Station(eventLoop, on: air, fault: .noSignalReports)
        other.forget()
        one.radio.transmit([7])
        eventLoop.advanceTime(by: .seconds(1))
        #expect(
            other.events == [
                .received(
                    ReceivedFrame(
                        bytes: [7], rssi: Self.modulation.sensitivity(), snr: Self.modulation.demodulationFloor))
            ])
        #expect(other.radio.counters.unratedFrames == 1)
    }

    @Test("A transmission whose end is not told fails, and the modem is set anew")
    func noTransmitDone() throws {
        let eventLoop = EmbeddedEventLoop()
        let station = try Station(eventLoop, on: ModemAir(), fault: .noTransmitDone)
        station.forget()
        station.radio.transmit([1])
        eventLoop.advanceTime(by: .seconds(5))
        #expect(station.events.first == .transmitDone(.failed))
        #expect(station.radio.counters.lostEnds == 1)
        #expect(station.events.last == .connected)
    }

    @Test("Garbage between the frames of a line does no harm")
    func noise() throws {
        let eventLoop = EmbeddedEventLoop()
        let station = try Station(eventLoop, on: ModemAir()) { $0.modem.isNoisy = true }
        #expect(station.events == [.connected])
        #expect(station.radio.counters.malformedFrames > 0)
        station.radio.transmit([1])
        eventLoop.advanceTime(by: .seconds(1))
        #expect(station.events.last == .transmitDone(.sent))
    }

    @Test("Mutated lines never trap, and the modem is found again afterwards")
    func mutation() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let (eventLoop, air) = (EmbeddedEventLoop(), ModemAir())
        let station = try Station(eventLoop, on: air)
        let other = try Station(eventLoop, on: air)
        let healthy = station.modem.write
        station.modem.write = { bytes in
            var bytes = bytes
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            healthy(bytes)
        }
        for round in 0..<500 {
            (round.isMultiple(of: 3) ? other : station).radio.transmit([UInt8(truncatingIfNeeded: round)])
            station.radio.assessChannel()
            eventLoop.advanceTime(by: .seconds(2))
        }
        station.modem.write = healthy
        station.forget()
        eventLoop.advanceTime(by: .seconds(180))
        station.radio.transmit([1])
        eventLoop.advanceTime(by: .seconds(1))
        #expect(station.events.last == .transmitDone(.sent), "seed \(seed)")
    }

    @Test("What a modem cannot be set to is refused before it is asked")
    func impossible() throws {
        let eventLoop = EmbeddedEventLoop()
        let line = VirtualLine(eventLoop: eventLoop, modem: EmulatedModem(eventLoop: eventLoop, on: ModemAir()))
        func refusal(_ change: (inout RadioConfiguration) throws -> Void) throws -> String? {
            var configuration = Self.configuration
            try change(&configuration)
            do throws(RadioError) {
                _ = try KISSRadio(eventLoop: eventLoop, line: line, configuration: configuration)
                return nil
            } catch {
                return error.cause
            }
        }
        #expect(try refusal { $0.phy = .ieee802154 } == "a KISS modem modulates LoRa only")
        let narrow = try LoRaModulation(bandwidth: Hertz(10_420), spreadingFactor: 7)
        #expect(
            try refusal { $0.phy = .lora(narrow) }
                == "it cannot be set to 10420 Hz exactly, expected 31250 Hz or more")
        #expect(try refusal { $0.syncWord = 0x34 } == "its sync word is that of private networks")
        #expect(try refusal { _ in } == nil)
        #expect(line.openings == 0)
    }
}
