import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import MACEngine

@Suite("How long an acknowledgement is waited for")
struct AcknowledgementTimingTests {
    private static let profile = LinkProfile.lora(.sf7bw250)

    private func timing(_ milliseconds: [Int64]) -> AcknowledgementTiming {
        var timing = AcknowledgementTiming()
        for delay in milliseconds { timing.note(.milliseconds(delay)) }
        return timing
    }

    @Test("With few of them as long as the profile says, then as the slowest and what they differ in")
    func measured() {
        #expect(timing([]).wait(Self.profile) == Self.profile.acknowledgementWait)
        #expect(timing([30, 30, 30]).wait(Self.profile) == Self.profile.acknowledgementWait)
        #expect(timing([30, 30, 30, 30]).wait(Self.profile) == .milliseconds(50))
        #expect(timing([30, 35, 42, 30]).wait(Self.profile) == .milliseconds(42 + 12 + 20))
    }

    @Test("Old ones give way, and no delay makes the wait endless")
    func bounds() {
        #expect(timing([500] + [Int64](repeating: 30, count: 16)).wait(Self.profile) == .milliseconds(50))
        #expect(timing([Int64](repeating: 60_000, count: 4)).wait(Self.profile) == Self.profile.acknowledgementWait * 4)
    }

    @Test("Three in a row that stay away bring the profile's own wait back")
    func misses() {
        var timing = timing([30, 30, 30, 30])
        timing.noteMiss()
        timing.noteMiss()
        #expect(timing.wait(Self.profile) == .milliseconds(50))
        timing.noteMiss()
        #expect(timing.wait(Self.profile) == Self.profile.acknowledgementWait)
    }

    @Test("On 802.15.4 the wait is the standard's")
    func standard() {
        #expect(timing([1, 1, 1, 1]).wait(.ieee802154) == LinkProfile.ieee802154.acknowledgementWait)
    }

    @Test("On LoRa one that comes too late still counts, on 802.15.4 it does not", arguments: [true, false])
    func late(isLoRa: Bool) throws {
        let air = TestAir(profile: isLoRa ? Self.profile : .ieee802154)
        air.link()
        air.isLost = { from, _, _ in from == 1 }
        air.submit(0, TestAir.data(1, to: 1))
        while air.nodes[1].acknowledgements.isEmpty { air.run(for: .milliseconds(1)) }
        air.run(for: air.profile.acknowledgementWait + .milliseconds(1))
        let late = try #require(air.nodes[1].acknowledgements.first)
        air.inject(late.bytes, into: 0)
        air.run(for: .seconds(10))
        if isLoRa {
            #expect(air.nodes[0].outcome(1) == acknowledged)
            #expect(air.nodes[0].frames.count <= 2)
        } else {
            #expect(air.nodes[0].frames.count == 16)
        }
    }
}
