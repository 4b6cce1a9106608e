import EngineCore
import Testing
import ThreadWire

@testable import ThreadCLI

@Suite("Echo requests and their answers")
struct PingTests {
    private let unicast = IPv6Address("fd00::1")!

    private func ping(to destination: IPv6Address, count: UInt16 = 1) -> Ping {
        var request = Ping.Request(destination: destination, timeout: .seconds(3))
        request.count = count
        return Ping(request, identifier: 7, now: .zero)
    }

    private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test("Requests follow one another at the interval, the end follows the last at the timeout")
    func deadlines() {
        var ping = ping(to: unicast, count: 2)
        #expect(ping.deadline == .zero)
        ping.beginRequest(sequence: 1, now: .zero)
        #expect(ping.hasRequestsLeft)
        #expect(ping.deadline == at(1000))
        ping.beginRequest(sequence: 2, now: at(1000))
        #expect(!ping.hasRequestsLeft)
        #expect(ping.deadline == at(4000))
    }

    @Test("Statistics are OpenThread's, with minimum, average and maximum")
    func statistics() {
        var ping = ping(to: unicast, count: 3)
        for (sequence, start, trip) in [(1, 0, 30), (2, 500, 25), (3, 1000, 24)] as [(UInt16, Int64, Int64)] {
            ping.beginRequest(sequence: sequence, now: at(start))
            ping.countRequest()
            #expect(ping.noteReply(sequence: sequence, now: at(start + trip)) == UInt64(trip))
        }
        #expect(ping.isLast(sequence: 3))
        #expect(
            ping.statistics
                == "3 packets transmitted, 3 packets received. Packet loss = 0.0%. Round-trip min/avg/max = 24/26.333/30 ms."
        )
    }

    @Test("Loss is told in tenths of a percent, and nothing of round trips where none was made")
    func loss() {
        var lost = ping(to: unicast)
        lost.beginRequest(sequence: 1, now: .zero)
        lost.countRequest()
        #expect(lost.statistics == "1 packets transmitted, 0 packets received. Packet loss = 100.0%.")
        var partly = ping(to: unicast, count: 3)
        for sequence in 1...3 as ClosedRange<UInt16> {
            partly.beginRequest(sequence: sequence, now: .zero)
            partly.countRequest()
        }
        _ = partly.noteReply(sequence: 2, now: at(4))
        #expect(partly.statistics.contains("Packet loss = 66.6%."))
    }

    @Test("A request that could not be sent is not counted")
    func unsent() {
        var ping = ping(to: unicast)
        ping.beginRequest(sequence: 1, now: .zero)
        #expect(ping.statistics == "0 packets transmitted, 0 packets received.")
    }

    @Test("A group's answers are neither the last nor held against the requests")
    func groups() {
        var ping = ping(to: .realmLocalAllNodes)
        ping.beginRequest(sequence: 9, now: .zero)
        ping.countRequest()
        _ = ping.noteReply(sequence: 9, now: at(6))
        _ = ping.noteReply(sequence: 9, now: at(55))
        #expect(!ping.isLast(sequence: 9))
        #expect(
            ping.statistics
                == "1 packets transmitted, 2 packets received. Round-trip min/avg/max = 6/30.500/55 ms.")
    }

    @Test("An answer to no request of this ping is not counted")
    func strangers() {
        var ping = ping(to: unicast)
        ping.beginRequest(sequence: 1, now: .zero)
        ping.countRequest()
        #expect(ping.noteReply(sequence: 2, now: at(1)) == nil)
        #expect(ping.receivedCount == 0)
    }

    @Test("Of very many requests the oldest are forgotten")
    func memory() {
        var ping = ping(to: unicast, count: .max)
        for sequence in 0..<1000 as Range<UInt16> { ping.beginRequest(sequence: sequence, now: at(Int64(sequence))) }
        #expect(ping.noteReply(sequence: 0, now: at(2000)) == nil)
        #expect(ping.noteReply(sequence: 999, now: at(2000)) == 1001)
    }
}
