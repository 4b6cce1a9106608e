public import WireCore

/// What a router tells of its links and routes: which routers there are, and for each of them the link's quality in
/// both directions and the cost of the way to it.
/// - Source: OpenThread as observed: recording line_traffic, frames 9 and 14
public struct Route64: Equatable, Sendable {
    /// Counts up whenever the leader changes the set of routers.
    public var idSequence: UInt8
    /// The routers of the partition.
    public private(set) var routerIDMask: RouterIDMask
    /// One for each router of the mask, in ascending order of ids.
    public private(set) var entries: RouteEntries

    /// - Parameter entries: as many as the mask has ids.
    public init(idSequence: UInt8, routerIDMask: RouterIDMask, entries: [RouteEntry]) {
        precondition(
            entries.count == routerIDMask.count, "\(entries.count) entries for \(routerIDMask.count) routers")
        self.idSequence = idSequence
        self.routerIDMask = routerIDMask
        self.entries = RouteEntries(bytes: entries.map { $0.rawValue }[...])
    }

    /// What is told of one router; nil when it is not in the mask.
    public func entry(for id: RouterID) -> RouteEntry? {
        guard id.isValid, let position = routerIDMask.position(of: id) else { return nil }
        return entries[position]
    }

    /// Reads all that is left.
    /// - Throws: `.invalidLength` when there is not one byte for each router of the mask.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        idSequence = try reader.readUInt8("id sequence")
        routerIDMask = try RouterIDMask(parsing: &reader)
        guard reader.remaining == routerIDMask.count else {
            throw ParseError(
                field: "route data", offset: reader.offset,
                reason: .invalidLength(found: reader.remaining, expected: routerIDMask.count))
        }
        entries = RouteEntries(bytes: reader.bytes[reader.remainingRange])
        try reader.skip(reader.remaining, "route data")
    }

    public var byteCount: Int { 1 + routerIDMask.byteCount + entries.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(idSequence)
        routerIDMask.serialize(into: &writer)
        writer.write(contentsOf: entries.bytes)
    }
}

/// What a router tells of others, one byte each. What was read shares the memory of the message that it came in.
public struct RouteEntries: RandomAccessCollection, Equatable, Sendable {
    @usableFromInline
    let bytes: ArraySlice<UInt8>

    init(bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    @inlinable
    public var startIndex: Int { 0 }
    @inlinable
    public var endIndex: Int { bytes.count }
    @inlinable
    public subscript(position: Int) -> RouteEntry { RouteEntry(rawValue: bytes[bytes.startIndex + position]) }
}

/// What a router tells of another one.
public struct RouteEntry: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// - Parameters:
    ///   - linkQualityOut: 0 to 3.
    ///   - linkQualityIn: 0 to 3.
    ///   - routeCost: 0 to 15.
    public init(linkQualityOut: UInt8, linkQualityIn: UInt8, routeCost: UInt8) {
        rawValue = (linkQualityOut & 3) << 6 | (linkQualityIn & 3) << 4 | routeCost & 0xf
    }

    /// How well the other hears the sender; 0 when there is no link.
    /// - Range: 0 to 3
    public var linkQualityOut: UInt8 { rawValue >> 6 }
    /// How well the sender hears the other; 0 when there is no link.
    /// - Range: 0 to 3
    public var linkQualityIn: UInt8 { rawValue >> 4 & 3 }
    /// The cost of the sender's way to the other: 1 for the sender itself, 0 when there is no way.
    /// - Range: 0 to 15
    public var routeCost: UInt8 { rawValue & 0xf }
}
