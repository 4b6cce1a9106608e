import Testing
import ThreadWire
import WireCore

@Suite("IPv6 header")
struct IPv6HeaderTests {
    /// From recording thread/line_seq, frame 16, as tshark expands it.
    static let bytes = hex(
        "61c00000 0021 11 40 fddead00beef0000 000000fffe000c01 fddead00beef0000 000000fffe000c00")

    @Test("a recorded header reads as its fields and writes as its bytes")
    func recorded() throws {
        var reader = ByteReader(Self.bytes)
        let header = try IPv6Header(parsing: &reader)
        #expect(
            header
                == IPv6Header(
                    trafficClass: 0x1c, payloadLength: 33, nextHeader: .udp, hopLimit: 64,
                    source: IPv6Address("fdde:ad00:beef::ff:fe00:c01")!,
                    destination: IPv6Address("fdde:ad00:beef::ff:fe00:c00")!))
        #expect(written(header.serialize) == Self.bytes)
        #expect(reader.isAtEnd && header.byteCount == 40)
    }

    @Test("traffic class and flow label stand side by side, and a flow label keeps to 20 bits")
    func trafficClassAndFlowLabel() throws {
        var header = IPv6Header(
            trafficClass: 0xab, flowLabel: 0xffc_def1, payloadLength: 0, nextHeader: .none, hopLimit: 1,
            source: .unspecified, destination: .loopback)
        #expect(header.flowLabel == 0xc_def1)
        #expect(Array(written(header.serialize)[..<4]) == hex("6abcdef1"))
        header.flowLabel = 0xff12_3456
        var reader = ByteReader(written(header.serialize))
        #expect(try IPv6Header(parsing: &reader) == header)
        #expect(header.flowLabel == 0x2_3456)
    }

    @Test("another version is refused by its number")
    func version() {
        var reader = ByteReader(hex("45") + Self.bytes[1...])
        #expect(throws: ParseError(field: "IPv6 version", offset: 0, reason: .invalid(value: 4))) {
            try IPv6Header(parsing: &reader)
        }
    }

    @Test("a header cut short is refused, and a changed one never traps")
    func robustness() {
        expectTruncationFails(Self.bytes) { reader throws(ParseError) in try IPv6Header(parsing: &reader) }
        expectMutationsSurvive(
            Self.bytes, read: { reader throws(ParseError) in try IPv6Header(parsing: &reader) },
            write: { $0.serialize(into: &$1) })
    }
}
