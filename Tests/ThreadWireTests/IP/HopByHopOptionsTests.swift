import Testing
import ThreadWire
import WireCore

@Suite("Hop-by-hop options")
struct HopByHopOptionsTests {
    private func read(_ bytes: [UInt8]) throws(ParseError) -> HopByHopOptions {
        var reader = ByteReader(bytes)
        let options = try HopByHopOptions(parsing: &reader)
        #expect(reader.isAtEnd)
        return options
    }

    @Test("a recorded header with an MPL option and padding reads as its options and writes as its bytes")
    func recorded() throws {
        // Recording thread/attach, frame 71: an address query from a router's RLOC.
        let bytes = hex("1100 6d020001 0100")
        let options = try read(bytes)
        #expect(
            options
                == HopByHopOptions(
                    nextHeader: .udp, options: [.mpl(MPLOption(seedID: .source, sequence: 1)), .padN(0)]))
        #expect(options.mpl == MPLOption(seedID: .source, sequence: 1))
        #expect(written(options.serialize) == bytes)
    }

    static let seeds: [(String, MPLOption)] = [
        ("3a00 6d022007 0100", MPLOption(seedID: .source, isLargestSequence: true, sequence: 7)),
        ("3a00 6d044007 cc00", MPLOption(seedID: .short(0xcc00), sequence: 7)),
        ("3a01 6d0a8007 0123456789abcdef 0100", MPLOption(seedID: .long(0x0123_4567_89ab_cdef), sequence: 7)),
        (
            "3a02 6d12e0ff fddead00beef0000000000fffe00cc00 0100",
            MPLOption(
                seedID: .address(IPv6Address("fdde:ad00:beef::ff:fe00:cc00")!), isLargestSequence: true, sequence: 255)
        ),
    ]

    @Test("each form of seed identifier has its length", arguments: seeds)
    func seedIDs(text: String, option: MPLOption) throws {
        let options = try read(hex(text))
        #expect(options.mpl == option)
        #expect(written(options.serialize) == hex(text))
        expectTruncationFails(hex(text)) { reader throws(ParseError) in try HopByHopOptions(parsing: &reader) }
    }

    @Test("writing pads to a multiple of eight, whatever the options take", arguments: 0..<20)
    func padding(count: Int) throws {
        let value = [UInt8](repeating: 0xee, count: count)
        let options = HopByHopOptions(nextHeader: .tcp, options: [.unknown(type: 0x1e, value: value)])
        let bytes = written(options.serialize)
        #expect(bytes.count % 8 == 0 && bytes.count == options.byteCount && bytes.count < 2 + 2 + count + 8)
        #expect(try read(bytes).options.first == .unknown(type: 0x1e, value: value))
        #expect(written(try read(bytes).serialize) == bytes)
    }

    @Test("unknown options and padding that is not zero survive in their order")
    func unknown() throws {
        let bytes = hex("0601 00 00 0102aa00 3e01ff 00 00 010100")
        let options = try read(bytes)
        #expect(
            options.options == [
                .pad1, .pad1, .unknown(type: 1, value: [0xaa, 0]), .unknown(type: 0x3e, value: [0xff]), .pad1, .pad1,
                .padN(1),
            ])
        #expect(written(options.serialize) == bytes)
    }

    @Test("the highest bits of an unknown option's type tell what to do")
    func actions() {
        #expect(IPv6Option.unknown(type: 0x1e, value: []).unknownAction == .skip)
        #expect(IPv6Option.unknown(type: 0x5e, value: []).unknownAction == .discard)
        #expect(IPv6Option.unknown(type: 0x9e, value: []).unknownAction == .discardAndReport)
        #expect(IPv6Option.unknown(type: 0xde, value: []).unknownAction == .discardAndReportUnicast)
        #expect(IPv6Option.mpl(MPLOption(seedID: .source, sequence: 0)).unknownAction == .skip)
        #expect(IPv6Option.pad1.unknownAction == .skip && IPv6Option.padN(3).unknownAction == .skip)
    }

    @Test("an MPL option of a later version is refused, as is one whose length is not that of its seed")
    func refusedMPL() {
        #expect(throws: ParseError(field: "MPL control", offset: 4, reason: .unsupported(value: 0x10))) {
            try read(hex("1100 6d021001 0100"))
        }
        #expect(throws: ParseError(field: "MPL option", offset: 6, reason: .trailing(count: 2))) {
            try read(hex("1100 6d040001 0000"))
        }
        #expect(throws: ParseError.self) { try read(hex("1100 6d024001 0100")) }
    }

    @Test("an option longer than its header is refused, and changed headers never trap")
    func robustness() {
        #expect(throws: ParseError.self) { try read(hex("1100 1e05ffffffff")) }
        let bytes = hex("3a02 6d12e0ff fddead00beef0000000000fffe00cc00 0100")
        expectMutationsSurvive(
            bytes, read: { reader throws(ParseError) in try HopByHopOptions(parsing: &reader) },
            write: { $0.serialize(into: &$1) })
    }
}
