import EngineCore
import Testing

@testable import IPEngine

@Suite("Multicast forwarder")
struct MulticastForwarderTests {
    private let interval = Duration.milliseconds(64)

    private func datagram(_ mark: UInt8) -> OutgoingDatagram { OutgoingDatagram(bytes: [mark], priority: .data) }

    @Test("each transmission stands somewhere in its own interval, the first marked as the first")
    func intervals() throws {
        for seed in 0..<200 as Range<UInt64> {
            var entropy = OpenEntropy(seed: seed)
            var forwarder = MulticastForwarder(limit: 3, interval: interval)
            let start = Instant.zero + .seconds(7)
            let added = forwarder.add(datagram(1), transmissions: 3, wasSent: false, now: start, using: &entropy)
            #expect(added)
            for index in 0..<3 {
                let moment = try #require(forwarder.nextDeadline)
                let earliest = start + interval * index
                #expect(moment >= earliest && moment <= earliest + interval, "seed \(seed)")
                #expect(forwarder.due(now: Instant(microseconds: moment.microseconds - 1), using: &entropy).isEmpty)
                let due = forwarder.due(now: moment, using: &entropy)
                #expect(due.count == 1 && due[0].isMulticastRetransmission == (index > 0))
            }
            #expect(forwarder.nextDeadline == nil && forwarder.count == 0)
        }
    }

    @Test("after a first transmission all others are later ones")
    func wasSent() throws {
        var entropy = OpenEntropy(seed: 1)
        var forwarder = MulticastForwarder(limit: 3, interval: interval)
        _ = forwarder.add(datagram(1), transmissions: 1, wasSent: true, now: .zero, using: &entropy)
        let due = forwarder.due(now: Instant.zero + interval, using: &entropy)
        #expect(due.count == 1 && due[0].isMulticastRetransmission)
    }

    @Test("no more datagrams wait than configured, and none without a transmission")
    func limit() {
        var entropy = OpenEntropy(seed: 1)
        var forwarder = MulticastForwarder(limit: 2, interval: interval)
        let none = forwarder.add(datagram(0), transmissions: 0, wasSent: false, now: .zero, using: &entropy)
        #expect(none && forwarder.count == 0)
        for mark in 1...2 as ClosedRange<UInt8> {
            let added = forwarder.add(datagram(mark), transmissions: 2, wasSent: false, now: .zero, using: &entropy)
            #expect(added)
        }
        let third = forwarder.add(datagram(3), transmissions: 2, wasSent: false, now: .zero, using: &entropy)
        #expect(!third && forwarder.count == 2)
    }

    @Test("datagrams come in the order of their moments")
    func order() {
        var entropy = OpenEntropy(seed: 4)
        var forwarder = MulticastForwarder(limit: 10, interval: interval)
        for mark in 0..<10 as Range<UInt8> {
            _ = forwarder.add(datagram(mark), transmissions: 1, wasSent: false, now: .zero, using: &entropy)
        }
        var stepwise = forwarder
        var one: [OutgoingDatagram] = []
        while let moment = stepwise.nextDeadline { one += stepwise.due(now: moment, using: &entropy) }
        let all = forwarder.due(now: Instant.zero + interval, using: &entropy)
        #expect(all == one && all.count == 10)
    }
}
