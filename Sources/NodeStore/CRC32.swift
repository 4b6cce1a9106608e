/// The checksum of Ethernet and zlib.
/// - Source: ITU-T V.42 §8.1.1.6.2, in its reflected form
enum CRC32 {
    static func checksum(of bytes: [UInt8]) -> UInt32 {
        var remainder = UInt32.max
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xedb8_8320 : remainder >> 1 }
        }
        return ~remainder
    }
}
