import Logging
import MeshCoreEngine
import NodeStore

/// What a MeshCore node must find again after a crash, in the file that holds all of a node's state.
///
/// A record has reached the disk when `save` returns, so that a message is stored before it is acknowledged.
final class MeshCoreStore {
    private let records: any NamedRecordStore
    private let logger: Logger
    /// The names of what could not be written when it was last to be.
    private var unwritten: Set<String> = []

    /// Whether nothing is written any more.
    var isClosed = false

    private static let prefix = "meshcore/"

    init(_ records: any NamedRecordStore, logger: Logger) {
        self.records = records
        self.logger = logger
    }

    func load(_ name: String) throws -> [UInt8]? { try records.load(Self.prefix + name) }

    /// Everything whose name begins so, in the order of the names.
    func names(startingWith start: String) throws -> [String] {
        try records.names(startingWith: Self.prefix + start).map { String($0.dropFirst(Self.prefix.count)) }
    }

    /// Everything that the engine has stored; contacts and channels in the order of their names.
    func engineRecords() throws -> [MeshCoreRecord] {
        try names(startingWith: "").compactMap { text in
            guard let name = MeshCoreRecord.Name(text: text), let value = try load(text) else { return nil }
            return MeshCoreRecord(name: name, value: value)
        }
    }

    /// Writes a value, or removes it where it is nil.
    /// - Returns: whether that is on the disk.
    @discardableResult
    func save(_ name: String, _ value: [UInt8]?) -> Bool {
        guard !isClosed else { return false }
        do {
            if let value {
                try records.save(Self.prefix + name, value)
            } else {
                try records.remove(Self.prefix + name)
            }
            if unwritten.remove(name) != nil, unwritten.isEmpty { logger.notice("MeshCore's state is written again") }
            return true
        } catch {
            // Once said is enough.
            if unwritten.isEmpty { logger.error("\(error); the node goes on with what it has in memory") }
            unwritten.insert(name)
            return false
        }
    }

    /// Removes everything.
    func removeAll() throws {
        for name in try names(startingWith: "") { try records.remove(Self.prefix + name) }
    }
}
