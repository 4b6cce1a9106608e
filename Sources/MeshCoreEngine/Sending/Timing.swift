import EngineCore
import LoRaPHY
import MeshCoreWire

/// How long things take and wait, by the firmware's formulas.
/// - Source: MeshCore firmware 1.17.1
extension MeshCoreEngine {
    /// The longest wait of a flood that was heard badly.
    static let maximumReceiveDelay = Duration.seconds(32)
    /// Shorter waits are left out.
    static let minimumReceiveDelay = Duration.milliseconds(50)

    /// After how long a packet that floods counts as lost.
    /// - Parameter byteCount: the packet's length.
    func floodTimeout(byteCount: Int) -> Duration {
        .milliseconds(500) + parameters.radio.airtime(byteCount: byteCount) * 16
    }

    /// The same along a path.
    /// - Parameter byteCount: the packet's length.
    func directTimeout(byteCount: Int, hops: Int) -> Duration {
        let airtime = parameters.radio.airtime(byteCount: byteCount)
        return .milliseconds(500) + (airtime * 6 + .milliseconds(250)) * (hops + 1)
    }

    /// A random wait before a flood is forwarded, so that neighbours do not all send at once.
    mutating func floodDelay(_ packet: MeshCorePacket) -> Duration {
        randomDelay(packet, factor: parameters.floodDelayFactor)
    }

    /// The same of a packet along its path.
    mutating func directDelay(_ packet: MeshCorePacket) -> Duration {
        randomDelay(packet, factor: parameters.directDelayFactor)
    }

    private mutating func randomDelay(_ packet: MeshCorePacket, factor: UInt32) -> Duration {
        let airtime = parameters.radio.airtime(byteCount: packet.path.bytes.count + packet.payload.count + 2)
        let unit = UInt64(airtime.milliseconds) * UInt64(factor) / 1000
        return .milliseconds(Int64(entropy.open.below(5 * unit + 1)))
    }

    /// How good a reception was, from 0 to 1: a short packet well above the limit of its spreading factor is best.
    static func receptionScore(spreadingFactor: UInt8, snr: Double, byteCount: Int) -> Double {
        guard (7...12).contains(spreadingFactor) else { return 0 }
        let limit = -7.5 - 2.5 * Double(spreadingFactor - 7)
        let score = (snr - limit) / 10 * (1 - Double(byteCount) / 256)
        return min(max(score, 0), 1)
    }

    /// How long a flood waits that was heard so well, so that one heard better elsewhere is forwarded first.
    func receiveDelay(snr: Double, byteCount: Int) -> Duration {
        guard parameters.receiveDelayBase > 0 else { return .zero }
        let score = Self.receptionScore(
            spreadingFactor: parameters.radio.spreadingFactor, snr: snr, byteCount: byteCount)
        let factor = power(Double(parameters.receiveDelayBase) / 1000, 0.85 - score) - 1
        let milliseconds = factor * Double(parameters.radio.airtime(byteCount: byteCount).milliseconds)
        guard milliseconds > 0 else { return .zero }
        return min(.milliseconds(Int64(min(milliseconds, 1e9))), Self.maximumReceiveDelay)
    }
}

/// A positive number to a power, to about ten digits: there is no mathematics library below the runtime.
func power(_ base: Double, _ exponent: Double) -> Double {
    guard base > 0 else { return 0 }
    // base = mantissa · 2^scale with the mantissa in [1, 2), whose logarithm is 2 · artanh((m − 1) / (m + 1)).
    let scale = Double(base.exponent)
    let mantissa = base.significand
    let ratio = (mantissa - 1) / (mantissa + 1)
    var term = ratio
    var logarithm = 0.0
    for odd in stride(from: 1.0, through: 29, by: 2) {
        logarithm += term / odd
        term *= ratio * ratio
    }
    let natural = (2 * logarithm + scale * 0.693_147_180_559_945_3) * exponent
    // e^x = 2^n · e^r with |r| ≤ ln 2 / 2.
    let whole = (natural / 0.693_147_180_559_945_3).rounded()
    guard whole.magnitude < 1000 else { return whole > 0 ? .infinity : 0 }
    let rest = natural - whole * 0.693_147_180_559_945_3
    var result = 1.0
    var factor = 1.0
    for step in 1...16 {
        factor *= rest / Double(step)
        result += factor
    }
    return result * Double(sign: .plus, exponent: Int(whole), significand: 1)
}
