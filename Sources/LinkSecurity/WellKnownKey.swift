public import ThreadWire

/// The key that every Thread device knows. It hides nothing: it lets an MLE Announce reach nodes that have other keys
/// or another channel, in a frame that looks secured.
/// - Source: OpenThread as observed: recording steady, frame 229
public enum WellKnownKey {
    /// - Units: 16 bytes
    public static let key: [UInt8] = [
        0x78, 0x58, 0x16, 0x86, 0xfd, 0xb4, 0x58, 0x0f, 0xb0, 0x92, 0x54, 0x6a, 0xec, 0xbd, 0x15, 0x66,
    ]
    /// Stands in the nonce, whoever the sender is.
    public static let extendedAddress = ExtendedAddress(rawValue: 0x3506_feb8_23d4_8712)
    /// What frames under this key name as their key.
    public static let identifier = KeyIdentifier.source4(0xffff_ffff, index: 0xff)
}
