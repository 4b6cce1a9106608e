import Testing
import WireCore

@Suite("The byte reader")
struct ByteReaderTests {
    @Test("reads numbers in both byte orders and stands behind them")
    func numbers() throws {
        var reader = ByteReader([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x34, 0x12, 0xff])
        #expect(try reader.readUInt16("a") == 0x0123)
        #expect(try reader.readUInt32("b") == 0x4567_89ab)
        #expect(try reader.readBigEndian(2, "c") == 0xcdef)
        #expect(try reader.readLittleEndian(2, "d") == 0x1234)
        #expect(reader.offset == 10)
        #expect(try reader.readUInt8("e") == 0xff)
        #expect(reader.isAtEnd)
    }

    @Test("names the field, the place and the lack when bytes are missing, and does not move", arguments: 0..<8)
    func truncation(count: Int) {
        var reader = ByteReader([UInt8](repeating: 7, count: count))
        let expected = ParseError(field: "counter", offset: 0, reason: .truncated(needed: 8, available: count))
        #expect(throws: expected) { _ = try reader.readUInt64("counter") }
        #expect(reader.offset == 0)
    }

    @Test("counts offsets from the start of the buffer also in a part of it")
    func subReader() throws {
        var reader = ByteReader([0, 1, 2, 3, 4, 5])
        try reader.skip(2, "head")
        var part = try reader.readSlice(3, "part")
        #expect(reader.remaining == 1)
        #expect(part.remainingRange == 2..<5)
        #expect(part.peek() == 2)
        #expect(part.peek(2) == 4)
        #expect(part.peek(3) == nil)
        #expect(part.peek(-1) == nil)
        #expect(try part.readBytes(2, "bytes") == [2, 3])
        let expected = ParseError(field: "more", offset: 4, reason: .truncated(needed: 2, available: 1))
        #expect(throws: expected) { _ = try part.readUInt16("more") }
        #expect(part.readRemaining() == [4])
    }

    @Test("refuses a negative length instead of trapping")
    func negativeLength() {
        var reader = ByteReader([1, 2])
        #expect(throws: ParseError.self) { _ = try reader.readBytes(-1, "length of a peer") }
        #expect(throws: ParseError.self) { try reader.skip(.min, "length of a peer") }
    }

    @Test("tells how many bytes are left over")
    func trailing() throws {
        var reader = ByteReader([1, 2, 3])
        _ = try reader.readUInt8("only")
        #expect(throws: ParseError(field: "message", offset: 1, reason: .trailing(count: 2))) {
            try reader.requireEnd("message")
        }
    }
}
