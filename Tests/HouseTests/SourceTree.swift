import Foundation

/// The files of this repository, as the tests of the house read them.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File: CustomStringConvertible {
        /// Below the repository's root, such as `Sources/WireCore/ByteReader.swift`.
        let path: String
        let lines: [String]

        /// The target that the file belongs to: the folder below Sources or Tests.
        var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
        var description: String { path }
    }

    /// The files with one of these endings below a folder, sorted by path.
    static func files(in folder: String, endingIn endings: String...) throws -> [File] {
        let start = root.appendingPathComponent(folder).path
        return try (FileManager.default.enumerator(atPath: start)?.compactMap { $0 as? String } ?? [])
            .filter { path in endings.contains { path.hasSuffix($0) } }
            .sorted()
            .map { path in
                let text = try String(contentsOfFile: "\(start)/\(path)", encoding: .utf8)
                return File(path: "\(folder)/\(path)", lines: text.components(separatedBy: "\n"))
            }
    }

    /// The names of the folders directly in a folder, sorted.
    static func folders(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            at: root.appendingPathComponent(folder), includingPropertiesForKeys: [.isDirectoryKey]
        )
        .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
        .map(\.lastPathComponent)
        .sorted()
    }

    /// The module that a line imports, or nil when it is no import.
    static func importedModule(in line: String) -> String? {
        guard line.contains("import ") else { return nil }
        let pattern =
            #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/#
        return line.firstMatch(of: pattern).map { String($0.1) }
    }

    /// A line without its comment, so that prose about a clock is not taken for one.
    static func code(of line: String) -> Substring {
        guard let comment = line.range(of: "//") else { return line[...] }
        return line[..<comment.lowerBound]
    }
}
