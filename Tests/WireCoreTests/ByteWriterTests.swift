import Testing
import WireCore

@Suite("The byte writer")
struct ByteWriterTests {
    @Test("writes what the reader reads")
    func roundTrip() throws {
        var writer = ByteWriter()
        writer.write(0x12 as UInt8)
        writer.write(0x3456 as UInt16)
        writer.write(0x789a_bcde as UInt32)
        writer.write(0x0102_0304_0506_0708 as UInt64)
        writer.writeLittleEndian(0xa1b2c3, count: 3)
        writer.write(repeating: 9, count: 2)
        #expect(writer.count == 20)
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readUInt8("a") == 0x12)
        #expect(try reader.readUInt16("b") == 0x3456)
        #expect(try reader.readUInt32("c") == 0x789a_bcde)
        #expect(try reader.readUInt64("d") == 0x0102_0304_0506_0708)
        #expect(try reader.readBytes(3, "e") == [0xc3, 0xb2, 0xa1])
        #expect(reader.readRemaining() == [9, 9])
    }

    @Test("fills in afterwards what was not known before")
    func patch() {
        var writer = ByteWriter(appendingTo: [1])
        writer.write(0 as UInt16)
        writer.write(0 as UInt8)
        writer.patch(0xbeef as UInt16, at: 1)
        writer.patch(5 as UInt8, at: 3)
        #expect(writer.bytes == [1, 0xbe, 0xef, 5])
    }
}

@Suite("Hexadecimal digits")
struct HexadecimalTests {
    @Test("go there and back")
    func roundTrip() {
        #expect(hexadecimal([0x00, 0x0f, 0xa5]) == "000fa5")
        #expect(bytes(hexadecimal: "000FA5") == [0x00, 0x0f, 0xa5])
        #expect(hexadecimal(0x1f, digits: 4) == "001f")
        #expect(hexadecimal(0x12345, digits: 4) == "12345")
    }

    @Test("are nothing when one is missing or no digit", arguments: ["0", "0g", "00 ", "é0"])
    func refused(text: String) {
        #expect(bytes(hexadecimal: text) == nil)
    }
}
