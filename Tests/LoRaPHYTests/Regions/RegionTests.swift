import EngineCore
import Testing

@testable import LoRaPHY

@Suite("What the law of a region allows")
struct RegionTests {
    private func rules(
        _ region: Region, _ frequency: UInt64, _ bandwidth: UInt64 = 125_000, power: Double = 10, gain: Double = 2.15,
        longest: Duration = .milliseconds(200)
    ) throws(RegionViolation) -> SubBand {
        try region.rules(
            frequency: Hertz(frequency), bandwidth: Hertz(bandwidth), power: DecibelMilliwatts(power),
            antennaGain: Decibels(gain), longestFrame: longest)
    }

    @Test(
        "The sub-bands of EU868 have the limits of the law",
        arguments: [
            (UInt64(864_000_000), UInt32(10), 14.0), (866_000_000, 100, 14), (868_100_000, 100, 14),
            (868_900_000, 10, 14), (869_525_000, 1000, 27), (869_850_000, 100, 14),
        ])
    func european(frequency: UInt64, dutyCycle: UInt32, power: Double) throws {
        let band = try rules(.eu868, frequency)
        #expect(band.dutyCycle == dutyCycle)
        // With a dipole, what is radiated is what the radio is set to.
        _ = try rules(.eu868, frequency, power: power)
        #expect(throws: RegionViolation.self) { try rules(.eu868, frequency, power: power + 1) }
    }

    @Test("A channel across the edge of a sub-band, or between two, lies in none")
    func edges() throws {
        _ = try rules(.eu868, 869_525_000, 250_000)
        for (frequency, bandwidth): (UInt64, UInt64) in [
            (869_525_000, 500_000), (868_000_000, 125_000), (868_650_000, 62_500), (433_920_000, 125_000),
        ] {
            let error = #expect(throws: RegionViolation.self) { try rules(.eu868, frequency, bandwidth) }
            guard case .band = error?.rule else {
                Issue.record("\(frequency): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("A short channel hold is asked for only where the law limits it, and the remedy is told")
    func dwellTime() throws {
        _ = try rules(.us915, 915_000_000, 500_000, power: 22, longest: .seconds(2))
        let error = #expect(throws: RegionViolation.self) {
            try rules(.us915, 915_000_000, power: 22, longest: .milliseconds(401))
        }
        #expect(
            error?.description
                == "US915 allows 400 ms a transmission from 902.000 to 928.000 MHz, and the longest frame takes 401 ms: "
                + "a lower spreading factor or a wider channel is needed")
        _ = try rules(.us915, 915_000_000, power: 22, longest: .milliseconds(400))
    }

    @Test("An antenna's gain counts against the power, as the law of each region counts it")
    func antennas() throws {
        #expect(
            PowerLimit.effectiveRadiated(DecibelMilliwatts(14)).highestSetting(antennaGain: Decibels(5.15)).value == 11)
        #expect(
            PowerLimit.equivalentIsotropicallyRadiated(DecibelMilliwatts(16)).highestSetting(antennaGain: Decibels(2))
                .value == 14)
        let conducted = PowerLimit.conducted(DecibelMilliwatts(30), maximumGain: Decibels(6))
        #expect(conducted.highestSetting(antennaGain: Decibels(2)).value == 30)
        #expect(conducted.highestSetting(antennaGain: Decibels(9)).value == 27)
    }

    @Test("Japan limits the width of channels, and asks for listening and silence")
    func japan() throws {
        let band = try rules(.jp920, 921_000_000)
        #expect(band.listenBeforeTalk?.pause == .milliseconds(50))
        #expect(throws: RegionViolation.self) { try rules(.jp920, 921_000_000, 250_000) }
    }

    @Test("Every region is found by its name, has its bands in order and none overlapping", arguments: Region.all)
    func table(region: Region) {
        #expect(Region.named(region.name) == region)
        for (band, next) in zip(region.subBands, region.subBands.dropFirst()) {
            #expect(band.upperEdge <= next.lowerEdge)
        }
        for band in region.subBands {
            #expect(band.lowerEdge < band.upperEdge)
            #expect(band.dutyCycle.map { (1...10_000).contains($0) } ?? true)
        }
    }
}
