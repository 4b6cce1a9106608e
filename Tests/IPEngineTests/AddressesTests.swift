import Testing
import ThreadWire

@testable import IPEngine

@Suite("Source address selection")
struct AddressesTests {
    private let own = [
        UnicastAddress(address("fe80::1")), UnicastAddress(locator(0x0400)), UnicastAddress(endpoint(0x0400)),
        UnicastAddress(address("2001:cafe:cafe:cafe::7"), origin: .slaac),
        UnicastAddress(locator(0xfc00)),
    ]

    private func source(for destination: String, _ addresses: [UnicastAddress]) -> IPv6Address? {
        SourceAddressSelection(addresses: addresses, meshLocalPrefix: meshLocal).source(for: address(destination))
    }

    /// Recordings cliref, frames 152, 328 and those of prefix: who is asked from where.
    static let choices: [(String, IPv6Address)] = [
        ("fe80::9", address("fe80::1")),
        ("ff02::1", address("fe80::1")),
        ("ff03::1", endpoint(0x0400)),
        ("ff05::1", address("2001:cafe:cafe:cafe::7")),
        ("fdde:ad00:beef::1234:5678:9abc:def0", endpoint(0x0400)),
        ("fdde:ad00:beef::ff:fe00:c00", locator(0x0400)),
        ("fdde:ad00:beef::ff:fe00:fc00", endpoint(0x0400)),
        ("fdde:ad00:beef::ff:fe00:fc10", endpoint(0x0400)),
        ("2001:cafe:cafe:cafe::9", address("2001:cafe:cafe:cafe::7")),
        ("2600::1", address("2001:cafe:cafe:cafe::7")),
    ]

    @Test("scope, then locator or not, decide, in any order of the addresses", arguments: choices)
    func chosen(destination: String, expected: IPv6Address) {
        for start in own.indices {
            let rotated = Array(own[start...] + own[..<start])
            #expect(source(for: destination, rotated) == expected, "rotated by \(start)")
            #expect(source(for: destination, rotated.reversed()) == expected, "rotated by \(start), reversed")
        }
    }

    @Test("an address of the node is reached from itself")
    func itself() {
        for address in own.dropLast().map(\.address) {
            #expect(source(for: address.description, own) == address)
        }
    }

    @Test("an address that is not valid is not used, and one that is not preferred only for want of another")
    func deprecated() {
        var addresses = [
            UnicastAddress(address("2001:cafe:cafe:cafe::7"), isPreferred: false, origin: .slaac),
            UnicastAddress(address("2001:db8::7"), origin: .slaac),
        ]
        #expect(source(for: "2001:cafe:cafe:cafe::9", addresses) == address("2001:db8::7"))
        addresses[1].isValid = false
        #expect(source(for: "2001:cafe:cafe:cafe::9", addresses) == address("2001:cafe:cafe:cafe::7"))
        addresses[0].isValid = false
        #expect(source(for: "2001:cafe:cafe:cafe::9", addresses) == nil)
    }

    @Test("the longer common prefix decides between equals, but no bit behind the address's own prefix")
    func longestPrefix() {
        let addresses = [
            UnicastAddress(address("2001:db8:1::7")), UnicastAddress(address("2001:db8:2::7")),
            UnicastAddress(address("2001:db8:ffff:ffff::7"), prefixLength: 16),
        ]
        #expect(source(for: "2001:db8:2:5::9", addresses) == address("2001:db8:2::7"))
        #expect(source(for: "2001:db8:ffff:ffff::7:1", addresses) == address("2001:db8:1::7"))
    }

    @Test("a link-local address reaches nobody beyond the link")
    func beyondLink() {
        var node = makeNode()
        node.unicastAddresses = [UnicastAddress(address("fe80::1"))]
        #expect(node.sourceAddress(for: address("2600::1")) == nil)
        #expect(node.sourceAddress(for: .realmLocalAllNodes) == nil)
        #expect(node.sourceAddress(for: .linkLocalAllNodes) == address("fe80::1"))
        #expect(node.sourceAddress(for: address("fe80::2")) == address("fe80::1"))
        node.unicastAddresses = []
        #expect(node.sourceAddress(for: address("fe80::2")) == nil)
    }
}
