import Testing
import ThreadWire
import WireCore

@Suite("UDP header")
struct UDPHeaderTests {
    /// Recording thread/line_seq, frame 16.
    private let bytes = hex("f0bff0bf002141f94202f5456c10b161026173ff0108166e0a0000000002040102")
    private let source = IPv6Address("fdde:ad00:beef::ff:fe00:c01")!
    private let destination = IPv6Address("fdde:ad00:beef::ff:fe00:c00")!

    private func datagram(_ payload: [UInt8], ports: (UInt16, UInt16)) -> [UInt8] {
        written {
            UDPHeader.serialize(
                payload: payload, sourcePort: ports.0, destinationPort: ports.1, source: source,
                destination: destination, into: &$0)
        }
    }

    private func read(_ bytes: [UInt8]) throws(ParseError) -> UDPHeader {
        var reader = ByteReader(bytes)
        return try UDPHeader(parsing: &reader, source: source, destination: destination)
    }

    @Test("a recorded datagram reads as its fields, leaves its payload, and writes as its bytes")
    func recorded() throws {
        var reader = ByteReader(bytes)
        let header = try UDPHeader(parsing: &reader, source: source, destination: destination)
        #expect(header == UDPHeader(sourcePort: 61631, destinationPort: 61631, length: 33, checksum: 0x41f9))
        #expect(reader.remaining == 25)
        #expect(written(header.serialize) == Array(bytes[..<8]))
        #expect(datagram(Array(bytes[8...]), ports: (61631, 61631)) == bytes)
    }

    @Test("a wrong checksum is refused with the one that was expected")
    func wrongChecksum() {
        var wrong = bytes
        wrong[7] ^= 1
        #expect(
            throws: ParseError(field: "UDP checksum", offset: 6, reason: .checksum(found: 0x41f8, expected: 0x41f9))
        ) {
            try read(wrong)
        }
    }

    @Test("no checksum is refused, as IPv6 asks for one")
    func missingChecksum() {
        var zeroed = bytes
        (zeroed[6], zeroed[7]) = (0, 0)
        #expect(throws: ParseError.self) { try read(zeroed) }
    }

    @Test("a checksum that comes out as zero is written as all ones, and accepted")
    func zeroChecksum() throws {
        // One payload of two bytes makes the sum come out as zero.
        let found = (UInt16.min...UInt16.max).lazy
            .map { (value: UInt16) -> [UInt8] in
                self.datagram([UInt8(value >> 8), UInt8(value & 0xff)], ports: (1, 2))
            }
            .first { datagram in datagram[6] == 0xff && datagram[7] == 0xff }
        #expect(try read(try #require(found)).checksum == 0xffff)
    }

    @Test("a length that is not the datagram's is refused")
    func wrongLength() {
        #expect(throws: ParseError(field: "UDP length", offset: 4, reason: .invalidLength(found: 33, expected: 34))) {
            try read(bytes + [0])
        }
    }

    @Test("a datagram cut short is refused, and a changed one never traps")
    func robustness() {
        expectTruncationFails(bytes) { reader throws(ParseError) in
            try UDPHeader(parsing: &reader, source: source, destination: destination)
        }
        expectTruncationFails(Array(bytes[..<8])) { reader throws(ParseError) in try UDPHeader(parsing: &reader) }
        expectMutationsSurvive(
            bytes, read: { reader throws(ParseError) in try UDPHeader(parsing: &reader) },
            write: { $0.serialize(into: &$1) })
    }
}
