import CMbedTLS
import LinkSecurity

/// AES-CCM* with a key schedule that is made once. Neither sealing nor opening allocates.
final class MbedTLSCCM: CCMContext {
    private let context: UnsafeMutablePointer<mbedtls_ccm_context>

    /// - Parameter key: 16 bytes.
    init(key: [UInt8]) {
        precondition(key.count == 16, "an AES-128 key of \(key.count) bytes")
        context = .allocate(capacity: 1)
        mbedtls_ccm_init(context)
        let status = mbedtls_ccm_setkey(context, MBEDTLS_CIPHER_ID_AES, key, 128)
        precondition(status == 0, "mbedtls_ccm_setkey: \(status)")
    }

    deinit {
        // Overwrites the key.
        mbedtls_ccm_free(context)
        context.deallocate()
    }

    func seal(
        _ buffer: inout [UInt8], plaintext: Range<Int>, authenticated: AuthenticatedData, nonce: Nonce, codeLength: Int
    ) {
        let status = run(&buffer, text: plaintext, authenticated, nonce, codeLength) { call in
            mbedtls_ccm_star_encrypt_and_tag(
                context, call.textLength, call.nonce, Nonce.byteCount, call.authenticated, call.authenticatedLength,
                call.text, call.text, call.code, codeLength)
        }
        precondition(status == 0, "mbedtls_ccm_star_encrypt_and_tag: \(status)")
    }

    func open(
        _ buffer: inout [UInt8], ciphertext: Range<Int>, authenticated: AuthenticatedData, nonce: Nonce, codeLength: Int
    ) -> Bool {
        let status = run(&buffer, text: ciphertext, authenticated, nonce, codeLength) { call in
            mbedtls_ccm_star_auth_decrypt(
                context, call.textLength, call.nonce, Nonce.byteCount, call.authenticated, call.authenticatedLength,
                call.text, call.text, call.code, codeLength)
        }
        precondition(status == 0 || status == MBEDTLS_ERR_CCM_AUTH_FAILED, "mbedtls_ccm_star_auth_decrypt: \(status)")
        return status == 0
    }

    /// The arguments of one call, all of them pointers that live as long as the call.
    private struct Call {
        let text: UnsafeMutablePointer<UInt8>
        let textLength: Int
        let code: UnsafeMutablePointer<UInt8>
        let authenticated: UnsafePointer<UInt8>?
        let authenticatedLength: Int
        let nonce: UnsafePointer<UInt8>
    }

    private func run(
        _ buffer: inout [UInt8], text: Range<Int>, _ authenticated: AuthenticatedData, _ nonce: Nonce,
        _ codeLength: Int, _ body: (Call) -> Int32
    ) -> Int32 {
        precondition(
            codeLength == 4 || codeLength == 8 || codeLength == 16, "a message integrity code of \(codeLength) bytes")
        precondition(
            text.lowerBound >= 0 && text.upperBound + codeLength <= buffer.count,
            "\(text) and a code of \(codeLength) bytes in a buffer of \(buffer.count)")
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Nonce.byteCount) { space in
            nonce.write(into: space)
            return buffer.withUnsafeMutableBufferPointer { bytes in
                // The code's length is never zero, so the buffer is not empty.
                let base = bytes.baseAddress!
                func call(_ authenticated: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
                    body(
                        Call(
                            text: base + text.lowerBound, textLength: text.count, code: base + text.upperBound,
                            authenticated: authenticated, authenticatedLength: count,
                            nonce: UnsafePointer(space.baseAddress!)))
                }
                switch authenticated {
                case .range(let range):
                    precondition(
                        range.lowerBound >= 0 && range.upperBound <= bytes.count,
                        "authenticated \(range) in a buffer of \(bytes.count)")
                    return call(UnsafePointer(base + range.lowerBound), range.count)
                case .bytes(let other):
                    return other.withUnsafeBufferPointer { call($0.baseAddress, $0.count) }
                }
            }
        }
    }
}

extension Nonce {
    fileprivate static let byteCount = 13

    /// Address and counter most significant byte first, then the level.
    fileprivate func write(into space: UnsafeMutableBufferPointer<UInt8>) {
        for index in 0..<8 { space[index] = UInt8(truncatingIfNeeded: extendedAddress >> UInt64(56 - index * 8)) }
        for index in 0..<4 { space[8 + index] = UInt8(truncatingIfNeeded: frameCounter >> UInt32(24 - index * 8)) }
        space[12] = securityLevel
    }
}
