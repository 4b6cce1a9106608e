import CryptoProviders
import LinkSecurity
import Testing
import ThreadWire

/// Counts the contexts that are made.
private final class CountingCryptography: LinkCryptography {
    let base = MbedTLSCryptography()
    var made = 0

    func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] { base.hmacSHA256(key: key, message: message) }
    func sha256(_ message: [UInt8]) -> [UInt8] { base.sha256(message) }
    func aesCMAC(key: [UInt8], message: [UInt8]) -> [UInt8] { base.aesCMAC(key: key, message: message) }
    func makeCCM(key: [UInt8]) -> any CCMContext {
        made += 1
        return base.makeCCM(key: key)
    }
}

@Suite("Key ring")
struct KeyRingTests {
    private let cryptography = CountingCryptography()

    private func ring(_ sequence: UInt32) -> KeyRing {
        KeyRing(networkKey: KeyScheduleTests.networkKey, keySequence: sequence, cryptography: cryptography)
    }

    @Test("An index means the current sequence or one of its neighbours")
    func index() {
        let ring = ring(128)
        #expect(ring.keySequence(for: .index(1)) == 128)
        #expect(ring.keySequence(for: .index(128)) == 127)
        #expect(ring.keySequence(for: .index(2)) == 129)
        for index: UInt8 in [0, 3, 127, 129, 255] { #expect(ring.keySequence(for: .index(index)) == nil) }
    }

    @Test("The first and the last sequence have one neighbour")
    func ends() {
        #expect(ring(0).keySequence(for: .index(128)) == nil)
        #expect(ring(0).keySequence(for: .index(2)) == 1)
        #expect(ring(.max).keySequence(for: .index(1)) == nil)
        #expect(ring(.max).keySequence(for: .index(127)) == UInt32.max - 1)
    }

    @Test("A source is the sequence, if its index fits; other modes name no key of the ring")
    func source() {
        let ring = ring(5)
        #expect(ring.keySequence(for: .source4(1000, index: UInt8(1000 % 128 + 1))) == 1000)
        #expect(ring.keySequence(for: .source4(1000, index: 1)) == nil)
        #expect(ring.keySequence(for: WellKnownKey.identifier) == nil)
        #expect(ring.keySequence(for: .implicit) == nil)
        #expect(ring.keySequence(for: .source8(5, index: 6)) == nil)
    }

    @Test("Contexts are made once, also across a change of sequence")
    func cache() {
        var ring = ring(5)
        for _ in 0..<3 {
            for sequence: UInt32 in 4...6 { #expect(ring.contexts(for: sequence).keySequence == sequence) }
        }
        #expect(cryptography.made == 6)
        ring.setKeySequence(6)
        #expect(ring.keySequence == 6)
        _ = ring.contexts(for: 5)
        _ = ring.contexts(for: 6)
        #expect(cryptography.made == 6)
    }

    @Test("Whatever sequences peers name, those around the current one stay")
    func bounded() {
        var ring = ring(5)
        for sequence: UInt32 in 4...6 { _ = ring.contexts(for: sequence) }
        for sequence: UInt32 in 100..<200 { _ = ring.contexts(for: sequence) }
        let made = cryptography.made
        for sequence: UInt32 in 4...6 { _ = ring.contexts(for: sequence) }
        #expect(cryptography.made == made)
    }

    @Test("The same key gives the same code, another sequence another")
    func contexts() {
        var ring = ring(0)
        func code(_ context: any CCMContext) -> [UInt8] {
            var buffer: [UInt8] = [1, 2, 3, 0, 0, 0, 0]
            context.seal(
                &buffer, plaintext: 0..<3, authenticated: .bytes([]),
                nonce: Nonce(extendedAddress: 1, frameCounter: 2, securityLevel: 5), codeLength: 4)
            return buffer
        }
        let all = [ring.contexts(for: 0), ring.contexts(for: 1)].flatMap { [code($0.mac), code($0.mle)] }
        #expect(Set(all).count == 4)
        #expect(code(ring.contexts(for: 0).mac) == all[0])
    }
}
