import Testing
import ThreadWire
import WireCore

@Suite("Fragment header")
struct FragmentHeaderTests {
    @Test(
        "recorded headers read as their fields and write as their bytes",
        arguments: [
            // Recording thread/joiner, frames 31 and 33.
            ("c1dbc815", FragmentHeader(datagramSize: 475, datagramTag: 0xc815)),
            ("e1dbc8150b", FragmentHeader(datagramSize: 475, datagramTag: 0xc815, datagramOffset: 11)),
            ("c7ff0000", FragmentHeader(datagramSize: 2047, datagramTag: 0)),
            ("e000ffffff", FragmentHeader(datagramSize: 0, datagramTag: 0xffff, datagramOffset: 255)),
        ])
    func forms(text: String, header: FragmentHeader) throws {
        var reader = ByteReader(hex(text))
        #expect(try FragmentHeader(parsing: &reader) == header)
        #expect(written(header.serialize) == hex(text) && header.byteCount == hex(text).count)
        expectTruncationFails(hex(text)) { reader throws(ParseError) in try FragmentHeader(parsing: &reader) }
    }

    @Test("offsets count in eight bytes")
    func position() {
        #expect(FragmentHeader(datagramSize: 475, datagramTag: 1, datagramOffset: 11).position == 88)
        #expect(FragmentHeader(datagramSize: 475, datagramTag: 1).position == 0)
    }

    @Test("another dispatch is refused", arguments: ["c8000000", "d0000000", "e800000000", "7e330000", "bf130000"])
    func dispatch(text: String) {
        var reader = ByteReader(hex(text))
        #expect(throws: ParseError.self) { try FragmentHeader(parsing: &reader) }
    }

    @Test("changed headers never trap")
    func mutation() {
        expectMutationsSurvive(
            hex("e1dbc8150b"), read: { reader throws(ParseError) in try FragmentHeader(parsing: &reader) },
            write: { $0.serialize(into: &$1) })
    }
}
