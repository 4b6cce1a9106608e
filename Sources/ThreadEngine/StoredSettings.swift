import EngineCore
public import ThreadWire
public import WireCore

/// What a user chose for this node, and the address that it was made with, for its next start.
public struct StoredSettings: Equatable, Sendable {
    public var mode: DeviceMode
    /// How long it waits between two polls while it sleeps; nil for as long as its timeout allows.
    /// - Range: 1 ms to 2^26 − 1 ms
    public var pollPeriod: Duration?
    /// The address that the device was made with; nil where none was needed yet.
    public var eui64: ExtendedAddress?

    private static let version: UInt8 = 1

    public init(mode: DeviceMode, pollPeriod: Duration?, eui64: ExtendedAddress?) {
        self.mode = mode
        self.pollPeriod = pollPeriod
        self.eui64 = eui64
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let version = try reader.readUInt8("version")
        guard version == Self.version else {
            throw ParseError(field: "version", offset: offset, reason: .unsupported(value: UInt64(version)))
        }
        let modeOffset = reader.offset
        mode = DeviceMode(rawValue: try reader.readUInt8("mode"))
        guard mode.isPossible else {
            throw ParseError(field: "mode", offset: modeOffset, reason: .invalid(value: UInt64(mode.rawValue)))
        }
        let period = try reader.readUInt32("poll period")
        pollPeriod = period == 0 ? nil : .milliseconds(Int64(period))
        let address = try reader.readUInt64("EUI-64")
        eui64 = address == 0 ? nil : ExtendedAddress(rawValue: address)
        try reader.requireEnd("settings")
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.version)
        writer.write(mode.rawValue)
        writer.write(UInt32(clamping: pollPeriod?.milliseconds ?? 0))
        writer.write(eui64?.rawValue ?? 0)
    }

    public var record: StoredRecord {
        var writer = ByteWriter()
        serialize(into: &writer)
        return StoredRecord(name: .settings, value: writer.bytes)
    }
}

// What outlives a restart of what a user chose.
extension ThreadEngine {
    /// Takes over what the store kept, before the node is started.
    /// - Returns: false when the record is none of these.
    @discardableResult
    public mutating func restoreSettings(_ record: StoredRecord) -> Bool {
        var reader = ByteReader(record.value)
        guard record.name == .settings, let stored = try? StoredSettings(parsing: &reader) else { return false }
        mode = stored.mode
        configuration.pollPeriod = stored.pollPeriod
        storedEUI64 = stored.eui64
        if configuration.identity.eui64 == nil { configuration.identity.eui64 = stored.eui64 }
        return true
    }

    /// Writes down what the user has chosen.
    mutating func storeSettings() {
        emit(.store(StoredSettings(mode: mode, pollPeriod: configuration.pollPeriod, eui64: storedEUI64).record))
    }

    /// Gives a device that was made without an address one at random, once and for all; after `restoreSettings`.
    public mutating func ensureEUI64() {
        guard configuration.identity.eui64 == nil else { return }
        let random = entropy.secret.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // Nobody's in particular, and given by no authority.
        // Source: IEEE 802-2014 §8.2.2: the two lowest bits of the first byte
        let address = ExtendedAddress(rawValue: random & ~(0x03 << 56) | 0x02 << 56)
        configuration.identity.eui64 = address
        storedEUI64 = address
        storeSettings()
    }
}
