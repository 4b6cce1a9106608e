import CSodium
public import EngineCore

/// Unpredictable bytes from a seed of 32 bytes: the ChaCha20 key stream, a new nonce each time.
public final class SodiumEntropy: SecretEntropy {
    /// - Units: bytes
    public static let seedLength = 32

    private let seed: [UInt8]
    /// How often bytes were asked for: the nonce of the next stream.
    private var requests: UInt64 = 0

    /// Bytes that follow from the seed, so that a simulation repeats itself.
    /// - Parameter seed: 32 bytes.
    public init(seed: [UInt8]) {
        precondition(seed.count == Self.seedLength, "a seed of \(seed.count) bytes")
        precondition(sodium_init() >= 0, "libsodium does not start")
        self.seed = seed
    }

    /// Bytes from a seed that the kernel gives.
    public convenience init() {
        precondition(sodium_init() >= 0, "libsodium does not start")
        var seed = [UInt8](repeating: 0, count: Self.seedLength)
        randombytes_buf(&seed, seed.count)
        self.init(seed: seed)
    }

    public func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        let number = requests
        requests += 1
        let nonce = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) }
        return [UInt8](unsafeUninitializedCapacity: count) { space, initialized in
            crypto_stream_chacha20(space.baseAddress!, UInt64(count), nonce, seed)
            initialized = count
        }
    }
}
