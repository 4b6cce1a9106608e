public import WireCore

/// What a ledger of air time keeps over a restart: how much was used, and how long each part still counts.
public struct StoredAirtime: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        /// How long after it was written it still counts.
        /// - Units: seconds
        public var countsFor: UInt32
        /// - Units: microseconds
        public var used: UInt32

        public init(countsFor: UInt32, used: UInt32) {
            self.countsFor = countsFor
            self.used = used
        }
    }

    /// The sub-band that it was used in.
    public var subBand: String
    public var entries: [Entry]

    private static let version: UInt8 = 1

    public init(subBand: String, entries: [Entry]) {
        self.subBand = subBand
        self.entries = entries
    }

    /// - Throws: `.unsupported` for another version, `.truncated` within a field.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let version = try reader.readUInt8("version")
        guard version == Self.version else {
            throw ParseError(field: "version", offset: offset, reason: .unsupported(value: UInt64(version)))
        }
        let length = Int(try reader.readUInt8("length of the sub-band's name"))
        subBand = String(decoding: try reader.readBytes(length, "sub-band"), as: UTF8.self)
        entries = []
        while !reader.isAtEnd {
            let countsFor = try reader.readUInt32("seconds that air time counts")
            entries.append(Entry(countsFor: countsFor, used: try reader.readUInt32("air time")))
        }
    }

    /// A name of more than 255 bytes is cut.
    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.version)
        let name = Array(subBand.utf8.prefix(255))
        writer.write(UInt8(name.count))
        writer.write(contentsOf: name)
        for entry in entries {
            writer.write(entry.countsFor)
            writer.write(entry.used)
        }
    }
}
