import Foundation
import GRDB

/// What a node must find again after a crash: named records in one SQLite file.
///
/// The file is in WAL mode and every write is durable before `save` returns, because frame counters are reserved
/// by it: a frame may be sent only after the store knows that its counter is used. Nothing else writes to the file.
///
/// Every record has a checksum, and all of them are looked at when the file is opened: SQLite itself would not notice
/// that a flash card gives back other bytes than it was given.
public final class NodeStore: NamedRecordStore {
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

        public init(path: String, name: String, cause: String) {
            self.path = path
            self.name = name
            self.cause = cause
        }

        public var description: String { "cannot write \(name) to \(path): \(cause)" }
    }

    /// The format of the file, in SQLite's `user_version`: 1 had no checksums.
    private static let format = 2

    public let path: String
    private let database: DatabaseQueue

    /// Opens the file and makes it, readable by its owner alone, where there is none.
    /// - Parameter maximumPages: beyond how many pages of 4096 bytes the file does not grow; nil for as many as the disk
    ///   has.
    public init(path: String, maximumPages: Int? = nil) throws(OpenError) {
        self.path = path
        do {
            try Self.makeFolder(of: path)
            if !FileManager.default.fileExists(atPath: path) {
                guard
                    FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
                else { throw OpenError.unusable(path: path, cause: "it cannot be made") }
            }
            var configuration = GRDB.Configuration()
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                try database.execute(sql: "PRAGMA synchronous = FULL")
                if let maximumPages { try database.execute(sql: "PRAGMA max_page_count = \(maximumPages)") }
            }
            database = try DatabaseQueue(path: path, configuration: configuration)
            let version = try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            guard version <= Self.format else { throw OpenError.newer(path: path, version: version) }
            if let damage = try database.read(Self.damage) { throw OpenError.corrupted(path: path, cause: damage) }
            if version < Self.format { try database.write { try Self.migrate($0, from: version) } }
            if let damage = try database.read(Self.damagedRecord) {
                throw OpenError.corrupted(path: path, cause: damage)
            }
            // A disk that is full already has none to reserve.
            try? Self.reserveRoom(in: database)
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

    /// How much is kept free within the file, and in its log, for the day on which the disk has no more.
    /// - Units: bytes
    private static let room = 65536

    /// Sees to it that records can be written over, and grow somewhat, on a full disk.
    private static func reserveRoom(in database: DatabaseQueue) throws {
        let pages = try database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        guard pages * 4096 < room else { return }
        try database.write { database in
            try database.execute(sql: "CREATE TABLE IF NOT EXISTS room (bytes BLOB NOT NULL)")
            try database.execute(sql: "INSERT INTO room VALUES (zeroblob(\(room)))")
        }
        // Emptied pages stay in the file.
        try database.write { try $0.execute(sql: "DELETE FROM room") }
        try database.writeWithoutTransaction { _ = try $0.checkpoint(.restart) }
    }

    /// Makes the folder of a state file, for its owner alone, where there is none.
    public static func makeFolder(of path: String) throws(OpenError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unusable(path: path, cause: "\(error)")
        }
    }

    // MARK: Format

    private static func migrate(_ database: Database, from version: Int) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS record
                (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, checksum INTEGER NOT NULL DEFAULT 0)
                """)
        if version == 1 {
            try database.execute(sql: "ALTER TABLE record ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
            for row in try Row.fetchAll(database, sql: "SELECT name, value FROM record") {
                let (name, value): (String, Data) = (row["name"], row["value"])
                try database.execute(
                    sql: "UPDATE record SET checksum = ? WHERE name = ?", arguments: [checksum(name, value), name])
            }
        }
        try database.execute(sql: "PRAGMA user_version = \(format)")
    }

    /// What SQLite finds wrong with the file; nil for nothing.
    private static func damage(_ database: Database) throws -> String? {
        let report = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)") ?? "ok"
        return report == "ok" ? nil : report
    }

    /// The first record that does not have its checksum, told as a cause; nil when all have.
    private static func damagedRecord(_ database: Database) throws -> String? {
        for row in try Row.fetchAll(database, sql: "SELECT name, value, checksum FROM record") {
            guard let name = String.fromDatabaseValue(row["name"]), let value = Data.fromDatabaseValue(row["value"]),
                let sum = Int64.fromDatabaseValue(row["checksum"]), sum == checksum(name, value)
            else { return "a record does not have its checksum" }
        }
        return nil
    }

    private static func checksum(_ name: String, _ value: Data) -> Int64 {
        Int64(CRC32.checksum(of: Array(name.utf8) + [0] + value))
    }

    // MARK: Records

    /// The newest value under a name; nil when there is none.
    public func load(_ name: String) throws -> [UInt8]? {
        try database.read { database in
            try Data.fetchOne(database, sql: "SELECT value FROM record WHERE name = ?", arguments: [name])
        }.map { [UInt8]($0) }
    }

    /// Writes a value; it has reached the disk when this returns.
    public func save(_ name: String, _ value: [UInt8]) throws(WriteError) {
        let data = Data(value)
        do {
            do {
                try write(name, data)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
                // The disk is full, but the log may be written over once it has been taken into the file.
                try database.writeWithoutTransaction { _ = try $0.checkpoint(.restart) }
                try write(name, data)
            }
        } catch {
            throw WriteError(path: path, name: name, cause: "\(error)")
        }
    }

    private func write(_ name: String, _ data: Data) throws {
        try database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO record (name, value, checksum) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value, checksum = excluded.checksum
                    """,
                arguments: [name, data, Self.checksum(name, data)])
        }
    }

    /// The names that begin so, in their order.
    public func names(startingWith prefix: String) throws -> [String] {
        try database.read { database in
            try String.fetchAll(
                database, sql: "SELECT name FROM record WHERE substr(name, 1, ?) = ? ORDER BY name",
                arguments: [prefix.unicodeScalars.count, prefix])
        }
    }

    /// Removes a record; it is gone from the disk when this returns.
    public func remove(_ name: String) throws(WriteError) {
        do {
            try database.write { try $0.execute(sql: "DELETE FROM record WHERE name = ?", arguments: [name]) }
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
