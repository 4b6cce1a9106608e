public import WireCore

/// When a coordinator's devices may send. Thread networks have no slots: the value is always 0x0fff.
/// - Source: IEEE 802.15.4-2006 §7.2.2.1.2
public struct SuperframeSpecification: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A network without beacon intervals, whose sender is no PAN coordinator and takes no associations.
    public static let nonbeacon = Self(rawValue: 0x0fff)

    public var isPANCoordinator: Bool { rawValue & 0x4000 != 0 }
    public var permitsAssociation: Bool { rawValue & 0x8000 != 0 }
}

/// The payload of a beacon frame.
///
/// OpenThread of today sends beacons without any payload (recording scan, frame 22), so a receiver reads one only
/// when there is one.
/// - Source: IEEE 802.15.4-2006 §7.2.2.1
public struct Beacon: Equatable, Sendable {
    public var superframe: SuperframeSpecification
    /// The guaranteed time slots as they stand: a count and what it announces.
    public var guaranteedTimeSlots: [UInt8]
    /// Short addresses of those for whom something waits.
    /// - Range: 0 to 7 entries
    public var pendingShortAddresses: [ShortAddress]
    /// Extended addresses of those for whom something waits.
    /// - Range: 0 to 7 entries
    public var pendingExtendedAddresses: [ExtendedAddress]
    /// What the upper layer put in.
    public var payload: [UInt8]

    public init(superframe: SuperframeSpecification = .nonbeacon, payload: [UInt8] = []) {
        self.superframe = superframe
        guaranteedTimeSlots = [0]
        pendingShortAddresses = []
        pendingExtendedAddresses = []
        self.payload = payload
    }

    /// - Throws: `.truncated`.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        superframe = SuperframeSpecification(
            rawValue: UInt16(truncatingIfNeeded: try reader.readLittleEndian(2, "superframe specification")))
        let slots = Int((reader.peek() ?? 0) & 7)
        // Count; and unless it is zero, directions and three bytes a slot.
        guaranteedTimeSlots = try reader.readBytes(slots == 0 ? 1 : 2 + slots * 3, "guaranteed time slots")
        let pending = try reader.readUInt8("pending address specification")
        pendingShortAddresses = []
        for _ in 0..<Int(pending & 7) {
            let address = try reader.readLittleEndian(2, "pending short address")
            pendingShortAddresses.append(ShortAddress(rawValue: UInt16(truncatingIfNeeded: address)))
        }
        pendingExtendedAddresses = []
        for _ in 0..<Int(pending >> 4 & 7) {
            let address = try reader.readLittleEndian(8, "pending extended address")
            pendingExtendedAddresses.append(ExtendedAddress(rawValue: address))
        }
        payload = reader.readRemaining()
    }

    public var byteCount: Int {
        3 + guaranteedTimeSlots.count + pendingShortAddresses.count * 2 + pendingExtendedAddresses.count * 8
            + payload.count
    }

    public func serialize(into writer: inout ByteWriter) {
        precondition(
            pendingShortAddresses.count <= 7 && pendingExtendedAddresses.count <= 7,
            "\(pendingShortAddresses.count) and \(pendingExtendedAddresses.count) pending addresses")
        writer.writeLittleEndian(UInt64(superframe.rawValue), count: 2)
        writer.write(contentsOf: guaranteedTimeSlots)
        writer.write(UInt8(pendingShortAddresses.count | pendingExtendedAddresses.count << 4))
        for address in pendingShortAddresses { writer.writeLittleEndian(UInt64(address.rawValue), count: 2) }
        for address in pendingExtendedAddresses { writer.writeLittleEndian(address.rawValue, count: 8) }
        writer.write(contentsOf: payload)
    }
}

/// What a Thread network of 2018 says of itself in a beacon.
/// - Source: OpenThread as observed: recording old3_pymesh, frame 207
public struct ThreadBeaconPayload: Equatable, Sendable {
    /// Stands for Thread.
    public static let protocolIdentifier: UInt8 = 3
    /// - Units: bytes
    public static let byteCount = 26

    /// - Range: 0 to 15
    public var version: UInt8
    /// A commissioner is active and lets nodes join.
    public var isJoiningPermitted: Bool
    /// The sender carries its own network's traffic only.
    public var isNative: Bool
    /// Up to 16 bytes of UTF-8; unused ones are zero on the air.
    public var networkName: [UInt8]
    public var extendedPANID: UInt64

    public init(
        version: UInt8 = 2, isJoiningPermitted: Bool, isNative: Bool, networkName: [UInt8], extendedPANID: UInt64
    ) {
        self.version = version & 0xf
        self.isJoiningPermitted = isJoiningPermitted
        self.isNative = isNative
        self.networkName = Array(networkName.prefix(16))
        self.extendedPANID = extendedPANID
    }

    /// - Throws: `.truncated`; `.unsupported` when the beacon belongs to another protocol.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let identifier = try reader.readUInt8("protocol identifier")
        guard identifier == Self.protocolIdentifier else {
            throw ParseError(
                field: "protocol identifier", offset: offset, reason: .unsupported(value: UInt64(identifier)))
        }
        let flags = try reader.readUInt8("beacon flags")
        version = flags >> 4
        isJoiningPermitted = flags & 1 != 0
        isNative = flags & 8 != 0
        let name = try reader.readBytes(16, "network name")
        networkName = Array(name.prefix { $0 != 0 })
        extendedPANID = try reader.readUInt64("extended PAN identifier")
    }

    public var byteCount: Int { Self.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        let name = networkName.prefix(16)
        writer.write(Self.protocolIdentifier)
        writer.write(version << 4 | (isNative ? 8 : 0) | (isJoiningPermitted ? 1 : 0))
        writer.write(contentsOf: name)
        writer.write(repeating: 0, count: 16 - name.count)
        writer.write(extendedPANID)
    }
}
