import EngineCore
import LinkProfiles
import LoRaPHY
import Testing

@Suite("Link profiles")
struct LinkProfileTests {
    /// Every value of a profile, one a line, durations in milliseconds.
    static func table(_ profile: LinkProfile) -> [String] {
        Mirror(reflecting: profile).children.map { child in
            let value = (child.value as? Duration).map { "\(Double($0.microseconds) / 1000) ms" } ?? "\(child.value)"
            return "\(child.label ?? "?") \(value)"
        }.filter { !$0.hasPrefix("phy ") && !$0.hasPrefix("dialect ") }
    }

    @Test(
        "The three profiles have exactly the values of their tables",
        arguments: [
            (LinkProfile.ieee802154, ProfileTables.ieee802154), (LinkProfile.pymesh, ProfileTables.pymesh),
            (LinkProfile.lora(.sf7bw250), ProfileTables.loraSF7BW250),
        ])
    func tables(profile: LinkProfile, expected: String) {
        let found = Self.table(profile)
        let wanted = expected.split(separator: "\n").map(String.init)
        #expect(found.count == wanted.count)
        for (found, wanted) in zip(found, wanted) { #expect(found == wanted) }
    }

    @Test("Only the profile of Pymesh speaks its dialect")
    func dialects() {
        #expect(LinkProfile.ieee802154.dialect == .thread)
        #expect(LinkProfile.lora(.sf7bw250).dialect == .thread)
        #expect(LinkProfile.pymesh.dialect == .pymesh)
    }

    static let modulations: [LoRaModulation] = {
        var all: [LoRaModulation] = []
        for bandwidth in LoRaModulation.bandwidths where bandwidth >= Hertz(62_500) {
            for spreadingFactor in LoRaModulation.spreadingFactors {
                if let modulation = try? LoRaModulation(bandwidth: bandwidth, spreadingFactor: spreadingFactor) {
                    all.append(modulation)
                }
            }
        }
        return all
    }()

    @Test("An acknowledgement arrives in time with 20 ms to spare for each host", arguments: modulations)
    func acknowledgements(modulation: LoRaModulation) {
        let profile = LinkProfile.lora(modulation)
        let earliest = profile.acknowledgementDelay + profile.airtime(of: 3)
        #expect(profile.acknowledgementWait - earliest >= .milliseconds(40))
    }

    @Test("A child waits until the last Parent Response has arrived", arguments: modulations)
    func parentResponses(modulation: LoRaModulation) {
        let profile = LinkProfile.lora(modulation)
        let response = profile.airtime(of: 113) + profile.airtime(of: 63)
        #expect(profile.parentRequestWaitRouters > profile.parentResponseMaximumDelayRouters + response)
        #expect(profile.parentRequestWaitRoutersAndREEDs > profile.parentResponseMaximumDelayAll + response)
        #expect(profile.candidateChildLifetime > profile.parentRequestWaitRoutersAndREEDs)
    }

    @Test("Waits follow each other as they must on every modulation", arguments: modulations)
    func orders(modulation: LoRaModulation) {
        let profile = LinkProfile.lora(modulation)
        #expect(profile.advertisementIntervalMinimum < profile.advertisementIntervalMaximumFloor)
        #expect(profile.advertisementIntervalMaximumFloor < profile.advertisementIntervalMaximumCeiling)
        // Three advertisements may be lost in a row.
        #expect(profile.neighborAgeMaximum > profile.advertisementIntervalMaximumCeiling * 3)
        #expect(profile.networkIDTimeout > profile.neighborAgeMaximum)
        #expect(profile.childSupervisionCheckTimeout > profile.childSupervisionInterval)
        #expect(profile.childTimeoutDefault > profile.childSupervisionCheckTimeout)
        #expect((.seconds(1)...(.seconds(255))).contains(profile.routerSelectionJitter))
        #expect(profile.minimumBackoffExponent <= profile.maximumBackoffExponent)
        // Advertisements take less than one hundredth of a router's time.
        #expect(profile.airtime(of: 80) * 100 < profile.advertisementIntervalMaximumFloor)
        #expect(profile.reassemblyTimeout > profile.airtime(of: 255) * 6)
    }

    @Test("A node alone leads after less than ten seconds at SF7 and 250 kHz")
    func coldStart() {
        let profile = LinkProfile.lora(.sf7bw250)
        let attempts =
            profile.parentRequestWaitRouters * Int(profile.parentRequestsToRouters)
            + profile.parentRequestWaitRoutersAndREEDs * Int(profile.parentRequestsToRoutersAndREEDs)
        #expect(attempts < .seconds(10))
        // Its neighbour's two first requests, its Child ID exchange and promotion, and the next neighbour's too.
        let neighbor = attempts / 2 + profile.childIDRequestWait / 2 + profile.routerSelectionJitter / 2
        #expect(attempts + neighbor * 2 < .seconds(30))
    }

    @Test("Thread alone forms after six and a half seconds, as recorded")
    func recordedColdStart() throws {
        let profile = LinkProfile.ieee802154
        let attempts =
            profile.parentRequestWaitRouters * Int(profile.parentRequestsToRouters)
            + profile.parentRequestWaitRoutersAndREEDs * Int(profile.parentRequestsToRoutersAndREEDs)
        #expect(attempts == .milliseconds(6500))
    }

    @Test("The longest advertisement interval grows with the neighbours between its bounds")
    func advertisementInterval() {
        let profile = LinkProfile.ieee802154
        let seconds = [-1, 0, 1, 2, 3, 4, 7, 8, 31].map {
            profile.advertisementIntervalMaximum(routerNeighbors: $0).wholeSeconds
        }
        #expect(seconds == [12, 12, 12, 12, 16, 20, 32, 32, 32])
    }

    @Test("A profile's airtime is that of its physical layer")
    func airtime() {
        #expect(LinkProfile.ieee802154.airtime(of: 127) == .microseconds(4256))
        #expect(LinkProfile.pymesh.airtime(of: 127) == LoRaModulation.sf7bw500.timeOnAir(byteCount: 127))
        #expect(LinkProfile.lora(.sf7bw250).airtime(of: 255) == LoRaModulation.sf7bw250.timeOnAir(byteCount: 255))
    }

    @Test("A parent of Pymesh's remembers a child longer than Pymesh takes to ask again")
    func pymeshCandidates() {
        let profile = LinkProfile.pymesh
        #expect(profile.candidateChildLifetime > profile.parentRequestWaitRouters * 2)
    }
}
