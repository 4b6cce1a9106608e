import CMbedTLS
public import LinkSecurity

/// Link security's primitives, by mbedTLS.
public final class MbedTLSCryptography: LinkCryptography {
    public init() {}

    public func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let status = mbedtls_md_hmac(Self.sha256, key, key.count, message, message.count, &digest)
        precondition(status == 0, "mbedtls_md_hmac: \(status)")
        return digest
    }

    public func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let status = mbedtls_md(Self.sha256, message, message.count, &digest)
        precondition(status == 0, "mbedtls_md: \(status)")
        return digest
    }

    public func aesCMAC(key: [UInt8], message: [UInt8]) -> [UInt8] {
        precondition(key.count == 16, "an AES-128 key of \(key.count) bytes")
        var code = [UInt8](repeating: 0, count: 16)
        let cipher = mbedtls_cipher_info_from_type(MBEDTLS_CIPHER_AES_128_ECB)
        let status = mbedtls_cipher_cmac(cipher, key, 128, message, message.count, &code)
        precondition(status == 0, "mbedtls_cipher_cmac: \(status)")
        return code
    }

    public func makeCCM(key: [UInt8]) -> any CCMContext { MbedTLSCCM(key: key) }

    private static var sha256: OpaquePointer? { mbedtls_md_info_from_type(MBEDTLS_MD_SHA256) }
}
