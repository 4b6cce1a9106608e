public import EngineCore
public import LoRaPHY

/// How a LoRa radio modulates, and under which law.
public struct LoRaSettings: Equatable, Sendable {
    /// The names of regions that a file can choose.
    enum RegionName: String, CaseIterable {
        case eu868 = "EU868"
        case eu433 = "EU433"
        case us915 = "US915"
        case au915 = "AU915"
        case as923 = "AS923"
        case in865 = "IN865"
        case kr920 = "KR920"
        case jp920 = "JP920"
        /// No rules: for cables, laboratories and virtual ethers.
        case none
    }

    /// Whose rules for bands, power and air time are kept; nil where none apply.
    /// - Default: none
    public var region: Region?
    /// The region's rules for the channel that is used.
    public var rules: SubBand?
    /// The carrier's frequency.
    /// - Range: 150 to 960 MHz
    /// - Default: 869.525 MHz
    public var frequency: Hertz
    /// - Range: one of ``bandwidths``
    /// - Default: 250 kHz
    public var bandwidth: Hertz
    /// - Range: 5 to 12
    /// - Default: 7
    public var spreadingFactor: UInt8
    /// The denominator of the code rate: 5 stands for 4/5.
    /// - Range: 5 to 8
    /// - Default: 5
    public var codingRate: UInt8
    /// What tells this kind of network from others: 0x12 for private ones, MeshCore's among them, 0x34 for LoRaWAN.
    /// - Default: 0x12
    public var syncWord: UInt8
    /// The power at the antenna connector.
    /// - Range: -9 to 33 dBm, whole numbers
    /// - Default: 14 dBm
    public var power: DecibelMilliwatts
    /// What the antenna gains over an isotropic one, less the loss of its cable.
    /// - Range: -20 to 30 dBi
    /// - Default: 2.15 dBi, a half-wave dipole
    public var antennaGain: Decibels
    /// The preamble that the radio sends.
    /// - Units: symbols
    public var preambleLength: UInt16
    /// How much of the air time that the law allows may go into keeping the mesh together. All nodes of a mesh should
    /// have the same region and share: the less, the rarer they tell each other of themselves.
    /// - Units: percent
    /// - Range: 1 to 100
    /// - Default: 10 %
    public var controlShare: Int

    /// What control traffic may take of an hour; nil where the law does not limit it.
    public var controlBudget: Duration? {
        rules?.hourlyBudget.map { .microseconds($0.microseconds / 100 * Int64(controlShare)) }
    }

    /// - Parameters:
    ///   - longestFrame: of the link profile, in bytes.
    ///   - preambleLength: of the radio at a spreading factor, in symbols.
    init(_ mapping: YAMLMapping?, longestFrame: Int, preambleLength: (UInt8) -> UInt16 = { _ in 8 }) {
        let regionValue = mapping?.optional("region")
        let name: RegionName? = regionValue?.choice()
        region = name.flatMap { Region.named($0.rawValue) }
        let frequency = mapping?.optional("frequency")?.integer(in: 150_000_000...960_000_000, unit: "Hz")
        self.frequency = Hertz(UInt64(frequency ?? 869_525_000))
        let bandwidths = LoRaModulation.bandwidths.map(\.value)
        let expected = "one of " + bandwidths.map(String.init).joined(separator: ", ") + " Hz"
        let bandwidth = mapping?.optional("bandwidth")?.parsed(expected: expected) { text in
            UInt64(text).flatMap { bandwidths.contains($0) ? $0 : nil }
        }
        self.bandwidth = Hertz(bandwidth ?? 250_000)
        spreadingFactor = UInt8(mapping?.optional("spreading-factor")?.integer(in: 5...12) ?? 7)
        self.preambleLength = preambleLength(spreadingFactor)
        codingRate = UInt8(mapping?.optional("coding-rate")?.integer(in: 5...8) ?? 5)
        syncWord =
            mapping?.optional("sync-word")?.parsed(expected: "private, public or a byte such as 0x2b") { text in
                switch text {
                case "private": 0x12
                case "public": 0x34
                default: text.hasPrefix("0x") ? UInt8(text.dropFirst(2), radix: 16) : UInt8(text)
                }
            } ?? 0x12
        power = DecibelMilliwatts(Double(mapping?.optional("power")?.integer(in: -9...33, unit: "dBm") ?? 14))
        antennaGain = Decibels(mapping?.optional("antenna-gain")?.number(in: -20...30, unit: "dBi") ?? 2.15)
        controlShare = mapping?.optional("control-share")?.integer(in: 1...100, unit: "%") ?? 10
        guard let region, let regionValue else { return }
        rules = keep(region, regionValue, longestFrame: longestFrame)
    }

    /// What the region allows on this channel; what it does not is recorded as an error of the file.
    private func keep(_ region: Region, _ value: YAMLValue, longestFrame: Int) -> SubBand? {
        guard
            let modulation = try? LoRaModulation(
                bandwidth: bandwidth, spreadingFactor: spreadingFactor, codingRate: codingRate,
                preambleLength: preambleLength)
        else { return nil }
        do throws(RegionViolation) {
            return try region.rules(
                frequency: frequency, bandwidth: bandwidth, power: power, antennaGain: antennaGain,
                longestFrame: modulation.timeOnAir(byteCount: longestFrame))
        } catch {
            return value.refuse(expected: "what the law allows: \(error)")
        }
    }
}
