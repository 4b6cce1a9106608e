/// The key of commissioners (PSKc) that a passphrase gives for one network.
///
/// PBKDF2 with AES-CMAC-PRF-128 and 16384 rounds: slow on purpose, some tens of milliseconds.
/// - Source: RFC 8018 §5.2, RFC 4615, RFC 4493; rounds and salt: OpenThread as observed, `pskc -p`
public enum PassphraseKey {
    /// - Units: bytes of UTF-8
    public static let lengths = 6...255
    /// - Units: bytes
    public static let keyLength = 16
    static let rounds = 16_384

    /// - Returns: 16 bytes; nil when the passphrase is too short or too long.
    public static func make(
        passphrase: String, networkName: [UInt8], extendedPANID: UInt64, cryptography: any LinkCryptography
    ) -> [UInt8]? {
        let password = Array(passphrase.utf8)
        guard lengths.contains(password.count) else { return nil }
        let identifier = (0..<8).map { UInt8(truncatingIfNeeded: extendedPANID >> UInt64(56 - 8 * $0)) }
        return derive(
            password: password, salt: Array("Thread".utf8) + identifier + networkName, rounds: rounds,
            cryptography: cryptography)
    }

    /// The first block of PBKDF2.
    static func derive(
        password: [UInt8], salt: [UInt8], rounds: Int, cryptography: any LinkCryptography
    ) -> [UInt8] {
        // A key of another length is made one of 16 bytes first: RFC 4615 §3.
        let key =
            password.count == keyLength
            ? password
            : cryptography.aesCMAC(key: [UInt8](repeating: 0, count: keyLength), message: password)
        var link = cryptography.aesCMAC(key: key, message: salt + [0, 0, 0, 1])
        var sum = link
        for _ in 1..<rounds {
            link = cryptography.aesCMAC(key: key, message: link)
            for index in sum.indices { sum[index] ^= link[index] }
        }
        return sum
    }
}
