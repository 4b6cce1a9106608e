import EngineCore
import MeshCoreWire
import TestSupport
import Testing

@testable import MeshCoreEngine

@Suite("MeshCore timing")
struct TimingTests {
    @Test("Times on air and time-outs are the firmware's")
    func airtime() throws {
        let cases = try MeshCoreVectors.cases(with: "sf", "bw_khz", "cr")
        #expect(!cases.isEmpty)
        for vector in cases {
            let radio = try MeshCoreRadioParameters(
                frequency: 869_618, bandwidth: UInt32(try vector.inputs.double("bw_khz") * 1000),
                spreadingFactor: UInt8(try vector.inputs.int("sf")), codingRate: UInt8(try vector.inputs.int("cr")))
            let medium = Medium()
            try medium.add("Bob", Keys.bob) { _, parameters in parameters.radio = radio }
            for row in try vector.expected.list("rows") {
                let count = try row.int("len")
                #expect(radio.airtime(byteCount: count).milliseconds == Int64(try row.int("airtime_ms")), "\(vector)")
                for (name, hops) in [("direct_timeout_ms_0hop", 0), ("direct_timeout_ms_3hop", 3)] {
                    let timeout = medium.nodes[0].directTimeout(byteCount: count, hops: hops)
                    #expect(timeout.milliseconds == Int64(try row.int(name)), "\(vector)")
                }
                let timeout = medium.nodes[0].floodTimeout(byteCount: count)
                #expect(timeout.milliseconds == Int64(try row.int("flood_timeout_ms")), "\(vector)")
            }
        }
    }

    @Test("Scores of receptions are the firmware's")
    func scores() throws {
        for vector in try MeshCoreVectors.cases(with: "formula") {
            for row in try vector.expected.list("rows") {
                let score = MeshCoreEngine.receptionScore(
                    spreadingFactor: UInt8(try row.int("sf")), snr: try row.double("snr"),
                    byteCount: try row.int("len"))
                #expect(abs(score - (try row.double("score"))) < 1e-6, "\(vector)")
            }
        }
    }

    @Test("A number to a power is what it should be")
    func powers() {
        for (base, exponent, expected) in [
            (10.0, 0.85, 7.079_457_843_841_379), (2, -0.15, 0.901_250_462_610_831), (1, 0.5, 1), (20, 0, 1),
            (0.5, 3, 0.125), (10, 3, 1000),
        ] {
            #expect(abs(power(base, exponent) / expected - 1) < 1e-9, "\(base) ^ \(exponent)")
        }
    }

    @Test("A radio sends no more than its share of an hour, however much waits")
    func dutyCycle() throws {
        let medium = Medium()
        try medium.add("Bob", Keys.bob) { configuration, parameters in
            configuration.packetQueueLimit = 1024
            parameters.airtimeFactor = 9_000
        }
        for number in 0..<900 {
            let payload = [UInt8](repeating: 0, count: 180) + [UInt8(number >> 8), UInt8(number & 0xff)]
            try medium.call(0) { engine, now throws(MeshCoreError) in
                try engine.sendRawData(path: .zeroHop, payload: payload, now: now)
            }
        }
        medium.run(.seconds(3600))
        // A tenth of an hour that is there to begin with, and a tenth that comes in during it.
        let used = medium.nodes[0].statistics.transmitAirtime
        #expect(used <= .seconds(722))
        #expect(used >= .seconds(700))
    }

    @Test("A channel that is busy is tried again, and given up after four seconds")
    func busyChannel() throws {
        let medium = Medium()
        try medium.add("Bob", Keys.bob)
        var engine = medium.nodes[0]
        var now = Instant.zero
        try engine.sendRawData(path: .zeroHop, payload: [1, 2, 3, 4], now: now)
        var attempts = 0
        while now < .zero + .seconds(60) {
            while let output = engine.pollOutput() {
                if case .transmit = output {
                    attempts += 1
                    engine.handle(.transmitDone(link: Medium.air, .channelBusy), now: now)
                }
            }
            guard let deadline = engine.nextDeadline else { break }
            now = max(now, deadline)
            engine.handle(.deadline, now: now)
        }
        #expect((10...40).contains(attempts))
        #expect(engine.queueLength == 0)
        #expect(engine.statistics.errorFlags & 2 != 0)
    }

    @Test("A link that never reports the end of a packet gets the next one all the same")
    func lostReport() throws {
        let medium = Medium()
        try medium.add("Bob", Keys.bob)
        var engine = medium.nodes[0]
        try engine.sendRawData(path: .zeroHop, payload: [1, 2, 3, 4], now: .zero)
        try engine.sendRawData(path: .zeroHop, payload: [5, 6, 7, 8], now: .zero)
        var sent = 0
        func drain() { while let output = engine.pollOutput() { if case .transmit = output { sent += 1 } } }
        drain()
        #expect(sent == 1)
        let deadline = try #require(engine.nextDeadline)
        engine.handle(.deadline, now: deadline)
        drain()
        #expect(sent == 2)
        #expect(engine.drops[.transmitTimeout] == 1)
    }
}
