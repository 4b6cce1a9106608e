import Testing
import ThreadWire

@Suite("6LoWPAN dispatch")
struct LowPANDispatchTests {
    @Test("every first byte has the meaning that the tables of RFC 4944, RFC 6282 and RFC 8025 give it")
    func allBytes() {
        for byte in UInt8.min...UInt8.max {
            let expected: LowPANDispatch =
                if byte >> 6 == 0 {
                    .notLowPAN
                } else if byte == 0b0100_0001 {
                    .ipv6
                } else if byte >> 5 == 0b011 {
                    .compressed
                } else if byte >> 6 == 0b10 {
                    .mesh
                } else if byte >> 3 == 0b11000 {
                    .firstFragment
                } else if byte >> 3 == 0b11100 {
                    .subsequentFragment
                } else if byte >> 4 == 0b1111 {
                    .page(byte & 0xf)
                } else {
                    .unknown(byte)
                }
            #expect(LowPANDispatch(byte) == expected)
        }
    }
}
