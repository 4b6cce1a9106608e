/// The checksum at the end of a frame: CRC-16 with the polynomial x¹⁶ + x¹² + x⁵ + 1, reflected, from zero.
/// - Source: IEEE 802.15.4-2006 §7.2.1.9
public enum FrameCheckSequence {
    /// - Units: bytes
    public static let byteCount = 2

    /// The checksum of a part of a buffer; it goes on the air least significant byte first.
    public static func compute(_ bytes: [UInt8], in range: Range<Int>) -> UInt16 {
        var remainder: UInt16 = 0
        for index in range {
            // Eight steps of the shift register at once: the polynomial has so few terms that they are shifts.
            var byte = UInt8(truncatingIfNeeded: remainder) ^ bytes[index]
            byte ^= byte << 4
            let wide = UInt16(byte)
            remainder = remainder >> 8 ^ wide << 8 ^ wide << 3 ^ wide >> 4
        }
        return remainder
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
