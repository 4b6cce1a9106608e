public import MeshCoreWire

/// Another node that this one knows.
public struct MeshCoreContact: Equatable, Sendable {
    public let key: MeshCorePublicKey
    public var type: MeshCoreNodeType
    /// Bit 0: a favourite. Bits 1 to 3: may read this node's basic, location and environment telemetry.
    public var flags: UInt8
    /// The hops to the contact; nil when they are not known, so that packets flood.
    public var outPath: MeshCorePath?
    /// UTF-8 by rights.
    /// - Range: at most 32 bytes without a zero byte
    public var name: [UInt8]
    /// When the newest advert was made, by the contact's clock.
    /// - Units: seconds since 1970
    public var lastAdvert: UInt32
    /// Zero when it is not known.
    public var position: MeshCorePosition
    /// When this entry changed, by this node's clock.
    /// - Units: seconds since 1970
    public var lastModified: UInt32
    /// The time of the newest post that a room sent to this node.
    /// - Units: seconds since 1970
    public var syncSince: UInt32

    public static let maximumNameLength = 32

    public init(
        key: MeshCorePublicKey, type: MeshCoreNodeType, flags: UInt8 = 0, outPath: MeshCorePath? = nil,
        name: [UInt8] = [], lastAdvert: UInt32 = 0, position: MeshCorePosition = .zero, lastModified: UInt32 = 0,
        syncSince: UInt32 = 0
    ) {
        self.key = key
        self.type = type
        self.flags = flags
        self.outPath = outPath
        self.name = Array(name.prefix { $0 != 0 }.prefix(Self.maximumNameLength))
        self.lastAdvert = lastAdvert
        self.position = position
        self.lastModified = lastModified
        self.syncSince = syncSince
    }

    public var isFavourite: Bool { flags & 1 != 0 }
    /// Whether it is known only for the length of an exchange: it is not stored and not listed.
    public var isTransient: Bool { type == .unknown }
    /// What the flags allow of `MeshCoreTelemetryGroup`.
    var telemetryGroups: MeshCoreTelemetryGroups { MeshCoreTelemetryGroups(rawValue: flags >> 1 & 0x07) }
}

extension MeshCorePosition {
    /// Where nothing is known.
    public static let zero = MeshCorePosition(latitude: 0, longitude: 0)
}

/// A channel in one of the node's slots.
public struct MeshCoreChannel: Equatable, Sendable {
    /// UTF-8 by rights.
    /// - Range: at most 32 bytes without a zero byte
    public var name: [UInt8]
    public var secret: MeshCoreSecret

    public init(name: [UInt8], secret: MeshCoreSecret) {
        self.name = Array(name.prefix { $0 != 0 }.prefix(MeshCoreContact.maximumNameLength))
        self.secret = secret
    }

    /// The channel that every node has in its first slot to begin with.
    public static let everybody = MeshCoreChannel(name: Array("Public".utf8), secret: .publicChannel)
}

/// From where an advert came last.
public struct MeshCoreAdvertPath: Equatable, Sendable {
    public var key: MeshCorePublicKey
    public var name: [UInt8]
    /// By this node's clock.
    /// - Units: seconds since 1970
    public var received: UInt32
    /// The hops that the advert took.
    public var path: MeshCorePath
}

/// Groups of what a node measures, each of which may be open to others or not.
public struct MeshCoreTelemetryGroups: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Voltage and the like; without it nothing is answered.
    public static let base = MeshCoreTelemetryGroups(rawValue: 1)
    public static let location = MeshCoreTelemetryGroups(rawValue: 2)
    public static let environment = MeshCoreTelemetryGroups(rawValue: 4)
}

/// What this node measures, a group at a time, in CayenneLPP.
public struct MeshCoreTelemetry: Equatable, Sendable {
    /// Begins with the voltage on channel 1; 0 V when it is not known.
    public var base: [UInt8] = [0x01, 0x74, 0x00, 0x00]
    public var location: [UInt8] = []
    public var environment: [UInt8] = []

    public init() {}

    /// All of these groups, the basic one first.
    public func bytes(_ groups: MeshCoreTelemetryGroups) -> [UInt8] {
        (groups.contains(.base) ? base : []) + (groups.contains(.location) ? location : [])
            + (groups.contains(.environment) ? environment : [])
    }
}
