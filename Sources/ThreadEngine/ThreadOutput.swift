public import EngineCore
public import ThreadWire

/// A UDP datagram that the Thread engine wants sent.
public struct ThreadDatagram: Equatable, Sendable {
    public var source: IPv6Address
    public var destination: IPv6Address
    /// Both ports: 19788 for MLE, 61631 for Thread management.
    public var port: UInt16
    public var payload: [UInt8]
    public var hopLimit: UInt8
    public var trafficClass: UInt8
    /// Whether the link layer secures it; MLE brings its own security.
    public var isLinkSecured: Bool
    public var priority: TransmitPriority
}

/// What the MAC engine must know of a node that may send to this one.
public struct LinkPeer: Equatable, Sendable {
    public var extendedAddress: ExtendedAddress
    /// Nil while it has none.
    public var rloc16: RLOC16?
    /// The first link frame counter that is accepted from it.
    public var linkFrameCounter: UInt32
    public var keySequence: UInt32
    public var isReceiverOnWhenIdle: Bool
    public var isChild: Bool
}

/// What the Thread engine asks of the layers around it.
public enum ThreadOutput: Equatable, Sendable {
    case send(ThreadDatagram)
    /// A datagram without content, from the mesh-local address.
    case sendEmpty(to: IPv6Address)
    /// A neighbor came or its addresses or counters changed.
    case setPeer(LinkPeer)
    case removePeer(ExtendedAddress)
    /// Ask this parent for what waits there; `notePoll` must follow.
    case poll(LinkAddress)
    /// Send a sleepy child an empty frame, unless something else waits for it.
    case supervise(ExtendedAddress)
    /// Role, RLOC16, partition or addresses changed: read them again.
    case identityChanged
    /// Datagrams that waited for this address may go.
    case resolved(IPv6Address)
    /// Datagrams that waited for this address are lost.
    case unresolved(IPv6Address)
    /// The network data changed, and with it the compression contexts.
    case networkDataChanged
    /// Something that must survive a restart.
    case store(StoredRecord)
    case sendOnLink(LinkMessage)
    /// A network answered this node's Discovery Request.
    case discovered(DiscoveredNetwork)
    /// Look for a PAN id on these channels: `notePAN` and `endPANScan` must follow.
    case scanForPANID(channels: [UInt8])
    /// A diagnostic request of this node was answered or has ended.
    case diagnostic(DiagnosticReport)
    /// The link's counters begin at zero again, since another node asked for it.
    case resetLinkCounters
    /// Something an operator's log should tell.
    case event(ThreadEvent)
}

/// What happened, for logs and tests.
public enum ThreadEvent: Equatable, Sendable {
    case roleChanged(from: Role, to: Role)
    case partitionChanged(PartitionID)
    case childAdded(ExtendedAddress, RLOC16)
    case childRemoved(ExtendedAddress, RLOC16)
    case linkAdded(ExtendedAddress, RLOC16)
    case linkRemoved(ExtendedAddress, RLOC16)
    case parentLost(ExtendedAddress)
    case leaderLost
    case attachFailed(attempt: Int)
    /// This node keeps another dataset than before, or none.
    case datasetChanged(DatasetKind)
    /// The leader has judged this node's request to change a dataset, or did not answer.
    case datasetChangeAnswered(DatasetKind, isAccepted: Bool)
    /// A node has told what was asked of its dataset.
    case datasetTold(DatasetKind, OperationalDataset)
    /// Frames are secured by other keys from now on.
    case keySequenceChanged(UInt32)
}
