import Testing
import ThreadWire
import WireCore

@Suite("Internet checksum")
struct InternetChecksumTests {
    @Test("the example of RFC 1071 §3 sums to ddf2")
    func example() {
        var checksum = InternetChecksum()
        checksum.add(hex("0001 f203 f4f5 f6f7"))
        #expect(checksum.value == ~0xddf2)
    }

    @Test("bytes added in pieces of any length sum to the same as at once")
    func pieces() {
        let bytes = (0..<37).map { UInt8($0 * 7 & 0xff) }
        var whole = InternetChecksum()
        whole.add(bytes)
        for split in 0...bytes.count {
            var parts = InternetChecksum()
            parts.add(bytes[..<split])
            parts.add(bytes[split...])
            #expect(parts.value == whole.value, "split at \(split)")
        }
    }

    @Test("a long run of ones does not overflow")
    func long() {
        var checksum = InternetChecksum()
        checksum.add([UInt8](repeating: 0xff, count: 200_000))
        #expect(checksum.value == 0)
    }

    @Test("every changed bit of a recorded UDP datagram is noticed")
    func singleBits() throws {
        // Recording thread/line_seq, frame 16.
        let source = IPv6Address("fdde:ad00:beef::ff:fe00:c01")!
        let destination = IPv6Address("fdde:ad00:beef::ff:fe00:c00")!
        var datagram = hex("f0bff0bf002141f94202f5456c10b161026173ff0108166e0a0000000002040102")
        func isRight() -> Bool {
            InternetChecksum.verify(datagram[...], source: source, destination: destination, nextHeader: .udp)
        }
        #expect(isRight())
        for bit in 0..<datagram.count * 8 {
            datagram[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            #expect(!isRight(), "bit \(bit)")
            datagram[bit / 8] ^= 0x80 >> UInt8(bit % 8)
        }
    }
}
