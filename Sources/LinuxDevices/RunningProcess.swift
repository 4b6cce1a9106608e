import Glibc

/// A process on this host, for error messages that name who is in the way.
public struct RunningProcess: Equatable, Sendable, CustomStringConvertible {
    public let processID: Int32
    /// The command with its arguments; empty when it may not be read.
    public let commandLine: String

    /// The process with an id.
    /// - Returns: nil when there is none.
    public init?(processID: Int32) {
        guard processID > 0, kill(processID, 0) == 0 || errno == EPERM else { return nil }
        self.processID = processID
        let bytes = ProcFile.read("/proc/\(processID)/cmdline") ?? []
        commandLine = String(decoding: bytes.map { $0 < 0x20 ? 0x20 : $0 }.trimmed, as: UTF8.self)
    }

    /// The process that has a TUN interface open, as far as this user may see it; this one comes first.
    ///
    /// The kernel does not tell in which network namespace an interface is, so that it may be one of the same name in
    /// another.
    public static func holding(interface name: String) -> RunningProcess? {
        for process in [getpid()] + ProcFile.names(in: "/proc").compactMap({ Int32($0) }) {
            let folder = "/proc/\(process)/fdinfo"
            for descriptor in ProcFile.names(in: folder) {
                let lines = (ProcFile.read("\(folder)/\(descriptor)") ?? []).split(separator: 0x0a)
                if lines.contains(where: { $0.elementsEqual("iff:\t\(name)".utf8) }) {
                    return RunningProcess(processID: process)
                }
            }
        }
        return nil
    }

    public var description: String {
        commandLine.isEmpty ? "process \(processID)" : "process \(processID) (\(commandLine))"
    }
}

/// Files of /proc, whose size is not known beforehand.
enum ProcFile {
    /// The file's first 64 KiB.
    /// - Returns: nil when it cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 65536 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// The names in a folder, without `.` and `..`; none when it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

extension [UInt8] {
    /// Without the spaces at the end.
    fileprivate var trimmed: ArraySlice<UInt8> {
        prefix(upTo: (lastIndex { $0 != 0x20 } ?? -1) + 1)
    }
}

/// The sentence that the system has for an error number.
func systemMessage(_ code: Int32) -> String {
    String(cString: strerror(code))
}
