import EngineCore
import TestSupport
import Testing
import ThreadWire

@testable import ThreadEngine

/// Router tables that tell each other their routes in any order, with losses, over links that fail.
@Suite("Routes settle")
struct RouteConvergenceTests {
    private struct Mesh {
        var tables: [RouterTable]
        /// The quality with which the first hears the second.
        var links: [[LinkQuality]]

        init(count: Int) {
            links = Array(repeating: Array(repeating: .none, count: count), count: count)
            tables = (0..<count).map { _ in
                var table = RouterTable()
                let ids = RouterIDMask((0..<count).map { RouterID(rawValue: UInt8($0)) })
                _ = table.update(ids: ids, sequence: 1, now: .zero)
                return table
            }
        }

        mutating func connect(_ first: Int, _ second: Int, _ quality: LinkQuality = .good, back: LinkQuality? = nil) {
            links[first][second] = quality
            links[second][first] = back ?? quality
            for (one, other) in [(first, second), (second, first)] {
                let margin: Double = links[one][other] == .good ? 40 : links[one][other] == .fair ? 15 : 5
                tables[one].modify(RouterID(rawValue: UInt8(other))) {
                    $0.link = .valid
                    $0.neighbor.signal = ReceivedSignal()
                    $0.neighbor.signal.add(rssi: DecibelMilliwatts(-60), margin: Decibels(margin))
                }
            }
        }

        mutating func cut(_ first: Int, _ second: Int) {
            links[first][second] = .none
            links[second][first] = .none
            tables[first].removeLink(RouterID(rawValue: UInt8(second)), now: .zero)
            tables[second].removeLink(RouterID(rawValue: UInt8(first)), now: .zero)
        }

        /// Every router tells its routes once, in a random order; some who hear it miss it.
        mutating func round(loss: Double, _ generator: inout SeededGenerator) {
            for sender in tables.indices.shuffled(using: &generator) {
                let id = RouterID(rawValue: UInt8(sender))
                let route = tables[sender].route64(self: id)
                for receiver in tables.indices where links[receiver][sender] > .none {
                    guard Double.random(in: 0..<1, using: &generator) >= loss else { continue }
                    _ = tables[receiver].learn(route, from: id, self: RouterID(rawValue: UInt8(receiver)), now: .zero)
                }
            }
        }

        /// What the cheapest way costs by Dijkstra's rule; nil beyond what Thread takes for a way.
        func cheapest(from start: Int) -> [Int?] {
            var cost: [Int?] = Array(repeating: nil, count: tables.count)
            var open = Set([start])
            cost[start] = 0
            while let next = open.min(by: { cost[$0]! < cost[$1]! }) {
                open.remove(next)
                for other in tables.indices where min(links[next][other], links[other][next]) > .none {
                    let through = cost[next]! + Int(min(links[next][other], links[other][next]).cost)
                    guard through < Int(infiniteRouteCost), through < cost[other] ?? .max else { continue }
                    cost[other] = through
                    open.insert(other)
                }
            }
            return cost
        }

        /// Whether all ways are the cheapest, and going along them ends where it should.
        func isSettled() -> Bool {
            for start in tables.indices {
                let cheapest = cheapest(from: start)
                for end in tables.indices where end != start {
                    let target = RouterID(rawValue: UInt8(end))
                    guard tables[start].path(to: target).map({ Int($0.cost) }) == cheapest[end] else { return false }
                    guard cheapest[end] != nil else { continue }
                    var place = start
                    var hops = 0
                    while place != end, hops <= tables.count, let hop = tables[place].path(to: target)?.nextHop {
                        place = Int(hop.rawValue)
                        hops += 1
                    }
                    guard place == end else { return false }
                }
            }
            return true
        }

        mutating func settle(within rounds: Int, loss: Double, _ generator: inout SeededGenerator) -> Int? {
            for number in 0..<rounds {
                if isSettled() { return number }
                round(loss: loss, &generator)
            }
            return isSettled() ? rounds : nil
        }
    }

    private static let losses = [0, 0.3]

    @Test("In a line of 16 the ends of 15 hops reach each other, and one hop more is too far", arguments: losses)
    func line(loss: Double) {
        var generator = SeededGenerator(seed: 1)
        for count in [16, 17] {
            var mesh = Mesh(count: count)
            for index in 1..<count { mesh.connect(index - 1, index) }
            #expect(mesh.settle(within: 200, loss: loss, &generator) != nil)
            let end = mesh.tables[0].path(to: RouterID(rawValue: UInt8(count - 1)))
            #expect(end.map { Int($0.cost) } == (count == 16 ? 15 : nil))
        }
    }

    @Test("When a ring is cut, the other way round is found; cut twice, no ghost of a way remains", arguments: losses)
    func ring(loss: Double) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var mesh = Mesh(count: 9)
            for index in 0..<9 { mesh.connect(index, (index + 1) % 9) }
            #expect(mesh.settle(within: 200, loss: loss, &generator) != nil, "seed \(seed)")
            mesh.cut(2, 3)
            #expect(mesh.settle(within: 200, loss: loss, &generator) != nil, "seed \(seed)")
            // Costs go up to sixteen and no further: what is cut off is unreachable within a bounded time.
            mesh.cut(6, 7)
            let rounds = mesh.settle(within: 400, loss: loss, &generator)
            #expect(rounds != nil, "seed \(seed)")
            if loss == 0 { #expect(rounds ?? .max <= 32, "seed \(seed)") }
        }
    }

    @Test("A router that falls silent is unreachable to all within a bounded time", arguments: losses)
    func silence(loss: Double) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var mesh = Mesh(count: 16)
            for row in 0..<4 {
                for column in 0..<4 {
                    let index = row * 4 + column
                    if column < 3 { mesh.connect(index, index + 1) }
                    if row < 3 { mesh.connect(index, index + 4) }
                }
            }
            #expect(mesh.settle(within: 200, loss: loss, &generator) != nil, "seed \(seed)")
            for neighbor in [1, 4, 6, 9] { mesh.cut(5, neighbor) }
            #expect(mesh.settle(within: 400, loss: loss, &generator) != nil, "seed \(seed)")
        }
    }

    @Test(
        "Links of unequal quality, both ways or one, are counted by the worse direction",
        arguments: 1...30 as ClosedRange<UInt64>)
    func qualities(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let qualities: [LinkQuality] = [.poor, .fair, .good]
        var mesh = Mesh(count: 12)
        for first in 0..<12 {
            for second in first + 1..<12 where Int.random(in: 0..<3, using: &generator) == 0 {
                mesh.connect(
                    first, second, qualities.randomElement(using: &generator)!,
                    back: qualities.randomElement(using: &generator)!)
            }
        }
        #expect(mesh.settle(within: 400, loss: 0.2, &generator) != nil, "seed \(seed)")
    }

    @Test("A frame that comes back from the way that it should take ends that way, and everybody hears soon")
    func loop() {
        let near = RouterID(rawValue: 8)
        let far = RouterID(rawValue: 9)
        var node = ScriptedNode.leader(near: near, far: far)
        let now = node.now
        node.engine.routers.modify(near) { $0.neighbor.lastHeard = now }
        node.run(for: .seconds(60))
        node.forgetOutput()
        let child = RLOC16(routerID: far, childID: 1)
        // What comes from elsewhere, or is for the neighbor itself, is no loop.
        node.with { $0.breakLoop(to: child, through: RouterID(rawValue: 10).rloc16, now: $1) }
        node.with { $0.breakLoop(to: near.rloc16, through: near.rloc16, now: $1) }
        #expect(node.engine.nextHop(to: child) == near.rloc16 && node.engine.nextHop(to: near.rloc16) == near.rloc16)
        node.with { $0.breakLoop(to: child, through: near.rloc16, now: $1) }
        #expect(node.engine.nextHop(to: child) == nil && node.engine.nextHop(to: near.rloc16) == near.rloc16)
        node.run(for: node.engine.profile.advertisementIntervalMinimum)
        #expect(node.commands.contains(.advertisement))
    }
}
