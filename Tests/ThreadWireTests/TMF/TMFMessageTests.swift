import Testing
import WireCore

@testable import ThreadWire

@Suite("Management messages about addresses")
struct TMFMessageTests {
    /// Payloads of recordings line_traffic, prefix and cliref.
    static let recorded = [
        "0108166e0a0000000002040102",
        "0108166e0a00000000010202c400040102",
        "0401000202a8000709331040000040240000",
        "0010fddead00beef00008f44c1190d6c7a18",
        "0010fddead00beef00002f247fb4618db06203082f247fb4618db0620202b800060400000000",
        "0a0b0b0980015d0d040800c0de",
    ]

    @Test("Every recorded payload survives a round trip, cutting and changing", arguments: recorded)
    func roundTrip(text: String) throws {
        let message = try TMFMessage(hex(text))
        #expect(message.bytes == hex(text))
        checkCodec(
            hex(text), seed: 11, parse: { bytes throws(ParseError) in try TMFMessage(bytes) }, serialize: \.bytes,
            byteCount: \.byteCount)
    }

    @Test("An Address Solicit tells who asks and why")
    func addressSolicit() throws {
        let message = try TMFMessage(hex(Self.recorded[0]))
        #expect(message.macExtendedAddress == ExtendedAddress(rawValue: 0x166e_0a00_0000_0002))
        #expect(message.status == .tooFewRouters)
        #expect(message.rloc16 == nil)
    }

    @Test("Its answer gives an address and the routers there are")
    func addressSolicitAnswer() throws {
        let message = try TMFMessage(hex(Self.recorded[2]))
        #expect(message.status == .success)
        #expect(message.rloc16 == RLOC16(rawValue: 0xa800))
        #expect(
            message.routerMask
                == RouterMask(idSequence: 0x33, routerIDMask: RouterIDMask(bits: 0x1040_0000_4024_0000)))
    }

    @Test("An Address Notification tells where an address is")
    func addressNotification() throws {
        let message = try TMFMessage(hex(Self.recorded[4]))
        #expect(message.targetEID == IPv6Address("fdde:ad00:beef:0:2f24:7fb4:618d:b062"))
        #expect(message.meshLocalEID == 0x2f24_7fb4_618d_b062)
        #expect(message.rloc16 == RLOC16(rawValue: 0xb800))
        #expect(message.timeSinceLastTransaction == 0)
    }

    @Test("Every other kind is written and read as it should be")
    func otherKinds() throws {
        let examples: [(TMFTLV, String)] = [
            (.timeout(300), "0b040000012c"),
            (.networkName(try #require(NetworkName("heddle"))), "0c06686564646c65"),
            (.ipv6Addresses([.realmLocalAllNodes]), "0e10ff030000000000000000000000000001"),
            (.commissionerSessionID(0xf182), "0f02f182"),
            (.unknown(type: .ndOption, value: [1]), "080101"),
            (.unknown(type: TMFTLVType(rawValue: 99), value: []), "6300"),
        ]
        for (tlv, text) in examples {
            #expect(written { tlv.serialize(into: &$0) } == hex(text))
            #expect(try TMFMessage(hex(text)).tlvs == [tlv])
        }
        #expect(TMFTLVType(rawValue: 99).description == "Thread TLV 99")
    }

    @Test(
        "A known type with another length is refused", arguments: ["0201a8", "0203a80000", "0407020000000000", "0010"])
    func wrongLengths(text: String) {
        #expect(parseError { () throws(ParseError) in try TMFMessage(hex(text)) } != nil)
    }
}
