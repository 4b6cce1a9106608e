/// Logarithms that give the same bits on every machine.
///
/// The functions of the C library may differ in the last bit from one system to the next, and one bit is enough to let
/// a run go another way. Sums, products, quotients and square roots are exact by IEEE 754, and nothing else is used.
public enum PortableMath {
    private static let logarithmOf2 = 0.693_147_180_559_945_3
    private static let logarithmOf10 = 2.302_585_092_994_046

    /// The natural logarithm, to about 1e-15 of its value.
    /// - Parameter value: positive and finite.
    public static func logarithm(_ value: Double) -> Double {
        precondition(value > 0 && value.isFinite, "the logarithm of \(value)")
        var exponent = Double(value.exponent)
        var significand = value.significand
        if significand > 1.414_213_562_373_095 {
            significand /= 2
            exponent += 1
        }
        // ln x = 2 artanh((x - 1) / (x + 1)); the argument is at most 0.172, so that fourteen terms suffice.
        let argument = (significand - 1) / (significand + 1)
        let square = argument * argument
        var sum = 0.0
        for term in stride(from: 27, through: 1, by: -2) { sum = sum * square + 1 / Double(term) }
        return exponent * logarithmOf2 + 2 * argument * sum
    }

    /// The logarithm to the base of ten.
    /// - Parameter value: positive and finite.
    public static func logarithm10(_ value: Double) -> Double { logarithm(value) / logarithmOf10 }
}
