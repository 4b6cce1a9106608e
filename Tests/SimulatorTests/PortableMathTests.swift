import EngineCore
import Foundation
import Simulator
import Testing

@Suite("Logarithms and draws that are the same everywhere")
struct PortableMathTests {
    @Test(
        "A logarithm is that of the C library to fourteen digits",
        arguments: [1e-300, 1e-9, 0.1, 0.5, 0.99, 1, 1.01, 1.4142, 1.4143, 2, 10, 12345.678, 1e9, 1e300])
    func logarithms(value: Double) {
        let expected = Foundation.log(value)
        #expect(abs(PortableMath.logarithm(value) - expected) <= abs(expected) * 1e-14 + 1e-16)
    }

    @Test("A logarithm to the base of ten of a power of ten is its exponent")
    func decadic() {
        #expect(abs(PortableMath.logarithm10(1000) - 3) < 1e-14)
    }

    @Test("Normal draws have the mean, the deviation and the tails of the normal distribution")
    func normal() {
        var entropy = OpenEntropy(seed: 7)
        let draws = (0..<100_000).map { _ in entropy.normal() }
        let mean = draws.reduce(0, +) / 100_000
        let variance = draws.reduce(0) { $0 + $1 * $1 } / 100_000
        #expect(abs(mean) < 0.02)
        #expect(abs(variance - 1) < 0.02)
        // 4.55 % lie beyond two deviations.
        #expect(abs(Double(draws.count { abs($0) > 2 }) / 100_000 - 0.0455) < 0.003)
    }

    @Test("Waits for independent events have the mean that was asked for")
    func exponential() {
        var entropy = OpenEntropy(seed: 8)
        let total = (0..<100_000).reduce(Int64(0)) { sum, _ in sum + entropy.exponential(mean: .seconds(2)).microseconds
        }
        #expect(abs(Double(total) / 1e11 - 2) < 0.05)
    }
}
