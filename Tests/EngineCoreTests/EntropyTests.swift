import EngineCore
import Testing

@Suite("The open stream of randomness")
struct EntropyTests {
    @Test("is that of xoshiro256** seeded by SplitMix64")
    func knownAnswers() {
        // The first state words of seed 0 are SplitMix64's published first outputs; the results follow from them.
        var entropy = OpenEntropy(seed: 0)
        #expect(entropy.next() == 0x99ec_5f36_cb75_f2b4)
        #expect(entropy.next() == 0xbf6e_1f78_4956_452a)
    }

    @Test("is the same for the same seed and another for another")
    func determinism() {
        func stream(_ seed: UInt64) -> [UInt64] {
            var entropy = OpenEntropy(seed: seed)
            return (0..<100).map { _ in entropy.next() }
        }
        #expect(stream(7) == stream(7))
        #expect(stream(7) != stream(8))
    }

    @Test("stays within its bounds and reaches all of them")
    func bounds() {
        var entropy = OpenEntropy(seed: 42)
        let drawn = Set((0..<1000).map { _ in entropy.below(6) })
        #expect(drawn == [0, 1, 2, 3, 4, 5])
        #expect(entropy.below(0) == 0)
        for _ in 0..<1000 {
            #expect(
                (Duration.milliseconds(2)...Duration.milliseconds(3)).contains(
                    entropy.duration(in: .milliseconds(2) ... .milliseconds(3))))
            #expect((0..<1).contains(entropy.unit()))
        }
        #expect(entropy.duration(in: .seconds(1) ... .seconds(1)) == .seconds(1))
    }
}

@Suite("Drop counters")
struct DropCountersTests {
    @Test("count by reason and add up over layers")
    func counting() {
        var upper = DropCounters()
        upper.count(.noRoute)
        upper.count(.noRoute)
        var lower = DropCounters()
        lower.count(.noRoute)
        lower.count(.duplicateFrame)
        upper.add(lower)
        #expect(upper[.noRoute] == 3)
        #expect(upper[.checksum] == 0)
        #expect(upper.nonzero.map(\.reason) == [.duplicateFrame, .noRoute])
    }
}
