import EngineCore
import LoRaPHY
import Simulator

/// How much of a signal is lost over a distance: a power law, and hills and houses that are drawn for each pair.
public struct Propagation: Equatable, Sendable {
    /// How fast the signal weakens: 2 in free space, about 2.7 between roofs, 3.5 and more in streets.
    /// - Range: 1.5 to 6
    public var exponent = 2.7
    /// The loss over the first metre: that of free space at 868 MHz.
    /// - Units: dB
    public var referenceLoss = 31.2
    /// The standard deviation of what hills and houses add or take, the same in both directions of a pair.
    /// - Units: dB
    public var shadowing = 0.0

    public init() {}

    /// The loss over a distance, without shadowing.
    /// - Parameter distance: in metres; less than one counts as one.
    public func loss(over distance: Double) -> Double {
        referenceLoss + 10 * exponent * PortableMath.logarithm10(max(1, distance))
    }

    /// The links between all nodes that have a position.
    /// - Parameters:
    ///   - powers: of each node.
    ///   - weakest: signals weaker than this neither arrive nor disturb noticeably, and are left out.
    ///   - range: nodes farther apart do not hear each other whatever the loss.
    ///   - seed: of the shadowing.
    func links(
        between positions: [Scenario.Position?], powers: [DecibelMilliwatts], weakest: DecibelMilliwatts,
        range: Double? = nil, seed: UInt64
    ) -> [Scenario.Link] {
        var entropy = OpenEntropy(seed: seed)
        var links: [Scenario.Link] = []
        for first in positions.indices {
            for second in positions.indices where second > first {
                guard let here = positions[first], let there = positions[second] else { continue }
                let distance = here.distance(to: there)
                let shadow = shadowing > 0 ? shadowing * entropy.normal() : 0
                if let range, distance > range { continue }
                // To the hundredth, so that the last bit of a machine's arithmetic decides nothing.
                let loss = Decibels(((loss(over: distance) + shadow) * 100).rounded() / 100)
                if powers[first] - loss >= weakest {
                    links.append(Scenario.Link(from: first, to: second, loss: loss))
                }
                if powers[second] - loss >= weakest {
                    links.append(Scenario.Link(from: second, to: first, loss: loss))
                }
            }
        }
        return links
    }
}
