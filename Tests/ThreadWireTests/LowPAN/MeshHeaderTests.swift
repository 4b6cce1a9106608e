import Testing
import ThreadWire
import WireCore

@Suite("Mesh header")
struct MeshHeaderTests {
    @Test("the recorded header with a byte for its hops reads as its fields and writes as its bytes")
    func recorded() throws {
        // Recording thread/line_seq, frame 30.
        var reader = ByteReader(hex("bf13d0010c00"))
        let header = try MeshHeader(parsing: &reader)
        #expect(
            header
                == MeshHeader(
                    hopsLeft: 19, originator: ShortAddress(rawValue: 0xd001),
                    finalDestination: ShortAddress(rawValue: 0x0c00)))
        #expect(written(header.serialize) == hex("bf13d0010c00") && header.byteCount == 6)
    }

    @Test(
        "each form has its bytes",
        arguments: [
            ("b1 0001 0002", 1, LinkAddress.short(.init(rawValue: 1)), LinkAddress.short(.init(rawValue: 2))),
            ("be 0001 0002", 14, .short(.init(rawValue: 1)), .short(.init(rawValue: 2))),
            ("bf 0f 0001 0002", 15, .short(.init(rawValue: 1)), .short(.init(rawValue: 2))),
            (
                "95 0102030405060708 0002", 5, .extended(.init(rawValue: 0x0102_0304_0506_0708)),
                .short(.init(rawValue: 2))
            ),
            (
                "85 0102030405060708 1112131415161718", 5, .extended(.init(rawValue: 0x0102_0304_0506_0708)),
                .extended(.init(rawValue: 0x1112_1314_1516_1718))
            ),
            (
                "a5 0001 1112131415161718", 5, .short(.init(rawValue: 1)),
                .extended(.init(rawValue: 0x1112_1314_1516_1718))
            ),
        ])
    func forms(text: String, hopsLeft: UInt8, originator: LinkAddress, final: LinkAddress) throws {
        let header = MeshHeader(hopsLeft: hopsLeft, originator: originator, finalDestination: final)
        #expect(written(header.serialize) == hex(text))
        #expect(header.byteCount == hex(text).count)
        var reader = ByteReader(hex(text))
        #expect(try MeshHeader(parsing: &reader) == header)
        expectTruncationFails(hex(text)) { reader throws(ParseError) in try MeshHeader(parsing: &reader) }
    }

    @Test("another dispatch is refused")
    func dispatch() {
        var reader = ByteReader(hex("c100010002"))
        #expect(throws: ParseError(field: "mesh dispatch", offset: 0, reason: .invalid(value: 0xc1))) {
            try MeshHeader(parsing: &reader)
        }
    }

    @Test("a hop is taken where the header stands, down to the last one")
    func decrement() {
        var deep = hex("ff bf13d0010c00 7e")
        #expect(MeshHeader.decrementHopsLeft(in: &deep, at: 1))
        #expect(deep == hex("ff bf12d0010c00 7e"))
        var short = hex("b2d0010c00")
        #expect(MeshHeader.decrementHopsLeft(in: &short, at: 0) && short == hex("b1d0010c00"))
        #expect(!MeshHeader.decrementHopsLeft(in: &short, at: 0) && short == hex("b1d0010c00"))
        var last = hex("bf01d0010c00")
        #expect(!MeshHeader.decrementHopsLeft(in: &last, at: 0) && last == hex("bf01d0010c00"))
        var none = hex("bf00d0010c00")
        #expect(!MeshHeader.decrementHopsLeft(in: &none, at: 0))
    }

    @Test("taking a hop where no mesh header stands changes nothing")
    func decrementElsewhere() {
        var bytes = hex("7e33bf")
        #expect(!MeshHeader.decrementHopsLeft(in: &bytes, at: 0))
        #expect(!MeshHeader.decrementHopsLeft(in: &bytes, at: 2))
        #expect(!MeshHeader.decrementHopsLeft(in: &bytes, at: 3))
        #expect(!MeshHeader.decrementHopsLeft(in: &bytes, at: -1))
        #expect(bytes == hex("7e33bf"))
    }

    @Test("changed headers never trap")
    func mutation() {
        expectMutationsSurvive(
            hex("bf13d0010c00 1112131415161718"),
            read: { reader throws(ParseError) in try MeshHeader(parsing: &reader) },
            write: { $0.serialize(into: &$1) })
    }
}
