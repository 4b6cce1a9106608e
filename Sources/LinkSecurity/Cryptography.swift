/// The primitives that link security needs, provided by `CryptoProviders`.
///
/// A class, so that an engine holds one reference and stays free of generics; see
/// docs/decisions/0001-class-bound-crypto.md.
public protocol LinkCryptography: AnyObject {
    /// HMAC with SHA-256.
    /// - Returns: 32 bytes.
    /// - Source: RFC 2104, FIPS 180-4
    func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8]

    /// SHA-256.
    /// - Returns: 32 bytes.
    func sha256(_ message: [UInt8]) -> [UInt8]

    /// The message authentication code of AES-128.
    /// - Parameter key: 16 bytes.
    /// - Returns: 16 bytes.
    /// - Source: RFC 4493
    func aesCMAC(key: [UInt8], message: [UInt8]) -> [UInt8]

    /// A context for AES-128-CCM* under one key, to be kept as long as the key is.
    /// - Parameter key: 16 bytes.
    func makeCCM(key: [UInt8]) -> any CCMContext
}

/// AES-128 in CCM* mode with one key and a 2-byte length field (13-byte nonce), in place.
/// - Source: IEEE 802.15.4-2006 Annex B; RFC 3610 for the parts that they share
public protocol CCMContext: AnyObject {
    /// Encrypts `buffer[plaintext]` where it stands and writes the message integrity code behind it,
    /// into `buffer[plaintext.upperBound ..< plaintext.upperBound + codeLength]`, which must exist.
    /// - Parameters:
    ///   - authenticated: the range of `buffer` that is authenticated but not encrypted, or other bytes.
    ///   - nonce: 13 bytes.
    ///   - codeLength: 4, 8 or 16 bytes.
    func seal(
        _ buffer: inout [UInt8], plaintext: Range<Int>, authenticated: AuthenticatedData, nonce: Nonce, codeLength: Int)

    /// Decrypts `buffer[ciphertext]` where it stands and checks the code behind it.
    /// - Returns: false when the code does not match; `buffer` then holds no plaintext.
    func open(
        _ buffer: inout [UInt8], ciphertext: Range<Int>, authenticated: AuthenticatedData, nonce: Nonce, codeLength: Int
    )
        -> Bool
}

/// What CCM* authenticates without encrypting it.
public enum AuthenticatedData: Sendable {
    /// A part of the buffer itself, such as a frame's header.
    case range(Range<Int>)
    /// Other bytes, such as MLE's pseudo-header.
    case bytes([UInt8])
}

/// The 13 bytes that make each use of a key unique: extended address, frame counter, security level.
/// - Source: IEEE 802.15.4-2006 §7.6.3.2
public struct Nonce: Equatable, Sendable {
    /// The sender's extended address.
    public var extendedAddress: UInt64
    public var frameCounter: UInt32
    public var securityLevel: UInt8

    public init(extendedAddress: UInt64, frameCounter: UInt32, securityLevel: UInt8) {
        self.extendedAddress = extendedAddress
        self.frameCounter = frameCounter
        self.securityLevel = securityLevel
    }
}
