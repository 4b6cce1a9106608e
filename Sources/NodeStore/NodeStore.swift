import Foundation
import GRDB

/// What a node must find again after a crash: named records in one SQLite file.
///
/// The file is in WAL mode and every write is durable before `save` returns, because frame counters are reserved
/// by it: a frame may be sent only after the store knows that its counter is used. Nothing else writes to the file.
public final class NodeStore {
    /// Why the file cannot be used.
    public enum OpenError: Error, Equatable, CustomStringConvertible {
        /// The folder cannot be made or the file cannot be opened.
        case unusable(path: String, cause: String)
        /// The file is not a database, or a damaged one.
        case corrupted(path: String, cause: String)
        /// It was written by a newer version.
        case newer(path: String, version: Int)

        public var description: String {
            switch self {
            case .unusable(let path, let cause):
                "the state file \(path) cannot be opened (\(cause)): check the path and its permissions"
            case .corrupted(let path, let cause):
                "the state file \(path) is damaged (\(cause)): move it away to start as a new node"
            case .newer(let path, let version):
                "the state file \(path) has format \(version), newer than this version of Heddle understands"
            }
        }
    }

    /// A record could not be written; the former one is still there.
    public struct WriteError: Error, Equatable, CustomStringConvertible {
        public let path: String
        public let name: String
        public let cause: String

        public var description: String { "cannot write \(name) to \(path): \(cause)" }
    }

    /// The format of the file, in SQLite's `user_version`.
    private static let format = 1

    public let path: String
    private let database: DatabaseQueue

    /// Opens the file and makes it, readable by its owner alone, where there is none.
    public init(path: String) throws(OpenError) {
        self.path = path
        do {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            if !FileManager.default.fileExists(atPath: path) {
                guard
                    FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
                else { throw OpenError.unusable(path: path, cause: "it cannot be made") }
            }
            var configuration = GRDB.Configuration()
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            database = try DatabaseQueue(path: path, configuration: configuration)
            let version = try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            guard version <= Self.format else { throw OpenError.newer(path: path, version: version) }
            try database.write { database in
                try database.execute(
                    sql: "CREATE TABLE IF NOT EXISTS record (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
                try database.execute(sql: "PRAGMA user_version = \(Self.format)")
            }
        } catch let error as OpenError {
            throw error
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
        {
            throw .corrupted(path: path, cause: error.message ?? "\(error.resultCode)")
        } catch {
            throw .unusable(path: path, cause: "\(error)")
        }
    }

    /// The newest value under a name; nil when there is none.
    public func load(_ name: String) throws -> [UInt8]? {
        try database.read { database in
            try Data.fetchOne(database, sql: "SELECT value FROM record WHERE name = ?", arguments: [name])
        }.map { [UInt8]($0) }
    }

    /// Writes a value; it has reached the disk when this returns.
    public func save(_ name: String, _ value: [UInt8]) throws(WriteError) {
        do {
            try database.write { database in
                try database.execute(
                    sql:
                        "INSERT INTO record (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    arguments: [name, Data(value)])
            }
        } catch {
            throw WriteError(path: path, name: name, cause: "\(error)")
        }
    }

    /// Forgets everything.
    public func removeAll() throws(WriteError) {
        do {
            try database.write { try $0.execute(sql: "DELETE FROM record") }
        } catch {
            throw WriteError(path: path, name: "all records", cause: "\(error)")
        }
    }
}
