import EngineCore
import Testing
import WireCore

@testable import LoRaPHY

@Suite("The ledger of air time")
struct AirtimeLedgerTests {
    /// 0.1 %: 3.6 s an hour.
    private static let rules = Region.eu868.subBands[0]
    private static let budget = Duration.milliseconds(3600)

    private static func ledger(_ rules: SubBand = rules) -> AirtimeLedger { AirtimeLedger(rules: rules) }

    private static func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

    @Test("The budget of an hour is the duty cycle's share of it")
    func budgets() {
        #expect(Self.rules.hourlyBudget == Self.budget)
        #expect(Region.eu868.subBands[4].hourlyBudget == .seconds(360))
        #expect(Region.us915.subBands[0].hourlyBudget == nil)
    }

    @Test("When the budget is used up, sending waits until what was sent is more than an hour old")
    func waiting() throws {
        var ledger = Self.ledger()
        ledger.use(.seconds(2), now: Self.at(100))
        ledger.use(.milliseconds(1500), now: Self.at(1000))
        #expect(ledger.used(at: Self.at(1001)) == .milliseconds(3500))
        #expect(
            ledger.earliestStart(of: .milliseconds(100), priority: .acknowledgement, now: Self.at(1010))
                == Self.at(1010))
        let start = try #require(
            ledger.earliestStart(of: .milliseconds(200), priority: .acknowledgement, now: Self.at(1010)))
        // Not before the first has left the hour, and no more than a slot later.
        #expect(start > Self.at(3702) && start <= Self.at(3702) + AirtimeLedger.slotLength)
        #expect(ledger.used(at: start) == .milliseconds(1500))
    }

    @Test("What is urgent may use what is kept from the rest")
    func priorities() {
        var ledger = Self.ledger()
        ledger.use(.milliseconds(3300), now: .zero)
        let now = Self.at(10)
        let starts = TransmitPriority.allCases.map {
            ledger.earliestStart(of: .milliseconds(50), priority: $0, now: now) == now
        }
        #expect(starts == [true, true, true, false, false])
    }

    @Test("A frame that is longer than the hour's budget is never sent")
    func tooLong() {
        let ledger = Self.ledger()
        #expect(ledger.earliestStart(of: .milliseconds(3601), priority: .acknowledgement, now: .zero) == nil)
        #expect(ledger.earliestStart(of: .milliseconds(3600), priority: .background, now: .zero) == .zero)
    }

    @Test("Where the law asks for silence after each transmission, the next one waits")
    func pause() {
        var ledger = Self.ledger(Region.jp920.subBands[0])
        ledger.use(.milliseconds(100), now: .zero)
        #expect(
            ledger.earliestStart(of: .milliseconds(100), priority: .data, now: .zero + .milliseconds(120))
                == .zero + .milliseconds(150))
    }

    /// The law's own count: what is on the air within each hour that ends while something is sent.
    private static func worstHour(_ sent: [(start: Instant, airtime: Duration)]) -> Duration {
        var worst = Duration.zero
        for last in sent {
            let end = last.start + last.airtime
            var used = Duration.zero
            for one in sent where one.start < end {
                let begin = end.earlier(by: AirtimeLedger.window) ?? .zero
                let overlap = min(one.start + one.airtime, end).since(max(one.start, begin))
                if overlap > .zero { used += overlap }
            }
            worst = max(worst, used)
        }
        return worst
    }

    @Test("No schedule of offered load makes any sliding hour exceed the limit", arguments: 0..<20)
    func anySchedule(number: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = OpenEntropy(seed: seed)
        var ledger = Self.ledger()
        var now = Instant.zero
        var sent: [(start: Instant, airtime: Duration)] = []
        while now < Self.at(5 * 3600) {
            // Bursts, silence, and restarts with what is stored.
            now += .milliseconds(Int64(random.below(random.below(10) == 0 ? 2_000_000 : 20_000)))
            let airtime = Duration.milliseconds(Int64(5 + random.below(400)))
            let priority = TransmitPriority(rawValue: UInt8(random.below(5)))!
            guard let start = ledger.earliestStart(of: airtime, priority: priority, now: now) else { continue }
            if random.below(3) > 0 { now = max(now, start) }
            guard start <= now else { continue }
            if !ledger.isCovered(airtime) {
                _ = ledger.requestReserve(longestFrame: .milliseconds(405), now: now)
                ledger.confirmReserve()
            }
            ledger.use(airtime, now: now)
            sent.append((now, airtime))
            now += airtime
            if random.below(40) == 0 {
                var restarted = Self.ledger()
                restarted.restore(ledger.stored(at: now), now: now)
                ledger = restarted
            }
            #expect(ledger.slots.count <= AirtimeLedger.slotLimit + 1)
        }
        let worst = Self.worstHour(sent)
        #expect(worst <= Self.budget, "seed \(seed)")
        #expect(worst > Self.budget / 2, "there was load; seed \(seed)")
    }

    @Test("A crash at any moment forgets nothing that was sent")
    func crash() throws {
        var ledger = Self.ledger()
        var record: StoredAirtime?
        var now = Instant.zero
        var used = Duration.zero
        for _ in 0..<20 {
            let airtime = Duration.milliseconds(90)
            if !ledger.isCovered(airtime) {
                record = ledger.requestReserve(longestFrame: .milliseconds(100), now: now)
                // While the disk writes, no second block is asked for.
                #expect(ledger.requestReserve(longestFrame: .milliseconds(100), now: now) == nil)
                ledger.confirmReserve()
            }
            ledger.use(airtime, now: now)
            used += airtime
            now += .seconds(40)
            var restarted = Self.ledger()
            restarted.restore(try #require(record), now: .zero)
            #expect(restarted.used(at: .zero) >= used)
            #expect(restarted.used(at: .zero) <= used + .milliseconds(300))
        }
    }

    @Test("A record of the future keeps the node silent for an hour and no longer")
    func future() throws {
        var ledger = Self.ledger()
        let entries = [StoredAirtime.Entry(countsFor: .max, used: .max), .init(countsFor: 100_000, used: .max)]
        ledger.restore(StoredAirtime(subBand: Self.rules.name, entries: entries), now: Self.at(1000))
        let start = ledger.earliestStart(of: .milliseconds(100), priority: .data, now: Self.at(1000))
        #expect((Self.at(1000 + 3600)...Self.at(1000 + 3600 + 90)).contains(try #require(start)))
    }

    @Test("What another sub-band was used for does not count")
    func otherBand() {
        var ledger = Self.ledger()
        ledger.use(.seconds(3), now: .zero)
        var other = Self.ledger(Region.eu868.subBands[4])
        other.restore(ledger.stored(at: .zero), now: .zero)
        #expect(other.used(at: .zero) == .zero)
    }

    @Test("What is stored is read again, and what is cut or of another version is named")
    func stored() throws {
        let stored = StoredAirtime(
            subBand: "g3", entries: [StoredAirtime.Entry(countsFor: 7, used: 80), .init(countsFor: 3600, used: .max)])
        var writer = ByteWriter()
        stored.serialize(into: &writer)
        let bytes = writer.bytes
        var reader = ByteReader(bytes)
        #expect(try StoredAirtime(parsing: &reader) == stored)
        for count in 0..<bytes.count where count != 4 && count != 12 {
            var reader = ByteReader(Array(bytes.prefix(count)))
            #expect(throws: ParseError.self) { try StoredAirtime(parsing: &reader) }
        }
        var changed = ByteReader([2] + bytes.dropFirst())
        let error = #expect(throws: ParseError.self) { try StoredAirtime(parsing: &changed) }
        #expect(error?.field == "version")
    }
}
