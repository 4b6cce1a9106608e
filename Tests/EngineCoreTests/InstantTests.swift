import EngineCore
import Testing

@Suite("Instants")
struct InstantTests {
    @Test("add up and differ in microseconds")
    func arithmetic() {
        let start = Instant(microseconds: 1_500_000)
        #expect(start + .seconds(2) == Instant(microseconds: 3_500_000))
        #expect(start + .milliseconds(-500) == Instant(microseconds: 1_000_000))
        #expect((start + .seconds(2)).since(start) == .seconds(2))
        #expect(start.since(start + .seconds(2)) == .seconds(-2))
    }

    @Test("never come before zero")
    func floor() {
        #expect(Instant(microseconds: 5) + .seconds(-1) == .zero)
    }

    @Test("choose the earlier deadline, where none is never")
    func deadlines() {
        let early = Instant(microseconds: 1)
        let late = Instant(microseconds: 2)
        #expect(earlier(early, late) == early)
        #expect(earlier(nil, late) == late)
        #expect(earlier(early, nil) == early)
        #expect(earlier(nil, nil) == nil)
    }

    @Test("cut durations to whole units towards zero")
    func units() {
        #expect(Duration.nanoseconds(1_999).microseconds == 1)
        #expect(Duration.microseconds(-1_999).milliseconds == -1)
        #expect(Duration.milliseconds(2_999).wholeSeconds == 2)
    }
}
