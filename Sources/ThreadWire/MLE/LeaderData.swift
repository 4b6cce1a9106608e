public import WireCore

/// The number of a partition. The partition with the higher one wins when two of equal weight meet.
public struct PartitionID: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Which partition this is, who leads it, and which versions of its network data are current.
/// - Source: OpenThread as observed: recording line_traffic, frame 9, and the command `leaderdata`
public struct LeaderData: Equatable, Sendable {
    public var partitionID: PartitionID
    /// The partition of the leader with the greater weight wins.
    public var weighting: UInt8
    /// Counts up with every change of the network data.
    public var dataVersion: UInt8
    /// Counts up with every change of the stable part of the network data.
    public var stableDataVersion: UInt8
    public var leaderRouterID: RouterID

    public init(
        partitionID: PartitionID, weighting: UInt8, dataVersion: UInt8, stableDataVersion: UInt8,
        leaderRouterID: RouterID
    ) {
        self.partitionID = partitionID
        self.weighting = weighting
        self.dataVersion = dataVersion
        self.stableDataVersion = stableDataVersion
        self.leaderRouterID = leaderRouterID
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        partitionID = PartitionID(rawValue: try reader.readUInt32("partition id"))
        weighting = try reader.readUInt8("weighting")
        dataVersion = try reader.readUInt8("data version")
        stableDataVersion = try reader.readUInt8("stable data version")
        leaderRouterID = RouterID(rawValue: try reader.readUInt8("leader router id"))
    }

    public var byteCount: Int { 8 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(partitionID.rawValue)
        writer.write(weighting)
        writer.write(dataVersion)
        writer.write(stableDataVersion)
        writer.write(leaderRouterID.rawValue)
    }
}
