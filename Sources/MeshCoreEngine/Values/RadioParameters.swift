import EngineCore
public import LoRaPHY

/// How a node's radio is set, in the units of the companion protocol.
public struct MeshCoreRadioParameters: Hashable, Sendable {
    /// - Units: kHz
    /// - Range: 150,000 to 2,500,000 kHz
    public let frequency: UInt32
    /// - Units: Hz
    /// - Range: 7,000 to 500,000 Hz
    public let bandwidth: UInt32
    /// - Range: 5 to 12
    public let spreadingFactor: UInt8
    /// - Range: 5 to 8
    public let codingRate: UInt8
    public let modulation: LoRaModulation

    public static let frequencies: ClosedRange<UInt32> = 150_000...2_500_000
    public static let bandwidths: ClosedRange<UInt32> = 7_000...500_000

    /// - Throws: `.illegalArgument` when a value is out of its range.
    public init(
        frequency: UInt32, bandwidth: UInt32, spreadingFactor: UInt8, codingRate: UInt8
    ) throws(MeshCoreError) {
        guard Self.frequencies.contains(frequency), Self.bandwidths.contains(bandwidth) else {
            throw .illegalArgument
        }
        self.frequency = frequency
        self.bandwidth = bandwidth
        self.spreadingFactor = spreadingFactor
        self.codingRate = codingRate
        do throws(LoRaModulationError) {
            // A radio takes the bandwidth of its own that comes nearest.
            modulation = try LoRaModulation(
                bandwidth: Self.nearest(to: bandwidth), spreadingFactor: spreadingFactor, codingRate: codingRate,
                preambleLength: spreadingFactor <= 8 ? 32 : 16)
        } catch { throw .illegalArgument }
    }

    /// 869.618 MHz, 62.5 kHz, spreading factor 8, coding rate 4/5: what the firmware begins with.
    public static var europe: MeshCoreRadioParameters {
        get throws(MeshCoreError) {
            try MeshCoreRadioParameters(frequency: 869_618, bandwidth: 62_500, spreadingFactor: 8, codingRate: 5)
        }
    }

    private static func nearest(to bandwidth: UInt32) -> Hertz {
        var nearest = Hertz(125_000)
        var distance = UInt64.max
        for candidate in LoRaModulation.bandwidths {
            let difference =
                candidate.value > bandwidth ? candidate.value - UInt64(bandwidth) : UInt64(bandwidth) - candidate.value
            if difference < distance { (nearest, distance) = (candidate, difference) }
        }
        return nearest
    }

    /// How long a packet is on the air, in whole milliseconds as the firmware counts.
    public func airtime(byteCount: Int) -> Duration {
        .milliseconds(modulation.timeOnAir(byteCount: min(byteCount, LoRaModulation.maximumPayload)).milliseconds)
    }
}
