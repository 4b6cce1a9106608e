/// The checksum at the end of a frame: CRC-16 with the polynomial x¹⁶ + x¹² + x⁵ + 1, reflected, from zero.
/// - Source: IEEE 802.15.4-2006 §7.2.1.9
public enum FrameCheckSequence {
    /// - Units: bytes
    public static let byteCount = 2

    /// The checksum of a part of a buffer; it goes on the air least significant byte first.
    public static func compute(_ bytes: [UInt8], in range: Range<Int>) -> UInt16 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "range \(range) outside of the buffer")
        return bytes.withUnsafeBytes { bytes in
            remainders.withUnsafeBufferPointer { remainders in
                var remainder: UInt16 = 0
                var index = range.lowerBound
                // Four bytes at once: what each does to those behind it is in its table already.
                while index + 4 <= range.upperBound {
                    let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self).littleEndian
                    let mixed = Int(word ^ UInt32(remainder))
                    remainder =
                        remainders[0x300 | mixed & 0xff] ^ remainders[0x200 | mixed >> 8 & 0xff]
                        ^ remainders[0x100 | mixed >> 16 & 0xff] ^ remainders[mixed >> 24]
                    index += 4
                }
                while index < range.upperBound {
                    remainder = remainder >> 8 ^ remainders[Int((remainder ^ UInt16(bytes[index])) & 0xff)]
                    index += 1
                }
                return remainder
            }
        }
    }

    /// What is left of each byte when the shift register has taken it in, and when it has taken in another one, two or
    /// three zero bytes: four tables behind each other.
    private static let remainders: [UInt16] = (1...4).flatMap { count in
        (0...255).map { shifted($0, bits: 8 * count) }
    }

    private static func shifted(_ value: UInt16, bits: Int) -> UInt16 {
        (0..<bits).reduce(value) { register, _ in register & 1 == 0 ? register >> 1 : register >> 1 ^ 0x8408 }
    }

    /// Writes the checksum of all that stands before into the last two bytes.
    public static func write(into bytes: inout [UInt8]) {
        let end = bytes.count - byteCount
        let value = compute(bytes, in: 0..<end)
        bytes[end] = UInt8(truncatingIfNeeded: value)
        bytes[end + 1] = UInt8(truncatingIfNeeded: value >> 8)
    }

    /// Whether the last two bytes are the checksum of all that stands before; false when there are less than two.
    public static func isValid(_ bytes: [UInt8]) -> Bool {
        let end = bytes.count - byteCount
        guard end >= 0 else { return false }
        return compute(bytes, in: 0..<end) == UInt16(bytes[end]) | UInt16(bytes[end + 1]) << 8
    }
}
