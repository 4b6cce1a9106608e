public import EngineCore

/// How a LoRa radio turns bytes into symbols: all that decides how long a frame takes and how far it carries.
///
/// A value that exists is valid, so that what is computed from it cannot fail.
public struct LoRaModulation: Hashable, Sendable {
    /// The width of the chirps; one of `bandwidths`.
    public let bandwidth: Hertz
    /// How many bits a symbol carries.
    /// - Range: 5 to 12
    public let spreadingFactor: UInt8
    /// The denominator of the coding rate: 5 stands for 4/5, 8 for 4/8.
    /// - Range: 5 to 8
    public let codingRate: UInt8
    /// The symbols before the synchronisation word.
    /// - Range: 6 to 65,535 symbols
    public let preambleLength: UInt16
    /// Whether a checksum of two bytes follows the payload.
    public let hasCRC: Bool
    /// Whether length and coding rate are agreed instead of sent.
    public let isImplicitHeader: Bool
    /// Whether each symbol carries two bits less, so that the receiver's clock may drift during long symbols.
    public let optimizesForLowDataRate: Bool

    /// The bandwidths that the SX126x can be set to, as its data sheet rounds them.
    /// - Source: SX1261/2 data sheet, table of bandwidths
    public static let bandwidths: [Hertz] = [
        Hertz(7_810), Hertz(10_420), Hertz(15_630), Hertz(20_830), Hertz(31_250), Hertz(41_670), Hertz(62_500),
        Hertz(125_000), Hertz(250_000), Hertz(500_000),
    ]
    /// - Range: 5 to 12
    public static let spreadingFactors: ClosedRange<UInt8> = 5...12
    /// - Range: 5 to 8
    public static let codingRates: ClosedRange<UInt8> = 5...8
    /// The shortest preamble that receivers detect.
    public static let minimumPreambleLength: UInt16 = 6
    /// The largest payload: the header's length field has eight bits.
    public static let maximumPayload = 255

    /// - Parameter optimizesForLowDataRate: nil lets the symbol time decide: on from 16 ms.
    /// - Throws: The first of the values that is out of range.
    public init(
        bandwidth: Hertz,
        spreadingFactor: UInt8,
        codingRate: UInt8 = 5,
        preambleLength: UInt16 = 8,
        hasCRC: Bool = true,
        isImplicitHeader: Bool = false,
        optimizesForLowDataRate: Bool? = nil
    ) throws(LoRaModulationError) {
        guard Self.bandwidths.contains(bandwidth) else { throw .bandwidth(bandwidth) }
        guard Self.spreadingFactors.contains(spreadingFactor) else { throw .spreadingFactor(spreadingFactor) }
        guard Self.codingRates.contains(codingRate) else { throw .codingRate(codingRate) }
        guard preambleLength >= Self.minimumPreambleLength else { throw .preambleLength(preambleLength) }
        self.init(
            validBandwidth: bandwidth, spreadingFactor: spreadingFactor, codingRate: codingRate,
            preambleLength: preambleLength, hasCRC: hasCRC, isImplicitHeader: isImplicitHeader,
            optimizesForLowDataRate: optimizesForLowDataRate)
    }

    private init(
        validBandwidth bandwidth: Hertz, spreadingFactor: UInt8, codingRate: UInt8, preambleLength: UInt16,
        hasCRC: Bool, isImplicitHeader: Bool, optimizesForLowDataRate: Bool?
    ) {
        self.bandwidth = bandwidth
        self.spreadingFactor = spreadingFactor
        self.codingRate = codingRate
        self.preambleLength = preambleLength
        self.hasCRC = hasCRC
        self.isImplicitHeader = isImplicitHeader
        // 2^SF / BW >= 16 ms, without dividing.
        let isSymbolLong = (UInt64(1) << UInt64(spreadingFactor)) * 1000 >= 16 * bandwidth.value
        self.optimizesForLowDataRate = optimizesForLowDataRate ?? isSymbolLong
    }

    /// Heddle's default: spreading factor 7 at 250 kHz, coding rate 4/5.
    public static let sf7bw250 = LoRaModulation(
        validBandwidth: Hertz(250_000), spreadingFactor: 7, codingRate: 5, preambleLength: 8, hasCRC: true,
        isImplicitHeader: false, optimizesForLowDataRate: nil)

    /// The default of Pymesh's library: spreading factor 7 at 500 kHz, coding rate 4/5.
    public static let sf7bw500 = LoRaModulation(
        validBandwidth: Hertz(500_000), spreadingFactor: 7, codingRate: 5, preambleLength: 8, hasCRC: true,
        isImplicitHeader: false, optimizesForLowDataRate: nil)
}

/// A value with which LoRa cannot be modulated.
public enum LoRaModulationError: Error, Equatable, Sendable {
    case bandwidth(Hertz)
    case spreadingFactor(UInt8)
    case codingRate(UInt8)
    case preambleLength(UInt16)
}

extension LoRaModulationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .bandwidth(let found):
            var known = ""
            for bandwidth in LoRaModulation.bandwidths {
                known += known.isEmpty ? "\(bandwidth.value)" : ", \(bandwidth.value)"
            }
            return "bandwidth \(found.value) Hz, expected one of \(known)"
        case .spreadingFactor(let found): return "spreading factor \(found), expected 5 to 12"
        case .codingRate(let found): return "coding rate 4/\(found), expected a denominator of 5 to 8"
        case .preambleLength(let found): return "preamble of \(found) symbols, expected 6 or more"
        }
    }
}
