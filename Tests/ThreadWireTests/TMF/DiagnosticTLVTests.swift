import Testing
import WireCore

@testable import ThreadWire

@Suite("Elements of diagnostic messages")
struct DiagnosticTLVTests {
    /// Payloads of recording cliref.
    static let recorded = [
        "120f000102030405060708090e0f101113", "2102e2980008166e0a00000000050102440020028000",
        "0008166e0a00000000050102440002010f040a0001000004ca05050001050eca2008400008800000f10201030406081e70053d4062e4"
            + "28070608040b02d53c0830fddead00beef0000000000fffe004400fddead00beef000004f1341d54691da3fe80000000000000"
            + "146e0a00000000050924000000000000002a000000000000002000000018000000220000002700000018000000001000110100",
        "13040000010e170818b430000000000318020005",
        "2242000000010001000100000001000100000000000000000001568c000000000000393c0000000000000497000000000000023900"
            + "000000000116800000000000000000",
        "2102724b1f1880cc00166e0a000000000200050000005a50ecec000000001f0020028000",
        "0102cc000008166e0a0000000002050cf9000000000000181001f1f1180200051000",
        "19001a001b001c364f50454e5448524541442f3334626230653461623b2053494d554c4154494f4e3b204e6f7620323120323032"
            + "362030343a33343a3231",
    ]

    /// Elements that no recording holds, made from the layouts that the recorded ones have.
    static let made: [[DiagnosticTLV]] = [
        [
            .child(
                DiagnosticChild(
                    mode: DeviceMode(
                        isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true),
                    tracksErrors: true, rloc16: RLOC16(rawValue: 0xd002),
                    extendedAddress: ExtendedAddress(rawValue: 0x166e_0a00_0000_0006), version: 5, timeout: 240,
                    age: 3, connectionTime: 87, supervisionInterval: 129,
                    link: DiagnosticLink(
                        margin: 80, averageRSSI: -20, lastRSSI: -21, frameErrorRate: 1, messageErrorRate: 2),
                    queuedMessageCount: 4)), .child(nil),
        ],
        [
            .childIPv6Addresses(
                DiagnosticChildAddresses(
                    rloc16: RLOC16(rawValue: 0xd002), addresses: [IPv6Address("fdde:ad00:beef:0:24f5:b2cd:559:3ca4")!])
            ), .childIPv6Addresses(nil),
        ],
        [
            .childTable([
                DiagnosticChildTableEntry(
                    timeoutExponent: 12, linkQuality: 3, childID: 2, mode: DeviceMode(rawValue: 0x0f))
            ]), .batteryLevel(80), .supplyVoltage(3300), .vendorApplicationURL(Array("https://a".utf8)),
        ],
        [
            .enhancedRoute(
                EnhancedRoute(
                    routerIDMask: RouterIDMask([RouterID(rawValue: 3), RouterID(rawValue: 9)]),
                    entries: [
                        .own,
                        EnhancedRouteEntry(link: (out: 3, in: 2), nextHop: RouterID(rawValue: 5), nextHopCost: 2),
                    ])), .answer(DiagnosticAnswerPart(index: 2, isLast: true)),
        ],
    ]

    static func parse(_ bytes: [UInt8]) throws(ParseError) -> [DiagnosticTLV] {
        var reader = ByteReader(bytes)
        return try [DiagnosticTLV](parsing: &reader)
    }

    @Test("Every recorded payload survives a round trip, cutting and changing", arguments: recorded)
    func roundTrip(text: String) throws {
        let tlvs = try Self.parse(hex(text))
        #expect(written { tlvs.serialize(into: &$0) } == hex(text))
        checkCodec(
            hex(text), seed: 21, parse: Self.parse, serialize: { tlvs in written { tlvs.serialize(into: &$0) } },
            byteCount: \.byteCount)
    }

    @Test("Every made element survives a round trip, cutting and changing", arguments: made)
    func madeRoundTrip(tlvs: [DiagnosticTLV]) throws {
        let bytes = written { tlvs.serialize(into: &$0) }
        #expect(try Self.parse(bytes) == tlvs)
        checkCodec(
            bytes, seed: 22, parse: Self.parse, serialize: { tlvs in written { tlvs.serialize(into: &$0) } },
            byteCount: \.byteCount)
    }

    @Test("A child, an entry of the child table and a route stand where OpenThread has them")
    func layouts() {
        #expect(
            written { Self.made[0].serialize(into: &$0) }
                == hex(
                    "1d2ba8d002166e0a00000000060005000000f0000000030000005700815"
                        + "0eceb000100020004000000000000001d00"))
        #expect(written { Self.made[2].serialize(into: &$0) }.prefix(5) == hex("100366020f")[...])
        let entry = EnhancedRouteEntry(link: (out: 3, in: 2), nextHop: RouterID(rawValue: 5), nextHopCost: 2)
        #expect(entry.rawValue == 0x7852)
        #expect(entry.linkQualityOut == 3 && entry.linkQualityIn == 2 && entry.nextHop == RouterID(rawValue: 5))
        let unreachable = EnhancedRouteEntry(link: nil, nextHop: nil, nextHopCost: 0)
        #expect(unreachable.nextHop == nil && !unreachable.hasLink && !unreachable.isOwn)
    }

    @Test("A timeout's exponent is four more than that of the next power of two")
    func timeoutExponents() {
        let found = [0, 1, 2, 3, 4, 5, 240, 256, 257, UInt32.max]
            .map(DiagnosticChildTableEntry.timeoutExponent(seconds:))
        #expect(found == [4, 4, 5, 6, 6, 7, 12, 12, 13, 36])
    }

    @Test("The recorded router neighbor is read as OpenThread printed it")
    func recordedNeighbor() throws {
        let tlvs = try Self.parse(hex(Self.recorded[5]))
        guard case .routerNeighbor(let neighbor?) = tlvs[1] else { return #expect(Bool(false), "\(tlvs)") }
        #expect(neighbor.rloc16 == RLOC16(rawValue: 0xcc00) && neighbor.version == 5 && neighbor.tracksErrors)
        #expect(neighbor.connectionTime == 90)
        #expect(neighbor.link == DiagnosticLink(margin: 80, averageRSSI: -20, lastRSSI: -20))
        #expect(tlvs[2] == .routerNeighbor(nil))
        #expect(tlvs[3] == .answer(DiagnosticAnswerPart(index: 0, isLast: true)))
    }

    @Test("They tell what was asked")
    func content() throws {
        let answer = try Self.parse(hex(Self.recorded[1]))
        #expect(
            answer.prefix(3) == [
                .queryID(0xe298), .extendedAddress(ExtendedAddress(rawValue: 0x166e_0a00_0000_0005)),
                .address16(RLOC16(rawValue: 0x4400)),
            ])
        #expect(answer.map(\.type.description) == ["Query ID", "MAC Extended Address", "Address16", "Answer"])
        let get = try Self.parse(hex("12020518"))
        #expect(get == [.typeList([.route64, .version])])
    }
}
