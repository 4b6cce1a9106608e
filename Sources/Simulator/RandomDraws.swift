public import EngineCore

// Distributions that scenarios draw from, the same on every machine.
extension OpenEntropy {
    /// A number of the normal distribution with mean 0 and standard deviation 1.
    /// - Source: G. Marsaglia's polar method
    public mutating func normal() -> Double {
        while true {
            let first = 2 * unit() - 1
            let second = 2 * unit() - 1
            let square = first * first + second * second
            guard square > 0, square < 1 else { continue }
            return first * (-2 * PortableMath.logarithm(square) / square).squareRoot()
        }
    }

    /// The wait for the next of events that come independently of each other.
    /// - Parameter mean: the average wait.
    public mutating func exponential(mean: Duration) -> Duration {
        let wait = -PortableMath.logarithm(1 - unit()) * Double(mean.microseconds)
        return .microseconds(Int64(wait))
    }
}
