import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import LowPANEngine

@Suite("Reassembly")
struct ReassemblyTests {
    private func table(limit: Int = 3, byteLimit: Int = 1000) -> ReassemblyTable {
        ReassemblyTable(limit: limit, byteLimit: byteLimit, timeout: .seconds(2))
    }

    private func key(_ tag: UInt16, size: Int = 24) -> ReassemblyKey {
        ReassemblyKey(source: short(1), destination: short(2), tag: tag, size: size)
    }

    private let eight: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    @Test("datagrams from different sources, to different destinations, of different tags and sizes are kept apart")
    func keys() {
        var table = table(limit: 10)
        for key in [
            key(1), key(2), key(1, size: 32), ReassemblyKey(source: short(9), destination: short(2), tag: 1, size: 24),
            ReassemblyKey(source: short(1), destination: short(9), tag: 1, size: 24),
        ] {
            #expect(table.add(eight, at: 0, key: key, isSecured: true, now: .zero) == .incomplete)
        }
        #expect(table.count == 5)
        #expect(table.add(eight, at: 8, key: key(1), isSecured: true, now: .zero) == .incomplete)
        #expect(
            table.add(eight, at: 16, key: key(1), isSecured: true, now: .zero) == .complete(eight + eight + eight))
        #expect(table.count == 4)
    }

    @Test("the same fragment twice is no overlap")
    func repeated() {
        var table = table()
        #expect(table.add(eight, at: 8, key: key(1), isSecured: true, now: .zero) == .incomplete)
        #expect(table.add(eight, at: 8, key: key(1), isSecured: true, now: .zero) == .incomplete)
        #expect(table.count == 1)
    }

    @Test("an overlap discards the datagram")
    func overlap() {
        var table = table()
        #expect(table.add(eight + eight, at: 0, key: key(1), isSecured: true, now: .zero) == .incomplete)
        #expect(
            table.add(eight, at: 8, key: key(1), isSecured: true, now: .zero) == .dropped(.reassemblyOverlap))
        #expect(table.count == 0)
    }

    @Test("a fragment that is empty, reaches behind the end or breaks the eights is malformed")
    func malformed() {
        var table = table()
        for (content, position) in [([], 8), (eight, 24), (eight + eight, 16), ([1, 2, 3], 8)] {
            #expect(
                table.add(content, at: position, key: key(1), isSecured: true, now: .zero)
                    == .dropped(.malformedLowPAN))
        }
        #expect(table.count == 0)
        #expect(table.add([1, 2, 3], at: 16, key: key(1, size: 19), isSecured: true, now: .zero) == .incomplete)
        #expect(table.add([], at: 0, key: key(1, size: 0), isSecured: true, now: .zero) == .dropped(.malformedLowPAN))
    }

    @Test("an unsecured fragment never gets into a secured datagram")
    func securedFirst() {
        var table = table()
        #expect(table.add(eight, at: 0, key: key(1), isSecured: true, now: .zero) == .incomplete)
        #expect(table.add(eight, at: 8, key: key(1), isSecured: false, now: .zero) == .dropped(.unsecuredFrame))
        #expect(table.add(eight, at: 8, key: key(1), isSecured: true, now: .zero) == .incomplete)
        #expect(table.add(eight, at: 16, key: key(1), isSecured: true, now: .zero) == .complete(eight + eight + eight))
    }

    @Test("an unsecured fragment that came first does not keep a secured datagram out")
    func unsecuredFirst() {
        var table = table()
        #expect(table.add([9] + eight[1...], at: 0, key: key(1), isSecured: false, now: .zero) == .incomplete)
        for position in [8, 16] {
            #expect(table.add(eight, at: position, key: key(1), isSecured: true, now: .zero) == .incomplete)
        }
        #expect(table.add(eight, at: 0, key: key(1), isSecured: true, now: .zero) == .complete(eight + eight + eight))
    }

    @Test("no more datagrams, and no more bytes, than configured; secured ones before others")
    func bounds() {
        var few = table(limit: 2)
        #expect(few.add(eight, at: 0, key: key(1), isSecured: false, now: .zero) == .incomplete)
        #expect(few.add(eight, at: 0, key: key(2), isSecured: true, now: .zero) == .incomplete)
        #expect(few.add(eight, at: 0, key: key(3), isSecured: false, now: .zero) == .dropped(.reassemblyBuffersFull))
        #expect(few.add(eight, at: 0, key: key(3), isSecured: true, now: .zero) == .incomplete)
        #expect(few.add(eight, at: 0, key: key(4), isSecured: true, now: .zero) == .dropped(.reassemblyBuffersFull))
        #expect(few.count == 2)
        var small = table(limit: 10, byteLimit: 1000)
        #expect(small.add(eight, at: 0, key: key(1, size: 900), isSecured: true, now: .zero) == .incomplete)
        #expect(
            small.add(eight, at: 0, key: key(2, size: 104), isSecured: true, now: .zero)
                == .dropped(.reassemblyBuffersFull))
        #expect(small.add(eight, at: 0, key: key(2, size: 100), isSecured: true, now: .zero) == .incomplete)
    }

    @Test("a datagram is given up when no fragment came for the timeout")
    func timeout() {
        var table = table()
        #expect(table.nextDeadline == nil)
        _ = table.add(eight, at: 0, key: key(1), isSecured: true, now: .zero)
        _ = table.add(eight, at: 0, key: key(2), isSecured: true, now: .zero)
        let second = Instant.zero + .seconds(1)
        _ = table.add(eight, at: 8, key: key(1), isSecured: true, now: second)
        #expect(table.nextDeadline == Instant.zero + .seconds(2))
        #expect(table.expire(now: Instant.zero + .milliseconds(1999)) == 0)
        #expect(table.expire(now: Instant.zero + .seconds(2)) == 1)
        #expect(table.nextDeadline == second + .seconds(2))
        #expect(table.add(eight, at: 16, key: key(1), isSecured: true, now: second) == .complete(eight + eight + eight))
    }

    @Test("the engine counts timeouts at its deadline, and late fragments begin anew")
    func engineTimeout() throws {
        var engine = makeEngine()
        let payloads = try engine.compress(
            datagram: makeDatagram(payload: 100), source: short(1), destination: short(2), room: 90)
        #expect(payloads.count == 2)
        #expect(engine.receive(payloads[0]) == .incomplete)
        let deadline = try #require(engine.nextDeadline)
        #expect(deadline == Instant.zero + LinkProfile.ieee802154.reassemblyTimeout)
        #expect(engine.receive(payloads[1], now: deadline) == .incomplete)
        #expect(engine.drops[.reassemblyTimeout] == 1)
        engine.handleDeadline(now: deadline + .seconds(60))
        #expect(engine.drops[.reassemblyTimeout] == 2 && engine.nextDeadline == nil)
    }
}
