public import ThreadWire
public import WireCore

/// A child as it is kept for its parent's restart.
public struct StoredChild: Equatable, Sendable {
    public var extendedAddress: ExtendedAddress
    public var rloc16: RLOC16
    public var mode: DeviceMode
    public var version: UInt16
    /// - Units: seconds
    public var timeout: UInt32

    public init(
        extendedAddress: ExtendedAddress, rloc16: RLOC16, mode: DeviceMode, version: UInt16, timeout: UInt32
    ) {
        self.extendedAddress = extendedAddress
        self.rloc16 = rloc16
        self.mode = mode
        self.version = version
        self.timeout = timeout
    }
}

/// The children of a router, for its next start.
public struct StoredChildren: Equatable, Sendable {
    public var children: [StoredChild]

    private static let version: UInt8 = 1

    public init(_ children: [StoredChild]) { self.children = children }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let version = try reader.readUInt8("version")
        guard version == Self.version else {
            throw ParseError(field: "version", offset: offset, reason: .unsupported(value: UInt64(version)))
        }
        children = []
        while !reader.isAtEnd {
            children.append(
                StoredChild(
                    extendedAddress: ExtendedAddress(rawValue: try reader.readUInt64("extended address")),
                    rloc16: RLOC16(rawValue: try reader.readUInt16("RLOC16")),
                    mode: DeviceMode(rawValue: try reader.readUInt8("mode")),
                    version: try reader.readUInt16("version"), timeout: try reader.readUInt32("timeout")))
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.version)
        for child in children {
            writer.write(child.extendedAddress.rawValue)
            writer.write(child.rloc16.rawValue)
            writer.write(child.mode.rawValue)
            writer.write(child.version)
            writer.write(child.timeout)
        }
    }

    public var record: StoredRecord {
        var writer = ByteWriter()
        serialize(into: &writer)
        return StoredRecord(name: .children, value: writer.bytes)
    }
}
