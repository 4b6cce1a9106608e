public import EngineCore
public import ThreadWire

/// Which of its own addresses a node sends from.
public enum SourceAddressKind: Equatable, Sendable {
    case none
    case short
    case extended
}

/// How a frame to be sent is protected.
public enum MACProtection: Equatable, Sendable {
    /// Not at all, as MLE's frames, which are protected further up.
    case none
    /// Under the network's current key.
    case link
    /// Under the key that everybody knows, as MLE's Announce.
    case wellKnown
}

/// A frame to be sent.
public struct MACRequest: Equatable, Sendable {
    /// Comes back with the confirmation.
    public var handle: UInt32
    public var destination: LinkAddress
    public var source: SourceAddressKind
    /// The short address that the payload tells nothing of because the header has it; when it is no more this node's,
    /// the frame is worthless. Nil for a payload that stands for itself.
    public var impliedSource: ShortAddress?
    /// A beacon, data or a MAC command; acknowledgements the engine makes itself.
    public var frameType: FrameType
    /// What follows the header; in a MAC command its identifier first.
    public var payload: [UInt8]
    /// For a sleeping child: the other fragments of the datagram, each of which goes out when the child asks again. The
    /// confirmation is of all of them; what follows a lost one is not sent.
    public var following: [[UInt8]]
    public var security: MACProtection
    /// Ignored for broadcasts, which nobody acknowledges.
    public var requestsAcknowledgement: Bool
    public var priority: TransmitPriority
    /// Whether the frame is for a sleeping child and waits until the child asks.
    public var isIndirect: Bool
    /// The receiver's PAN; nil for this node's.
    public var destinationPAN: PANID?
    /// The channel that it is sent on; nil for the network's own.
    public var channel: UInt8?
    /// How long the frame may wait before it is first sent; nil for as long as it takes, for an indirect frame for
    /// as long as the link profile says.
    public var lifetime: Duration?

    public init(
        handle: UInt32, destination: LinkAddress, source: SourceAddressKind, frameType: FrameType = .data,
        payload: [UInt8], following: [[UInt8]] = [], security: MACProtection, requestsAcknowledgement: Bool,
        priority: TransmitPriority = .data,
        isIndirect: Bool = false, destinationPAN: PANID? = nil, channel: UInt8? = nil, lifetime: Duration? = nil,
        impliedSource: ShortAddress? = nil
    ) {
        self.handle = handle
        self.destination = destination
        self.source = source
        self.frameType = frameType
        self.payload = payload
        self.following = following
        self.security = security
        self.requestsAcknowledgement = requestsAcknowledgement
        self.priority = priority
        self.isIndirect = isIndirect
        self.destinationPAN = destinationPAN
        self.channel = channel
        self.lifetime = lifetime
        self.impliedSource = impliedSource
    }
}
