import Foundation
import Testing

@Suite("The files of the house")
struct FileTests {
    /// Files that are one table, which a split would only make harder to read.
    private static let tables: Set<String> = []

    @Test("No source file is longer than 600 lines, tables excepted")
    func fileSizes() throws {
        let files =
            try SourceTree.files(in: "Sources", endingIn: ".swift", ".c", ".h")
            + SourceTree.files(in: "Tests", endingIn: ".swift")
        for file in files where !Self.tables.contains(file.path) {
            #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines: split it by procedure")
        }
        for table in Self.tables {
            #expect(files.contains { $0.path == table }, "\(table) is gone: take it off the list of tables")
        }
    }

    @Test("Every file in config/ is loaded by a test")
    func configurationFilesAreLoaded() throws {
        let tests = try SourceTree.files(in: "Tests", endingIn: ".swift").filter { $0.target != "HouseTests" }
        let files = try SourceTree.files(in: "config", endingIn: ".yaml", ".yml", ".json")
        #expect(!files.isEmpty)
        for file in files {
            let isLoaded = tests.contains { Self.mentions(file: file.path, in: $0.lines.joined(separator: "\n")) }
            #expect(isLoaded, "no test mentions \(file.path)")
        }
    }

    /// Whether a test names a configuration file: by its folder (when it has one below config/) and by its name,
    /// written with its ending or as an argument of its own.
    private static func mentions(file path: String, in test: String) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        guard let name = parts.last else { return false }
        let folder = parts.count > 2 ? parts[parts.count - 2] : nil
        let bareName = name.prefix { $0 != "." }
        return
            (folder.map { test.contains("\($0)/") || test.contains("\"\($0)\"") || test.contains("/\($0)\"") } ?? true)
            && (test.contains(name) || test.contains("\"\(bareName)\""))
    }

    @Test("A test counts as loading a file when it names folder and file")
    func mention() {
        #expect(Self.mentions(file: "config/demo/a.yaml", in: #"arguments: ["a"] … "demo/\(name).yaml""#))
        #expect(Self.mentions(file: "config/heddled.yaml", in: #"folder + "heddled.yaml""#))
        #expect(!Self.mentions(file: "config/demo/a.yaml", in: #""demo/b.yaml""#))
        #expect(!Self.mentions(file: "config/topology/line.yaml", in: #""line""#))
    }

    @Test("Every relative link in the documentation leads to a file")
    func links() throws {
        let documents =
            try SourceTree.files(in: "docs", endingIn: ".md")
            + [
                SourceTree.File(
                    path: "README.md",
                    lines: String(contentsOf: SourceTree.root.appendingPathComponent("README.md"), encoding: .utf8)
                        .components(separatedBy: "\n"))
            ]
        for document in documents {
            let folder = SourceTree.root.appendingPathComponent(document.path).deletingLastPathComponent()
            for (index, line) in document.lines.enumerated() {
                for match in line.matches(of: #/\]\(([^)#]+)(?:#[^)]*)?\)/#) where !match.1.contains("://") {
                    let target = folder.appendingPathComponent(String(match.1))
                    #expect(
                        FileManager.default.fileExists(atPath: target.path),
                        "\(document.path):\(index + 1) links to \(match.1), which is not there")
                }
            }
        }
    }

    @Test("A decision or deviation that the sources name exists")
    func namedDocuments() throws {
        for file in try SourceTree.files(in: "Sources", endingIn: ".swift", ".c", ".h") {
            for (index, line) in file.lines.enumerated() {
                for match in line.matches(of: #/docs/[\w./-]+\.md/#) {
                    #expect(
                        FileManager.default.fileExists(
                            atPath: SourceTree.root.appendingPathComponent(String(match.0)).path),
                        "\(file.path):\(index + 1) names \(match.0), which is not there")
                }
            }
        }
    }
}
