import Testing

@testable import ThreadWire

@Suite("6LoWPAN contexts")
struct LowPANContextTests {
    private func context(_ id: UInt8, _ prefix: String, isCompressible: Bool = true) -> LowPANContext {
        LowPANContext(id: id, prefix: IPv6Prefix(prefix)!, isCompressible: isCompressible)
    }

    @Test("a table keeps one context a number, in their order, and at most sixteen")
    func table() {
        var table = LowPANContextTable([context(3, "fd03::/64"), context(0, "fd00::/64")])
        table.set(context(3, "fd33::/64"))
        #expect(table.all.map(\.id) == [0, 3])
        #expect(table[3] == context(3, "fd33::/64"))
        #expect(table[1] == nil)
        for id in 0..<16 as Range<UInt8> { table.set(context(id, "fd00::/64")) }
        #expect(table.all.count == 16)
        table.remove(3)
        #expect(table[3] == nil && table.all.count == 15)
    }

    @Test("the longest matching prefix is used to compress, unless it may not be")
    func longestMatch() {
        let address = IPv6Address("2001:db8:1:2::7")!
        var table = LowPANContextTable([context(1, "2001:db8::/32"), context(2, "2001:db8:1:2::/64")])
        #expect(table.compressible(for: address)?.id == 2)
        table.set(context(2, "2001:db8:1:2::/64", isCompressible: false))
        #expect(table.compressible(for: address) == nil)
        #expect(table.compressible(for: IPv6Address("2001:db9::1")!) == nil)
    }

    @Test("a prefix wins over the identifier where they overlap, and is filled with zeros where they do not meet")
    func prefixLengths() {
        let identifier: UInt64 = 0x1122_3344_5566_7788
        #expect(
            context(1, "2001:db8::/32").address(interfaceIdentifier: identifier)
                == IPv6Address("2001:db8:0:0:1122:3344:5566:7788")!)
        #expect(
            context(1, "2001:db8:1:2:aabb:ccdd::/96").address(interfaceIdentifier: identifier)
                == IPv6Address("2001:db8:1:2:aabb:ccdd:5566:7788")!)
        #expect(
            context(1, "2001:db8:1:2:aabb:ccdd:eeff:1234/128").address(interfaceIdentifier: identifier)
                == IPv6Address("2001:db8:1:2:aabb:ccdd:eeff:1234")!)
    }
}
