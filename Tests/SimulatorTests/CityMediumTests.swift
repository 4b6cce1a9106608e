import EngineCore
import LoRaChannel
import LoRaPHY
import Testing

@testable import Simulator

/// Each rule of the study's channel, against the value that its table names.
@Suite("The air of the city scenarios")
struct CityMediumTests {
    private static let start = Instant(microseconds: 1_000_000)

    /// SF10 at 250 kHz with a preamble of sixteen symbols, of 4.096 ms each.
    private static func modulation(codingRate: UInt8 = 5) throws -> LoRaModulation {
        try LoRaModulation(
            bandwidth: Hertz(250_000), spreadingFactor: 10, codingRate: codingRate, preambleLength: 16)
    }

    /// Symbols after the start.
    private static func after(_ symbols: Double) -> Instant { start + .microseconds(Int64(symbols * 4096)) }

    /// Node 0 and node 1 send to node 2 with these ratios.
    private static func medium(
        _ first: Double, _ second: Double, deviation: Double = 0, erasure: Double = 0, codingRate: UInt8 = 5,
        seed: UInt64 = 1
    ) throws -> CityMedium {
        func link(_ from: Int, _ snr: Double) -> CityMedium.Link {
            CityMedium.Link(
                from: from, to: 2, snr: Decibels(snr), rssi: DecibelMilliwatts(snr - 114.02),
                deviation: Decibels(deviation), erasure: erasure)
        }
        return CityMedium(
            nodeCount: 3, links: [link(0, first), link(1, second)],
            modulation: try modulation(codingRate: codingRate), seed: seed)
    }

    /// What becomes of the frames of node 0 and node 1 at node 2.
    private static func outcome(
        of medium: CityMedium, lengths: (Int, Int) = (50, 50), secondAfter symbols: Double
    ) throws -> (first: LossReason?, second: LossReason?) {
        try medium.beginTransmission([UInt8](repeating: 1, count: lengths.0), by: 0, now: start)
        let second = after(symbols)
        medium.advance(to: second)
        try medium.beginTransmission([UInt8](repeating: 2, count: lengths.1), by: 1, now: second)
        return outcomes(of: medium)
    }

    private static func outcomes(
        of medium: CityMedium, senders: Int = 2
    ) -> (first: LossReason?, second: LossReason?) {
        while let deadline = medium.nextDeadline { medium.advance(to: deadline) }
        var lost: [Int: LossReason] = [:]
        var received: Set<Int> = []
        while let output = medium.pollOutput() {
            switch output {
            case .lost(_, let sender, let reason): lost[sender] = reason
            case .received(_, let frame): received.insert(Int(frame.bytes[0]) - 1)
            case .transmitDone: continue
            }
        }
        for sender in 0..<senders where lost[sender] == nil { #expect(received.contains(sender)) }
        return (lost[0], lost[1])
    }

    @Test("A frame of fifty bytes is on the air for as long as AN1200.13 says, with sixteen symbols of preamble")
    func timeOnAir() throws {
        let medium = try Self.medium(0, 0)
        try medium.beginTransmission([UInt8](repeating: 0, count: 50), by: 0, now: Self.start)
        // (16 + 4.25 + 8 + ceil((400 - 40 + 28 + 16) / 40) * 5) * 4.096 ms = 83.25 * 4.096 ms
        #expect(try #require(medium.nextDeadline).since(Self.start) == .microseconds(340_992))
    }

    @Test(
        "At the floor of -15 dB a frame is received, below it there is nothing, not even for listening",
        arguments: [
            (-15.0, true), (-15.01, false),
        ])
    func floor(snr: Double, isReceived: Bool) throws {
        let medium = try Self.medium(snr, -30)
        try medium.beginTransmission([1], by: 0, now: Self.start)
        if !isReceived { #expect(!medium.isBusy(at: 2, now: Self.after(10))) }
        #expect(Self.outcomes(of: medium, senders: 1).first == (isReceived ? nil : .belowFloor))
    }

    @Test("What is below the floor disturbs nothing")
    func noEnergy() throws {
        let outcome = try Self.outcome(of: Self.medium(-14.9, -15.1), secondAfter: 3)
        #expect(outcome == (nil, .belowFloor))
    }

    @Test(
        "Of two frames at once the one that is 6 dB stronger survives, and none where it is less",
        arguments: [
            (6.0, true), (5.9, false),
        ])
    func capture(difference: Double, survives: Bool) throws {
        let outcome = try Self.outcome(of: Self.medium(difference, 0), secondAfter: 5.9)
        #expect(outcome == (survives ? nil : .collision, .collision))
    }

    @Test(
        "Three decibels are enough once six symbols of the preamble were received alone",
        arguments: [
            (3.0, true), (2.9, false),
        ])
    func lockedCapture(difference: Double, survives: Bool) throws {
        let outcome = try Self.outcome(of: Self.medium(difference, 0), secondAfter: 6)
        #expect(outcome == (survives ? nil : .collision, .collision))
    }

    @Test("A stronger latecomer survives by 6 dB, and destroys what was there")
    func latecomer() throws {
        #expect(try Self.outcome(of: Self.medium(0, 6), secondAfter: 20) == (.collision, nil))
        #expect(try Self.outcome(of: Self.medium(0, 5), secondAfter: 20) == (.collision, .collision))
    }

    @Test(
        "An interferer that is gone within ten symbols of the preamble does no harm",
        arguments: [
            (10.0, true), (10.5, false),
        ])
    func grace(remaining: Double, survives: Bool) throws {
        // The first lasts 83.25 symbols and is so weak that it loses itself.
        let outcome = try Self.outcome(of: Self.medium(0, 3), secondAfter: 83.25 - remaining)
        #expect(outcome.second == (survives ? nil : .collision))
    }

    @Test(
        "Coding rate 4/7 forgives one symbol of overlap in the payload, 4/6 does not",
        arguments: [
            (UInt8(7), 1.0, true), (7, 1.5, false), (6, 1.0, false),
        ])
    func codingRate(rate: UInt8, overlap: Double, survives: Bool) throws {
        let modulation = try Self.modulation(codingRate: rate)
        let symbols = Double(modulation.timeOnAir(byteCount: 50).microseconds) / 4096
        let outcome = try Self.outcome(
            of: Self.medium(0, 0, codingRate: rate), secondAfter: symbols - overlap)
        #expect(outcome.first == (survives ? nil : .collision))
    }

    @Test("A node that sends hears nothing, and loses what it was receiving")
    func halfDuplex() throws {
        let links = [
            CityMedium.Link(from: 0, to: 1, snr: Decibels(10), rssi: DecibelMilliwatts(-100)),
            CityMedium.Link(from: 1, to: 0, snr: Decibels(10), rssi: DecibelMilliwatts(-100)),
        ]
        let medium = CityMedium(nodeCount: 2, links: links, modulation: try Self.modulation(), seed: 1)
        try medium.beginTransmission([1], by: 0, now: Self.start)
        try medium.beginTransmission([2], by: 1, now: Self.after(10))
        #expect(Self.outcomes(of: medium) == (.transmitting, .transmitting))
    }

    @Test("Listening notices a frame from its seventh symbol to its end, but for one time in twenty")
    func listening() throws {
        let medium = try Self.medium(0, -30)
        try medium.beginTransmission([UInt8](repeating: 1, count: 50), by: 0, now: Self.start)
        func share(at instant: Instant) -> Double {
            Double((0..<4000).count { _ in medium.isBusy(at: 2, now: instant) }) / 4000
        }
        #expect(share(at: Self.after(5.9)) == 0)
        #expect(abs(share(at: Self.after(6)) - 0.95) < 0.02)
        #expect(abs(share(at: Self.after(83)) - 0.95) < 0.02)
        #expect(share(at: Self.after(83.25)) == 0)
    }

    @Test(
        "How likely a frame is missed rises from one in twenty at 0 dB to always at -15 dB",
        arguments: [
            (10.0, 0.05), (0, 0.05), (-7.5, 0.525), (-15, 1),
        ])
    func missing(snr: Double, probability: Double) {
        #expect(abs(CityMedium.missProbability(snr: Decibels(snr)) - probability) < 1e-12)
    }

    @Test("Every reception draws its own ratio about the mean")
    func deviation() throws {
        // One deviation above the floor: 84.1 % are received.
        let medium = try Self.medium(-14, -30, deviation: 1)
        var received = 0
        for attempt in 0..<4000 {
            let now = Self.start + .seconds(Int64(attempt))
            try medium.beginTransmission([1], by: 0, now: now)
            medium.advance(to: now + .milliseconds(500))
            while let output = medium.pollOutput() { if case .received = output { received += 1 } }
        }
        #expect(abs(Double(received) / 4000 - 0.841) < 0.02)
    }

    @Test("A link that loses frames loses as many as it says")
    func erasure() throws {
        let medium = try Self.medium(20, -30, erasure: 0.25)
        var lost = 0
        for attempt in 0..<4000 {
            let now = Self.start + .seconds(Int64(attempt))
            try medium.beginTransmission([1], by: 0, now: now)
            medium.advance(to: now + .milliseconds(500))
            while let output = medium.pollOutput() { if case .lost(_, _, .erasure) = output { lost += 1 } }
        }
        #expect(abs(Double(lost) / 4000 - 0.25) < 0.02)
    }

    @Test("The same seed draws the same, another seed another")
    func seeds() throws {
        func run(seed: UInt64) throws -> [Bool] {
            let medium = try Self.medium(-15, -30, deviation: 2, seed: seed)
            return try (0..<64).map { attempt in
                let now = Self.start + .seconds(Int64(attempt))
                try medium.beginTransmission([1], by: 0, now: now)
                medium.advance(to: now + .milliseconds(500))
                var isReceived = false
                while let output = medium.pollOutput() { if case .received = output { isReceived = true } }
                return isReceived
            }
        }
        #expect(try run(seed: 3) == run(seed: 3))
        #expect(try run(seed: 3) != run(seed: 4))
    }
}
