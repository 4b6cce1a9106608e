public import WireCore

// An IPv6 address as headers carry it: sixteen bytes in network order.

extension IPv6Address {
    /// How many bytes an address takes in a header.
    public static let byteCount = 16

    /// - Throws: `.truncated` when fewer than sixteen bytes are left.
    public init(parsing reader: inout ByteReader, _ field: String = "IPv6 address") throws(ParseError) {
        try reader.require(Self.byteCount, field)
        let high = try reader.readUInt64(field)
        self.init(high: high, low: try reader.readUInt64(field))
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(high)
        writer.write(low)
    }
}
