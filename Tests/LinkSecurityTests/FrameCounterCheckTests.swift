import LinkSecurity
import Testing

@Suite("Frame counter check")
struct FrameCounterCheckTests {
    @Test("Only counters beyond the last are fresh, and the last is known as a repetition")
    func sameSequence() {
        var check = FrameCounterCheck(keySequence: 3, frameCounter: 10)
        #expect(check.verdict(keySequence: 3, frameCounter: 9) == .duplicate)
        #expect(check.verdict(keySequence: 3, frameCounter: 8) == .replayed)
        #expect(check.verdict(keySequence: 3, frameCounter: 10) == .fresh)
        #expect(check.verdict(keySequence: 3, frameCounter: 10) == .fresh, "judging alone takes nothing")
        check.accept(keySequence: 3, frameCounter: 20)
        #expect(check.frameCounter == 21)
        #expect(check.verdict(keySequence: 3, frameCounter: 20) == .duplicate)
        #expect(check.verdict(keySequence: 3, frameCounter: 15) == .replayed)
        #expect(check.verdict(keySequence: 3, frameCounter: 21) == .fresh)
    }

    @Test("A newer sequence starts anew, and the one before keeps its counter")
    func newerSequence() {
        var check = FrameCounterCheck(keySequence: 3, frameCounter: 10)
        #expect(check.verdict(keySequence: 4, frameCounter: 0) == .fresh)
        check.accept(keySequence: 4, frameCounter: 0)
        #expect(check.keySequence == 4)
        #expect(check.verdict(keySequence: 3, frameCounter: 9) == .duplicate)
        #expect(check.verdict(keySequence: 3, frameCounter: 10) == .fresh)
        check.accept(keySequence: 3, frameCounter: 12)
        #expect(check.verdict(keySequence: 3, frameCounter: 12) == .duplicate)
        #expect(check.verdict(keySequence: 3, frameCounter: 11) == .replayed)
        #expect(check.verdict(keySequence: 4, frameCounter: 0) == .duplicate)
        #expect(check.keySequence == 4)
    }

    @Test("A sequence never heard of before the newest one is refused")
    func olderSequences() {
        var check = FrameCounterCheck(keySequence: 3, frameCounter: 0)
        #expect(check.verdict(keySequence: 2, frameCounter: 100) == .replayed)
        check.accept(keySequence: 5, frameCounter: 1)
        #expect(check.verdict(keySequence: 4, frameCounter: 100) == .replayed)
        #expect(check.verdict(keySequence: 3, frameCounter: 100) == .replayed)
    }

    @Test("The last counter of all is taken once")
    func lastCounter() {
        var check = FrameCounterCheck(keySequence: 0, frameCounter: .max)
        #expect(check.verdict(keySequence: 0, frameCounter: .max) == .fresh)
        check.accept(keySequence: 0, frameCounter: .max)
        #expect(check.verdict(keySequence: 0, frameCounter: .max) == .duplicate)
        #expect(check.verdict(keySequence: 0, frameCounter: 0) == .replayed)
        #expect(check.frameCounter == .max)
    }
}
