@testable import MACEngine
import Testing
import ThreadWire

@Suite("Peer table")
struct PeerTableTests {
    private func peer(_ value: UInt64, short: UInt16? = nil, counter: UInt32 = 0, sequence: UInt32 = 0) -> MACPeer {
        MACPeer(
            extendedAddress: ExtendedAddress(rawValue: value), shortAddress: short.map(ShortAddress.init(rawValue:)),
            linkFrameCounter: counter, keySequence: sequence)
    }

    @Test("A peer is found by either address")
    func lookup() {
        var table = PeerTable(limit: 4)
        #expect(table.set(peer(1, short: 0x400)) == 0)
        #expect(table.set(peer(2)) == 1)
        #expect(table.index(of: .extended(ExtendedAddress(rawValue: 2))) == 1)
        #expect(table.index(of: .short(ShortAddress(rawValue: 0x400))) == 0)
        #expect(table.index(of: LinkAddress.none) == nil)
        #expect(table.index(of: .short(ShortAddress(rawValue: 0x800))) == nil)
    }

    @Test("A short address belongs to whoever was told last")
    func shortAddress() {
        var table = PeerTable(limit: 4)
        _ = table.set(peer(1, short: 0x400))
        _ = table.set(peer(2, short: 0x400))
        #expect(table.index(of: ShortAddress(rawValue: 0x400)) == 1)
        #expect(table[0].peer.shortAddress == nil)
    }

    @Test("A full table takes changes, but nobody new")
    func limit() {
        var table = PeerTable(limit: 1)
        #expect(table.set(peer(1)) == 0)
        #expect(table.set(peer(2)) == nil)
        #expect(table.set(peer(1, short: 0x400)) == 0)
        let waiting = table.remove(ExtendedAddress(rawValue: 1))
        #expect(waiting.isEmpty)
        let nothing = table.remove(ExtendedAddress(rawValue: 1))
        #expect(nothing.isEmpty)
        #expect(table.set(peer(2)) == 0)
    }

    @Test("Counters start anew only with news")
    func counters() {
        var table = PeerTable(limit: 1)
        _ = table.set(peer(1, counter: 5))
        table[0].counters.accept(keySequence: 0, frameCounter: 9)
        _ = table.set(peer(1, short: 0x400, counter: 5))
        #expect(table[0].counters.frameCounter == 10)
        _ = table.set(peer(1, short: 0x400, counter: 3))
        #expect(table[0].counters.frameCounter == 3)
        _ = table.set(peer(1, short: 0x400, counter: 3, sequence: 1))
        #expect(table[0].counters.keySequence == 1)
    }
}
