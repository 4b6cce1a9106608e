import Testing
import WireCore

@testable import ThreadWire

@Suite("Elements of datasets and commissioning")
struct MeshCoPTLVTests {
    static let examples: [(tlv: MeshCoPTLV, bytes: String)] = [
        (.channel(ChannelTLV(channel: 15)), "000300000f"),
        (.panID(PANID(rawValue: 0x1234)), "01021234"),
        (.extendedPANID(ExtendedPANID(rawValue: 0x1111_1111_2222_2222)), "02081111111122222222"),
        (.pskc([UInt8](repeating: 1, count: 16)), "041001010101010101010101010101010101"),
        (.networkKey([UInt8](repeating: 2, count: 16)), "051002020202020202020202020202020202"),
        (.networkKeySequence(3), "060400000003"),
        (.borderAgentLocator(RLOC16(rawValue: 0xa000)), "0902a000"),
        (.commissionerSessionID(0xd53c), "0b02d53c"),
        (.securityPolicy(SecurityPolicy(rotationTime: 672, flags: 0xff, moreFlags: nil)), "0c0302a0ff"),
        (.get([.channel, .panID]), "0d020001"),
        (.activeTimestamp(Timestamp(seconds: 1)), "0e080000000000010000"),
        (.state(-1), "1001ff"),
        (.joinerUDPPort(1000), "120203e8"),
        (.pendingTimestamp(Timestamp(seconds: 0xffff_ffff_ffff, ticks: 0x7fff)), "3308fffffffffffffffe"),
        (.delayTimer(30_000), "340400007530"),
        (.channelMask(ChannelMask(channels: 0x07ff_f800)), "35060004001fffe0"),
        (.wakeUpChannel(ChannelTLV(channel: 18)), "4a03000012"),
        (.discoveryRequest(DiscoveryRequest(version: 5, isJoiner: true)), "80025800"),
        (.discoveryResponse(DiscoveryResponse(version: 5, permitsNativeCommissioner: true)), "81025800"),
        (.unknown(type: .steeringData, value: [0xff]), "0801ff"),
        (.unknown(type: MeshCoPTLVType(rawValue: 250), value: []), "fa00"),
    ]

    @Test("Every kind is written and read as it should be, and survives cutting and changing")
    func roundTrip() throws {
        for (index, (tlv, text)) in Self.examples.enumerated() {
            let bytes = hex(text)
            #expect(written { tlv.serialize(into: &$0) } == bytes, "\(tlv.type)")
            var reader = ByteReader(bytes)
            #expect(try MeshCoPTLV(parsing: &reader) == tlv)
            checkCodec(
                bytes, seed: UInt64(index), rounds: 500,
                parse: { bytes throws(ParseError) in
                    var reader = ByteReader(bytes)
                    return try [MeshCoPTLV](parsing: &reader)
                }, serialize: { tlvs in written { tlvs.serialize(into: &$0) } }, byteCount: \.byteCount)
        }
    }

    @Test(
        "A known type with another length is refused",
        arguments: [
            "00020000", "000400000f00", "010112", "0207", "0311" + String(repeating: "61", count: 17), "0c0202a0",
            "0c0502a0f7f800", "0e0700000000000000", "3501", "35030004ff", "800150",
        ])
    func wrongLengths(text: String) {
        var reader = ByteReader(hex(text))
        #expect(parseError { () throws(ParseError) in try MeshCoPTLV(parsing: &reader) } != nil)
    }

    @Test("Channel masks are read by people from the other end")
    func channelMask() {
        let mask = ChannelMask(channels: 0x07ff_f800)
        #expect(mask.entries == [ChannelMask.Entry(page: 0, bits: hex("001fffe0"))])
        #expect(mask.channels == 0x07ff_f800)
        #expect(ChannelMask(channels: 1).entries[0].bits == [0x80, 0, 0, 0])
        #expect(ChannelMask(entries: [ChannelMask.Entry(page: 2, bits: [1, 2, 3, 4])]).channels == nil)
        #expect(ChannelMask(entries: [ChannelMask.Entry(page: 0, bits: [1])]).channels == nil)
    }

    @Test("Network names are 1 to 16 bytes of text")
    func networkNames() {
        #expect(NetworkName("") == nil)
        #expect(NetworkName("seventeen letters") == nil)
        #expect(NetworkName("sixteen letters!")?.description == "sixteen letters!")
        var reader = ByteReader([0x61, 0xff])
        #expect((try? NetworkName(parsing: &reader))?.description == "a\u{fffd}")
    }

    @Test("Timestamps compare by seconds, ticks, authority")
    func timestamps() {
        let ordered = [
            Timestamp(seconds: 1, ticks: 9), Timestamp(seconds: 2), Timestamp(seconds: 2, isAuthoritative: true),
            Timestamp(seconds: 2, ticks: 1), Timestamp(seconds: 0xffff_ffff_ffff),
        ]
        for (index, earlier) in ordered.enumerated() {
            for later in ordered[(index + 1)...] {
                #expect(earlier < later)
                #expect(!(later < earlier))
            }
        }
        #expect(Timestamp(seconds: .max, ticks: .max) == Timestamp(seconds: 0xffff_ffff_ffff, ticks: 0x7fff))
    }
}
