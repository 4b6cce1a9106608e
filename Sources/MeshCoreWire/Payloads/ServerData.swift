public import WireCore

/// What a repeater tells of itself when it is asked for its status.
public struct MeshCoreRepeaterStatus: Equatable, Sendable {
    /// - Units: millivolts; 0 when unknown
    public var battery: UInt16 = 0
    public var transmitQueueLength: UInt16 = 0
    /// - Units: dBm
    public var noiseFloor: Int16 = 0
    /// Of the last packet.
    /// - Units: dBm
    public var lastRSSI: Int16 = 0
    public var packetsReceived: UInt32 = 0
    public var packetsSent: UInt32 = 0
    /// - Units: seconds on the air
    public var transmitAirtime: UInt32 = 0
    /// - Units: seconds
    public var uptime: UInt32 = 0
    public var floodsSent: UInt32 = 0
    public var directsSent: UInt32 = 0
    public var floodsReceived: UInt32 = 0
    public var directsReceived: UInt32 = 0
    public var errorFlags: UInt16 = 0
    /// Of the last packet.
    /// - Units: quarters of a decibel
    public var lastSNRQuarters: Int16 = 0
    public var directDuplicates: UInt16 = 0
    public var floodDuplicates: UInt16 = 0
    /// - Units: seconds on the air
    public var receiveAirtime: UInt32 = 0
    public var receiveErrors: UInt32 = 0

    public static let byteCount = 56

    public init() {}

    /// - Throws: when a part is missing; what follows is padding.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        battery = UInt16(try reader.readLittleEndian(2, "battery"))
        transmitQueueLength = UInt16(try reader.readLittleEndian(2, "transmit queue"))
        noiseFloor = Int16(truncatingIfNeeded: try reader.readLittleEndian(2, "noise floor"))
        lastRSSI = Int16(truncatingIfNeeded: try reader.readLittleEndian(2, "RSSI"))
        packetsReceived = try reader.readLittleEndian32("packets received")
        packetsSent = try reader.readLittleEndian32("packets sent")
        transmitAirtime = try reader.readLittleEndian32("transmit air time")
        uptime = try reader.readLittleEndian32("uptime")
        floodsSent = try reader.readLittleEndian32("floods sent")
        directsSent = try reader.readLittleEndian32("directs sent")
        floodsReceived = try reader.readLittleEndian32("floods received")
        directsReceived = try reader.readLittleEndian32("directs received")
        errorFlags = UInt16(try reader.readLittleEndian(2, "error flags"))
        lastSNRQuarters = Int16(truncatingIfNeeded: try reader.readLittleEndian(2, "SNR"))
        directDuplicates = UInt16(try reader.readLittleEndian(2, "direct duplicates"))
        floodDuplicates = UInt16(try reader.readLittleEndian(2, "flood duplicates"))
        receiveAirtime = try reader.readLittleEndian32("receive air time")
        receiveErrors = try reader.readLittleEndian32("receive errors")
        _ = reader.readRemaining()
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(battery)
        writer.writeLittleEndian(transmitQueueLength)
        writer.writeLittleEndian(UInt16(bitPattern: noiseFloor))
        writer.writeLittleEndian(UInt16(bitPattern: lastRSSI))
        writer.writeLittleEndian(packetsReceived)
        writer.writeLittleEndian(packetsSent)
        writer.writeLittleEndian(transmitAirtime)
        writer.writeLittleEndian(uptime)
        writer.writeLittleEndian(floodsSent)
        writer.writeLittleEndian(directsSent)
        writer.writeLittleEndian(floodsReceived)
        writer.writeLittleEndian(directsReceived)
        writer.writeLittleEndian(errorFlags)
        writer.writeLittleEndian(UInt16(bitPattern: lastSNRQuarters))
        writer.writeLittleEndian(directDuplicates)
        writer.writeLittleEndian(floodDuplicates)
        writer.writeLittleEndian(receiveAirtime)
        writer.writeLittleEndian(receiveErrors)
    }
}

/// Who may do what on a server: one entry a client.
public struct MeshCoreAccessList: Equatable, Sendable {
    /// One client.
    public struct Entry: Equatable, Sendable {
        /// - Range: 6 bytes
        public var keyPrefix: [UInt8]
        public var permissions: UInt8

        public init(keyPrefix: [UInt8], permissions: UInt8) {
            self.keyPrefix = keyPrefix
            self.permissions = permissions
        }
    }

    public var entries: [Entry]

    public static let entryLength = 7
    public static let keyPrefixLength = 6

    public init(_ entries: [Entry]) { self.entries = entries }

    /// Reads whole entries; permissions of zero are padding.
    /// - Throws: never in truth: what is no whole entry is padding.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        entries = []
        while reader.remaining >= Self.entryLength {
            let prefix = try reader.readBytes(Self.keyPrefixLength, "key prefix")
            let permissions = try reader.readUInt8("permissions")
            if permissions != 0 { entries.append(Entry(keyPrefix: prefix, permissions: permissions)) }
        }
        _ = reader.readRemaining()
    }

    public func serialize(into writer: inout ByteWriter) {
        for entry in entries {
            writer.write(contentsOf: entry.keyPrefix)
            writer.write(entry.permissions)
        }
    }
}

/// Which repeaters a repeater hears.
public struct MeshCoreNeighbours: Equatable, Sendable {
    /// One repeater in range.
    public struct Entry: Equatable, Sendable {
        /// As many bytes as were asked for.
        public var keyPrefix: [UInt8]
        /// - Units: seconds ago
        public var heard: UInt32
        /// - Units: quarters of a decibel
        public var snrQuarters: Int8

        public init(keyPrefix: [UInt8], heard: UInt32, snrQuarters: Int8) {
            self.keyPrefix = keyPrefix
            self.heard = heard
            self.snrQuarters = snrQuarters
        }
    }

    /// How many there are in all.
    public var total: UInt16
    public var entries: [Entry]

    /// How much room entries have in one response.
    /// - Units: bytes
    public static let maximumEntryBytes = 130

    public init(total: UInt16, entries: [Entry]) {
        self.total = total
        self.entries = entries
    }

    /// - Parameter prefixLength: As in the request.
    /// - Throws: when a part is missing; what follows is padding.
    public init(parsing reader: inout ByteReader, prefixLength: Int) throws(ParseError) {
        total = UInt16(try reader.readLittleEndian(2, "neighbours total"))
        let count = Int(try reader.readLittleEndian(2, "neighbours count"))
        entries = []
        for _ in 0..<count {
            entries.append(
                Entry(
                    keyPrefix: try reader.readBytes(prefixLength, "key prefix"),
                    heard: try reader.readLittleEndian32("seconds ago"),
                    snrQuarters: Int8(bitPattern: try reader.readUInt8("SNR"))))
        }
        _ = reader.readRemaining()
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(total)
        writer.writeLittleEndian(UInt16(entries.count))
        for entry in entries {
            writer.write(contentsOf: entry.keyPrefix)
            writer.writeLittleEndian(entry.heard)
            writer.write(UInt8(bitPattern: entry.snrQuarters))
        }
    }
}
