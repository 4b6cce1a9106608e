import Scenarios
import Testing

@Suite("Topologies that are placed by a rule")
struct TopologyShapeTests {
    @Test("A line and a grid stand where their spacing says")
    func regular() {
        let line = TopologyShape.line(spacing: 50).positions(count: 3, seed: 1)
        #expect(line == [0, 50, 100].map { Scenario.Position(x: $0, y: 0) })
        let grid = TopologyShape.grid(spacing: 10).positions(count: 5, seed: 1)
        #expect(grid[2] == Scenario.Position(x: 20, y: 0))
        #expect(grid[4] == Scenario.Position(x: 10, y: 10))
    }

    @Test(
        "The same seed places the same, another seed otherwise",
        arguments: [
            TopologyShape.disc(radius: 100), .clustered(clusters: 3, radius: 100, clusterRadius: 10),
            .geometric(side: 100, range: 20),
        ])
    func seeds(shape: TopologyShape) {
        #expect(shape.positions(count: 30, seed: 5) == shape.positions(count: 30, seed: 5))
        #expect(shape.positions(count: 30, seed: 5) != shape.positions(count: 30, seed: 6))
    }

    @Test("Nodes of a disc lie in it, evenly; nodes of a square lie in it")
    func bounds() {
        let centre = Scenario.Position(x: 0, y: 0)
        let disc = TopologyShape.disc(radius: 100).positions(count: 4000, seed: 2)
        #expect(disc.allSatisfy { $0.distance(to: centre) <= 100 })
        // A quarter of the area lies within half of the radius.
        #expect(abs(Double(disc.count { $0.distance(to: centre) <= 50 }) / 4000 - 0.25) < 0.03)
        let square = TopologyShape.geometric(side: 100, range: 1).positions(count: 500, seed: 2)
        #expect(square.allSatisfy { (0...100).contains($0.x) && (0...100).contains($0.y) })
    }

    @Test("Nodes of a cluster lie around one centre")
    func clusters() {
        let nodes = TopologyShape.clustered(clusters: 2, radius: 10_000, clusterRadius: 5).positions(count: 40, seed: 3)
        for index in 2..<40 { #expect(nodes[index].distance(to: nodes[index % 2]) <= 10) }
    }

    @Test("In a random geometric topology exactly those within range hear each other")
    func range() throws {
        let text = "duration: 1 min\ntopology: { shape: geometric, count: 40, side: 900, range: 300 }"
        let scenario = try ScenarioFile.read(text: text, file: "s.yaml")
        let linked = Set(scenario.links.map { [$0.from, $0.to] })
        for from in 0..<40 {
            for to in 0..<40 where from != to {
                let places = (try #require(scenario.nodes[from].position), try #require(scenario.nodes[to].position))
                #expect(linked.contains([from, to]) == (places.0.distance(to: places.1) <= 300))
            }
        }
    }
}
