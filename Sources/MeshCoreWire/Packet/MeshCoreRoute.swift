/// How a packet finds its way, with the transport codes that two of the ways carry.
public enum MeshCoreRoute: Hashable, Sendable {
    /// To everybody within the regions that the codes stand for.
    case transportFlood(MeshCoreTransportCodes)
    /// To everybody.
    case flood
    /// Along the path in the packet.
    case direct
    /// Along the path in the packet, with codes that forwarders keep.
    case transportDirect(MeshCoreTransportCodes)

    /// Whether forwarders add themselves to the path; else they remove themselves from it.
    public var isFlood: Bool {
        switch self {
        case .transportFlood, .flood: true
        case .direct, .transportDirect: false
        }
    }

    public var transportCodes: MeshCoreTransportCodes? {
        switch self {
        case .transportFlood(let codes), .transportDirect(let codes): codes
        case .flood, .direct: nil
        }
    }

    /// The two bits in the packet's first byte.
    var bits: UInt8 {
        switch self {
        case .transportFlood: 0
        case .flood: 1
        case .direct: 2
        case .transportDirect: 3
        }
    }
}

/// What ties a flood to regions: the first code names the one that it stays in, the second is reserved for the
/// sender's own.
public struct MeshCoreTransportCodes: Hashable, Sendable {
    public var region: UInt16
    public var home: UInt16

    public init(region: UInt16, home: UInt16 = 0) {
        self.region = region
        self.home = home
    }

    /// The codes of a packet that no repeater passes on: how an advert is shared with neighbours.
    public static let nowhere = MeshCoreTransportCodes(region: 0, home: 0)
}
