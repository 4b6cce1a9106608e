public import EngineCore

/// How good a link is in one direction.
/// - Range: 0 (no link) to 3 (best)
public enum LinkQuality: UInt8, Comparable, CaseIterable, Sendable {
    case none = 0
    case poor = 1
    case fair = 2
    case good = 3

    /// The quality that a margin stands for: above 2 dB poor, above 10 dB fair, above 20 dB good.
    /// - Source: OpenThread as observed (thresholds 2, 10 and 20 dB)
    public init(margin: Decibels) {
        self = margin.value > 20 ? .good : margin.value > 10 ? .fair : margin.value > 2 ? .poor : .none
    }

    /// What a hop over such a link costs; 16 stands for no route.
    /// - Source: OpenThread as observed: recording line_traffic, router tables
    public var cost: UInt8 {
        switch self {
        case .none: 16
        case .poor: 4
        case .fair: 2
        case .good: 1
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The strength of what was heard from one neighbor, averaged, and the link quality that follows from it.
///
/// Every sample weighs an eighth. The quality changes only once the average has passed a threshold by 2 dB, so that
/// a link at a threshold does not make routes flap.
/// - Source: OpenThread as observed
public struct ReceivedSignal: Equatable, Sendable {
    /// The average; nil before anything was heard.
    public private(set) var averageRSSI: DecibelMilliwatts?
    /// The last sample; nil before anything was heard.
    public private(set) var lastRSSI: DecibelMilliwatts?
    /// The averaged distance to the weakest signal that can be received.
    public private(set) var margin = Decibels(0)
    /// The quality of the link towards this node.
    public private(set) var linkQuality = LinkQuality.none

    private static let hysteresis = 2.0

    public init() {}

    public mutating func add(rssi: DecibelMilliwatts, margin sample: Decibels) {
        lastRSSI = rssi
        if let average = averageRSSI {
            averageRSSI = DecibelMilliwatts(average.value + (rssi.value - average.value) / 8)
            margin = Decibels(margin.value + (sample.value - margin.value) / 8)
        } else {
            averageRSSI = rssi
            margin = sample
            linkQuality = LinkQuality(margin: sample)
            return
        }
        let lower = LinkQuality(margin: Decibels(margin.value - Self.hysteresis))
        let upper = LinkQuality(margin: Decibels(margin.value + Self.hysteresis))
        if linkQuality < lower { linkQuality = lower } else if linkQuality > upper { linkQuality = upper }
    }
}

/// How many of the last attempts failed, as a moving average.
///
/// Each sample weighs a sixty-fourth; the first ones more, so that few samples make a fair average too.
/// - Source: OpenThread as observed
public struct FailureRate: Equatable, Sendable {
    /// - Range: 0 to 65535, which stands for all
    public private(set) var share: UInt16 = 0
    private var count: UInt32 = 0

    private static let weight: UInt32 = 64

    public init() {}

    public mutating func add(isSuccess: Bool) {
        count = min(count + 1, Self.weight)
        let sum = UInt32(share) * (count - 1) + (isSuccess ? 0 : UInt32(UInt16.max))
        share = UInt16((sum + count / 2) / count)
    }
}
