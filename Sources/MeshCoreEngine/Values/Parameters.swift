public import MeshCoreWire

/// What a node's owner sets, and the node keeps.
public struct MeshCoreParameters: Equatable, Sendable {
    /// Who may read one group of telemetry.
    public enum TelemetryMode: UInt8, Sendable {
        case nobody = 0
        /// Contacts whose flags say so.
        case flaggedContacts = 1
        case everybody = 2
    }

    /// How many times a node may find itself in a flood's path.
    public enum LoopDetection: UInt8, Sendable {
        case off = 0
        case minimal = 1
        case moderate = 2
        case strict = 3

        /// At how many occurrences of a hash of this size a flood counts as looped; nil for never.
        func limit(hashSize: Int) -> Int? {
            switch self {
            case .off: nil
            case .minimal: [4, 2, 1][hashSize - 1]
            case .moderate: [2, 1, 1][hashSize - 1]
            case .strict: 1
            }
        }
    }

    /// The region that a node's floods stay in.
    public struct Scope: Equatable, Sendable {
        /// - Range: 1 to 30 bytes
        public var name: [UInt8]
        public var key: MeshCoreRegionKey

        public init(name: [UInt8], key: MeshCoreRegionKey) {
            self.name = name
            self.key = key
        }
    }

    /// UTF-8 by rights.
    /// - Range: at most 31 bytes
    public var name: [UInt8]
    public var position = MeshCorePosition.zero
    /// Whether adverts tell the position: 0 for no. The companion protocol gives the number.
    public var advertPositionPolicy: UInt8 = 0
    public var radio: MeshCoreRadioParameters
    /// - Units: dBm
    public var transmitPower: Int8 = 20
    /// Whether a companion forwards what it hears.
    public var repeatsForOthers = false

    // MARK: Tuning

    /// The base of the delay of floods that were heard well; 0 turns it off.
    /// - Units: thousandths
    /// - Range: up to 20,000
    public var receiveDelayBase: UInt32 = 0
    /// The share of time for silence to each share for sending.
    /// - Units: thousandths
    /// - Range: up to 9,000
    public var airtimeFactor: UInt32 = 1_000
    /// How long a flood waits at most before it is forwarded.
    /// - Units: thousandths of five times its time on air
    public var floodDelayFactor: UInt32 = 500
    /// The same of packets along a path.
    /// - Units: thousandths of five times its time on air
    public var directDelayFactor: UInt32 = 200
    /// How many times an acknowledgement along a path is sent beforehand in a multipart packet.
    /// - Range: 0 to 15; the first above zero has an effect on own acknowledgements
    public var multipleAcknowledgements: UInt8 = 0
    /// The size of the hashes in floods of this node, less one.
    /// - Range: 0 to 2
    public var pathHashMode: UInt8 = 0

    // MARK: Contacts

    /// Bit 0: contacts are not added by themselves, but for the types in `autoAddFlags`.
    public var manualAdd: UInt8 = 0
    /// Bit 0: the oldest contact gives way when the table is full. Bits 1 to 4: chat nodes, repeaters, rooms, sensors
    /// are added although `manualAdd` is set.
    public var autoAddFlags: UInt8 = 0
    /// Contacts are added from adverts of fewer hops than this; 0 for any number.
    /// - Range: 0 to 64
    public var autoAddMaximumHops: UInt8 = 0
    public var baseTelemetry = TelemetryMode.nobody
    public var locationTelemetry = TelemetryMode.nobody
    public var environmentTelemetry = TelemetryMode.nobody

    // MARK: Scope

    /// Where this node's floods and adverts stay; nil for everywhere.
    public var defaultScope: Scope?

    // MARK: Repeater

    /// Whether a repeater forwards at all.
    public var isForwarding = true
    /// Floods of this many hops are not forwarded.
    public var maximumFloodHops: UInt8 = 64
    /// The same of floods without a region.
    public var maximumUnscopedFloodHops: UInt8 = 64
    /// The same of adverts.
    public var maximumAdvertHops: UInt8 = 8
    public var loopDetection = LoopDetection.off
    /// The regions whose floods a repeater forwards, or keeps out.
    /// - Range: at most 32
    public var regions: [MeshCoreRegion] = []
    /// Whether floods without a region are forwarded.
    public var forwardsUnscopedFloods = true
    /// - Range: at most 15 bytes
    public var administratorPassword: [UInt8] = Array("password".utf8)
    /// - Range: at most 15 bytes; empty lets everybody in as a guest
    public var guestPassword: [UInt8] = []
    /// What is told to whoever asks for the owner.
    /// - Range: at most 120 bytes
    public var ownerInformation: [UInt8] = []
    /// How often a repeater advertises to its neighbours; zero for never.
    /// - Units: minutes
    public var advertInterval: UInt16 = 0
    /// How often a repeater advertises to all; zero for never.
    /// - Units: hours
    public var floodAdvertInterval: UInt16 = 47

    public init(name: [UInt8], radio: MeshCoreRadioParameters) {
        self.name = Array(name.prefix { $0 != 0 }.prefix(MeshCoreLimits.name))
        self.radio = radio
    }

    /// The size of the hashes in floods of this node.
    /// - Range: 1 to 3 bytes
    var pathHashSize: Int { min(Int(pathHashMode), 2) + 1 }

    /// What adverts tell of this node.
    public func advertData(type: MeshCoreNodeType) -> MeshCoreAdvertData {
        MeshCoreAdvertData(type: type, position: advertPositionPolicy == 0 ? nil : position, name: name)
    }
}

/// A region that a repeater knows.
public struct MeshCoreRegion: Equatable, Sendable {
    /// With its `#`.
    /// - Range: at most 30 bytes
    public var name: [UInt8]
    public var key: MeshCoreRegionKey
    /// Whether its floods are forwarded.
    public var allowsFlood: Bool

    public init(name: [UInt8], key: MeshCoreRegionKey, allowsFlood: Bool) {
        self.name = name
        self.key = key
        self.allowsFlood = allowsFlood
    }
}
