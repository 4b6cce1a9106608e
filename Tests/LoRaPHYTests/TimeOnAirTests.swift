import EngineCore
import LoRaPHY
import Testing

@Suite("Time on air")
struct TimeOnAirTests {
    /// One row of the table of check values in the project's LoRa figures, computed from Semtech's AN1200.13.
    struct Row: Sendable, CustomTestStringConvertible {
        let spreadingFactor: UInt8
        let bandwidth: UInt64
        let byteCount: Int
        let milliseconds: Double

        init(_ spreadingFactor: UInt8, _ bandwidth: UInt64, _ byteCount: Int, _ milliseconds: Double) {
            self.spreadingFactor = spreadingFactor
            self.bandwidth = bandwidth
            self.byteCount = byteCount
            self.milliseconds = milliseconds
        }

        var testDescription: String { "\(byteCount) bytes, SF\(spreadingFactor), \(bandwidth) Hz" }
    }

    static let rows = [
        Row(7, 125_000, 5, 31.0), Row(7, 250_000, 5, 15.5), Row(7, 500_000, 5, 7.7), Row(9, 125_000, 5, 123.9),
        Row(11, 250_000, 5, 206.8),
        Row(7, 125_000, 127, 210.2), Row(7, 250_000, 127, 105.1), Row(7, 500_000, 127, 52.5),
        Row(9, 125_000, 127, 676.9), Row(11, 250_000, 127, 1148.9),
        Row(7, 125_000, 255, 399.6), Row(7, 250_000, 255, 199.8), Row(7, 500_000, 255, 99.9),
        Row(9, 125_000, 255, 1250.3), Row(11, 250_000, 255, 2091.0),
    ]

    @Test("The published check values are met to the last digit that they have", arguments: rows)
    func checkValues(row: Row) throws {
        let modulation = try LoRaModulation(
            bandwidth: Hertz(row.bandwidth), spreadingFactor: row.spreadingFactor)
        let microseconds = modulation.timeOnAir(byteCount: row.byteCount).microseconds
        #expect(abs(Double(microseconds) / 1000 - row.milliseconds) <= 0.0501)
    }

    @Test("A frame at SF7 and 125 kHz takes exactly its quarter symbols")
    func exactValue() throws {
        let modulation = try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 7)
        // 8 + 4.25 + 8 + ceil((40 - 28 + 28 + 16) / 28) * 5 = 30.25 symbols of 1024 µs
        #expect(modulation.timeOnAir(byteCount: 5) == .microseconds(30_976))
    }

    @Test("Spreading factor 6 has 6.25 symbols of synchronisation and no reserve of eight bits")
    func shortSymbols() throws {
        let modulation = try LoRaModulation(bandwidth: Hertz(500_000), spreadingFactor: 6)
        // 8 + 6.25 + 8 + ceil((80 + 16 - 24 + 20) / 24) * 5 = 42.25 symbols of 128 µs
        #expect(modulation.timeOnAir(byteCount: 10) == .microseconds(5_408))
    }

    @Test("A symbol of 16 ms or more turns on the optimisation for low data rates")
    func lowDataRate() throws {
        #expect(try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 11).optimizesForLowDataRate)
        #expect(try LoRaModulation(bandwidth: Hertz(250_000), spreadingFactor: 12).optimizesForLowDataRate)
        #expect(try !LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 10).optimizesForLowDataRate)
        let forced = try LoRaModulation(
            bandwidth: Hertz(125_000), spreadingFactor: 11, optimizesForLowDataRate: false)
        #expect(!forced.optimizesForLowDataRate)
        // 8 + 4.25 + 8 + ceil((80 - 44 + 28 + 16) / 36 or 44) * 5 symbols of 16,384 µs
        let automatic = try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 11)
        #expect(automatic.timeOnAir(byteCount: 10) == .microseconds(577_536))
        #expect(forced.timeOnAir(byteCount: 10) == .microseconds(495_616))
    }

    @Test("Implicit header, no CRC, a stronger code and a longer preamble each change the time as they should")
    func options() throws {
        let plain = try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 7)
        let coded = try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 7, codingRate: 8)
        let long = try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 7, preambleLength: 16)
        let bare = try LoRaModulation(
            bandwidth: Hertz(125_000), spreadingFactor: 7, hasCRC: false, isImplicitHeader: true)
        let symbol = plain.symbolTime
        #expect(symbol == .microseconds(1024))
        #expect(coded.timeOnAir(byteCount: 5) - plain.timeOnAir(byteCount: 5) == symbol * 6)
        #expect(long.timeOnAir(byteCount: 5) - plain.timeOnAir(byteCount: 5) == symbol * 8)
        // ceil((40 - 28 + 8) / 28) * 5 = 5 symbols instead of 10
        #expect(plain.timeOnAir(byteCount: 5) - bare.timeOnAir(byteCount: 5) == symbol * 5)
    }

    @Test("An empty frame has eight symbols of header at the least")
    func emptyFrame() throws {
        let modulation = try LoRaModulation(
            bandwidth: Hertz(125_000), spreadingFactor: 12, hasCRC: false, isImplicitHeader: true)
        #expect(modulation.timeOnAir(byteCount: 0) == .microseconds(663_552))
    }

    @Test("More bytes never take less time, whatever the modulation")
    func monotonic() throws {
        for bandwidth in LoRaModulation.bandwidths {
            for spreadingFactor in LoRaModulation.spreadingFactors {
                let modulation = try LoRaModulation(bandwidth: bandwidth, spreadingFactor: spreadingFactor)
                var previous = Duration.zero
                for byteCount in 0...255 {
                    let time = modulation.timeOnAir(byteCount: byteCount)
                    #expect(time >= previous)
                    previous = time
                }
            }
        }
    }

    @Test("Times that are no whole microseconds are rounded up")
    func rounding() throws {
        let modulation = try LoRaModulation(bandwidth: Hertz(41_670), spreadingFactor: 7)
        // 128 / 41,670 Hz = 3071.75... µs
        #expect(modulation.symbolTime == .microseconds(3_072))
    }

    @Test(
        "Channel activity detection takes its symbols and half of one more",
        arguments: [(7, 125_000, 2_560), (9, 125_000, 10_240), (11, 250_000, 20_480)] as [(UInt8, UInt64, Int)])
    func channelActivityDetection(spreadingFactor: UInt8, bandwidth: UInt64, microseconds: Int) throws {
        let modulation = try LoRaModulation(bandwidth: Hertz(bandwidth), spreadingFactor: spreadingFactor)
        #expect(modulation.channelActivityDetectionTime() == .microseconds(microseconds))
    }

    @Test("802.15.4 takes 32 µs a byte and six bytes more")
    func ieee802154() {
        #expect(PhysicalLayer.ieee802154.timeOnAir(byteCount: 127) == .microseconds(4_256))
        #expect(PhysicalLayer.ieee802154.timeOnAir(byteCount: 5) == .microseconds(352))
    }
}
