import EngineCore

/// Nodes that are placed by a rule instead of one by one.
public enum TopologyShape: Equatable, Sendable {
    /// One after the other.
    case line(spacing: Double)
    /// Row by row, as wide as it is high, the last row perhaps shorter.
    case grid(spacing: Double)
    /// Anywhere in a circle.
    case disc(radius: Double)
    /// Around centres that are anywhere in a circle, in turns.
    case clustered(clusters: Int, radius: Double, clusterRadius: Double)
    /// Anywhere in a square; who is within range hears each other, and nobody else.
    case geometric(side: Double, range: Double)

    /// The kinds, as files name them.
    enum Kind: String, CaseIterable {
        case line
        case grid
        case disc
        case clustered
        case geometric
    }

    /// Where the nodes stand.
    /// - Parameter seed: of the positions that are random.
    public func positions(count: Int, seed: UInt64) -> [Scenario.Position] {
        var entropy = OpenEntropy(seed: seed)
        func inCircle(_ radius: Double) -> Scenario.Position {
            while true {
                let (x, y) = (2 * entropy.unit() - 1, 2 * entropy.unit() - 1)
                if x * x + y * y <= 1 { return Scenario.Position(x: x * radius, y: y * radius) }
            }
        }
        switch self {
        case .line(let spacing): return (0..<count).map { Scenario.Position(x: Double($0) * spacing, y: 0) }
        case .grid(let spacing):
            let width = Self.gridWidth(count)
            return (0..<count).map {
                Scenario.Position(x: Double($0 % width) * spacing, y: Double($0 / width) * spacing)
            }
        case .disc(let radius): return (0..<count).map { _ in inCircle(radius) }
        case .clustered(let clusters, let radius, let clusterRadius):
            let centres = (0..<clusters).map { _ in inCircle(radius) }
            return (0..<count).map { index in
                let (centre, offset) = (centres[index % clusters], inCircle(clusterRadius))
                return Scenario.Position(x: centre.x + offset.x, y: centre.y + offset.y)
            }
        case .geometric(let side, _):
            return (0..<count).map { _ in
                Scenario.Position(x: entropy.unit() * side, y: entropy.unit() * side)
            }
        }
    }

    /// How many nodes stand in a row of a grid: the least whose square is enough.
    static func gridWidth(_ count: Int) -> Int {
        var width = 1
        while width * width < count { width += 1 }
        return width
    }

    /// Links of one loss between those that stand beside each other; nil where the shape has no neighbours by rule.
    func neighborLinks(count: Int, loss: Decibels) -> [Scenario.Link]? {
        let width: Int
        switch self {
        case .line: width = count
        case .grid: width = Self.gridWidth(count)
        case .disc, .clustered, .geometric: return nil
        }
        var links: [Scenario.Link] = []
        for index in 0..<count {
            let beside = (index + 1) % width != 0 && index + 1 < count ? index + 1 : nil
            let below = index + width < count ? index + width : nil
            for other in [beside, below] {
                guard let other else { continue }
                links.append(Scenario.Link(from: index, to: other, loss: loss))
                links.append(Scenario.Link(from: other, to: index, loss: loss))
            }
        }
        return links
    }
}
