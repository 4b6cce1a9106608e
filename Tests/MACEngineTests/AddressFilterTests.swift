import EngineCore
import MACEngine
import Testing
import ThreadWire

@Suite("Address filter")
struct AddressFilterTests {
    let first = ExtendedAddress(rawValue: 1)
    let second = ExtendedAddress(rawValue: 2)

    @Test("Each mode admits whom it should")
    func modes() {
        var filter = AddressFilter()
        #expect(filter.add(first) == true)
        #expect(filter.admits(first) && filter.admits(second))
        filter.mode = .allowlist
        #expect(filter.admits(first) && !filter.admits(second))
        filter.mode = .denylist
        #expect(!filter.admits(first) && filter.admits(second))
        filter.remove(first)
        #expect(filter.admits(first))
        #expect(filter.entries.isEmpty)
    }

    @Test("A signal strength is kept apart from the list")
    func signalStrength() {
        var filter = AddressFilter()
        filter.mode = .allowlist
        #expect(filter.setRSSI(DecibelMilliwatts(-80), for: first) == true)
        #expect(!filter.admits(first))
        #expect(filter.rssi(for: first) == DecibelMilliwatts(-80) && filter.rssi(for: second) == nil)
        filter.defaultRSSI = DecibelMilliwatts(-60)
        #expect(filter.rssi(for: first) == DecibelMilliwatts(-80))
        #expect(filter.rssi(for: second) == DecibelMilliwatts(-60))
        #expect(filter.add(first) == true)
        filter.removeAllAddresses()
        #expect(filter.entries.map(\.extendedAddress) == [first])
        filter.removeRSSI(for: first)
        #expect(filter.entries.isEmpty)
        #expect(filter.setRSSI(DecibelMilliwatts(-80), for: second) == true)
        #expect(filter.add(first) == true)
        filter.removeAllRSSI()
        #expect(filter.entries.map(\.extendedAddress) == [first])
        #expect(filter.rssi(for: second) == nil)
    }

    @Test("It takes as many addresses as its limit says, and no address twice")
    func limit() {
        var filter = AddressFilter(limit: 2)
        for address in [first, first, second] { #expect(filter.add(address) == true) }
        #expect(filter.add(ExtendedAddress(rawValue: 3)) == false)
        #expect(filter.setRSSI(DecibelMilliwatts(-1), for: ExtendedAddress(rawValue: 3)) == false)
        #expect(filter.setRSSI(DecibelMilliwatts(-1), for: first) == true)
        filter.remove(ExtendedAddress(rawValue: 3))
        filter.removeRSSI(for: ExtendedAddress(rawValue: 3))
        #expect(filter.entries.count == 2)
    }
}
