import CryptoProviders
import EngineCore
import LinkProfiles
import MACEngine
import Testing
import ThreadWire

@Suite("A next hop that is overheard")
struct ImplicitAcknowledgementTests {
    /// From the first node over the second to the third: 6LoWPAN with a mesh header of 5 or 6 bytes.
    private static func payload(hops: UInt8, content: UInt8 = 7) -> [UInt8] {
        let start: [UInt8] = hops < 15 ? [0xb0 | hops] : [0xbf, hops]
        return start + [0x04, 0x00, 0x0c, 0x00] + [UInt8](repeating: content, count: 60)
    }

    private static let overhearing: LinkProfile = {
        var profile = LinkProfile.lora(.sf7bw250)
        profile.takesImplicitAcknowledgements = true
        return profile
    }()

    /// What the first node says of its frame when the second one's acknowledgements never reach it, and the second
    /// passes something on.
    private func outcome(
        profile: LinkProfile = Self.overhearing, forwarded: [UInt8], hops: UInt8 = 19
    ) -> (sent: Int, outcome: MACOutcome?, implicit: UInt32) {
        let air = TestAir(count: 3, profile: profile)
        air.link()
        air.isLost = { from, to, bytes in from == 1 && to == 0 && bytes[0] & 7 == 2 }
        air.submit(0, TestAir.data(1, to: 1, Self.payload(hops: hops)))
        while air.nodes[1].indications.isEmpty { air.run(for: .milliseconds(1)) }
        air.submit(1, TestAir.data(1, to: 2, forwarded))
        air.run(for: .seconds(10))
        return (air.nodes[0].frames.count, air.nodes[0].outcome(1), air.nodes[0].engine.implicitAcknowledgements)
    }

    @Test("It has acknowledged the frame that it passes on", arguments: [19, 16, 15, 14, 2] as [UInt8])
    func forwarded(hops: UInt8) {
        let (sent, outcome, implicit) = outcome(forwarded: Self.payload(hops: hops - 1), hops: hops)
        #expect(implicit == 1)
        // It may have been sent a second time while the next hop waited for the channel.
        #expect(sent <= 2)
        if case .acknowledged = outcome {} else { Issue.record("\(String(describing: outcome))") }
    }

    @Test("Something else that it sends acknowledges nothing")
    func other() {
        let (sent, outcome, implicit) = outcome(forwarded: Self.payload(hops: 18, content: 8))
        #expect(implicit == 0)
        #expect(sent == 5)
        #expect(outcome == .noAcknowledgement)
    }

    @Test("Unless a profile says otherwise only acknowledgements count", arguments: [false, true])
    func standard(isLoRa: Bool) {
        let profile = isLoRa ? LinkProfile.lora(.sf7bw250) : .ieee802154
        let (sent, outcome, implicit) = outcome(profile: profile, forwarded: Self.payload(hops: 18))
        #expect(implicit == 0)
        #expect(sent == (isLoRa ? 5 : 16))
        #expect(outcome == .noAcknowledgement)
    }
}
