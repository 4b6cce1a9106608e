public import ThreadWire
public import WireCore

/// Who holds which router id, for the next start of a leader: of routers beyond its neighbors nobody else tells it.
public struct StoredRouters: Equatable, Sendable {
    public var holders: [RouterID: ExtendedAddress]

    private static let version: UInt8 = 1

    public init(_ holders: [RouterID: ExtendedAddress]) { self.holders = holders }

    /// - Throws: `.unsupported` for another version, `.invalid` for an id that no router can have, `.truncated` within
    ///   an entry.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let version = try reader.readUInt8("version")
        guard version == Self.version else {
            throw ParseError(field: "version", offset: offset, reason: .unsupported(value: UInt64(version)))
        }
        holders = [:]
        while !reader.isAtEnd {
            let offset = reader.offset
            let id = RouterID(rawValue: try reader.readUInt8("router id"))
            guard id.isValid else {
                throw ParseError(field: "router id", offset: offset, reason: .invalid(value: UInt64(id.rawValue)))
            }
            holders[id] = ExtendedAddress(rawValue: try reader.readUInt64("extended address"))
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.version)
        for (id, address) in holders.sorted(by: { $0.key < $1.key }) {
            writer.write(id.rawValue)
            writer.write(address.rawValue)
        }
    }

    public var record: StoredRecord {
        var writer = ByteWriter()
        serialize(into: &writer)
        return StoredRecord(name: .routers, value: writer.bytes)
    }
}

// A leader that is started again goes on with the ids that it gave out.
extension ThreadEngine {
    /// Takes over who held which id before a restart.
    public mutating func restore(_ stored: StoredRouters) {
        guard let place, place.role == .leader else { return }
        for (id, address) in stored.holders { assignedRouters[address] = id }
        storedRouters = stored.record.value
    }

    /// As leader: writes down who holds which id, if they are others than those that are written.
    mutating func storeRouters() {
        var holders: [RouterID: ExtendedAddress] = [:]
        for (address, id) in assignedRouters { holders[id] = address }
        let record = StoredRouters(holders).record
        guard record.value != storedRouters else { return }
        storedRouters = record.value
        emit(.store(record))
    }
}
