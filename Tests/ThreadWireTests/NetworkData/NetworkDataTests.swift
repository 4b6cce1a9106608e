import Testing
import WireCore

@testable import ThreadWire

@Suite("Network data")
struct NetworkDataTests {
    /// `netdata show -x` of recording cliref.
    static let recorded =
        "08040b02f182031400402001cafecafecafe0504d0003300070211400b0980015d0d04d000c0de030d003020010db800010103cc0000"

    @Test("Recorded network data survive a round trip, cutting and changing")
    func roundTrip() throws {
        let data = try NetworkData(hex(Self.recorded))
        #expect(data.bytes == hex(Self.recorded))
        #expect(data.byteCount == 54)
        checkCodec(
            hex(Self.recorded), seed: 5, rounds: 20_000,
            parse: { bytes throws(ParseError) in try NetworkData(bytes) }, serialize: \.bytes, byteCount: \.byteCount)
    }

    @Test("They say what `netdata show` prints")
    func content() throws {
        let data = try NetworkData(hex(Self.recorded))
        #expect(data.commissioningData?.sessionID == 61826)
        #expect(data.prefixes.map { "\($0.prefix)" } == ["2001:cafe:cafe:cafe::/64", "2001:db8:1::/48"])
        let prefix = try #require(data.prefixes.first)
        #expect(prefix.isStable && prefix.domainID == 0)
        let router = try #require(prefix.borderRouters.first)
        #expect(router.rloc16 == RLOC16(rawValue: 0xd000))
        #expect(router.preference == .medium)
        #expect(router.flags == [.preferred, .slaac, .defaultRoute, .onMesh])
        #expect(prefix.context == ContextTLV(isStable: true, contextID: 1, isCompressible: true, length: 64))
        let route = try #require(data.prefixes.last?.routes.first)
        #expect(route == HasRouteEntry(rloc16: RLOC16(rawValue: 0xcc00), preference: .medium))
        let service = try #require(data.services.first)
        #expect(service.isStable && service.serviceID == 0 && service.enterpriseNumber == 44970)
        #expect(service.serviceData == [0x5d])
        #expect(
            service.servers == [ServerTLV(isStable: true, rloc16: RLOC16(rawValue: 0xd000), serverData: [0xc0, 0xde])])
    }

    @Test("A tree built from values has the recorded bytes")
    func build() throws {
        let prefix = PrefixTLV(
            isStable: true, prefix: try #require(IPv6Prefix("2001:cafe:cafe:cafe::/64")),
            subTLVs: [
                .borderRouter(
                    isStable: true,
                    [
                        BorderRouterEntry(
                            rloc16: RLOC16(rawValue: 0xd000), preference: .medium,
                            flags: [.preferred, .slaac, .defaultRoute, .onMesh])
                    ]),
                .context(ContextTLV(isStable: true, contextID: 1, isCompressible: true, length: 64)),
            ])
        #expect(NetworkData(tlvs: [.prefix(prefix)]).bytes == hex("031400402001cafecafecafe0504d000330007021140"))
    }

    @Test("A prefix takes as many bytes as its length needs", arguments: [0, 1, 7, 8, 9, 48, 63, 64, 65, 127, 128])
    func prefixLengths(length: Int) throws {
        let prefix = PrefixTLV(
            isStable: false, domainID: 3, prefix: IPv6Prefix(IPv6Address(high: .max, low: .max), length: UInt8(length)),
            subTLVs: [
                .unknown(UnknownNetworkDataTLV(type: NetworkDataTLVType(rawValue: 100), isStable: true, value: [1]))
            ])
        let data = NetworkData(tlvs: [.prefix(prefix)])
        #expect(data.byteCount == 2 + 2 + (length + 7) / 8 + 3)
        #expect(try NetworkData(data.bytes) == data)
    }

    @Test(
        "Lengths that lead out of an element are refused",
        arguments: [
            "0302", "0303008100", "0304004020ff", "03050000050300", "0303000005", "0b0180", "0b0380055d", "0b0200ff",
            "0b0580000d0100", "031000402001cafecafecafe0503d00033", "0306000007011100", "0803ab02f1",
        ])
    func bounds(text: String) {
        #expect(parseError { () throws(ParseError) in try NetworkData(hex(text)) } != nil)
    }

    @Test("A prefix of more than 128 bits is refused by name")
    func longPrefix() {
        #expect(
            parseError { () throws(ParseError) in try NetworkData(hex("03020081")) }
                == ParseError(field: "prefix length", offset: 3, reason: .invalid(value: 129)))
    }

    @Test("Unknown elements survive at every level")
    func unknown() throws {
        let data = NetworkData(tlvs: [
            .unknown(UnknownNetworkDataTLV(type: NetworkDataTLVType(rawValue: 127), isStable: false, value: [1, 2])),
            .service(
                ServiceTLV(
                    isStable: false, serviceID: 4, enterpriseNumber: 7, serviceData: [],
                    subTLVs: [
                        .unknown(
                            UnknownNetworkDataTLV(type: NetworkDataTLVType(rawValue: 9), isStable: false, value: []))
                    ])),
        ])
        #expect(data.bytes == hex("fe0201020a080400000007001200"))
        #expect(try NetworkData(data.bytes) == data)
    }

    @Test("Preferences are two bits with a sign; the reserved ones are medium")
    func preferences() {
        #expect(RoutePreference.allCases.map(\.bits) == [3, 0, 1])
        #expect((0..<4).map { RoutePreference(bits: $0) } == [.medium, .high, .medium, .low])
        var entry = BorderRouterEntry(rloc16: .unassigned, preference: .low, flags: [.onMesh])
        #expect(written { entry.serialize(into: &$0) } == hex("fffec100"))
        entry.preference = .high
        entry.flags.insert(.domainPrefix)
        #expect(written { entry.serialize(into: &$0) } == hex("fffe4140"))
        let route = HasRouteEntry(rloc16: .unassigned, preference: .high, isNAT64: true, advertisesPrefix: true)
        #expect(route.flags == 0x70)
        #expect(route.isNAT64 && route.advertisesPrefix && route.preference == .high)
    }
}
