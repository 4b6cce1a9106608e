/// Where unpredictable bytes come from: keys, challenges, extended addresses, interface identifiers.
///
/// The daemon's implementation is seeded by the kernel, the simulator's by the run's seed.
public protocol SecretEntropy: AnyObject {
    /// Fills `count` bytes that nobody can predict who does not know the seed.
    func bytes(_ count: Int) -> [UInt8]
}

/// The two streams of randomness of an engine.
///
/// What a peer may learn from one must not help it to guess the other, so jitter and keys never share one.
public struct EntropySource {
    /// For keys, challenges, addresses.
    public let secret: any SecretEntropy
    /// For jitter, backoff, transaction identifiers.
    public var open: OpenEntropy

    public init(secret: any SecretEntropy, openSeed: UInt64) {
        self.secret = secret
        self.open = OpenEntropy(seed: openSeed)
    }
}

/// A fast generator for what need not be secret (xoshiro256**, seeded through SplitMix64).
/// - Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2021
public struct OpenEntropy: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    public init(seed: UInt64) {
        var mixer = seed
        func mixed() -> UInt64 {
            mixer &+= 0x9e37_79b9_7f4a_7c15
            var value = mixer
            value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            return value ^ value >> 31
        }
        state = (mixed(), mixed(), mixed(), mixed())
    }

    public mutating func next() -> UInt64 {
        func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
        let result = rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }

    /// A number of at least zero and less than `bound`.
    public mutating func below(_ bound: UInt64) -> UInt64 {
        bound == 0 ? 0 : next().multipliedFullWidth(by: bound).high
    }

    /// A duration in a closed range, to the microsecond.
    public mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        let span = UInt64(range.upperBound.microseconds - range.lowerBound.microseconds)
        return range.lowerBound + .microseconds(Int64(below(span &+ 1)))
    }

    /// A number from zero to one, one excluded.
    public mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}
