import CMbedTLS
import CSodium
public import MeshCoreWire

/// MeshCore's primitives: the curve by libsodium, cipher and hashes by mbedTLS.
public final class MeshCoreSodiumCryptography: MeshCoreCryptography {
    private let hashes = MbedTLSCryptography()

    public init() {
        precondition(sodium_init() >= 0, "libsodium does not start")
    }

    // MARK: Ed25519

    public func expandedPrivateKey(seed: [UInt8]) -> [UInt8] {
        precondition(seed.count == 32, "a seed of \(seed.count) bytes")
        var key = sha512(seed)
        key[0] &= 0xf8
        key[31] = key[31] & 0x3f | 0x40
        return key
    }

    public func publicKey(privateKey: [UInt8]) -> [UInt8] {
        precondition(privateKey.count == MeshCorePrivateKey.byteCount, "a private key of \(privateKey.count) bytes")
        return multipliedBase(Array(privateKey.prefix(32)))
    }

    public func sign(_ message: [UInt8], privateKey: [UInt8], publicKey: [UInt8]) -> [UInt8] {
        precondition(privateKey.count == MeshCorePrivateKey.byteCount, "a private key of \(privateKey.count) bytes")
        precondition(publicKey.count == MeshCorePublicKey.byteCount, "a public key of \(publicKey.count) bytes")
        let nonce = reduced(sha512(privateKey.suffix(32) + message))
        let commitment = multipliedBase(nonce)
        let challenge = reduced(sha512(commitment + publicKey + message))
        var product = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_mul(&product, challenge, Array(privateKey.prefix(32)))
        var response = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_add(&response, product, nonce)
        return commitment + response
    }

    public func verify(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == MeshCoreAdvert.signatureLength, publicKey.count == MeshCorePublicKey.byteCount else {
            return false
        }
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }

    // MARK: X25519

    public func sharedSecret(privateKey: [UInt8], peer: [UInt8]) -> [UInt8]? {
        precondition(privateKey.count == MeshCorePrivateKey.byteCount, "a private key of \(privateKey.count) bytes")
        guard peer.count == MeshCorePublicKey.byteCount else { return nil }
        var point = [UInt8](repeating: 0, count: 32)
        guard crypto_sign_ed25519_pk_to_curve25519(&point, peer) == 0 else { return nil }
        var secret = [UInt8](repeating: 0, count: 32)
        // The multiplication clamps the scalar again.
        guard crypto_scalarmult_curve25519(&secret, Array(privateKey.prefix(32)), point) == 0 else { return nil }
        return secret
    }

    // MARK: AES

    public func encryptBlocks(_ blocks: [UInt8], key: [UInt8]) -> [UInt8] {
        crypt(blocks, mode: MBEDTLS_AES_ENCRYPT, key) { mbedtls_aes_setkey_enc($0, key, 128) }
    }

    public func decryptBlocks(_ blocks: [UInt8], key: [UInt8]) -> [UInt8] {
        crypt(blocks, mode: MBEDTLS_AES_DECRYPT, key) { mbedtls_aes_setkey_dec($0, key, 128) }
    }

    private func crypt(
        _ blocks: [UInt8], mode: Int32, _ key: [UInt8], setKey: (UnsafeMutablePointer<mbedtls_aes_context>) -> Int32
    ) -> [UInt8] {
        precondition(key.count == 16, "an AES-128 key of \(key.count) bytes")
        precondition(blocks.count % 16 == 0, "\(blocks.count) bytes are no whole blocks")
        var context = mbedtls_aes_context()
        mbedtls_aes_init(&context)
        // Overwrites the key.
        defer { mbedtls_aes_free(&context) }
        let status = setKey(&context)
        precondition(status == 0, "mbedtls_aes_setkey: \(status)")
        var result = blocks
        result.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            for block in stride(from: 0, to: bytes.count, by: 16) {
                let status = mbedtls_aes_crypt_ecb(&context, mode, base + block, base + block)
                precondition(status == 0, "mbedtls_aes_crypt_ecb: \(status)")
            }
        }
        return result
    }

    // MARK: Hashes

    public func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] { hashes.hmacSHA256(key: key, message: message) }

    public func sha256(_ message: [UInt8]) -> [UInt8] { hashes.sha256(message) }

    public func areEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }

    // MARK: Scalars

    private func sha512(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 64)
        crypto_hash_sha512(&digest, message, UInt64(message.count))
        return digest
    }

    private func reduced(_ number: [UInt8]) -> [UInt8] {
        var scalar = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_reduce(&scalar, number)
        return scalar
    }

    /// The base point times a scalar. The function reports the neutral element, which is no failure here: it is what a
    /// scalar of zero gives.
    private func multipliedBase(_ scalar: [UInt8]) -> [UInt8] {
        var point = [UInt8](repeating: 0, count: 32)
        _ = crypto_scalarmult_ed25519_base_noclamp(&point, scalar)
        return point
    }
}
