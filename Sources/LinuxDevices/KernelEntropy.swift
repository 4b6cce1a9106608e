import CLinux
public import EngineCore

/// Bytes from the kernel's generator: for keys, challenges and the seeds of everything else.
public final class KernelEntropy: SecretEntropy, Sendable {
    public init() {}

    public func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // getrandom fails only where the kernel has none (before 3.17); no node may run on guessable keys.
            let result = clinux_random(buffer.baseAddress, count)
            precondition(result == 0, "the kernel gives no random bytes (error \(-result))")
            initialized = count
        }
    }

    /// A seed for a generator that need not be secret.
    public func seed() -> UInt64 {
        bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
