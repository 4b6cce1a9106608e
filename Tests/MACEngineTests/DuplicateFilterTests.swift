import EngineCore
@testable import MACEngine
import Testing
import ThreadWire

@Suite("Duplicate filter")
struct DuplicateFilterTests {
    private func address(_ value: UInt16) -> LinkAddress { .short(ShortAddress(rawValue: value)) }
    private func time(_ milliseconds: UInt64) -> Instant { Instant(microseconds: milliseconds * 1000) }

    @Test("The last number of a sender is a repetition while the window is open")
    func window() {
        var filter = DuplicateFilter(limit: 4, window: .milliseconds(100))
        #expect(filter.isDuplicate(source: address(1), sequenceNumber: 7, now: time(0)) == false)
        #expect(filter.isDuplicate(source: address(1), sequenceNumber: 7, now: time(50)) == true)
        #expect(
            filter.isDuplicate(source: address(1), sequenceNumber: 7, now: time(149)) == true, "each one opens it again"
        )
        #expect(filter.isDuplicate(source: address(1), sequenceNumber: 7, now: time(249)) == false)
        #expect(filter.isDuplicate(source: address(1), sequenceNumber: 8, now: time(250)) == false)
        #expect(filter.isDuplicate(source: address(2), sequenceNumber: 8, now: time(250)) == false)
    }

    @Test("The oldest sender is forgotten first, and no limit remembers nobody")
    func limit() {
        var filter = DuplicateFilter(limit: 2, window: .seconds(1))
        for sender: UInt16 in 1...3 { _ = filter.isDuplicate(source: address(sender), sequenceNumber: 1, now: time(0)) }
        #expect(filter.isDuplicate(source: address(2), sequenceNumber: 1, now: time(1)) == true)
        #expect(filter.isDuplicate(source: address(3), sequenceNumber: 1, now: time(1)) == true)
        #expect(filter.isDuplicate(source: address(1), sequenceNumber: 1, now: time(1)) == false)
        var none = DuplicateFilter(limit: 0, window: .seconds(1))
        for _ in 0..<2 { #expect(none.isDuplicate(source: address(1), sequenceNumber: 1, now: time(0)) == false) }
    }
}
