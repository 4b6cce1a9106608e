import Foundation
import GRDB
import TestSupport
import Testing

@testable import NodeStore

@Suite("A state file that is damaged, full, or of an older format")
struct DamageTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heddle-damage-\(UUID().uuidString)")
    var path: String { folder.appendingPathComponent("state.sqlite").path }

    private static let records: [(name: String, value: [UInt8])] = [
        ("networkState", (0..<64).map { UInt8($0) }), ("children", [UInt8](repeating: 7, count: 700)), ("empty", []),
        ("activeDataset", [UInt8]("dataset".utf8)),
    ]

    /// Makes a file with all records and nothing in its log.
    private func make() throws -> Data {
        do {
            let store = try NodeStore(path: path)
            for record in Self.records { try store.save(record.name, record.value) }
        }
        try DatabaseQueue(path: path).writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    private func opened() -> Result<NodeStore, NodeStore.OpenError> {
        do throws(NodeStore.OpenError) {
            return .success(try NodeStore(path: path))
        } catch {
            return .failure(error)
        }
    }

    private func clear() {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    @Test("is never read as something else than was written: it is refused, or gives back what it was given")
    func changedBytes() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let good = try make()
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<300 {
            clear()
            var bad = good
            // Half of the changes hit the records themselves, which no structure of SQLite protects.
            let marker = Data(Bool.random(using: &generator) ? [7, 7, 7, 7] : [40, 41, 42, 43])
            let start = Bool.random(using: &generator) ? bad.range(of: marker)?.lowerBound ?? 0 : 0
            let end = start > 0 ? start + 40 : bad.count
            bad[Int.random(in: start..<end, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
            try bad.write(to: URL(fileURLWithPath: path))
            guard case .success(let store) = opened() else {
                refused += 1
                continue
            }
            for record in Self.records {
                let found = try store.load(record.name)
                #expect(found == record.value, "seed \(seed)")
            }
        }
        #expect(refused > 100, "seed \(seed)")
    }

    @Test("is called damaged when a record changed, when its end is missing, and when it is something else")
    func corrupted() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let good = try make()
        let value = try #require(good.range(of: Data([40, 41, 42, 43])))
        var flipped = good
        flipped[value.lowerBound] ^= 1
        for bad in [flipped, good.prefix(good.count - 4096), Data(repeating: 0x55, count: 5000)] {
            clear()
            try bad.write(to: URL(fileURLWithPath: path))
            guard case .failure(.corrupted) = opened() else {
                Issue.record("a damaged file of \(bad.count) bytes was opened")
                continue
            }
            let left = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(left == bad, "it is left as it is")
        }
    }

    @Test("is moved away whole, twice in one second as well, and a new one takes its place")
    func setAside() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        var targets: [String] = []
        for number in 1...2 {
            for suffix in ["", "-wal", "-shm"] {
                try Data("\(number)\(suffix)".utf8).write(to: URL(fileURLWithPath: path + suffix))
            }
            targets.append(try NodeStore.setAside(path, now: now))
            #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
        }
        #expect(targets == ["\(path).damaged-2023-11-14T221320Z", "\(path).damaged-2023-11-14T221320Z-2"])
        for (index, target) in targets.enumerated() {
            for suffix in ["", "-wal", "-shm"] {
                #expect(try String(contentsOfFile: target + suffix, encoding: .utf8) == "\(index + 1)\(suffix)")
            }
        }
        let store = try NodeStore(path: path)
        #expect(try store.load("networkState") == nil)
    }

    @Test("of the format without checksums is taken over")
    func formerFormat() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try DatabaseQueue(path: path).write { database in
            try database.execute(sql: "CREATE TABLE record (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
            for record in Self.records {
                try database.execute(
                    sql: "INSERT INTO record VALUES (?, ?)", arguments: [record.name, Data(record.value)])
            }
            try database.execute(sql: "PRAGMA user_version = 1")
        }
        for _ in 1...2 {
            let store = try NodeStore(path: path)
            for record in Self.records { #expect(try store.load(record.name) == record.value) }
        }
    }

    @Test("that may not grow keeps what it has, says so, and takes what fits")
    func full() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try NodeStore(path: path, maximumPages: 8)
        try store.save("small", [1])
        let large = [UInt8](repeating: 9, count: 100_000)
        let error = #expect(throws: NodeStore.WriteError.self) { try store.save("large", large) }
        #expect(error?.name == "large")
        #expect(error?.cause.contains("full") == true)
        #expect(try store.load("large") == nil)
        #expect(try store.load("small") == [1])
        try store.save("small", [2])
        #expect(try store.load("small") == [2])
    }

    @Test("CRC-32 has its published check value")
    func checksum() {
        #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xcbf4_3926)
        #expect(CRC32.checksum(of: []) == 0)
    }
}
