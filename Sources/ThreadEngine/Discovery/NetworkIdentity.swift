public import EngineCore
public import ThreadWire

/// What a network is known by to those who look for networks, and the channels it may use.
public struct NetworkIdentity: Equatable, Sendable {
    public var name: NetworkName
    public var extendedPANID: ExtendedPANID
    /// In ascending order.
    public var channels: [UInt8]

    public init(name: NetworkName, extendedPANID: ExtendedPANID, channels: [UInt8]) {
        self.name = name
        self.extendedPANID = extendedPANID
        self.channels = channels
    }
}

extension ThreadEngine {
    /// What this node's network is called; nil when its datasets do not say.
    public var networkIdentity: NetworkIdentity? {
        guard let name = parameters.networkName, let extendedPANID = parameters.extendedPANID else { return nil }
        let channels = parameters.channelMask.map { ChannelMask(channels: $0).channelNumbers }
        return NetworkIdentity(name: name, extendedPANID: extendedPANID, channels: channels ?? ChannelMask.all)
    }

    /// The version of the network's active dataset; a node that has none announces with the value that says so.
    var activeTimestamp: Timestamp {
        datasets.active.networkTimestamp ?? Timestamp(seconds: 0, ticks: 0, isAuthoritative: true)
    }
}

extension ChannelMask {
    /// The channels of IEEE 802.15.4 at 2.4 GHz that are in the mask, in ascending order.
    public var channelNumbers: [UInt8] {
        let mask = channels ?? 0
        return Self.all.filter { mask & 1 << UInt32($0) != 0 }
    }

    /// A mask of these channels.
    public init(channelNumbers: [UInt8]) {
        self.init(channels: channelNumbers.reduce(0) { $1 < 32 ? $0 | 1 << UInt32($1) : $0 })
    }

    /// The channels of IEEE 802.15.4 at 2.4 GHz.
    public static let all: [UInt8] = Array(11...26)
}

/// A network that answered a Discovery Request.
public struct DiscoveredNetwork: Equatable, Sendable {
    public var identity: NetworkIdentity
    public var panID: PANID
    public var extendedAddress: ExtendedAddress
    public var rssi: DecibelMilliwatts
    /// The Thread version that the sender told.
    public var version: UInt8
    /// Who may join; empty when nobody may.
    public var steeringData: [UInt8]
}

/// A message for nodes in reach that does not travel as this network's other frames do.
public struct LinkMessage: Equatable, Sendable {
    public var datagram: ThreadDatagram
    /// The receivers' PAN; nil for this node's.
    public var destinationPAN: PANID?
    /// The channel that it is sent on; nil for this network's.
    public var channel: UInt8?
    /// Whether its frame is secured under the key that everybody knows; otherwise it is not secured at all.
    public var isWellKnownKeyUsed: Bool
}
