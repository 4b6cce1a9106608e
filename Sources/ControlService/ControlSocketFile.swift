import Glibc
public import LinuxDevices

/// The path of a control socket in the file system.
enum ControlSocketFile {
    /// Takes the right to use a path and removes what a node that crashed has left there.
    static func claim(_ path: String) throws(ControlServerError) -> FileLock {
        guard (1...ControlLimits.pathLength).contains(path.utf8.count), !path.utf8.contains(0) else {
            throw .pathLength(path: path)
        }
        try makeFolder(of: path)
        let lock: FileLock
        do {
            lock = try FileLock(path: path + ".lock")
        } catch {
            switch error {
            case .held(_, let holder): throw .inUse(path: path, holder: holder)
            case .failed(let file, let operation, let code):
                throw .failed(path: file, operation: operation, reason: String(cString: strerror(code)))
            }
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return lock }
        // Whoever names a file of value by mistake must not lose it.
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw .failed(path: path, operation: "remove the stale socket", reason: String(cString: strerror(errno)))
        }
        return lock
    }

    /// A socket bound to a path that is free, with mode 0600 from the first moment on.
    static func bind(_ path: String) throws(ControlServerError) -> CInt {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw .failed(path: path, operation: "make a socket for", reason: String(cString: strerror(errno)))
        }
        // Linux gives the path the mode that the socket has when it is bound; chmod afterwards would come late.
        guard fchmod(descriptor, 0o600) == 0, withAddress(path, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw .failed(path: path, operation: "bind a socket to", reason: reason)
        }
        return descriptor
    }

    /// Calls a function with the socket address of a path of at most ``ControlLimits/pathLength`` bytes.
    static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func makeFolder(of path: String) throws(ControlServerError) {
        var end = path.startIndex
        while let slash = path[end...].firstIndex(of: "/") {
            end = path.index(after: slash)
            let folder = String(path[..<slash])
            guard !folder.isEmpty, mkdir(folder, 0o700) != 0, errno != EEXIST else { continue }
            throw .failed(path: folder, operation: "make the folder", reason: String(cString: strerror(errno)))
        }
    }
}

/// Why the control socket could not be opened; each description tells what to do.
public enum ControlServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another node has the path.
    case inUse(path: String, holder: RunningProcess?)
    /// The path is a file or a folder.
    case notASocket(path: String)
    /// The path is empty or longer than the system takes.
    case pathLength(path: String)
    /// Anything else.
    case failed(path: String, operation: String, reason: String)

    public var description: String {
        switch self {
        case .inUse(let path, let holder):
            "the control socket \(path) belongs to \(holder?.description ?? "another process"); "
                + "stop it, or give this node another `control` path"
        case .notASocket(let path):
            "\(path) is there already and no socket; remove it, or give this node another `control` path"
        case .pathLength(let path):
            "the control path has \(path.utf8.count) bytes, sockets take 1 to \(ControlLimits.pathLength): \(path)"
        case .failed(let path, let operation, let reason): "cannot \(operation) \(path): \(reason)"
        }
    }
}
