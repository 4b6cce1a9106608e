import Foundation
import GRDB
import NodeStore
import Testing

@Suite("The state file")
struct NodeStoreTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heddle-store-\(UUID().uuidString)")
    var path: String { folder.appendingPathComponent("deep/state.sqlite").path }

    @Test("gives back after reopening what was saved last under each name")
    func survivesReopening() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            let store = try NodeStore(path: path)
            try store.save("a", [1, 2, 3])
            try store.save("b", [])
            try store.save("a", [4])
        }
        let store = try NodeStore(path: path)
        #expect(try store.load("a") == [4])
        #expect(try store.load("b") == [])
        #expect(try store.load("c") == nil)
        try store.removeAll()
        #expect(try store.load("a") == nil)
    }

    @Test("finds records by how their names begin, and forgets the one that is removed")
    func names() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try NodeStore(path: path)
        for name in ["a/2", "b/1", "a/1", "a", "A/3", "a/%"] { try store.save(name, [1]) }
        #expect(try store.names(startingWith: "a/") == ["a/%", "a/1", "a/2"])
        #expect(try store.names(startingWith: "").count == 6)
        try store.remove("a/1")
        try store.remove("a/1")
        #expect(try store.names(startingWith: "a/") == ["a/%", "a/2"])
        #expect(try store.load("a/1") == nil)
    }

    @Test("can be read by its owner alone")
    func isPrivate() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try NodeStore(path: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("is refused, and left as it is, when it is no database")
    func refusesForeignFiles() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let text = Data(String(repeating: "this is no database ", count: 100).utf8)
        try text.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: NodeStore.OpenError.self) { _ = try NodeStore(path: path) }
        guard case .corrupted = error else {
            Issue.record("expected a file that is no database to be called damaged, found \(String(describing: error))")
            return
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
    }

    @Test("of a newer format is refused with that format named")
    func refusesNewerFormats() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try NodeStore(path: path)
        try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        #expect(throws: NodeStore.OpenError.newer(path: path, version: 99)) { _ = try NodeStore(path: path) }
    }

    @Test("below a path that is no folder is refused with the path named")
    func refusesImpossiblePaths() throws {
        let error = #expect(throws: NodeStore.OpenError.self) { _ = try NodeStore(path: "/dev/null/state.sqlite") }
        #expect(error.map { "\($0)".contains("/dev/null/state.sqlite") } == true)
    }
}
