public import ThreadWire
public import WireCore

/// One thing that must outlive a crash, as bytes under a name. The store keeps the newest value of each name.
public struct StoredRecord: Equatable, Sendable {
    /// The names of records.
    public enum Name: String, CaseIterable, Sendable {
        case networkState
        /// What was in force: a dataset may leave values out.
        case parameters
        case activeDataset
        case pendingDataset
        case settings
        case children
        case routers
        case interfaceIdentifierSecret
        /// How much air time was used, and is reserved to be used.
        case airtime
    }

    public var name: Name
    public var value: [UInt8]

    public init(name: Name, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// What a node needs for a fast rejoin under its old addresses.
public struct StoredNetworkState: Equatable, Sendable {
    public var role: Role
    public var rloc16: RLOC16
    public var keySequence: UInt32
    /// No frame secured under the current key had a counter of this or more.
    public var mleFrameCounterLimit: UInt32
    public var linkFrameCounterLimit: UInt32
    /// The interface identifier of the mesh-local address.
    public var meshLocalInterfaceIdentifier: UInt64
    public var extendedAddress: ExtendedAddress
    public var previousPartitionID: PartitionID
    public var parent: ExtendedAddress
    /// Whether it led a partition without any other node: then nobody knows its place.
    public var isAlone: Bool
    /// Under which keys counters were used.
    public var keyUsage: KeyUsage

    private static let version: UInt8 = 3

    public init(
        role: Role, rloc16: RLOC16, keySequence: UInt32, mleFrameCounterLimit: UInt32, linkFrameCounterLimit: UInt32,
        meshLocalInterfaceIdentifier: UInt64, extendedAddress: ExtendedAddress, previousPartitionID: PartitionID,
        parent: ExtendedAddress, isAlone: Bool = false, keyUsage: KeyUsage
    ) {
        self.role = role
        self.rloc16 = rloc16
        self.keySequence = keySequence
        self.mleFrameCounterLimit = mleFrameCounterLimit
        self.linkFrameCounterLimit = linkFrameCounterLimit
        self.meshLocalInterfaceIdentifier = meshLocalInterfaceIdentifier
        self.extendedAddress = extendedAddress
        self.previousPartitionID = previousPartitionID
        self.parent = parent
        self.isAlone = isAlone
        self.keyUsage = keyUsage
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let version = try reader.readUInt8("version")
        // The first version knew nothing of former keys, the second not who was alone.
        guard (1...Self.version).contains(version) else {
            throw ParseError(field: "version", offset: offset, reason: .unsupported(value: UInt64(version)))
        }
        let roleOffset = reader.offset
        let rawRole = try reader.readUInt8("role")
        guard let role = Role(rawValue: rawRole) else {
            throw ParseError(field: "role", offset: roleOffset, reason: .invalid(value: UInt64(rawRole)))
        }
        self.role = role
        rloc16 = RLOC16(rawValue: try reader.readUInt16("RLOC16"))
        keySequence = try reader.readUInt32("key sequence")
        mleFrameCounterLimit = try reader.readUInt32("MLE frame counter")
        linkFrameCounterLimit = try reader.readUInt32("link frame counter")
        meshLocalInterfaceIdentifier = try reader.readUInt64("mesh-local interface identifier")
        extendedAddress = ExtendedAddress(rawValue: try reader.readUInt64("extended address"))
        previousPartitionID = PartitionID(rawValue: try reader.readUInt32("partition id"))
        parent = ExtendedAddress(rawValue: try reader.readUInt64("parent"))
        isAlone = version < 3 ? false : try reader.readUInt8("is alone") != 0
        keyUsage =
            version == 1
            ? KeyUsage(keySequence: keySequence, counterCeiling: max(mleFrameCounterLimit, linkFrameCounterLimit))
            : try KeyUsage(parsing: &reader)
        try reader.requireEnd("network state")
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.version)
        writer.write(role.rawValue)
        writer.write(rloc16.rawValue)
        writer.write(keySequence)
        writer.write(mleFrameCounterLimit)
        writer.write(linkFrameCounterLimit)
        writer.write(meshLocalInterfaceIdentifier)
        writer.write(extendedAddress.rawValue)
        writer.write(previousPartitionID.rawValue)
        writer.write(parent.rawValue)
        writer.write(isAlone ? 1 : 0 as UInt8)
        keyUsage.serialize(into: &writer)
    }

    /// What is left when a node forgets its network: who it is, and all that keeps a frame counter from being used twice.
    /// - Parameter interfaceIdentifier: of its next mesh-local address.
    /// - Deviation: docs/deviations.md#factory-reset
    public func forgettingNetwork(interfaceIdentifier: UInt64) -> StoredNetworkState {
        var state = self
        state.role = .disabled
        state.rloc16 = .unassigned
        state.previousPartitionID = PartitionID(rawValue: 0)
        state.parent = ExtendedAddress(rawValue: 0)
        state.meshLocalInterfaceIdentifier = interfaceIdentifier
        return state
    }

    public var record: StoredRecord {
        var writer = ByteWriter()
        serialize(into: &writer)
        return StoredRecord(name: .networkState, value: writer.bytes)
    }
}
