import WireCore

/// What went through a node's link, in the groups of RFC 2863's interface table.
/// - Source: OpenThread as observed: recording cliref, the command `networkdiagnostic get`
public struct DiagnosticMACCounters: Equatable, Sendable {
    public var inUnknownProtocols: UInt32
    public var inErrors: UInt32
    public var outErrors: UInt32
    public var inUnicast: UInt32
    public var inBroadcast: UInt32
    public var inDiscards: UInt32
    public var outUnicast: UInt32
    public var outBroadcast: UInt32
    public var outDiscards: UInt32

    static let byteCount = 36

    public init(
        inUnknownProtocols: UInt32 = 0, inErrors: UInt32 = 0, outErrors: UInt32 = 0, inUnicast: UInt32 = 0,
        inBroadcast: UInt32 = 0, inDiscards: UInt32 = 0, outUnicast: UInt32 = 0, outBroadcast: UInt32 = 0,
        outDiscards: UInt32 = 0
    ) {
        self.inUnknownProtocols = inUnknownProtocols
        self.inErrors = inErrors
        self.outErrors = outErrors
        self.inUnicast = inUnicast
        self.inBroadcast = inBroadcast
        self.inDiscards = inDiscards
        self.outUnicast = outUnicast
        self.outBroadcast = outBroadcast
        self.outDiscards = outDiscards
    }

    init(parsing reader: inout ByteReader) throws(ParseError) {
        inUnknownProtocols = try reader.readUInt32("unknown protocols in")
        inErrors = try reader.readUInt32("errors in")
        outErrors = try reader.readUInt32("errors out")
        inUnicast = try reader.readUInt32("unicast in")
        inBroadcast = try reader.readUInt32("broadcast in")
        inDiscards = try reader.readUInt32("discards in")
        outUnicast = try reader.readUInt32("unicast out")
        outBroadcast = try reader.readUInt32("broadcast out")
        outDiscards = try reader.readUInt32("discards out")
    }

    func serialize(into writer: inout ByteWriter) {
        for row in rows { writer.write(row.count) }
    }

    /// Every counter under OpenThread's name, in its order.
    public var rows: [(name: String, count: UInt32)] {
        [
            ("IfInUnknownProtos", inUnknownProtocols), ("IfInErrors", inErrors), ("IfOutErrors", outErrors),
            ("IfInUcastPkts", inUnicast), ("IfInBroadcastPkts", inBroadcast), ("IfInDiscards", inDiscards),
            ("IfOutUcastPkts", outUnicast), ("IfOutBroadcastPkts", outBroadcast), ("IfOutDiscards", outDiscards),
        ]
    }
}

/// What happened to a node's roles.
/// - Source: OpenThread as observed: recording cliref, the command `networkdiagnostic get` with type 34
public struct DiagnosticMLECounters: Equatable, Sendable {
    /// How often it happened: disabled, detached, child, router, leader, attach attempts, changes of partition,
    /// attempts at a better partition, changes of parent.
    /// - Range: 9 entries
    public private(set) var events: [UInt16]
    /// For how long: tracked in all, disabled, detached, child, router, leader.
    /// - Range: 6 entries
    /// - Units: milliseconds
    public private(set) var times: [UInt64]

    static let byteCount = eventNames.count * 2 + timeNames.count * 8

    private static let eventNames = [
        "DisabledRole", "DetachedRole", "ChildRole", "RouterRole", "LeaderRole", "AttachAttempts",
        "PartitionIdChanges", "BetterPartitionAttachAttempts", "ParentChanges",
    ]
    private static let timeNames = [
        "TrackedTime", "DisabledTime", "DetachedTime", "ChildTime", "RouterTime", "LeaderTime",
    ]

    /// - Parameters:
    ///   - events: nine, in the order of the property.
    ///   - times: six, in the order of the property.
    public init(events: [UInt16], times: [UInt64]) {
        precondition(
            events.count == Self.eventNames.count && times.count == Self.timeNames.count,
            "\(events.count) events and \(times.count) times")
        self.events = events
        self.times = times
    }

    init(parsing reader: inout ByteReader) throws(ParseError) {
        events = []
        for name in Self.eventNames { events.append(try reader.readUInt16(name)) }
        times = []
        for name in Self.timeNames { times.append(try reader.readUInt64(name)) }
    }

    func serialize(into writer: inout ByteWriter) {
        for event in events { writer.write(event) }
        for time in times { writer.write(time) }
    }

    /// The numbers of events under OpenThread's names.
    public var eventRows: [(name: String, count: UInt16)] {
        zip(Self.eventNames, events).map { (name: $0, count: $1) }
    }
    /// The times under OpenThread's names.
    public var timeRows: [(name: String, milliseconds: UInt64)] {
        zip(Self.timeNames, times).map { (name: $0, milliseconds: $1) }
    }
}
