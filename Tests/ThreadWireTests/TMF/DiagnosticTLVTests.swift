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
