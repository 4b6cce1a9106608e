import Foundation

/// Looks for network keys that others on the host can read.
enum FilePermissions {
    /// One sentence for each file that holds a network key and is open to others.
    /// - Parameters:
    ///   - holdsKey: whether the configuration file has a key in it.
    ///   - state: the state file, which holds keys as soon as it exists; also SQLite's log beside it.
    static func warnings(configuration: String, holdsKey: Bool, state: String) -> [String] {
        var files = holdsKey ? [configuration] : []
        files += [state, state + "-wal"]
        return files.compactMap { file in
            guard let mode = exposedMode(of: file) else { return nil }
            return "\(file) holds the network key and others may open it (mode \(String(mode, radix: 8))); "
                + "run: chmod 600 \(quoted(file))"
        }
    }

    /// The file's mode; nil when there is no such file or nobody else may open it. A file of another owner, an
    /// administrator's, must be open to this daemon's group for the daemon to read it.
    private static func exposedMode(of file: String) -> UInt32? {
        var status = stat()
        guard stat(file, &status) == 0 else { return nil }
        let isLent = status.st_uid != geteuid() && status.st_gid == getegid()
        let mode = status.st_mode & 0o777
        return mode & (isLent ? 0o037 : 0o077) == 0 ? nil : mode
    }

    /// A path as a shell takes it.
    private static func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "/._-+,:@".utf8.contains(byte)
            }
        }
        return plain ? path : "'" + path.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
