import Testing
import WireCore

@testable import ThreadWire

@Suite("The stable part of the network data")
struct StableNetworkDataTests {
    @Test("Nodes are named by nothing or by anycast, and what is not stable is left out")
    func recorded() throws {
        // What the leader sent to its sleepy child in recording cliref, frame 134.
        let stable = try NetworkData(hex(NetworkDataTests.recorded)).stableSubset
        #expect(
            hexadecimal(stable.bytes)
                == "031400402001cafecafecafe0504fffe3300070211400b0980015d0d04fc10c0de030d003020010db800010103fffe00")
    }

    @Test("A border router that configures addresses is named by the anycast address of its context")
    func configured() throws {
        func entry(_ flags: BorderRouterEntry.Flags) -> BorderRouterEntry {
            BorderRouterEntry(rloc16: RLOC16(rawValue: 0x1000), preference: .medium, flags: flags)
        }
        let prefix = PrefixTLV(
            isStable: true, prefix: try #require(IPv6Prefix("2001:db8::/64")),
            subTLVs: [
                .borderRouter(isStable: true, [entry([.dhcp]), entry([.configure]), entry([.slaac])]),
                .context(ContextTLV(isStable: true, contextID: 3, isCompressible: true, length: 64)),
            ])
        let stable = NetworkData(tlvs: [.prefix(prefix)]).stableSubset
        #expect(stable.prefixes.first?.borderRouters.map(\.rloc16.rawValue) == [0xfc03, 0xfc03, 0xfffe])
    }

    @Test("A prefix or service without stable parts goes")
    func nothingStable() throws {
        let prefix = PrefixTLV(
            isStable: false, prefix: try #require(IPv6Prefix("2001:db8::/64")),
            subTLVs: [.hasRoute(isStable: false, [HasRouteEntry(rloc16: .unassigned, preference: .low)])])
        let service = ServiceTLV(
            isStable: true, serviceID: 1, serviceData: [1],
            subTLVs: [.server(ServerTLV(isStable: false, rloc16: .unassigned, serverData: []))])
        let other = UnknownNetworkDataTLV(type: NetworkDataTLVType(rawValue: 30), isStable: true, value: [])
        let data = NetworkData(tlvs: [.prefix(prefix), .service(service), .unknown(other)])
        #expect(data.stableSubset == NetworkData(tlvs: [.unknown(other)]))
    }
}
