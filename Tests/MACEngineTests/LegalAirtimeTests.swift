import EngineCore
import LinkProfiles
import LoRaPHY
import Testing
import ThreadWire

@testable import MACEngine

@Suite("Sending within the air time that the law allows")
struct LegalAirtimeTests {
    private static let profile = LinkProfile.lora(.sf7bw250)
    /// 0.1 %: 3.6 s an hour.
    private static let band = Region.eu868.subBands[0]

    private static func air(_ rules: SubBand? = band) -> TestAir {
        var configuration = MACEngine.Configuration()
        configuration.airtimeRules = rules
        configuration.transmitQueueLimit = 64
        let air = TestAir(profile: profile, configuration: configuration)
        air.link()
        return air
    }

    private static func used(by node: TestAir.Node) -> Duration {
        node.sent.reduce(.zero) { $0 + profile.phy.timeOnAir(byteCount: $1.bytes.count) }
    }

    private static let large = [UInt8](repeating: 7, count: 200)

    @Test("Offered more than the hour's budget, a node sends what it may and gives up the rest, and says so")
    func budget() {
        let air = Self.air()
        for handle: UInt32 in 1...40 {
            air.submit(0, TestAir.data(handle, to: 1, Self.large))
            air.run(for: .seconds(1))
        }
        let node = air.nodes[0]
        #expect(Self.used(by: node) <= .milliseconds(3240), "data may use 90 %")
        #expect(Self.used(by: node) > .milliseconds(2900))
        let lost = node.confirmations.count { $0.outcome == .airtimeExhausted }
        #expect(lost > 15)
        #expect(node.engine.drops[.airtimeExhausted] == UInt64(lost))
        #expect(node.confirmations.count == 40, "every request is answered")
        // What is more urgent still goes, the acknowledgement of the other node included.
        air.submit(0, TestAir.data(100, to: 1, priority: .attach))
        air.run(for: .seconds(2))
        #expect(node.outcome(100) == acknowledged)
    }

    @Test("After an hour the node sends again")
    func anHourLater() {
        let air = Self.air()
        for handle: UInt32 in 1...40 {
            air.submit(0, TestAir.data(handle, to: 1, Self.large))
            air.run(for: .seconds(1))
        }
        air.run(for: AirtimeLedger.window + AirtimeLedger.slotLength)
        air.submit(0, TestAir.data(41, to: 1, Self.large))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(41) == acknowledged)
    }

    @Test("A frame that will have air time within its life waits for it")
    func waits() throws {
        let air = Self.air()
        let node = air.nodes[0]
        node.engine.airtime?.use(.milliseconds(3200), now: .zero)
        // Ten seconds before the used time leaves the hour.
        air.run(for: AirtimeLedger.window + AirtimeLedger.slotLength - .seconds(10))
        air.submit(0, TestAir.data(1, to: 1, Self.large))
        air.run(for: .seconds(5))
        #expect(node.confirmations.isEmpty)
        #expect(node.engine.airtimeWaits == 1)
        air.run(for: .seconds(6))
        #expect(node.outcome(1) == acknowledged)
        // One whose own lifetime ends before is given up at once.
        node.engine.airtime?.use(.milliseconds(3200), now: air.now)
        air.run(for: AirtimeLedger.window + AirtimeLedger.slotLength - .seconds(10))
        air.submit(0, TestAir.data(2, to: 1, Self.large, lifetime: .seconds(3)))
        air.run(for: .seconds(1))
        #expect(node.outcome(2) == .airtimeExhausted)
    }

    @Test("A more urgent frame overtakes one that waits for air time")
    func overtaking() {
        let air = Self.air()
        let node = air.nodes[0]
        node.engine.airtime?.use(.milliseconds(3250), now: .zero)
        air.run(for: AirtimeLedger.window + AirtimeLedger.slotLength - .seconds(10))
        air.submit(0, TestAir.data(1, to: 1, Self.large))
        air.run(for: .seconds(1))
        air.submit(0, TestAir.data(2, to: 1, priority: .attach))
        air.run(for: .seconds(1))
        #expect(node.confirmations.map(\.handle) == [2])
        air.run(for: .seconds(10))
        #expect(node.confirmations.map(\.handle) == [2, 1])
    }

    @Test("A node without air time does not acknowledge, and counts it")
    func acknowledgements() {
        let air = Self.air()
        air.nodes[1].engine.airtime?.use(.milliseconds(3600), now: .zero)
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(20))
        #expect(air.nodes[0].outcome(1) == .noAcknowledgement)
        #expect(air.nodes[1].sent.isEmpty)
        #expect(air.nodes[1].engine.drops[.airtimeExhausted] > 0)
    }

    @Test("Nothing is sent before the store has written that it may be, nor when it cannot write")
    func storing() {
        let air = Self.air()
        let node = air.nodes[0]
        air.storesAirtime = nil
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(1))
        #expect(node.airtimeRecords.count == 1)
        #expect(node.sent.isEmpty)
        air.answerAirtime(0, isStored: false)
        air.run(for: .seconds(3))
        #expect(node.sent.isEmpty)
        #expect(node.airtimeRecords.count == 2, "it is asked for again")
        air.storesAirtime = true
        air.answerAirtime(0, isStored: true)
        air.run(for: .seconds(1))
        #expect(node.outcome(1) == acknowledged)
    }

    @Test("Records cover what was sent at every moment, and are written seldom")
    func records() throws {
        let air = Self.air()
        let node = air.nodes[0]
        for handle: UInt32 in 1...20 {
            air.submit(0, TestAir.data(handle, to: 1, [1]))
            air.run(for: .seconds(1))
            var restarted = AirtimeLedger(rules: Self.band)
            restarted.restore(try #require(node.airtimeRecords.last), now: .zero)
            #expect(restarted.used(at: .zero) >= Self.used(by: node))
        }
        #expect(node.airtimeRecords.count < 5)
    }

    @Test("Where no law applies nothing is counted and nothing is stored")
    func noRules() {
        let air = Self.air(nil)
        for handle: UInt32 in 1...40 { air.submit(0, TestAir.data(handle, to: 1, Self.large)) }
        air.run(for: .seconds(100))
        #expect(air.nodes[0].confirmations.allSatisfy { $0.outcome == acknowledged })
        #expect(air.nodes[0].airtimeRecords.isEmpty)
    }
}
