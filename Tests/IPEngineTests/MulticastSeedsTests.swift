import EngineCore
import TestSupport
import Testing

@testable import IPEngine

@Suite("Multicast seeds")
struct MulticastSeedsTests {
    private func seeds(limit: Int = 4) -> MulticastSeeds { MulticastSeeds(limit: limit, lifetime: .seconds(5)) }

    @Test("a number is new once, whatever the order, around the end of the numbers too")
    func window() {
        for start in [0, 100, 250] as [UInt8] {
            var seeds = seeds()
            for step in [0, 1, 5, 3, 2, 4, 20, 10] as [UInt8] {
                #expect(seeds.insert(id: 1, sequence: start &+ step, now: .zero) == .new, "\(start) + \(step)")
                #expect(seeds.insert(id: 1, sequence: start &+ step, now: .zero) == .duplicate)
            }
        }
    }

    @Test("a number is new when it was not seen among the last 64, and old beyond them")
    func model() {
        var generator = SeededGenerator(seed: 5)
        var seeds = seeds()
        var seen: Set<Int> = [1000]
        var newest = 1000
        _ = seeds.insert(id: 1, sequence: UInt8(truncatingIfNeeded: newest), now: .zero)
        for round in 0..<5000 {
            let number = newest + Int.random(in: -100...20, using: &generator)
            let isNew = number > newest - 64 && !seen.contains(number)
            #expect(
                seeds.insert(id: 1, sequence: UInt8(truncatingIfNeeded: number), now: .zero)
                    == (isNew ? .new : .duplicate), "seed 5, round \(round)")
            seen.insert(number)
            newest = max(newest, number)
        }
    }

    @Test("seeds are told apart, bounded in number, and forgotten after their lifetime")
    func bounds() {
        var seeds = seeds(limit: 2)
        #expect(seeds.insert(id: 1, sequence: 9, now: .zero) == .new)
        #expect(seeds.insert(id: 2, sequence: 9, now: .zero) == .new)
        #expect(seeds.insert(id: 3, sequence: 9, now: .zero) == .full)
        #expect(seeds.count == 2)
        let later = Instant.zero + .seconds(4)
        #expect(seeds.insert(id: 2, sequence: 9, now: later) == .duplicate)
        let expired = Instant.zero + .seconds(5)
        #expect(seeds.insert(id: 3, sequence: 9, now: expired) == .new)
        #expect(seeds.insert(id: 1, sequence: 9, now: expired) == .full)
        #expect(seeds.insert(id: 2, sequence: 9, now: expired) == .duplicate)
        #expect(seeds.insert(id: 1, sequence: 9, now: expired + .seconds(5)) == .new)
        #expect(seeds.count == 1)
    }
}
