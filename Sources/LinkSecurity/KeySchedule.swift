/// The two keys that a network key gives for one key sequence.
public struct LinkKeys: Equatable, Sendable {
    /// Protects MLE messages.
    /// - Units: 16 bytes
    public let mleKey: [UInt8]
    /// Protects link frames.
    /// - Units: 16 bytes
    public let macKey: [UInt8]
}

/// How link keys follow from the network key, so that all nodes change them at once by counting on.
/// - Source: OpenThread as observed: recording keyswitch; check values in Tests/Fixtures/thread/ccm-vectors.txt
public enum KeySchedule {
    /// - Units: bytes
    public static let networkKeyLength = 16

    /// HMAC-SHA256 over the sequence and the word "Thread", the network key as key.
    /// - Parameter networkKey: 16 bytes.
    public static func keys(
        networkKey: [UInt8], keySequence: UInt32, cryptography: any LinkCryptography
    ) -> LinkKeys {
        let message =
            [
                UInt8(truncatingIfNeeded: keySequence >> 24), UInt8(truncatingIfNeeded: keySequence >> 16),
                UInt8(truncatingIfNeeded: keySequence >> 8), UInt8(truncatingIfNeeded: keySequence),
            ] + Array("Thread".utf8)
        let digest = cryptography.hmacSHA256(key: networkKey, message: message)
        return LinkKeys(mleKey: Array(digest[0..<16]), macKey: Array(digest[16..<32]))
    }

    /// The index by which frames name the keys of a sequence.
    /// - Range: 1 to 128
    public static func keyIndex(keySequence: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: keySequence & 0x7f) + 1
    }
}
