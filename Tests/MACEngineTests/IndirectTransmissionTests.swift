import EngineCore
import LinkProfiles
import MACEngine
import Testing
import ThreadWire

/// Node 0 is the parent, node 1 its sleeping child.
@Suite("Indirect transmission")
struct IndirectTransmissionTests {
    private func family(_ configuration: MACEngine.Configuration = .init()) -> TestAir {
        let air = TestAir(configuration: configuration)
        air.link(sleepyChild: 1)
        air.nodes[1].engine.isReceiverOnWhenIdle = false
        air.drain(1)
        return air
    }

    @Test("A frame for a sleeping child waits until the child asks, and the child sleeps again after it")
    func poll() throws {
        let air = family()
        #expect(!air.nodes[1].isReceiverOn)
        air.submit(0, TestAir.data(1, to: 1, [9], isIndirect: true))
        air.run(for: .seconds(10))
        #expect(air.nodes[0].sent.isEmpty && air.nodes[0].confirmations.isEmpty)

        air.submit(1, TestAir.poll(1, to: 0))
        air.run(for: .milliseconds(50))
        guard case .acknowledged(let isPending, _, _) = air.nodes[1].outcome(1) else {
            Issue.record("the poll was not acknowledged")
            return
        }
        #expect(isPending)
        #expect(air.nodes[1].indications.map(\.payloadBytes) == [[9]])
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(!air.nodes[1].isReceiverOn)
        #expect(try !layout(air.nodes[0].frames[0].bytes).header.isFramePending)
        #expect(air.nodes[0].engine.counters.receiveDataPoll == 1)
        #expect(air.nodes[1].engine.counters.transmitDataPoll == 1)
        // The parent's upper layer learns that the child is alive.
        #expect(air.nodes[0].indications.first?.command == .dataRequest)
    }

    @Test("A child for which nothing waits sleeps at once")
    func nothingPending() {
        let air = family()
        air.submit(1, TestAir.poll(1, to: 0))
        air.run(for: .milliseconds(50))
        #expect(air.nodes[1].outcome(1) == acknowledged)
        #expect(!air.nodes[1].isReceiverOn)
    }

    @Test("One frame goes out a poll, and each but the last announces the next")
    func severalFrames() throws {
        let air = family()
        for handle: UInt32 in 1...3 { air.submit(0, TestAir.data(handle, to: 1, [UInt8(handle)], isIndirect: true)) }
        for poll: UInt32 in 1...3 {
            air.submit(1, TestAir.poll(poll, to: 0))
            air.run(for: .milliseconds(50))
            #expect(air.nodes[1].indications.count == Int(poll))
        }
        #expect(air.nodes[1].indications.map(\.payloadBytes) == [[1], [2], [3]])
        #expect(air.nodes[1].indications.map(\.header.isFramePending) == [true, true, false])
        #expect(air.nodes[0].confirmations.map(\.handle) == [1, 2, 3])
    }

    @Test("A child that misses the frame gets it at its next poll, the same bytes, until the parent gives up")
    func missedFrame() {
        let air = family()
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        air.isLost = { from, _, bytes in from == 0 && bytes.count > 5 }
        for poll: UInt32 in 1...3 {
            air.submit(1, TestAir.poll(poll, to: 0))
            air.run(for: .milliseconds(300))
            #expect(!air.nodes[1].isReceiverOn, "the child stops listening after the data poll timeout")
        }
        #expect(air.nodes[0].frames.count == 3 && Set(air.nodes[0].frames.map(\.bytes)).count == 1)
        #expect(air.nodes[0].confirmations.isEmpty)
        air.submit(1, TestAir.poll(4, to: 0))
        air.run(for: .milliseconds(300))
        #expect(air.nodes[0].outcome(1) == .noAcknowledgement)
        #expect(air.nodes[0].engine.counters.transmitIndirectMaximumRetryExpiry == 4)
    }

    @Test("A parent that is told so repeats the frame before it waits for the next poll")
    func repeatedWithinPoll() {
        let air = family()
        air.nodes[0].engine.maximumIndirectFrameRetries = 2
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        var losses = 2
        air.isLost = { from, _, bytes in
            guard from == 0, bytes.count > 5, losses > 0 else { return false }
            losses -= 1
            return true
        }
        air.submit(1, TestAir.poll(1, to: 0))
        air.run(for: .milliseconds(300))
        #expect(air.nodes[0].frames.count == 3)
        #expect(air.nodes[0].engine.counters.transmitRetry == 2)
        #expect(air.nodes[1].indications.count == 1)
        #expect(air.nodes[0].outcome(1) == acknowledged)
    }

    @Test("Repetitions within a poll begin anew with the next poll")
    func repeatedWithinEachPoll() {
        let air = family()
        air.nodes[0].engine.maximumIndirectFrameRetries = 1
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        air.isLost = { from, _, bytes in from == 0 && bytes.count > 5 }
        for poll: UInt32 in 1...4 {
            air.submit(1, TestAir.poll(poll, to: 0))
            air.run(for: .milliseconds(300))
        }
        #expect(air.nodes[0].frames.count == 8)
        #expect(air.nodes[0].outcome(1) == .noAcknowledgement)
    }

    @Test("A lost acknowledgement of the frame makes the child see it twice, but hand it up once")
    func lostAcknowledgement() {
        let air = family()
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        var losses = 1
        air.isLost = { from, _, bytes in
            guard from == 1, bytes.count == 5, losses > 0 else { return false }
            losses -= 1
            return true
        }
        for poll: UInt32 in 1...2 {
            air.submit(1, TestAir.poll(poll, to: 0))
            air.run(for: .milliseconds(300))
        }
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(air.nodes[1].indications.count == 1)
    }

    @Test("A frame that nobody fetches expires")
    func expiry() {
        let air = family()
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        air.submit(0, TestAir.data(2, to: 1, isIndirect: true, lifetime: .seconds(5)))
        air.run(for: .seconds(6))
        #expect(air.nodes[0].confirmations.map(\.handle) == [2])
        #expect(air.nodes[0].outcome(2) == .indirectTimeout)
        air.run(for: .seconds(240))
        #expect(air.nodes[0].outcome(1) == .indirectTimeout)
        #expect(air.nodes[0].engine.drops[.indirectTimeout] == 2)
        #expect(air.nodes[0].engine.nextDeadline == nil)
    }

    @Test("A child that asks again while its frame is on the way does not get two")
    func impatientChild() throws {
        var profile = LinkProfile.ieee802154
        profile.maximumBackoffs = 200
        let air = TestAir(profile: profile)
        air.link(sleepyChild: 1)
        for handle: UInt32 in 1...2 { air.submit(0, TestAir.data(handle, to: 1, isIndirect: true)) }
        // The parent hears two polls before it finds the channel free.
        air.isBusy = { $0 == 0 }
        for poll: UInt32 in 1...2 {
            air.submit(1, TestAir.poll(poll, to: 0))
            air.run(for: .milliseconds(20))
        }
        #expect(air.nodes[0].engine.counters.receiveDataPoll == 2)
        #expect(try air.nodes[0].acknowledgements.allSatisfy { try layout($0.bytes).header.isFramePending })
        air.isBusy = { _ in false }
        air.run(for: .seconds(1))
        #expect(air.nodes[0].confirmations.map(\.handle) == [1])
        #expect(air.nodes[0].frames.count == 1)
    }

    @Test("A frame that the child missed expires like any other")
    func expiryAfterAttempt() {
        let air = family()
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true, lifetime: .seconds(5)))
        air.isLost = { from, _, bytes in from == 0 && bytes.count > 5 }
        air.run(for: .seconds(4))
        air.submit(1, TestAir.poll(1, to: 0))
        air.run(for: .milliseconds(300))
        #expect(air.nodes[0].frames.count == 1 && air.nodes[0].confirmations.isEmpty)
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == .indirectTimeout)
    }

    @Test("The queue of one child is bounded")
    func bounded() {
        var configuration = MACEngine.Configuration()
        configuration.indirectLimitPerChild = 2
        let air = family(configuration)
        for handle: UInt32 in 1...3 { air.submit(0, TestAir.data(handle, to: 1, isIndirect: true)) }
        #expect(air.nodes[0].confirmations.map(\.handle) == [3])
        #expect(air.nodes[0].outcome(3) == .queueFull)
    }

    @Test("A child that leaves takes its frames along; one that wakes up gets them at once")
    func removedAndAwake() {
        let air = family()
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        air.nodes[0].engine.removePeer(TestAir.extendedAddress(1))
        air.drain(0)
        #expect(air.nodes[0].outcome(1) == .indirectTimeout)

        air.link(sleepyChild: 1)
        air.submit(0, TestAir.data(2, to: 1, isIndirect: true))
        air.nodes[1].engine.isReceiverOnWhenIdle = true
        air.drain(1)
        air.link()
        air.run(for: .milliseconds(100))
        #expect(air.nodes[0].outcome(2) == acknowledged)
    }

    @Test("A poll that proves nothing fetches nothing")
    func forgedPoll() {
        let air = family()
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        var request = TestAir.poll(1, to: 0)
        request.security = .none
        air.submit(1, request)
        air.run(for: .milliseconds(300))
        // The acknowledgement is sent before anybody can look.
        #expect(air.nodes[0].acknowledgements.count == 1)
        #expect(air.nodes[0].frames.isEmpty)
        #expect(air.nodes[0].engine.drops[.unsecuredFrame] == 1)
    }

    @Test("The frame for a child that listens goes before what waits already, unless that was sent before")
    func precedence() {
        let air = TestAir(count: 3)
        air.link(sleepyChild: 1)
        air.nodes[1].engine.isReceiverOnWhenIdle = false
        air.drain(1)
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        air.submit(1, TestAir.poll(1, to: 0))
        while air.nodes[1].sent.isEmpty { air.run(for: .microseconds(50)) }
        for handle: UInt32 in 2...6 { air.submit(0, TestAir.data(handle, to: 2, priority: .attach)) }
        air.run(for: .seconds(1))
        #expect((air.nodes[0].confirmations.firstIndex { $0.handle == 1 } ?? 9) <= 1)
        #expect(air.nodes[0].confirmations.count == 6)
    }

    @Test("A sleeping node ignores broadcasts and keeps its receiver on while promiscuous")
    func receiver() {
        let air = family()
        air.nodes[1].engine.isPromiscuous = true
        air.drain(1)
        #expect(air.nodes[1].isReceiverOn)
        var request = TestAir.data(1, to: 1)
        request.destination = .broadcast
        air.submit(0, request)
        air.run(for: .milliseconds(50))
        #expect(air.nodes[1].indications.isEmpty)
        #expect(air.nodes[1].engine.drops[.notForThisNode] == 1)
        air.nodes[1].engine.isPromiscuous = false
        air.drain(1)
        #expect(!air.nodes[1].isReceiverOn)
    }

    /// A datagram in three fragments for node 1.
    private func datagram(_ handle: UInt32, _ first: UInt8) -> MACRequest {
        var request = TestAir.data(handle, to: 1, [first], isIndirect: true)
        request.following = [[first + 1], [first + 2]]
        return request
    }

    @Test("The fragments of a datagram go out one a poll, and no other datagram comes between them")
    func fragments() {
        let air = family()
        air.submit(0, datagram(1, 10))
        air.submit(0, TestAir.data(2, to: 1, [20], isIndirect: true))
        for poll: UInt32 in 1...4 {
            air.submit(1, TestAir.poll(poll, to: 0))
            air.run(for: .milliseconds(50))
            #expect(air.nodes[0].confirmations.count == (poll < 3 ? 0 : Int(poll) - 2))
        }
        #expect(air.nodes[1].indications.map(\.payloadBytes) == [[10], [11], [12], [20]])
        #expect(air.nodes[1].indications.map(\.header.isFramePending) == [true, true, true, false])
        #expect(air.nodes[0].confirmations.map(\.handle) == [1, 2])
        #expect(air.nodes[0].engine.counters.transmitData == 4)
    }

    @Test("When a fragment is lost for good the rest of its datagram is not sent")
    func lostFragment() {
        let air = family()
        air.submit(0, datagram(1, 10))
        air.submit(0, TestAir.data(2, to: 1, [20], isIndirect: true))
        air.isLost = { from, _, bytes in from == 0 && bytes.count > 5 }
        for poll: UInt32 in 1...4 {
            air.submit(1, TestAir.poll(poll, to: 0))
            air.run(for: .milliseconds(300))
        }
        #expect(air.nodes[0].outcome(1) == .noAcknowledgement)
        air.isLost = { _, _, _ in false }
        air.submit(1, TestAir.poll(5, to: 0))
        air.run(for: .milliseconds(50))
        #expect(air.nodes[1].indications.map(\.payloadBytes) == [[20]])
    }

    @Test("A child that wakes up in the middle of a datagram gets the rest of it at once")
    func wakesUpInBetween() {
        let air = family()
        air.submit(0, datagram(1, 10))
        air.submit(1, TestAir.poll(1, to: 0))
        air.run(for: .milliseconds(50))
        air.nodes[1].engine.isReceiverOnWhenIdle = true
        air.drain(1)
        air.link()
        air.run(for: .milliseconds(200))
        #expect(air.nodes[1].indications.map(\.payloadBytes) == [[10], [11], [12]])
        #expect(air.nodes[0].outcome(1) == acknowledged)
    }

    @Test("A datagram counts once, however many fragments it has")
    func boundedByDatagrams() {
        var configuration = MACEngine.Configuration()
        configuration.indirectLimitPerChild = 2
        let air = family(configuration)
        for handle: UInt32 in 1...3 { air.submit(0, datagram(handle, 10)) }
        #expect(air.nodes[0].confirmations.map(\.handle) == [3])
    }

    @Test("A child that listened for nothing is told so, and one that got the frame a second time as well")
    func vainListening() {
        let air = family()
        air.submit(0, TestAir.data(1, to: 1, isIndirect: true))
        air.isLost = { from, _, bytes in from == 0 && bytes.count > 5 }
        air.submit(1, TestAir.poll(1, to: 0))
        air.run(for: .milliseconds(300))
        #expect(air.nodes[1].vainListens == 1)
        air.isLost = { from, _, bytes in from == 1 && bytes.count == 5 }
        for poll: UInt32 in 2...3 {
            air.submit(1, TestAir.poll(poll, to: 0))
            air.run(for: .milliseconds(300))
        }
        #expect(air.nodes[1].indications.count == 1)
        #expect(air.nodes[1].vainListens == 2)
    }

    @Test("An empty frame is one, too")
    func emptyFrame() {
        let air = family()
        #expect(!air.nodes[0].engine.hasIndirect(for: TestAir.extendedAddress(1)))
        air.submit(0, TestAir.data(1, to: 1, [], isIndirect: true))
        #expect(air.nodes[0].engine.hasIndirect(for: TestAir.extendedAddress(1)))
        air.submit(1, TestAir.poll(1, to: 0))
        air.run(for: .milliseconds(50))
        #expect(air.nodes[1].indications.map(\.payloadBytes) == [[]])
        #expect(!air.nodes[0].engine.hasIndirect(for: TestAir.extendedAddress(1)))
    }

    @Test("An empty frame that waits is needless as soon as one with content does, and is not missed")
    func needlessEmptyFrame() {
        let air = family()
        air.submit(0, TestAir.data(1, to: 1, [], isIndirect: true))
        air.submit(0, TestAir.data(2, to: 1, [7], isIndirect: true))
        #expect(air.nodes[0].outcome(1) == .indirectTimeout && air.nodes[0].outcome(2) == nil)
        air.submit(1, TestAir.poll(1, to: 0))
        air.run(for: .milliseconds(50))
        #expect(air.nodes[1].indications.map(\.payloadBytes) == [[7]])
        #expect(air.nodes[1].indications.first?.header.isFramePending == false)
        #expect(!air.nodes[0].engine.hasIndirect(for: TestAir.extendedAddress(1)))
    }
}
