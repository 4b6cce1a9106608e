import CryptoProviders
import LinkSecurity
import TestSupport
import Testing
import WireCore

@Suite("mbedTLS cryptography")
struct MbedTLSCryptographyTests {
    let cryptography = MbedTLSCryptography()

    /// - Source: FIPS 180-4's example "abc"; the digest of nothing
    @Test("SHA-256 gives the published digests")
    func sha256() {
        #expect(
            hexadecimal(cryptography.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hexadecimal(cryptography.sha256([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    /// - Source: RFC 4231 §4.3
    @Test("HMAC-SHA256 gives the published code")
    func hmac() {
        let code = cryptography.hmacSHA256(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
        #expect(hexadecimal(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }
}

@Suite("mbedTLS CCM*")
struct MbedTLSCCMTests {
    let context = MbedTLSCryptography().makeCCM(key: (0xc0...0xcf).map { UInt8($0) })

    static func nonce(_ level: UInt8) -> Nonce {
        Nonce(extendedAddress: 0xacde_4800_0000_0001, frameCounter: 5, securityLevel: level)
    }

    /// - Source: IEEE 802.15.4-2006 Annex C.2.1
    @Test("A beacon that is only authenticated gets the published code")
    func beacon() throws {
        var frame = try #require(
            bytes(hexadecimal: "08d0842143010000000048deac020500000055cf00005152535400000000" + "00000000"))
        context.seal(
            &frame, plaintext: 26..<26, authenticated: .range(0..<26), nonce: Self.nonce(2), codeLength: 8)
        #expect(hexadecimal(frame[26...]) == "223bc1ec841ab553")
        #expect(
            context.open(
                &frame, ciphertext: 26..<26, authenticated: .range(0..<26), nonce: Self.nonce(2), codeLength: 8))
        frame[3] ^= 1
        #expect(
            !context.open(
                &frame, ciphertext: 26..<26, authenticated: .range(0..<26), nonce: Self.nonce(2), codeLength: 8))
    }

    /// - Source: IEEE 802.15.4-2006 Annex C.2.3
    @Test("A command with one hidden byte gets the published ciphertext and code")
    func command() throws {
        let header = "2bdc842143020000000048deacffff010000000048deac060500000001"
        let plain = try #require(bytes(hexadecimal: header + "ce" + "0000000000000000"))
        let sealed = header + "d84fde529061f9c6f1"
        var frame = plain
        context.seal(
            &frame, plaintext: 29..<30, authenticated: .range(0..<29), nonce: Self.nonce(6), codeLength: 8)
        #expect(hexadecimal(frame) == sealed)
        #expect(
            context.open(
                &frame, ciphertext: 29..<30, authenticated: .range(0..<29), nonce: Self.nonce(6), codeLength: 8))
        #expect(frame[29] == 0xce)
    }

    @Test("Other authenticated bytes count as those in the buffer do, at every code length", arguments: [4, 8, 16])
    func otherBytes(codeLength: Int) {
        let header: [UInt8] = [1, 2, 3, 4, 5]
        let text = (0..<40).map { UInt8($0) }
        let room = [UInt8](repeating: 0, count: codeLength)
        var inside = header + text + room
        var outside = text + room
        context.seal(
            &inside, plaintext: 5..<45, authenticated: .range(0..<5), nonce: Self.nonce(5), codeLength: codeLength)
        context.seal(
            &outside, plaintext: 0..<40, authenticated: .bytes(header), nonce: Self.nonce(5), codeLength: codeLength)
        #expect(Array(inside[5...]) == outside)
        #expect(
            context.open(
                &outside, ciphertext: 0..<40, authenticated: .bytes(header), nonce: Self.nonce(5),
                codeLength: codeLength))
        #expect(Array(outside[..<40]) == text)
    }

    @Test("Any changed byte is noticed, and no plaintext comes out")
    func forgery() {
        var sealed = (0..<24).map { UInt8($0) }
        context.seal(&sealed, plaintext: 4..<20, authenticated: .range(0..<4), nonce: Self.nonce(5), codeLength: 4)
        for index in sealed.indices {
            var forged = sealed
            forged[index] ^= 0x40
            let isAccepted = context.open(
                &forged, ciphertext: 4..<20, authenticated: .range(0..<4), nonce: Self.nonce(5), codeLength: 4)
            #expect(!isAccepted, "byte \(index)")
            #expect(forged[4..<20].allSatisfy { $0 == 0 }, "byte \(index)")
        }
        for nonce in [
            Nonce(extendedAddress: 0xacde_4800_0000_0002, frameCounter: 5, securityLevel: 5),
            Nonce(extendedAddress: 0xacde_4800_0000_0001, frameCounter: 6, securityLevel: 5), Self.nonce(6),
        ] {
            var copy = sealed
            #expect(
                !context.open(
                    &copy, ciphertext: 4..<20, authenticated: .range(0..<4), nonce: nonce, codeLength: 4))
        }
    }

    @Test("Nothing to hide and nothing to authenticate still gets a code")
    func empty() {
        var frame = [UInt8](repeating: 0, count: 4)
        context.seal(&frame, plaintext: 0..<0, authenticated: .bytes([]), nonce: Self.nonce(5), codeLength: 4)
        #expect(frame != [0, 0, 0, 0])
        #expect(
            context.open(
                &frame, ciphertext: 0..<0, authenticated: .bytes([]), nonce: Self.nonce(5), codeLength: 4))
    }
}
