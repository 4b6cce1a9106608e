public import EngineCore

/// What the law of a region asks of a LoRa radio: bands, and for each of them how much may be sent, how strongly and how.
public struct Region: Hashable, Sendable {
    /// As networks call it: EU868, US915 and so on.
    public let name: String
    public let subBands: [SubBand]

    /// The sub-band that the whole of a channel lies in; nil where none does.
    public func subBand(frequency: Hertz, bandwidth: Hertz) -> SubBand? {
        let half = bandwidth.value / 2
        return subBands.first {
            $0.lowerEdge.value + half <= frequency.value && frequency.value + half <= $0.upperEdge.value
        }
    }

    /// The rules that a node has to keep which sends on one channel.
    /// - Parameters:
    ///   - power: at the antenna connector.
    ///   - antennaGain: over an isotropic radiator.
    ///   - longestFrame: the time on air of the longest frame that will be sent.
    /// - Throws: the first rule that it would break.
    public func rules(
        frequency: Hertz, bandwidth: Hertz, power: DecibelMilliwatts, antennaGain: Decibels, longestFrame: Duration
    ) throws(RegionViolation) -> SubBand {
        guard let band = subBand(frequency: frequency, bandwidth: bandwidth) else {
            throw RegionViolation(
                region: self, rule: .band(frequency: frequency, bandwidth: bandwidth, expected: subBands))
        }
        if let limit = band.maximumBandwidth, bandwidth > limit {
            throw RegionViolation(region: self, rule: .bandwidth(limit: limit, band))
        }
        let highest = band.power.highestSetting(antennaGain: antennaGain)
        guard power <= highest else { throw RegionViolation(region: self, rule: .power(highest: highest, band)) }
        if let limit = band.dwellTime(bandwidth: bandwidth), longestFrame > limit {
            throw RegionViolation(region: self, rule: .dwellTime(limit: limit, longestFrame: longestFrame, band))
        }
        return band
    }
}

/// A part of a region's spectrum in which one set of rules holds.
public struct SubBand: Hashable, Sendable {
    /// The law's own name, or the edges in megahertz.
    public var name: String
    public var lowerEdge: Hertz
    public var upperEdge: Hertz
    public var power: PowerLimit
    /// Which part of any sliding hour a station may send; nil where that is not limited.
    /// - Units: parts in 10,000: 1 % is 100
    public var dutyCycle: UInt32?
    /// The longest single transmission, and the bandwidth from which on it is not limited.
    public var longestTransmission: LongestTransmission?
    /// The widest channel, where that is limited.
    public var maximumBandwidth: Hertz?
    /// Whether and how a station must listen before it sends.
    public var listenBeforeTalk: ListenBeforeTalk?

    public struct LongestTransmission: Hashable, Sendable {
        public var limit: Duration
        /// Wider channels have no such limit; nil where all have it.
        public var belowBandwidth: Hertz?
    }

    public struct ListenBeforeTalk: Hashable, Sendable {
        /// What is heard above this makes the channel busy.
        public var threshold: DecibelMilliwatts
        /// How long the channel must have been free.
        public var duration: Duration
        /// How long a station is silent after each transmission.
        public var pause: Duration
    }

    func dwellTime(bandwidth: Hertz) -> Duration? {
        guard let longestTransmission else { return nil }
        if let wide = longestTransmission.belowBandwidth, bandwidth >= wide { return nil }
        return longestTransmission.limit
    }

    /// How much may be sent within a sliding hour; nil where that is not limited.
    public var hourlyBudget: Duration? {
        dutyCycle.map { .microseconds(AirtimeLedger.window.microseconds / 10_000 * Int64($0)) }
    }

    /// The edges, for people.
    public var edges: String { "\(Self.megahertz(lowerEdge)) to \(Self.megahertz(upperEdge)) MHz" }

    static func megahertz(_ frequency: Hertz) -> String {
        let kilohertz = frequency.value / 1000
        let rest = String(1000 + kilohertz % 1000).dropFirst()
        return "\(kilohertz / 1000).\(rest)"
    }
}

/// How strongly a station may send, in the unit in which the law says it.
public enum PowerLimit: Hashable, Sendable {
    /// What a half-wave dipole would radiate alike.
    case effectiveRadiated(DecibelMilliwatts)
    /// What an isotropic antenna would radiate alike.
    case equivalentIsotropicallyRadiated(DecibelMilliwatts)
    /// At the antenna connector, less what the antenna gains beyond `maximumGain`.
    case conducted(DecibelMilliwatts, maximumGain: Decibels)

    /// The gain of a half-wave dipole over an isotropic antenna.
    public static let dipoleGain = Decibels(2.15)

    /// The most that a radio may be set to, to a hundredth of a decibel.
    public func highestSetting(antennaGain: Decibels) -> DecibelMilliwatts {
        let highest =
            switch self {
            case .effectiveRadiated(let limit): limit + Self.dipoleGain - antennaGain
            case .equivalentIsotropicallyRadiated(let limit): limit - antennaGain
            case .conducted(let limit, let maximumGain): limit - max(Decibels(0), antennaGain - maximumGain)
            }
        return DecibelMilliwatts((highest.value * 100).rounded() / 100)
    }
}

/// A radio's setting that the law of its region does not allow.
public struct RegionViolation: Error, Equatable, Sendable {
    public enum Rule: Equatable, Sendable {
        /// The channel lies in none of the sub-bands, or across an edge.
        case band(frequency: Hertz, bandwidth: Hertz, expected: [SubBand])
        case bandwidth(limit: Hertz, SubBand)
        case power(highest: DecibelMilliwatts, SubBand)
        case dwellTime(limit: Duration, longestFrame: Duration, SubBand)
    }

    public var region: Region
    public var rule: Rule
}

extension RegionViolation: CustomStringConvertible {
    public var description: String {
        switch rule {
        case .band(let frequency, let bandwidth, let expected):
            var bands = ""
            for band in expected { bands += (bands.isEmpty ? "" : ", ") + band.edges }
            return "\(SubBand.megahertz(frequency)) MHz with \(bandwidth.value / 1000) kHz does not lie within one of "
                + "\(region.name)'s bands: \(bands)"
        case .bandwidth(let limit, let band):
            return "\(region.name) allows channels of up to \(limit.value / 1000) kHz from \(band.edges)"
        case .power(let highest, let band):
            // Whole decibels are what a radio can be set to.
            return
                "\(region.name) allows a setting of up to \(Int(highest.value.rounded(.down))) dBm with this antenna "
                + "from \(band.edges)"
        case .dwellTime(let limit, let longestFrame, let band):
            return "\(region.name) allows \(limit.milliseconds) ms a transmission from \(band.edges), and the longest "
                + "frame takes \(longestFrame.milliseconds) ms: a lower spreading factor or a wider channel is needed"
        }
    }
}
