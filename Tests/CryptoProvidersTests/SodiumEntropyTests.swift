import CryptoProviders
import EngineCore
import Testing
import WireCore

@Suite("libsodium entropy")
struct SodiumEntropyTests {
    /// - Source: RFC 8439 §2.3 defines the block function; this is the well-known key stream of an all-zero key and nonce
    @Test("A zero seed gives the published ChaCha20 key stream")
    func publishedStream() {
        let entropy = SodiumEntropy(seed: [UInt8](repeating: 0, count: 32))
        #expect(hexadecimal(entropy.bytes(16)) == "76b8e0ada0f13d90405d6ae55386bd28")
    }

    @Test("The same seed gives the same bytes, and each request others")
    func deterministic() {
        let seed = (0..<32).map { UInt8($0) }
        let first = SodiumEntropy(seed: seed)
        let second = SodiumEntropy(seed: seed)
        var seen: Set<[UInt8]> = []
        for count in [8, 8, 8, 100, 1, 0, 8] {
            let bytes = first.bytes(count)
            #expect(bytes == second.bytes(count))
            #expect(bytes.count == count)
            if count == 8 { seen.insert(bytes) }
        }
        #expect(seen.count == 4)
    }

    @Test("Seeds from the kernel differ")
    func kernel() {
        #expect(SodiumEntropy().bytes(16) != SodiumEntropy().bytes(16))
    }
}
