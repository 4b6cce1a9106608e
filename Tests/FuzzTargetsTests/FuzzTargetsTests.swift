import FuzzTargets
import TestSupport
import Testing

/// What `make fuzz` does for hours, here for a moment: every reader over its seeds and changed copies of them.
@Suite("Fuzz targets")
struct FuzzTargetsTests {
    @Test("A reader takes its seeds and changed copies of them", arguments: FuzzTarget.all.map(\.name))
    func seeds(name: String) throws {
        let target = try #require(FuzzTarget[name])
        let isNetwork = name == "network"
        let seeds = try target.seeds()
        for seed in isNetwork ? Array(seeds.prefix(20)) : seeds { target.run(seed) }
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<(isNetwork ? 40 : 2000) {
            target.run(generator.mutated(seeds.randomElement(using: &generator) ?? [0, 1, 2, 3]))
        }
    }

    @Test("Names are given once")
    func names() {
        let names = FuzzTarget.all.map(\.name)
        #expect(Set(names).count == names.count)
    }
}
