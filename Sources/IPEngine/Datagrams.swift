public import EngineCore
public import ThreadWire

/// What is known about the frame that a datagram came in.
public struct LinkMetadata: Equatable, Sendable {
    /// Whether link security protected every part of the datagram.
    public var isSecured: Bool
    /// The neighbour that sent the frame, or the mesh header's originator.
    public var source: LinkAddress
    /// How strong the frame was; nil when the datagram did not come by radio.
    public var rssi: DecibelMilliwatts?
    /// How far above the noise it was; nil when the datagram did not come by radio.
    public var snr: Decibels?
    /// The sender's PAN; nil when the frame named none.
    public var panID: PANID?

    public init(
        isSecured: Bool, source: LinkAddress, rssi: DecibelMilliwatts? = nil, snr: Decibels? = nil, panID: PANID? = nil
    ) {
        self.isSecured = isSecured
        self.source = source
        self.rssi = rssi
        self.snr = snr
        self.panID = panID
    }

    /// A datagram that never left the node.
    public static let local = LinkMetadata(isSecured: true, source: .none)
}

/// A UDP datagram as it arrived.
public struct UDPDatagram: Equatable, Sendable {
    public var source: SocketAddress
    public var destination: SocketAddress
    public var payload: [UInt8]
    /// As it was on arrival.
    public var hopLimit: UInt8
    public var link: LinkMetadata
    /// Whether it is on its way out of the mesh: its destination is no address of this node.
    public var isForOutside = false

    public init(
        source: SocketAddress, destination: SocketAddress, payload: [UInt8], hopLimit: UInt8, link: LinkMetadata
    ) {
        self.source = source
        self.destination = destination
        self.payload = payload
        self.hopLimit = hopLimit
        self.link = link
    }

    /// Whether link security protected it.
    public var isSecured: Bool { link.isSecured }
}

/// A UDP datagram of the Thread protocol itself, to be sent.
public struct ControlDatagram: Equatable, Sendable {
    /// Nil lets the engine choose.
    public var source: IPv6Address?
    public var sourcePort: UInt16
    public var destination: SocketAddress
    public var payload: [UInt8]
    public var hopLimit: UInt8
    /// OpenThread as observed: 0 for MLE, 0x1c and more for TMF by priority.
    public var trafficClass: UInt8
    public var priority: TransmitPriority
    /// False for MLE messages, which carry a security of their own.
    public var isLinkSecured: Bool

    public init(
        source: IPv6Address? = nil, sourcePort: UInt16, destination: SocketAddress, payload: [UInt8],
        hopLimit: UInt8 = 64, trafficClass: UInt8 = 0, priority: TransmitPriority = .control, isLinkSecured: Bool = true
    ) {
        self.source = source
        self.sourcePort = sourcePort
        self.destination = destination
        self.payload = payload
        self.hopLimit = hopLimit
        self.trafficClass = trafficClass
        self.priority = priority
        self.isLinkSecured = isLinkSecured
    }
}

/// A datagram for the mesh; its next hop is for the owner to find.
public struct OutgoingDatagram: Equatable, Sendable {
    /// A whole IPv6 datagram.
    public var bytes: [UInt8]
    public var priority: TransmitPriority
    /// Whether link security must protect it.
    public var isLinkSecured: Bool
    /// Whether it is a later transmission of a multicast datagram: sleepy children had it with the first.
    public var isMulticastRetransmission: Bool
    /// Whether the datagram came from another node and passes through.
    public var isForwarded: Bool
    /// Whether the datagram came from the host's own IPv6 stack.
    public var isFromHost: Bool

    public init(
        bytes: [UInt8], priority: TransmitPriority, isLinkSecured: Bool = true,
        isMulticastRetransmission: Bool = false, isForwarded: Bool = false, isFromHost: Bool = false
    ) {
        self.bytes = bytes
        self.priority = priority
        self.isLinkSecured = isLinkSecured
        self.isMulticastRetransmission = isMulticastRetransmission
        self.isForwarded = isForwarded
        self.isFromHost = isFromHost
    }
}

/// An answer to an echo request of this node.
public struct EchoReply: Equatable, Sendable {
    public var source: IPv6Address
    public var destination: IPv6Address
    public var identifier: UInt16
    public var sequence: UInt16
    public var payload: [UInt8]
    /// As it was on arrival.
    public var hopLimit: UInt8

    public init(
        source: IPv6Address, destination: IPv6Address, identifier: UInt16, sequence: UInt16, payload: [UInt8],
        hopLimit: UInt8
    ) {
        self.source = source
        self.destination = destination
        self.identifier = identifier
        self.sequence = sequence
        self.payload = payload
        self.hopLimit = hopLimit
    }
}

/// What the engine asks its owner to do.
public enum IPOutput: Equatable, Sendable {
    /// Route a datagram into the mesh.
    case send(OutgoingDatagram)
    /// Keep a multicast, which is sent as well, for sleepy children that want it.
    case keep(OutgoingDatagram)
    /// Hand a datagram to the host's own IPv6 stack.
    case deliver([UInt8])
    /// Hand a datagram of the Thread protocol to its engine.
    case udp(UDPDatagram)
    /// A socket has one datagram more to read.
    case readable(SocketID)
    case echoReply(EchoReply)
    /// A router of the mesh said that what this node sent to this address cannot be delivered.
    case unreachable(IPv6Address)
}
