public import EngineCore
public import MeshCoreWire

/// Which link of a node: the air, a KISS modem, the IPv6 mesh.
public struct MeshCoreLinkID: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

/// One way on which packets travel, and what the bridge lets through on it.
public struct MeshCoreLink: Equatable, Sendable {
    /// What a link is made of.
    public enum Medium: Equatable, Sendable {
        /// A LoRa radio with the node's radio parameters: a packet takes its time on air, the duty cycle counts, and
        /// a flood is repeated to where it came from, for others are in range.
        case air
        /// A network on which everybody hears what is sent, at once and for nothing: nothing is repeated to where it
        /// came from.
        case network
    }

    public let id: MeshCoreLinkID
    public var medium: Medium
    public var bridge: MeshCoreBridgeRules

    public init(id: MeshCoreLinkID, medium: Medium, bridge: MeshCoreBridgeRules = MeshCoreBridgeRules()) {
        self.id = id
        self.medium = medium
        self.bridge = bridge
    }
}

/// Which packets of others pass from another link to this one, and the other way round.
///
/// Rules bind only what this node forwards between links; what it sends itself and what is for it always passes.
public struct MeshCoreBridgeRules: Equatable, Sendable {
    /// Whether packets heard on this link may go out on others.
    public var passesOut = true
    /// Whether packets heard on other links may go out on this one.
    public var passesIn = true
    /// The payload types that pass in either direction; nil for all.
    public var payloadTypes: Set<MeshCorePayloadType>?
    /// The channels, by the hash in their packets, whose packets pass; nil for all.
    public var channels: Set<UInt8>?
    /// How many packets may come in on this link from others within a minute; nil for any number.
    public var packetsPerMinute: Int?

    public init() {}

    /// Whether the rules let a packet through, apart from direction and rate.
    func admit(_ packet: MeshCorePacket) -> Bool {
        if let payloadTypes, !payloadTypes.contains(packet.payloadType) { return false }
        if let channels, packet.payloadType.isGroup {
            guard let hash = packet.payload.first, channels.contains(hash) else { return false }
        }
        return true
    }
}

/// What passed a link since the start.
public struct MeshCoreLinkCounters: Equatable, Sendable {
    /// Packets that could be read.
    public var received: UInt64 = 0
    /// Bytes that were no packet.
    public var malformed: UInt64 = 0
    /// Packets that left.
    public var sent: UInt64 = 0
    /// Packets of others that were queued for this link.
    public var forwarded: UInt64 = 0
    /// Packets of others that the bridge's rules kept from this link.
    public var filtered: UInt64 = 0
    /// Packets that the link could not send, or for which there was no room.
    public var failed: UInt64 = 0

    public init() {}
}

/// A packet as a link received it.
public struct MeshCoreReception: Equatable, Sendable {
    public var link: MeshCoreLinkID
    public var bytes: [UInt8]
    /// - Units: dB; on a network link nothing is measured, and 0 does
    public var snr: Decibels
    /// - Units: dBm; on a network link nothing is measured, and 0 does
    public var rssi: DecibelMilliwatts

    public init(link: MeshCoreLinkID, bytes: [UInt8], snr: Decibels, rssi: DecibelMilliwatts) {
        self.link = link
        self.bytes = bytes
        self.snr = snr
        self.rssi = rssi
    }

    /// - Units: quarters of a decibel
    public var snrQuarters: Int8 { Int8(clamping: Int((max(-32, min(31.75, snr.value)) * 4).rounded(.towardZero))) }
    /// - Units: dBm
    public var rssiByte: Int8 { Int8(max(-128, min(127, rssi.value))) }
}
