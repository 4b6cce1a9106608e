import Testing
import WireCore

@testable import ThreadEngine

@Suite("Key usage")
struct KeyUsageTests {
    private func made(_ key: UInt32) -> KeyUsage {
        var usage = KeyUsage()
        let isKnown = usage.use(key)
        #expect(isKnown)
        return usage
    }

    @Test("The first network key is the current one, and no other is")
    func firstKey() {
        var usage = made(7)
        let isSame = usage.use(7)
        #expect(isSame && usage.networkKey == 7 && usage.formerKeys.isEmpty)
        let isSameAgain = usage.use(8)
        #expect(!isSameAgain && usage.networkKey == 8 && usage.formerKeys == [7])
    }

    @Test("Counters start at zero under a sequence never used, and beyond all counters under any other")
    func sequences() {
        var usage = made(7)
        #expect(usage.firstCounter(of: 0) == 0)
        usage.reserve(0, below: 5000)
        #expect(usage.firstCounter(of: 0) == 5000)
        #expect(usage.firstCounter(of: 1) == 0)
        usage.reserve(3, below: 1000)
        for sequence: UInt32 in 0...3 { #expect(usage.firstCounter(of: sequence) == 5000) }
        #expect(usage.firstCounter(of: 4) == 0)
        usage.reserve(.max, below: 1000)
        #expect(usage.firstCounter(of: .max) == 5000)
    }

    @Test("A new network key has unused sequences, a former one has none")
    func networkKeys() {
        var usage = made(7)
        usage.reserve(0, below: 2000)
        _ = usage.use(8)
        #expect(usage.firstCounter(of: 0) == 0)
        usage.reserve(0, below: 3000)
        _ = usage.use(7)
        for sequence: UInt32 in [0, 1, 1000, .max] { #expect(usage.firstCounter(of: sequence) == 3000) }
        usage.reserve(5, below: 4000)
        #expect(usage.firstCounter(of: 6) == 4000)
        #expect(usage.formerKeys == [7, 8])
    }

    @Test("When more keys were used than are remembered, every key counts as used before")
    func forgetful() {
        var usage = made(1)
        for key in 2...UInt32(KeyUsage.formerKeyLimit + 1) { _ = usage.use(key) }
        #expect(!usage.isForgetful && usage.firstCounter(of: 0) == 0)
        usage.reserve(0, below: 10)
        _ = usage.use(1000)
        #expect(usage.isForgetful && usage.formerKeys.count == KeyUsage.formerKeyLimit)
        #expect(usage.firstCounter(of: 0) == 10 && usage.firstCounter(of: 9) == 10)
    }

    @Test("It survives being written down, and is refused at every cut")
    func roundTrip() throws {
        var usage = made(0xdead_beef)
        usage.reserve(4, below: 5000)
        _ = usage.use(1)
        _ = usage.use(2)
        for usage in [usage, KeyUsage(), KeyUsage(keySequence: .max, counterCeiling: 9)] {
            var writer = ByteWriter()
            usage.serialize(into: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(try KeyUsage(parsing: &reader) == usage)
            #expect(reader.isAtEnd)
            for length in 0..<writer.bytes.count {
                var cut = ByteReader(Array(writer.bytes[0..<length]))
                #expect(throws: ParseError.self) { try KeyUsage(parsing: &cut) }
            }
        }
    }
}
