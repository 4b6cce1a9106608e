import EngineCore

// The regions as data. Laws change: whoever puts a radio on the air checks what holds where they are.
//
// State of 2026-11-26. Sources, as read then:
// - EU868: ERC Recommendation 70-03 annex 1 and EN 300 220-2 as the project's sheet of LoRa figures has them.
// - EU433: EN 300 220-2 V3.2.1 table B.1 band H, as Meshtastic's table of regions cites it (10 dBm e.r.p., 10 %).
// - US915: 47 CFR 15.247 as the project's sheet of LoRa figures has it.
// - AU915, AS923, IN865: Semtech's LoRaMac-node (February 2024), files src/mac/region/Region*.h, which carry LoRaWAN's
//   regional parameters: e.i.r.p. of 30, 16 and 30 dBm, 400 ms a transmission in the first two, 1 % in AS923.
// - KR920: the same, with its carrier sense (-65 dBm for 6 ms) and 10 dBm below 922.1 MHz.
// - JP920: the same for Japan (channels from 920.6 to 923.4 MHz of at most 200 kHz, -80 dBm for 5 ms), and for 4 s a
//   transmission and 50 ms of silence after each, ARIB STD-T108 as MeshCore's pull request 2218 cites it.
extension Region {
    public static let eu868 = Region(
        name: "EU868",
        subBands: [
            .european("863", 863_000, 865_000, power: 14, dutyCycle: 10),
            .european("865", 865_000, 868_000, power: 14, dutyCycle: 100),
            .european("g1", 868_000, 868_600, power: 14, dutyCycle: 100),
            .european("g2", 868_700, 869_200, power: 14, dutyCycle: 10),
            .european("g3", 869_400, 869_650, power: 27, dutyCycle: 1000),
            .european("g4", 869_700, 870_000, power: 14, dutyCycle: 100),
        ])

    public static let eu433 = Region(
        name: "EU433", subBands: [.european("H", 433_050, 434_790, power: 10, dutyCycle: 1000)])

    public static let us915 = Region(
        name: "US915",
        subBands: [
            SubBand(
                name: "15.247", 902_000, 928_000,
                power: .conducted(DecibelMilliwatts(30), maximumGain: Decibels(6)),
                longestTransmission: SubBand.LongestTransmission(
                    limit: .milliseconds(400), belowBandwidth: Hertz(500_000)))
        ])

    public static let au915 = Region(
        name: "AU915",
        subBands: [
            SubBand(
                name: "AU915", 915_000, 928_000, power: .equivalentIsotropicallyRadiated(DecibelMilliwatts(30)),
                longestTransmission: SubBand.LongestTransmission(limit: .milliseconds(400)))
        ])

    public static let as923 = Region(
        name: "AS923",
        subBands: [
            SubBand(
                name: "AS923", 915_000, 928_000, power: .equivalentIsotropicallyRadiated(DecibelMilliwatts(16)),
                dutyCycle: 100,
                longestTransmission: SubBand.LongestTransmission(limit: .milliseconds(400)))
        ])

    public static let in865 = Region(
        name: "IN865",
        subBands: [
            SubBand(name: "IN865", 865_000, 867_000, power: .equivalentIsotropicallyRadiated(DecibelMilliwatts(30)))
        ])

    public static let kr920 = Region(
        name: "KR920",
        subBands: [
            SubBand(
                name: "low", 920_800, 922_000, power: .equivalentIsotropicallyRadiated(DecibelMilliwatts(10)),
                listenBeforeTalk: .korean),
            SubBand(
                name: "high", 922_000, 923_400, power: .equivalentIsotropicallyRadiated(DecibelMilliwatts(14)),
                listenBeforeTalk: .korean),
        ])

    public static let jp920 = Region(
        name: "JP920",
        subBands: [
            SubBand(
                name: "channels 24 to 38", 920_500, 923_500,
                power: .conducted(DecibelMilliwatts(13), maximumGain: Decibels(3)),
                longestTransmission: SubBand.LongestTransmission(limit: .seconds(4)),
                maximumBandwidth: Hertz(200_000),
                listenBeforeTalk: SubBand.ListenBeforeTalk(
                    threshold: DecibelMilliwatts(-80), duration: .milliseconds(5), pause: .milliseconds(50)))
        ])

    /// All, in the order in which people look for them.
    public static let all: [Region] = [eu868, eu433, us915, au915, as923, in865, kr920, jp920]

    /// The region of a name, as written in ``name``.
    public static func named(_ name: String) -> Region? { all.first { $0.name == name } }
}

extension SubBand {
    /// - Parameters:
    ///   - lower: kHz
    ///   - upper: kHz
    ///   - dutyCycle: parts in 10,000
    fileprivate init(
        name: String, _ lower: UInt64, _ upper: UInt64, power: PowerLimit, dutyCycle: UInt32? = nil,
        longestTransmission: LongestTransmission? = nil, maximumBandwidth: Hertz? = nil,
        listenBeforeTalk: ListenBeforeTalk? = nil
    ) {
        self.init(
            name: name, lowerEdge: Hertz(lower * 1000), upperEdge: Hertz(upper * 1000), power: power,
            dutyCycle: dutyCycle, longestTransmission: longestTransmission, maximumBandwidth: maximumBandwidth,
            listenBeforeTalk: listenBeforeTalk)
    }

    fileprivate static func european(
        _ name: String, _ lower: UInt64, _ upper: UInt64, power: Double, dutyCycle: UInt32
    ) -> SubBand {
        SubBand(
            name: name, lower, upper, power: .effectiveRadiated(DecibelMilliwatts(power)), dutyCycle: dutyCycle)
    }
}

extension SubBand.ListenBeforeTalk {
    fileprivate static let korean = SubBand.ListenBeforeTalk(
        threshold: DecibelMilliwatts(-65), duration: .milliseconds(6), pause: .zero)
}
