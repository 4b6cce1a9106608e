import Foundation

/// A network without any interface but its own, for tests that make some.
///
/// The kernel keeps network namespaces per thread, so a thread of its own is all it takes.
enum NetworkNamespace {
    /// Why tests cannot run in one here; nil when they can.
    static let obstacle: String? = {
        guard geteuid() == 0 else { return "TUN tests skipped: they need root" }
        let device = open("/dev/net/tun", O_RDWR | O_CLOEXEC)
        guard device >= 0 else { return "TUN tests skipped: /dev/net/tun cannot be opened" }
        close(device)
        return nil
    }()

    struct NoNamespace: Error {
        let code: Int32
    }

    /// Runs a function in a new namespace and returns what it returns; expectations belong behind it, since
    /// they would not find their test from another thread.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                guard enterNew() == 0 else {
                    continuation.resume(throwing: NoNamespace(code: errno))
                    return
                }
                continuation.resume(with: Result { try body() })
            }
        }
    }

    /// `unshare(CLONE_NEWNET)`, which Glibc's headers declare only for GNU's own dialect of C.
    private static func enterNew() -> Int32 {
        guard let symbol = dlsym(nil, "unshare") else { return -1 }
        return unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)(0x4000_0000)
    }

    /// The lines of a file below /proc/net as this thread's namespace has it.
    static func lines(_ name: String) throws -> [String] {
        try String(contentsOfFile: "/proc/thread-self/net/\(name)", encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }
}
