import Testing
import ThreadWire

@Suite("IPv6 addresses as text")
struct IPv6AddressTextTests {
    @Test(
        "are read in every form of RFC 4291 §2.2 and written in both of ours",
        arguments: [
            ("fdde:ad00:beef:0:0:ff:fe00:fc10", "fdde:ad00:beef:0:0:ff:fe00:fc10", "fdde:ad00:beef::ff:fe00:fc10"),
            ("FE80::146E:A00:0:1", "fe80:0:0:0:146e:a00:0:1", "fe80::146e:a00:0:1"),
            ("::", "0:0:0:0:0:0:0:0", "::"),
            ("::1", "0:0:0:0:0:0:0:1", "::1"),
            ("1::", "1:0:0:0:0:0:0:0", "1::"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ])
    func forms(text: String, full: String, compressed: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == full)
        #expect(address.compressedDescription == compressed)
        #expect(IPv6Address(compressed) == address)
    }

    @Test(
        "are refused when they are none",
        arguments: [
            "", ":", ":::", "1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::",
            "1:2:3:4:5:6:7:",
            ":1:2:3:4:5:6:7", "::1:2:3:4:5:6:7:8", "fe80::1%wpan0", "1:2:3:4:5:6:7::8:9", " ::1",
        ])
    func refused(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test("with a length are prefixes, whose bits behind it are cleared")
    func prefixes() throws {
        let prefix = try #require(IPv6Prefix("fdde:ad00:beef:0:1::/64"))
        #expect(prefix.description == "fdde:ad00:beef:0::/64")
        #expect(prefix.address.low == 0)
        #expect(IPv6Prefix("::/0")?.description == "::/0")
        #expect(IPv6Prefix("2001:db8:1::/48")?.description == "2001:db8:1::/48")
        for refused in ["fd00::/129", "fd00::", "fd00::/x", "/64", "fd00::/64/1"] {
            #expect(IPv6Prefix(refused) == nil, "\(refused)")
        }
        let address = try #require(IPv6Address("fdde:ad00:beef::1"))
        #expect(prefix.contains(address))
        #expect(try !prefix.contains(#require(IPv6Address("fdde:ad00:bee0::1"))))
    }

    @Test("tell locators, scopes and shared prefixes")
    func properties() throws {
        let locator = try #require(IPv6Address("fdde:ad00:beef:0:0:ff:fe00:a400"))
        #expect(locator.locator == ShortAddress(rawValue: 0xa400))
        #expect(IPv6Address.realmLocalAllRouters.multicastScope == 3)
        #expect(IPv6Address.linkLocalAllNodes.isMulticast)
        #expect(try #require(IPv6Address("fe80::1")).isLinkLocalUnicast)
        #expect(locator.commonPrefixLength(with: try #require(IPv6Address("fdde:ad00:beef::"))) == 88)
        #expect(locator.bytes.count == 16)
        #expect(locator[0] == 0xfd && locator[15] == 0x00)
    }
}

@Suite("Link addresses")
struct LinkAddressTests {
    @Test("take an RLOC16 apart into router and child")
    func rloc16() {
        let child = RLOC16(rawValue: 0xa401)
        #expect(child.routerID.rawValue == 41 && child.childID == 1 && !child.isRouter)
        #expect(child.router == RLOC16(rawValue: 0xa400))
        #expect(child.router.isRouter)
        #expect(!RLOC16(rawValue: 0xfc00).isRouter)
        #expect(!RLOC16.unassigned.isRouter)
        #expect(RLOC16(routerID: RouterID(rawValue: 62)).description == "f800")
    }

    @Test("make interface identifiers with the universal bit inverted")
    func interfaceIdentifiers() {
        let extended = ExtendedAddress(rawValue: 0x166e_0a00_0000_0001)
        #expect(extended.interfaceIdentifier == 0x146e_0a00_0000_0001)
        #expect(ExtendedAddress(interfaceIdentifier: 0x146e_0a00_0000_0001) == extended)
        #expect(LinkAddress.short(RLOC16(rawValue: 0xa400)).interfaceIdentifier == 0x0000_00ff_fe00_a400)
        #expect(LinkAddress.none.interfaceIdentifier == nil)
    }
}
