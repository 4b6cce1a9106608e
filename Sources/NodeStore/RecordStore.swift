/// Where a node's records are kept. The daemon's is a file; tests have some that fail.
public protocol RecordStore: AnyObject {
    /// The newest value under a name; nil when there is none.
    func load(_ name: String) throws -> [UInt8]?

    /// Writes a value; it is durable when this returns.
    func save(_ name: String, _ value: [UInt8]) throws(NodeStore.WriteError)
}

/// A store whose records are found by how their names begin.
public protocol NamedRecordStore: RecordStore {
    /// The names that begin so, in their order.
    func names(startingWith prefix: String) throws -> [String]

    /// Removes a record; that is durable when this returns. One that is not there stays so.
    func remove(_ name: String) throws(NodeStore.WriteError)
}
