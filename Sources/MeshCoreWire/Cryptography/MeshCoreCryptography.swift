/// The primitives that MeshCore needs, provided by `CryptoProviders`.
///
/// A class, so that an engine holds one reference and stays free of generics; see
/// docs/decisions/0001-class-bound-crypto.md.
public protocol MeshCoreCryptography: AnyObject {
    /// The expanded private key of a seed: SHA-512, its scalar half clamped.
    /// - Parameter seed: 32 bytes.
    /// - Returns: 64 bytes.
    /// - Source: RFC 8032 §5.1.5
    func expandedPrivateKey(seed: [UInt8]) -> [UInt8]

    /// The public key of an expanded private key, whose scalar is taken as it is.
    /// - Parameter privateKey: 64 bytes.
    /// - Returns: 32 bytes.
    func publicKey(privateKey: [UInt8]) -> [UInt8]

    /// An Ed25519 signature.
    /// - Parameters:
    ///   - privateKey: 64 bytes, expanded.
    ///   - publicKey: 32 bytes, of the same pair.
    /// - Returns: 64 bytes.
    /// - Source: RFC 8032 §5.1.6
    func sign(_ message: [UInt8], privateKey: [UInt8], publicKey: [UInt8]) -> [UInt8]

    /// Whether an Ed25519 signature is right; false for keys and signatures of any other length too.
    /// - Source: RFC 8032 §5.1.7
    func verify(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool

    /// X25519 of an Ed25519 pair: the scalar half of the private key with the peer's key as a Montgomery point.
    /// - Returns: 32 bytes; nil when the peer's key is no point of the curve, or one of small order.
    /// - Source: RFC 7748 §4.1, §5
    func sharedSecret(privateKey: [UInt8], peer: [UInt8]) -> [UInt8]?

    /// AES-128, each block for itself.
    /// - Parameters:
    ///   - blocks: a multiple of 16 bytes.
    ///   - key: 16 bytes.
    /// - Source: FIPS 197
    func encryptBlocks(_ blocks: [UInt8], key: [UInt8]) -> [UInt8]

    /// The inverse of `encryptBlocks`.
    func decryptBlocks(_ blocks: [UInt8], key: [UInt8]) -> [UInt8]

    /// HMAC with SHA-256.
    /// - Returns: 32 bytes.
    /// - Source: RFC 2104, FIPS 180-4
    func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8]

    /// SHA-256.
    /// - Returns: 32 bytes.
    func sha256(_ message: [UInt8]) -> [UInt8]

    /// Whether both are the same, in a time that depends only on their lengths.
    func areEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool
}
