import NodeStore

/// A store that can be told to take nothing; used on one event loop.
final class FailingStore: RecordStore, @unchecked Sendable {
    private(set) var records: [String: [UInt8]] = [:]
    private(set) var refusals = 0
    var isFull = false

    func load(_ name: String) throws -> [UInt8]? { records[name] }

    func save(_ name: String, _ value: [UInt8]) throws(NodeStore.WriteError) {
        guard !isFull else {
            refusals += 1
            throw NodeStore.WriteError(path: "/full/state.sqlite", name: name, cause: "database or disk is full")
        }
        records[name] = value
    }
}
