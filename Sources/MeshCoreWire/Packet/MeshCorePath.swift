public import WireCore

/// The hops of a packet, each the first bytes of a node's public key; the hop nearest to the sender comes first.
///
/// Its length on the air is one byte: two bits for the size of the hashes, six for their count.
public struct MeshCorePath: Hashable, Sendable {
    /// How many bytes name a hop.
    /// - Range: 1 to 3 bytes
    public let hashSize: Int
    /// The hashes one behind the other.
    /// - Range: at most 64 bytes and 63 hashes
    public private(set) var bytes: [UInt8]

    /// The largest count that six bits hold.
    public static let maximumCount = 63
    /// The path of a packet for whoever hears it.
    public static let zeroHop = MeshCorePath(hashSize: 1)

    /// A path without hops.
    /// - Parameter hashSize: 1 to 3 bytes; other sizes count as the nearest.
    public init(hashSize: Int) {
        self.hashSize = min(max(hashSize, 1), 3)
        bytes = []
    }

    /// A path with hops; nil when the bytes are no whole number of hashes, or too many.
    public init?(hashSize: Int, bytes: [UInt8]) {
        guard (1...3).contains(hashSize), bytes.count <= MeshCoreLimits.path, bytes.count % hashSize == 0,
            bytes.count / hashSize <= Self.maximumCount
        else { return nil }
        self.hashSize = hashSize
        self.bytes = bytes
    }

    /// How many hops there are.
    public var count: Int { bytes.count / hashSize }
    public var isEmpty: Bool { bytes.isEmpty }

    /// Size and count in one byte.
    public var lengthByte: UInt8 { UInt8(hashSize - 1) << 6 | UInt8(count) }

    /// The bytes that a length byte announces; nil when the byte is reserved or announces more than a path holds.
    public static func byteCount(lengthByte: UInt8) -> Int? {
        let size = Int(lengthByte >> 6) + 1
        let count = Int(lengthByte & 63) * size
        return size <= 3 && count <= MeshCoreLimits.path ? count : nil
    }

    /// The hash of one hop.
    public subscript(hop: Int) -> ArraySlice<UInt8> {
        bytes[(hop * hashSize)..<((hop + 1) * hashSize)]
    }

    /// The hop that comes next; nil at the end.
    public var first: ArraySlice<UInt8>? { isEmpty ? nil : self[0] }
    /// The hop that was added last; nil when there is none.
    public var last: ArraySlice<UInt8>? { isEmpty ? nil : self[count - 1] }

    /// Whether one more hop fits.
    public var hasRoom: Bool { bytes.count + hashSize <= MeshCoreLimits.path && count < Self.maximumCount }

    /// Adds a node behind the last hop.
    /// - Returns: false when the path is full; it then stays as it is.
    public mutating func append(_ key: MeshCorePublicKey) -> Bool {
        guard hasRoom else { return false }
        bytes.append(contentsOf: key.prefix(hashSize))
        return true
    }

    /// Adds one byte that is no hash: the signal-to-noise ratio in a trace's path.
    /// - Returns: false when the path is full or its hashes are longer.
    public mutating func append(byte: UInt8) -> Bool {
        guard hashSize == 1, hasRoom else { return false }
        bytes.append(byte)
        return true
    }

    /// Takes the next hop away.
    public mutating func removeFirst() {
        guard !isEmpty else { return }
        bytes.removeFirst(hashSize)
    }

    /// How often a node stands in the path.
    public func occurrences(of key: MeshCorePublicKey) -> Int {
        var found = 0
        for hop in 0..<count where key.matches(self[hop]) { found += 1 }
        return found
    }
}

extension MeshCorePath {
    /// - Throws: when the length byte is reserved or announces more than a path holds, or bytes are missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let lengthByte = try reader.readUInt8("path length")
        guard let count = Self.byteCount(lengthByte: lengthByte) else {
            throw ParseError(field: "path length", offset: offset, reason: .invalid(value: UInt64(lengthByte)))
        }
        hashSize = Int(lengthByte >> 6) + 1
        bytes = try reader.readBytes(count, "path")
    }

    /// How many bytes the path takes with its length.
    public var byteCount: Int { 1 + bytes.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(lengthByte)
        writer.write(contentsOf: bytes)
    }
}
