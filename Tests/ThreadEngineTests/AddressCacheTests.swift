import EngineCore
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("The address cache")
struct AddressCacheTests {
    private func address(_ number: UInt64) -> IPv6Address {
        IPv6Address(prefix: IPv6Prefix("fdde:ad00:beef::/64")!, interfaceIdentifier: number)
    }

    private func resolved(_ number: UInt64, _ rloc16: UInt16 = 0x4400) -> AddressCache.Entry {
        AddressCache.Entry(
            target: address(number),
            state: .resolved(
                RLOC16(rawValue: rloc16), meshLocalInterfaceIdentifier: number, lastTransactionTime: 0),
            retryDelay: .seconds(15))
    }

    private func querying(_ number: UInt64) -> AddressCache.Entry {
        AddressCache.Entry(
            target: address(number), state: .querying(until: .zero + .seconds(3)), retryDelay: .seconds(15))
    }

    /// Updates, and expects that there is room.
    private func add(_ entry: AddressCache.Entry, to cache: inout AddressCache, _ comment: Comment? = nil) {
        let isAdded = cache.update(entry)
        #expect(isAdded, comment)
    }

    @Test("The entry used least recently gives way to a new one")
    func leastRecentlyUsed() {
        var cache = AddressCache(limit: 3)
        for number in 1...3 as ClosedRange<UInt64> { add(resolved(number), to: &cache) }
        cache.touch(address(1))
        add(resolved(4), to: &cache)
        #expect(cache.entries.map(\.target) == [address(4), address(1), address(3)])
    }

    @Test("Queries that are out do not give way, and when there are only such, there is no room")
    func queriesStay() {
        var cache = AddressCache(limit: 2)
        add(querying(1), to: &cache)
        add(resolved(2), to: &cache)
        add(querying(3), to: &cache)
        #expect(cache.entry(address(2)) == nil)
        let isAdded = cache.update(querying(4))
        #expect(!isAdded)
        #expect(cache.entries.count == 2)
        add(resolved(1), to: &cache, "an entry may always be replaced by its own answer")
    }

    @Test("An entry is there once, the newest state of it")
    func replacement() {
        var cache = AddressCache(limit: 4)
        add(querying(1), to: &cache)
        add(resolved(1), to: &cache)
        #expect(cache.entries == [resolved(1)])
    }

    @Test("Entries go by address, by locator and by router with all its children")
    func removal() {
        var cache = AddressCache(limit: 8)
        for (number, rloc16) in [(1, 0x4400), (2, 0x4401), (3, 0x4402), (4, 0x8800)] as [(UInt64, UInt16)] {
            add(resolved(number, rloc16), to: &cache)
        }
        add(querying(5), to: &cache)
        cache.remove(address(1))
        cache.remove(rloc16: RLOC16(rawValue: 0x4401))
        #expect(cache.entries.map(\.target) == [address(5), address(4), address(3)])
        cache.remove(routerID: RLOC16(rawValue: 0x4400).routerID)
        #expect(cache.entries.map(\.target) == [address(5), address(4)])
        cache.removeAll()
        #expect(cache.entries.isEmpty)
    }

    @Test("A node that moves takes its entries along")
    func moving() {
        var cache = AddressCache(limit: 8)
        add(resolved(1, 0x4401), to: &cache)
        add(resolved(2, 0x4402), to: &cache)
        cache.replace(rloc16: RLOC16(rawValue: 0x4401), with: RLOC16(rawValue: 0x8800))
        #expect(cache.entry(address(1))?.rloc16 == RLOC16(rawValue: 0x8800))
        #expect(cache.entry(address(2))?.rloc16 == RLOC16(rawValue: 0x4402))
    }
}
