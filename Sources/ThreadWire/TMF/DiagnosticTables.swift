public import WireCore

/// One child in a router's short table of children.
/// - Source: OpenThread as observed: the answer to `meshdiag topology children` in recording cliref
public struct DiagnosticChildTableEntry: Equatable, Sendable {
    /// The child's timeout is at most 2 to the power of this minus four seconds.
    /// - Range: 0 to 31
    public var timeoutExponent: UInt8
    /// How well the parent hears it.
    /// - Range: 0 to 3
    public var linkQuality: UInt8
    /// - Range: 0 to 511
    public var childID: UInt16
    public var mode: DeviceMode

    static let byteCount = 3

    public init(timeoutExponent: UInt8, linkQuality: UInt8, childID: UInt16, mode: DeviceMode) {
        self.timeoutExponent = timeoutExponent & 0x1f
        self.linkQuality = linkQuality & 3
        self.childID = childID & 0x1ff
        self.mode = mode
    }

    /// The exponent that stands for a timeout: four more than that of the smallest power of two that is no less.
    public static func timeoutExponent(seconds: UInt32) -> UInt8 {
        UInt8(seconds <= 1 ? 4 : 36 - (seconds - 1).leadingZeroBitCount)
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let bits = try reader.readUInt16("child table entry")
        self.init(
            timeoutExponent: UInt8(bits >> 11), linkQuality: UInt8(bits >> 9 & 3), childID: bits,
            mode: try DeviceMode(parsing: &reader))
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(UInt16(timeoutExponent) << 11 | UInt16(linkQuality) << 9 | childID)
        mode.serialize(into: &writer)
    }
}

/// How well frames and messages of a link arrive.
/// - Source: OpenThread as observed: the answers to `meshdiag childtable` and `routerneighbortable`
public struct DiagnosticLink: Equatable, Sendable {
    /// - Units: dB
    public var margin: UInt8
    /// 127 when nothing was heard yet.
    /// - Units: dBm
    public var averageRSSI: Int8
    /// 127 when nothing was heard yet.
    /// - Units: dBm
    public var lastRSSI: Int8
    /// How many transmissions stayed without acknowledgement.
    /// - Range: 0 to 65535, which stands for all
    public var frameErrorRate: UInt16
    /// How many datagrams could not be delivered to the neighbor.
    /// - Range: 0 to 65535, which stands for all
    public var messageErrorRate: UInt16

    static let byteCount = 7

    public init(
        margin: UInt8, averageRSSI: Int8, lastRSSI: Int8, frameErrorRate: UInt16 = 0, messageErrorRate: UInt16 = 0
    ) {
        self.margin = margin
        self.averageRSSI = averageRSSI
        self.lastRSSI = lastRSSI
        self.frameErrorRate = frameErrorRate
        self.messageErrorRate = messageErrorRate
    }

    init(parsing reader: inout ByteReader) throws(ParseError) {
        margin = try reader.readUInt8("link margin")
        averageRSSI = Int8(bitPattern: try reader.readUInt8("average RSSI"))
        lastRSSI = Int8(bitPattern: try reader.readUInt8("last RSSI"))
        frameErrorRate = try reader.readUInt16("frame error rate")
        messageErrorRate = try reader.readUInt16("message error rate")
    }

    func serialize(into writer: inout ByteWriter) {
        writer.write(margin)
        writer.write(UInt8(bitPattern: averageRSSI))
        writer.write(UInt8(bitPattern: lastRSSI))
        writer.write(frameErrorRate)
        writer.write(messageErrorRate)
    }
}

/// All that a parent knows of one child.
/// - Source: OpenThread as observed: the answer to `meshdiag childtable` in recording cliref
public struct DiagnosticChild: Equatable, Sendable {
    public var flags: UInt8
    public var rloc16: RLOC16
    public var extendedAddress: ExtendedAddress
    public var version: UInt16
    /// - Units: seconds
    public var timeout: UInt32
    /// Since it was last heard.
    /// - Units: seconds
    public var age: UInt32
    /// Since it attached.
    /// - Units: seconds
    public var connectionTime: UInt32
    /// - Units: seconds; 0 for none
    public var supervisionInterval: UInt16
    public var link: DiagnosticLink
    /// How much waits for it to ask.
    public var queuedMessageCount: UInt16
    /// - Units: 160 µs
    public var cslPeriod: UInt16
    /// - Units: seconds
    public var cslTimeout: UInt32
    public var cslChannel: UInt8

    static let byteCount = 36 + DiagnosticLink.byteCount

    /// - Parameter tracksErrors: whether the error rates of `link` are counted.
    public init(
        mode: DeviceMode, tracksErrors: Bool, rloc16: RLOC16, extendedAddress: ExtendedAddress, version: UInt16,
        timeout: UInt32, age: UInt32, connectionTime: UInt32, supervisionInterval: UInt16, link: DiagnosticLink,
        queuedMessageCount: UInt16
    ) {
        flags =
            (mode.isReceiverOnWhenIdle ? 0x80 : 0) | (mode.isFullThreadDevice ? 0x40 : 0)
            | (mode.requestsFullNetworkData ? 0x20 : 0) | (tracksErrors ? 0x08 : 0)
        self.rloc16 = rloc16
        self.extendedAddress = extendedAddress
        self.version = version
        self.timeout = timeout
        self.age = age
        self.connectionTime = connectionTime
        self.supervisionInterval = supervisionInterval
        self.link = link
        self.queuedMessageCount = queuedMessageCount
        cslPeriod = 0
        cslTimeout = 0
        cslChannel = 0
    }

    public var isReceiverOnWhenIdle: Bool { flags & 0x80 != 0 }
    public var isFullThreadDevice: Bool { flags & 0x40 != 0 }
    public var requestsFullNetworkData: Bool { flags & 0x20 != 0 }
    public var isCSLSynchronized: Bool { flags & 0x10 != 0 }
    public var tracksErrors: Bool { flags & 0x08 != 0 }

    init(parsing reader: inout ByteReader) throws(ParseError) {
        flags = try reader.readUInt8("child flags")
        rloc16 = RLOC16(rawValue: try reader.readUInt16("child RLOC16"))
        extendedAddress = ExtendedAddress(rawValue: try reader.readUInt64("child extended address"))
        version = try reader.readUInt16("child version")
        timeout = try reader.readUInt32("child timeout")
        age = try reader.readUInt32("child age")
        connectionTime = try reader.readUInt32("child connection time")
        supervisionInterval = try reader.readUInt16("supervision interval")
        link = try DiagnosticLink(parsing: &reader)
        queuedMessageCount = try reader.readUInt16("queued messages")
        cslPeriod = try reader.readUInt16("CSL period")
        cslTimeout = try reader.readUInt32("CSL timeout")
        cslChannel = try reader.readUInt8("CSL channel")
    }

    func serialize(into writer: inout ByteWriter) {
        writer.write(flags)
        writer.write(rloc16.rawValue)
        writer.write(extendedAddress.rawValue)
        writer.write(version)
        writer.write(timeout)
        writer.write(age)
        writer.write(connectionTime)
        writer.write(supervisionInterval)
        link.serialize(into: &writer)
        writer.write(queuedMessageCount)
        writer.write(cslPeriod)
        writer.write(cslTimeout)
        writer.write(cslChannel)
    }
}

/// The addresses that a child registered with its parent.
/// - Source: OpenThread as observed: the answer to `meshdiag childip6` in recording cliref
public struct DiagnosticChildAddresses: Equatable, Sendable {
    public var rloc16: RLOC16
    /// The mesh-local one first.
    public var addresses: [IPv6Address]

    public init(rloc16: RLOC16, addresses: [IPv6Address]) {
        self.rloc16 = rloc16
        self.addresses = addresses
    }

    init(parsing reader: inout ByteReader) throws(ParseError) {
        rloc16 = RLOC16(rawValue: try reader.readUInt16("child RLOC16"))
        addresses = []
        while !reader.isAtEnd { addresses.append(try IPv6Address(parsing: &reader)) }
    }

    var byteCount: Int { 2 + addresses.count * IPv6Address.byteCount }

    func serialize(into writer: inout ByteWriter) {
        writer.write(rloc16.rawValue)
        for address in addresses { address.serialize(into: &writer) }
    }
}

/// All that a router knows of one neighboring router.
/// - Source: OpenThread as observed: the answer to `meshdiag routerneighbortable` in recording cliref
public struct DiagnosticRouterNeighbor: Equatable, Sendable {
    public var flags: UInt8
    public var rloc16: RLOC16
    public var extendedAddress: ExtendedAddress
    public var version: UInt16
    /// Since the link was established.
    /// - Units: seconds
    public var connectionTime: UInt32
    public var link: DiagnosticLink

    static let byteCount = 17 + DiagnosticLink.byteCount

    /// - Parameter tracksErrors: whether the error rates of `link` are counted.
    public init(
        tracksErrors: Bool, rloc16: RLOC16, extendedAddress: ExtendedAddress, version: UInt16, connectionTime: UInt32,
        link: DiagnosticLink
    ) {
        flags = tracksErrors ? 0x80 : 0
        self.rloc16 = rloc16
        self.extendedAddress = extendedAddress
        self.version = version
        self.connectionTime = connectionTime
        self.link = link
    }

    public var tracksErrors: Bool { flags & 0x80 != 0 }

    init(parsing reader: inout ByteReader) throws(ParseError) {
        flags = try reader.readUInt8("router neighbor flags")
        rloc16 = RLOC16(rawValue: try reader.readUInt16("router neighbor RLOC16"))
        extendedAddress = ExtendedAddress(rawValue: try reader.readUInt64("router neighbor extended address"))
        version = try reader.readUInt16("router neighbor version")
        connectionTime = try reader.readUInt32("router neighbor connection time")
        link = try DiagnosticLink(parsing: &reader)
    }

    func serialize(into writer: inout ByteWriter) {
        writer.write(flags)
        writer.write(rloc16.rawValue)
        writer.write(extendedAddress.rawValue)
        writer.write(version)
        writer.write(connectionTime)
        link.serialize(into: &writer)
    }
}

/// What a router tells of another one beside Route64: the next hop of the way of several hops.
/// - Source: OpenThread as observed
public struct EnhancedRouteEntry: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The entry of the one who tells.
    public static let own = Self(rawValue: 0x8000)

    /// - Parameters:
    ///   - link: the qualities of a direct link, out and in; nil when there is none.
    ///   - nextHop: nil when no way of several hops is known.
    ///   - nextHopCost: what that way costs from the next hop on.
    public init(link: (out: UInt8, in: UInt8)?, nextHop: RouterID?, nextHopCost: UInt8) {
        rawValue = UInt16(nextHop?.rawValue ?? Self.noNextHop) << 4 | UInt16(nextHopCost & 0xf)
        guard let link else { return }
        rawValue |= 0x4000 | UInt16(link.out & 3) << 12 | UInt16(link.in & 3) << 10
    }

    private static let noNextHop: UInt8 = 63

    public var isOwn: Bool { rawValue & 0x8000 != 0 }
    public var hasLink: Bool { rawValue & 0x4000 != 0 }
    public var linkQualityOut: UInt8 { UInt8(rawValue >> 12 & 3) }
    public var linkQualityIn: UInt8 { UInt8(rawValue >> 10 & 3) }
    public var nextHop: RouterID? {
        let id = UInt8(rawValue >> 4 & 0x3f)
        return id == Self.noNextHop ? nil : RouterID(rawValue: id)
    }
    public var nextHopCost: UInt8 { UInt8(rawValue & 0xf) }
}

/// The routers of a partition with the ways that one of them knows.
/// - Source: OpenThread as observed
public struct EnhancedRoute: Equatable, Sendable {
    public private(set) var routerIDMask: RouterIDMask
    /// One for each router of the mask, in ascending order of ids.
    public private(set) var entries: [EnhancedRouteEntry]

    /// - Parameter entries: as many as the mask has ids.
    public init(routerIDMask: RouterIDMask, entries: [EnhancedRouteEntry]) {
        precondition(
            entries.count == routerIDMask.count, "\(entries.count) entries for \(routerIDMask.count) routers")
        self.routerIDMask = routerIDMask
        self.entries = entries
    }

    init(parsing reader: inout ByteReader) throws(ParseError) {
        routerIDMask = try RouterIDMask(parsing: &reader)
        entries = []
        for _ in 0..<routerIDMask.count {
            entries.append(EnhancedRouteEntry(rawValue: try reader.readUInt16("enhanced route entry")))
        }
    }

    var byteCount: Int { routerIDMask.byteCount + entries.count * 2 }

    func serialize(into writer: inout ByteWriter) {
        routerIDMask.serialize(into: &writer)
        for entry in entries { writer.write(entry.rawValue) }
    }
}
