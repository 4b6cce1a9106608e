public import WireCore

/// A packet that measures each hop of a route that it brings along.
///
/// The packet's path counts the hops done and collects their signal-to-noise ratios.
public struct MeshCoreTrace: Equatable, Sendable {
    /// What the sender recognises it by.
    public var tag: UInt32
    /// What a sensor might ask for; repeaters do not read it.
    public var authorization: UInt32
    /// The size of a hash in the lowest two bits, as a power of two.
    public var flags: UInt8
    /// The hops' hashes one behind the other.
    public var route: [UInt8]

    public init(tag: UInt32, authorization: UInt32, flags: UInt8, route: [UInt8]) {
        self.tag = tag
        self.authorization = authorization
        self.flags = flags
        self.route = route
    }

    /// - Throws: when a byte before the route is missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        tag = try reader.readLittleEndian32("trace tag")
        authorization = try reader.readLittleEndian32("trace authorization")
        flags = try reader.readUInt8("trace flags")
        route = reader.readRemaining()
    }

    public var byteCount: Int { 9 + route.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(tag)
        writer.writeLittleEndian(authorization)
        writer.write(flags)
        writer.write(contentsOf: route)
    }

    /// - Range: 1, 2, 4 or 8 bytes
    public var hashSize: Int { 1 << Int(flags & 3) }

    /// Whether all hops are done.
    public func isFinished(after hops: Int) -> Bool { hops * hashSize >= route.count }

    /// The hash of the hop that comes after this many; nil when there is none, or only a part of it.
    public func hash(after hops: Int) -> ArraySlice<UInt8>? {
        let start = hops * hashSize
        return start + hashSize <= route.count ? route[start..<(start + hashSize)] : nil
    }
}
