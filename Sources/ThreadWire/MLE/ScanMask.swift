public import WireCore

/// Who is asked to answer a Parent Request.
/// - Source: OpenThread as observed: recording attach; 0x80 in the first two requests, 0xc0 later
public struct ScanMask: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let routers = Self(rawValue: 0x80)
    public static let routersAndEndDevices = Self(rawValue: 0xc0)

    /// Routers are asked.
    public var includesRouters: Bool { rawValue & 0x80 != 0 }
    /// End devices that could become routers are asked.
    public var includesEndDevices: Bool { rawValue & 0x40 != 0 }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        rawValue = try reader.readUInt8("scan mask")
    }

    public var byteCount: Int { 1 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(rawValue)
    }
}
