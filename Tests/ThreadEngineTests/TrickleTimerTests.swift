import EngineCore
import Testing

@testable import ThreadEngine

@Suite("The trickle timer")
struct TrickleTimerTests {
    private let minimum = Duration.seconds(1)
    private let maximum = Duration.seconds(32)

    private func timer(_ entropy: inout OpenEntropy) -> TrickleTimer {
        TrickleTimer(intervalMinimum: minimum, intervalMaximum: maximum, now: .zero, entropy: &entropy)
    }

    /// Lets a timer run; the times at which it sends.
    private func sendTimes(
        of timer: inout TrickleTimer, until end: Instant, entropy: inout OpenEntropy
    ) -> [Instant] {
        var times: [Instant] = []
        while timer.nextDeadline <= end {
            let now = timer.nextDeadline
            if timer.handleDeadline(now: now, entropy: &entropy) { times.append(now) }
        }
        return times
    }

    @Test(
        "It sends once in the second half of every interval, and intervals double up to the longest",
        arguments: 1...20 as ClosedRange<UInt64>)
    func doubling(seed: UInt64) {
        var entropy = OpenEntropy(seed: seed)
        var timer = timer(&entropy)
        let times = sendTimes(of: &timer, until: Instant(microseconds: 127_000_000), entropy: &entropy)
        var begin = Instant.zero
        var interval = minimum
        #expect(times.count == 8)
        for time in times {
            #expect(
                time >= begin + .microseconds(interval.microseconds / 2) && time <= begin + interval, "seed \(seed)")
            begin += interval
            interval = min(interval + interval, maximum)
        }
    }

    @Test("A change shortens a long interval and leaves the shortest one alone")
    func reset() {
        var entropy = OpenEntropy(seed: 4)
        var timer = timer(&entropy)
        let first = timer
        timer.reset(now: Instant(microseconds: 10), entropy: &entropy)
        #expect(timer == first)
        _ = sendTimes(of: &timer, until: Instant(microseconds: 20_000_000), entropy: &entropy)
        let now = Instant(microseconds: 20_000_000)
        timer.reset(now: now, entropy: &entropy)
        #expect(timer.nextDeadline >= now + .milliseconds(500) && timer.nextDeadline <= now + .seconds(1))
    }

    @Test("A new longest interval counts from the next interval on")
    func newMaximum() {
        var entropy = OpenEntropy(seed: 5)
        var timer = timer(&entropy)
        _ = sendTimes(of: &timer, until: Instant(microseconds: 63_000_000), entropy: &entropy)
        timer.setIntervals(minimum: timer.intervalMinimum, maximum: .seconds(4))
        let times = sendTimes(of: &timer, until: Instant(microseconds: 140_000_000), entropy: &entropy)
        for (earlier, later) in zip(times.dropFirst(2), times.dropFirst(3)) {
            #expect(later.since(earlier) <= .seconds(6))
        }
        #expect(times.count > 8)
    }

    @Test("A deadline that is handled late sends once, and nothing is sent before it is due")
    func late() {
        var entropy = OpenEntropy(seed: 6)
        var timer = timer(&entropy)
        let isEarly = timer.handleDeadline(now: Instant(microseconds: 1), entropy: &entropy)
        #expect(!isEarly)
        let late = Instant(microseconds: 500_000_000)
        let isDue = timer.handleDeadline(now: late, entropy: &entropy)
        #expect(isDue)
        #expect(timer.nextDeadline > late)
    }
}
