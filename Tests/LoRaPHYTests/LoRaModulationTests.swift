import EngineCore
import Foundation
import LoRaPHY
import Testing

@Suite("LoRa modulation")
struct LoRaModulationTests {
    @Test("Each value out of range is refused by name")
    func refusals() {
        #expect(throws: LoRaModulationError.bandwidth(Hertz(200_000))) {
            try LoRaModulation(bandwidth: Hertz(200_000), spreadingFactor: 7)
        }
        for factor: UInt8 in [0, 4, 13, 255] {
            #expect(throws: LoRaModulationError.spreadingFactor(factor)) {
                try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: factor)
            }
        }
        for rate: UInt8 in [0, 4, 9, 255] {
            #expect(throws: LoRaModulationError.codingRate(rate)) {
                try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 7, codingRate: rate)
            }
        }
        #expect(throws: LoRaModulationError.preambleLength(5)) {
            try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 7, preambleLength: 5)
        }
    }

    @Test("A refusal says what was found and what would do")
    func sentences() {
        #expect(LoRaModulationError.spreadingFactor(13).description == "spreading factor 13, expected 5 to 12")
        #expect(LoRaModulationError.bandwidth(Hertz(1)).description.hasSuffix("125000, 250000, 500000"))
        #expect(LoRaModulationError.codingRate(9).description.contains("4/9"))
        #expect(LoRaModulationError.preambleLength(2).description.contains("2 symbols"))
    }

    @Test("The named modulations are what their names say")
    func named() throws {
        #expect(try LoRaModulation.sf7bw250 == LoRaModulation(bandwidth: Hertz(250_000), spreadingFactor: 7))
        #expect(try LoRaModulation.sf7bw500 == LoRaModulation(bandwidth: Hertz(500_000), spreadingFactor: 7))
    }

    @Test(
        "The demodulation floor falls by 2.5 dB a spreading factor",
        arguments: zip(UInt8(5)...12, [-2.5, -5, -7.5, -10, -12.5, -15, -17.5, -20]))
    func demodulationFloor(spreadingFactor: UInt8, decibels: Double) throws {
        let modulation = try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: spreadingFactor)
        #expect(modulation.demodulationFloor == Decibels(decibels))
    }

    @Test(
        "The sensitivity at 125 kHz is that of the table to a decibel",
        arguments: zip(UInt8(7)...12, [-124.0, -127, -130, -133, -135, -137]))
    func sensitivity(spreadingFactor: UInt8, expected: Double) throws {
        let modulation = try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: spreadingFactor)
        #expect(abs(modulation.sensitivity().value - expected) <= 1)
    }

    @Test("The noise floor follows the bandwidth and the noise figure", arguments: LoRaModulation.bandwidths)
    func noiseFloor(bandwidth: Hertz) throws {
        let modulation = try LoRaModulation(bandwidth: bandwidth, spreadingFactor: 7)
        let thermal = -174 + 10 * log10(Double(bandwidth.value))
        #expect(abs(modulation.noiseFloor().value - (thermal + 6)) < 0.01)
        #expect(abs(modulation.noiseFloor(noiseFigure: Decibels(9)).value - (thermal + 9)) < 0.01)
    }

    @Test("A receiver of 802.15.4 hears down to -98 dBm")
    func ieee802154() {
        #expect(PhysicalLayer.ieee802154.sensitivity() == DecibelMilliwatts(-98))
        #expect(PhysicalLayer.ieee802154.maximumPayload == 127)
        #expect(PhysicalLayer.lora(.sf7bw250).maximumPayload == 255)
    }
}
