import CryptoProviders
import EngineCore
import LinkProfiles
import MACEngine
import Testing
import ThreadWire

@Suite("Channel access")
struct ChannelAccessTests {
    @Test("A frame is sent, acknowledged, handed up and confirmed")
    func exchange() throws {
        let air = TestAir()
        air.link()
        air.submit(0, TestAir.data(7, to: 1, [0xca, 0xfe]))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].confirmations.count == 1)
        #expect(air.nodes[0].outcome(7) == acknowledged)
        let indication = try #require(air.nodes[1].indications.first)
        #expect(air.nodes[1].indications.count == 1)
        #expect(indication.payloadBytes == [0xca, 0xfe])
        #expect(indication.security == .link(keySequence: 0, frameCounter: 0))
        #expect(indication.sourceExtendedAddress == TestAir.extendedAddress(0))
        #expect(indication.rssi == DecibelMilliwatts(-50))
        // On the air: the frame, and 192 µs after its end five bytes of acknowledgement.
        let frame = try #require(air.nodes[0].frames.first)
        let answer = try #require(air.nodes[1].sent.first)
        #expect(answer.time == frame.time + air.profile.airtime(of: frame.bytes.count) + .microseconds(192))
        #expect(answer.bytes.count == 5)
        #expect(air.nodes[0].assessments == 1)
        #expect(air.nodes[0].engine.frameCounter == 1)
        #expect(air.nodes[0].engine.nextDeadline == nil)
    }

    /// How long frames waited for the channel, in units, one after the other.
    private func waits(_ count: Int, on air: TestAir) -> [Int] {
        (0..<count).map { index in
            let start = air.now
            air.submit(0, TestAir.data(UInt32(index), to: 1))
            air.run(for: .seconds(20))
            let wait = (air.nodes[0].frames.last?.time ?? start).since(start)
            return Int(wait.microseconds / air.profile.backoffUnit.microseconds)
        }
    }

    @Test("On LoRa first waits get short while the channel is free, and long again when it was not")
    func quietChannel() {
        let air = TestAir(profile: .lora(.sf7bw250))
        air.link()
        let first = waits(60, on: air)
        #expect(first.dropFirst(2).allSatisfy { $0 <= 2 }, "at most one unit, and looking at the channel")
        // One lost acknowledgement, and the next frames choose among eight units again.
        let longest = (0..<40).map { _ in
            var losses = 1
            air.isLost = { from, _, _ in
                guard from == 1, losses > 0 else { return false }
                losses -= 1
                return true
            }
            _ = waits(1, on: air)
            air.isLost = { _, _, _ in false }
            let after = waits(1, on: air)[0]
            _ = waits(3, on: air)
            return after
        }.max()!
        #expect((4...8).contains(longest))
        let other = TestAir()
        other.link()
        #expect(waits(60, on: other).max()! > 4, "802.15.4 always chooses among eight")
    }

    @Test("A broadcast is sent once and confirmed as sent, whatever was asked for")
    func broadcast() throws {
        let air = TestAir(count: 3)
        air.link()
        var request = TestAir.data(1, to: 1)
        request.destination = .broadcast
        air.submit(0, request)
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == .sent)
        #expect(air.nodes[0].sent.count == 1)
        let header = try layout(air.nodes[0].sent[0].bytes).header
        #expect(!header.requestsAcknowledgement)
        #expect(air.nodes[1].indications.count == 1 && air.nodes[2].indications.count == 1)
        #expect(air.nodes[1].sent.isEmpty)
    }

    @Test("Repetitions are the same bytes; the receiver acknowledges each and hands up one", arguments: [true, false])
    func lostAcknowledgement(isSecured: Bool) {
        let air = TestAir()
        air.link()
        var losses = 3
        air.isLost = { from, _, _ in
            guard from == 1, losses > 0 else { return false }
            losses -= 1
            return true
        }
        air.submit(0, TestAir.data(1, to: 1, security: isSecured ? .link : .none))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(air.nodes[0].sent.count == 4)
        #expect(Set(air.nodes[0].sent.map(\.bytes)).count == 1)
        #expect(air.nodes[1].acknowledgements.count == 4)
        #expect(air.nodes[1].indications.count == 1)
        #expect(air.nodes[1].engine.drops[.duplicateFrame] == 3)
        #expect(air.nodes[1].engine.counters.receiveDuplicated == 3)
        #expect(air.nodes[0].engine.counters.transmitRetry == 3)
        #expect(air.nodes[0].engine.counters.transmitTotal == 1)
        #expect(air.nodes[0].engine.frameCounter == (isSecured ? 1 : 0))
    }

    @Test("A frame that nobody acknowledges is repeated as often as the profile says, then given up")
    func noAcknowledgement() {
        let air = TestAir()
        air.isLost = { _, _, _ in true }
        air.submit(0, TestAir.data(1, to: 1))
        air.submit(0, TestAir.data(2, to: 1))
        air.run(for: .seconds(5))
        #expect(air.nodes[0].outcome(1) == .noAcknowledgement)
        #expect(air.nodes[0].outcome(2) == .noAcknowledgement)
        #expect(air.nodes[0].sent.count == 32)
        let waits = zip(air.nodes[0].sent, air.nodes[0].sent.dropFirst()).map { $1.time.since($0.time) }
        #expect(waits.allSatisfy { $0 >= .milliseconds(16) }, "each repetition waits for the acknowledgement")
        #expect(Set(waits).count > 8, "and a random time")
        #expect(air.nodes[0].engine.drops[.noAcknowledgement] == 2)
        #expect(air.nodes[0].engine.counters.transmitDirectMaximumRetryExpiry == 2)
        #expect(air.nodes[0].engine.counters.transmitAcknowledgementRequested == 2)
        #expect(air.nodes[0].engine.counters.transmitAcknowledged == 0)
    }

    @Test("A channel that is never free fails each attempt after its backoffs")
    func channelBusy() {
        var profile = LinkProfile.ieee802154
        profile.maximumFrameRetries = 2
        let air = TestAir(profile: profile)
        air.isBusy = { _ in true }
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == .channelBusy)
        #expect(air.nodes[0].assessments == 3 * 5)
        #expect(air.nodes[0].sent.isEmpty)
        #expect(air.nodes[0].engine.counters.transmitErrorClearChannelAssessment == 15)
        #expect(air.nodes[0].engine.counters.transmitErrorBusyChannel == 1)
        #expect(air.nodes[0].engine.drops[.channelBusy] == 1)
        #expect(air.nodes[0].engine.frameCounter == 0, "no counter was spent")
    }

    @Test("A channel that becomes free is used")
    func channelBecomesFree() {
        let air = TestAir()
        air.link()
        var busy = 3
        air.isBusy = { _ in
            busy -= 1
            return busy >= 0
        }
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(air.nodes[0].assessments == 4)
    }

    @Test("A link that does not assess the channel sends after the backoff")
    func noAssessment() {
        var profile = LinkProfile.ieee802154
        profile.assessesChannel = false
        let air = TestAir(profile: profile)
        air.link()
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(air.nodes[0].assessments == 0)
    }

    @Test("A radio that fails is tried again, then the frame is given up")
    func radioFailure() {
        let air = TestAir()
        air.link()
        var failures = 2
        air.transmitOutcome = { node in
            guard node == 0, failures > 0 else { return .sent }
            failures -= 1
            return .failed
        }
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == acknowledged)
        air.transmitOutcome = { _ in .failed }
        air.submit(0, TestAir.data(2, to: 1))
        air.run(for: .seconds(5))
        #expect(air.nodes[0].outcome(2) == .radioFailure)
        #expect(air.nodes[0].engine.counters.transmitErrorAbort == 1)
        #expect(air.nodes[0].engine.drops[.radioFailure] == 1)
    }

    @Test("The backoff is a whole number of units, and later ones may be longer")
    func backoff() {
        var firsts: Set<Int64> = []
        for seed in 0..<400 {
            var engine = MACEngine(
                profile: .ieee802154, extendedAddress: TestAir.extendedAddress(0),
                cryptography: MbedTLSCryptography(), openSeed: UInt64(seed))
            engine.submit(TestAir.data(1, to: 1, security: .none), now: .zero)
            firsts.insert((engine.nextDeadline ?? .zero).since(.zero).microseconds)
        }
        #expect(firsts == Set((0..<8).map { Int64($0) * 320 }))
    }

    @Test("More urgent frames go first, equals in the order in which they came")
    func priorities() throws {
        let air = TestAir()
        air.link()
        for (handle, priority) in [
            (1, TransmitPriority.background), (2, .data), (3, .data), (4, .control), (5, .attach),
        ] { air.submit(0, TestAir.data(UInt32(handle), to: 1, priority: priority)) }
        air.run(for: .seconds(1))
        #expect(air.nodes[0].confirmations.map(\.handle) == [5, 4, 2, 3, 1])
        #expect(air.nodes[0].confirmations.allSatisfy { $0.outcome == acknowledged })
        // Counters are taken when a frame goes out, so they rise in that order.
        let counters = try air.nodes[0].frames.compactMap { try layout($0.bytes).header.security?.frameCounter }
        #expect(counters == [0, 1, 2, 3, 4])
    }

    @Test("A frame that was sent once is repeated before anything else, so that counters rise on the air")
    func repetitionBeforeUrgent() {
        let air = TestAir()
        air.link()
        var losses = 1
        air.isLost = { from, _, _ in
            guard from == 1, losses > 0 else { return false }
            losses -= 1
            return true
        }
        air.submit(0, TestAir.data(1, to: 1))
        while air.nodes[0].sent.isEmpty { air.run(for: .microseconds(100)) }
        air.submit(0, TestAir.data(2, to: 1, priority: .attach))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].confirmations.map(\.handle) == [1, 2])
        #expect(air.nodes[1].indications.count == 2)
    }

    @Test("A full queue gives up its least urgent frame, or the new one")
    func queueFull() {
        var configuration = MACEngine.Configuration()
        configuration.transmitQueueLimit = 2
        let air = TestAir(configuration: configuration)
        air.link()
        for handle: UInt32 in 1...4 { air.submit(0, TestAir.data(handle, to: 1)) }
        // One is under way, two wait.
        #expect(air.nodes[0].outcome(4) == .queueFull)
        air.submit(0, TestAir.data(5, to: 1, priority: .control))
        #expect(air.nodes[0].confirmations.count == 2)
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(5) == acknowledged)
        #expect(air.nodes[0].engine.drops[.queueFull] == 2)
        #expect(air.nodes[0].confirmations.count == 5)
    }

    @Test("A frame that waited too long is not sent")
    func lifetime() {
        let air = TestAir()
        air.isLost = { _, _, _ in true }
        air.submit(0, TestAir.data(1, to: 1))
        air.submit(0, TestAir.data(2, to: 1, lifetime: .milliseconds(20)))
        air.run(for: .milliseconds(30))
        #expect(air.nodes[0].outcome(2) == .lifetimeExpired)
        #expect(air.nodes[0].engine.drops[.lifetimeExpired] == 1)
        air.run(for: .seconds(2))
        #expect(air.nodes[0].outcome(1) == .noAcknowledgement)
        #expect(air.nodes[0].engine.nextDeadline == nil)
    }

    @Test("A frame that made way for a more urgent one still expires")
    func lifetimeOfPreempted() {
        var profile = LinkProfile.ieee802154
        profile.minimumBackoffExponent = 5
        let air = TestAir(profile: profile)
        air.isBusy = { _ in true }
        air.submit(0, TestAir.data(1, to: 1, priority: .background, lifetime: .milliseconds(30)))
        // Past the time at which expiry is looked at, were the frame in the queue.
        air.submit(0, TestAir.data(2, to: 1, priority: .control, lifetime: .milliseconds(1)))
        air.submit(0, TestAir.data(3, to: 1, priority: .attach))
        air.run(for: .milliseconds(40))
        #expect(air.nodes[0].outcome(1) == .lifetimeExpired)
        #expect(air.nodes[0].outcome(2) == .lifetimeExpired)
        #expect(air.nodes[0].outcome(3) == nil)
    }

    @Test("A frame too large for the link is refused")
    func tooLarge() {
        let air = TestAir()
        air.link()
        // 15 bytes of header, 4 of code, 2 of checksum.
        air.submit(0, TestAir.data(1, to: 1, [UInt8](repeating: 1, count: 127 - 21)))
        air.submit(0, TestAir.data(2, to: 1, [UInt8](repeating: 1, count: 127 - 20)))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(air.nodes[0].frames.first?.bytes.count == 127)
        #expect(air.nodes[0].outcome(2) == .radioFailure)
        #expect(air.nodes[0].engine.drops[.datagramTooLarge] == 1)
    }

    @Test("Two nodes that send to each other at once both get through")
    func crossing() {
        let air = TestAir()
        air.link()
        for handle: UInt32 in 1...10 {
            air.submit(0, TestAir.data(handle, to: 1))
            air.submit(1, TestAir.data(handle, to: 0))
        }
        air.run(for: .seconds(2))
        for node in air.nodes {
            #expect(node.confirmations.map(\.handle) == (1...10).map { $0 })
            #expect(node.confirmations.allSatisfy { $0.outcome == acknowledged })
            #expect(node.indications.count == 10)
        }
    }

    @Test(
        "On every link the largest frame is acknowledged in time, at the first attempt",
        arguments: [LinkProfile.ieee802154, .pymesh, .lora(.sf7bw250)])
    func everyProfile(profile: LinkProfile) {
        let air = TestAir(profile: profile)
        air.link()
        let overhead = 15 + 4 + profile.frameCheckSequenceLength
        air.submit(0, TestAir.data(1, to: 1, [UInt8](repeating: 7, count: profile.maximumPSDU - overhead)))
        air.run(for: .seconds(30))
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(air.nodes[0].sent.count == 1)
        #expect(air.nodes[1].indications.count == 1)
        #expect(air.nodes[1].sent.first?.bytes.count == 3 + profile.frameCheckSequenceLength)
    }
}
