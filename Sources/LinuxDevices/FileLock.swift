import Glibc
import Synchronization

/// The right to use something that only one process may use, such as a control socket's path or a state file.
///
/// The kernel keeps the lock and releases it when the process ends, however it ends; the lock file itself stays,
/// since removing it would let two processes lock two files of one name. It holds the owner's process id.
public final class FileLock: Sendable {
    /// The lock file.
    public let path: String
    private let descriptor: Mutex<Int32?>

    /// Takes the lock; never waits.
    /// - Parameter path: the lock file, made with mode 0600 when it is not there.
    /// - Throws: `.held` when another holds the lock, `.failed` when the file cannot be made or locked.
    public init(path: String) throws(FileLockError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .failed(path: path, operation: "open", code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            defer { close(descriptor) }
            guard code == EWOULDBLOCK else { throw .failed(path: path, operation: "lock", code: code) }
            throw .held(path: path, holder: Self.owner(in: path).flatMap(RunningProcess.init))
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            let code = errno
            close(descriptor)
            throw .failed(path: path, operation: "write", code: code)
        }
        self.path = path
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Gives the lock up; again does nothing.
    public func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            // Closing alone would leave the lock with a child process that has just been forked.
            flock(open, LOCK_UN)
            close(open)
            descriptor = nil
        }
    }

    private static func owner(in path: String) -> Int32? {
        guard let bytes = ProcFile.read(path) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self))
    }
}

/// Why a lock could not be taken.
public enum FileLockError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process, or another part of this one, holds it.
    case held(path: String, holder: RunningProcess?)
    /// The lock file could not be used.
    /// - Parameter code: the system's error number.
    case failed(path: String, operation: String, code: Int32)

    public var description: String {
        switch self {
        case .held(let path, let holder):
            "\(path) is locked by \(holder?.description ?? "another process"); stop it first, or use another path"
        case .failed(let path, let operation, let code): "cannot \(operation) \(path): \(systemMessage(code))"
        }
    }
}
