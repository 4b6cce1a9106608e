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
            guard let mode = mode(of: file), mode & 0o077 != 0 else { return nil }
            return "\(file) holds the network key and others may open it (mode \(String(mode, radix: 8))); "
                + "run: chmod 600 \(quoted(file))"
        }
    }

    private static func mode(of file: String) -> UInt32? {
        var status = stat()
        return stat(file, &status) == 0 ? status.st_mode & 0o777 : nil
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
