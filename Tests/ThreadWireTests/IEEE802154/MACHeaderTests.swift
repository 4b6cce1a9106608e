import Testing
import TestSupport
import ThreadWire
import WireCore

@Suite("MAC header")
struct MACHeaderTests {
    static func parse(_ bytes: [UInt8]) throws -> MACHeader {
        var reader = ByteReader(bytes)
        return try MACHeader(parsing: &reader)
    }

    static func serialize(_ header: MACHeader) -> [UInt8] {
        var writer = ByteWriter()
        header.serialize(into: &writer)
        return writer.bytes
    }

    @Test("A Parent Request's header reads as it was sent")
    func parentRequest() throws {
        // Recording attach, frame 1.
        let hex = "41d8c33412ffff01000000000a6e16"
        let header = try Self.parse(try #require(bytes(hexadecimal: hex)))
        let expected = MACHeader(
            frameType: .data, sequenceNumber: 0xc3, destinationPAN: PANID(rawValue: 0x1234), destination: .broadcast,
            source: .extended(ExtendedAddress(rawValue: 0x166e_0a00_0000_0001)))
        #expect(header == expected)
        #expect(header.isPANIDCompressed && header.sourcePAN == nil)
        #expect(hexadecimal(Self.serialize(expected)) == hex)
    }

    @Test("A secured data frame's header reads as it was sent")
    func securedData() throws {
        // Recording line_traffic, frame 16.
        let hex = "699862341200a001a00d0000000001"
        let expected = MACHeader(
            frameType: .data, sequenceNumber: 0x62, destinationPAN: PANID(rawValue: 0x1234),
            destination: .short(ShortAddress(rawValue: 0xa000)), source: .short(ShortAddress(rawValue: 0xa001)),
            requestsAcknowledgement: true,
            security: AuxiliarySecurityHeader(keyIdentifier: .index(1), frameCounter: 0))
        #expect(try Self.parse(try #require(bytes(hexadecimal: hex))) == expected)
        #expect(hexadecimal(Self.serialize(expected)) == hex)
    }

    @Test("Different PANs both stand in the header")
    func twoPANs() throws {
        // Recording old3_pymesh, frame 209.
        let hex = "01d884ffffffff34120100009049d5b370"
        let expected = MACHeader(
            frameType: .data, sequenceNumber: 0x84, destinationPAN: .broadcast, destination: .broadcast,
            sourcePAN: PANID(rawValue: 0x1234),
            source: .extended(ExtendedAddress(rawValue: 0x70b3_d549_9000_0001)))
        #expect(try Self.parse(try #require(bytes(hexadecimal: hex))) == expected)
        #expect(hexadecimal(Self.serialize(expected)) == hex)
    }

    @Test("Every recorded header is written as it was read")
    func recordings() throws {
        for recording in try Fixtures.recordings(in: "thread") + Fixtures.recordings(in: "pymesh") {
            for frame in try Fixtures.recording(recording) {
                var reader = ByteReader(frame.psdu, in: 0..<frame.psdu.count - 2)
                let header = try MACHeader(parsing: &reader)
                #expect(Self.serialize(header) == Array(frame.psdu[..<reader.offset]), "\(recording) \(frame.number)")
                #expect(header.byteCount == reader.offset, "\(recording), frame \(frame.number)")
            }
        }
    }

    @Test("A header cut anywhere is an error")
    func truncation() throws {
        for hex in ["41d8c33412ffff01000000000a6e16", "699862341200a001a00d0000000001", "02003e"] {
            let whole = try #require(bytes(hexadecimal: hex))
            for length in 0..<whole.count {
                #expect(throws: ParseError.self) { try Self.parse(Array(whole.prefix(length))) }
            }
        }
    }

    @Test("What Heddle does not handle is named")
    func unsupported() throws {
        #expect(throws: ParseError(field: "frame type", offset: 0, reason: .unsupported(value: 5))) {
            try Self.parse([0x05, 0x10, 1])
        }
        #expect(throws: ParseError(field: "frame version", offset: 1, reason: .unsupported(value: 3))) {
            try Self.parse([0x01, 0x30, 1])
        }
        #expect(throws: ParseError(field: "destination addressing mode", offset: 1, reason: .invalid(value: 1))) {
            try Self.parse([0x01, 0x04, 1])
        }
        #expect(throws: ParseError(field: "source addressing mode", offset: 1, reason: .invalid(value: 1))) {
            try Self.parse([0x01, 0x40, 1])
        }
    }

    /// One row of IEEE 802.15.4-2015 Table 7-2: addressing modes and compression, and which identifiers follow.
    struct Row: CustomTestStringConvertible, Sendable {
        let destination: UInt16
        let source: UInt16
        let isCompressed: Bool
        let hasDestinationPAN: Bool
        let hasSourcePAN: Bool

        var testDescription: String { "\(destination) \(source) \(isCompressed)" }
    }

    static let table: [Row] = [
        (0, 0, false, false, false), (0, 0, true, true, false), (2, 0, false, true, false), (3, 0, false, true, false),
        (2, 0, true, false, false), (3, 0, true, false, false), (0, 2, false, false, true), (0, 3, false, false, true),
        (0, 2, true, false, false), (0, 3, true, false, false), (3, 3, false, true, false), (3, 3, true, false, false),
        (2, 2, false, true, true), (2, 3, false, true, true), (3, 2, false, true, true), (2, 3, true, true, false),
        (3, 2, true, true, false), (2, 2, true, true, false),
    ].map { Row(destination: $0, source: $1, isCompressed: $2, hasDestinationPAN: $3, hasSourcePAN: $4) }

    @Test("Version 2 places PAN identifiers by its table, with and without sequence number", arguments: table)
    func version2(row: Row) throws {
        for isSuppressed in [false, true] {
            let control =
                0x2001 | row.destination << 10 | row.source << 14 | (row.isCompressed ? 0x40 : 0)
                | (isSuppressed ? 0x100 : 0)
            var writer = ByteWriter()
            writer.writeLittleEndian(UInt64(control), count: 2)
            if !isSuppressed { writer.write(UInt8(7)) }
            if row.hasDestinationPAN { writer.writeLittleEndian(0x1111, count: 2) }
            if row.destination > 0 { writer.writeLittleEndian(0xd, count: row.destination == 2 ? 2 : 8) }
            if row.hasSourcePAN { writer.writeLittleEndian(0x2222, count: 2) }
            if row.source > 0 { writer.writeLittleEndian(0x5, count: row.source == 2 ? 2 : 8) }
            var reader = ByteReader(writer.bytes)
            let header = try MACHeader(parsing: &reader)
            #expect(reader.isAtEnd)
            #expect(header.destinationPAN?.rawValue == (row.hasDestinationPAN ? 0x1111 : nil))
            #expect(header.sourcePAN?.rawValue == (row.hasSourcePAN ? 0x2222 : nil))
            #expect(header.sequenceNumber == (isSuppressed ? 0 : 7))
            #expect(Self.serialize(header) == writer.bytes)
        }
    }

    @Test("Header information elements are kept up to the one that closes them")
    func informationElements() throws {
        // An element of 2 bytes, Header Termination 2, then payload.
        let header: [UInt8] = [0x41, 0xaa, 7, 0x34, 0x12, 1, 0, 2, 0, 0x02, 0x0d, 0xab, 0xcd, 0x80, 0x3f]
        var reader = ByteReader(header + [0xee])
        let parsed = try MACHeader(parsing: &reader)
        #expect(reader.offset == header.count)
        #expect(parsed.informationElements == [0x02, 0x0d, 0xab, 0xcd, 0x80, 0x3f])
        #expect(Self.serialize(parsed) == header)
        #expect(throws: ParseError.self) { try Self.parse(Array(header.dropLast(3))) }
        #expect(throws: ParseError.self) { try Self.parse(Array(header.prefix(9)) + [0x00, 0x80]) }
    }

    @Test("Mutated headers are read the same again when they are read at all")
    func mutation() throws {
        let seed: UInt64 = 0x6d61_6368_6472
        var generator = SeededGenerator(seed: seed)
        let frames = try Fixtures.recording("thread/attach").map { Array($0.psdu.dropLast(2)) }
        var parsed = 0
        for round in 0..<20_000 {
            var bytes = generator.mutated(frames[round % frames.count])
            // Version 2 is not recorded, but must be tried as well.
            if round % 2 == 0, bytes.count > 1 { bytes[1] = bytes[1] & 0xcf | 0x20 }
            guard let header = try? Self.parse(bytes) else { continue }
            parsed += 1
            // Elements that nothing closes end where the integrity code begins.
            let code = [UInt8](repeating: 0, count: header.security?.securityLevel.codeLength ?? 0)
            let again = try Self.parse(Self.serialize(header) + code)
            #expect(again == header, "seed \(seed), round \(round): \(hexadecimal(bytes))")
        }
        #expect(parsed > 1000)
    }
}
