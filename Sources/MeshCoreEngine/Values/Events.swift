public import MeshCoreWire

/// How a packet came to this node.
public struct MeshCoreArrival: Equatable, Sendable {
    public var link: MeshCoreLinkID
    /// - Units: quarters of a decibel
    public var snrQuarters: Int8
    /// - Units: dBm
    public var rssi: Int8
    /// The hops that a flood took; nil when the packet came along a path.
    public var floodPath: MeshCorePath?

    public init(link: MeshCoreLinkID, snrQuarters: Int8, rssi: Int8, floodPath: MeshCorePath?) {
        self.link = link
        self.snrQuarters = snrQuarters
        self.rssi = rssi
        self.floodPath = floodPath
    }
}

/// Something that happened, for the application.
///
/// An event comes before the packet that acknowledges it: whoever handles outputs in their order has stored a message
/// before the sender learns that it arrived.
public enum MeshCoreEvent: Equatable, Sendable {
    /// A packet was heard, readable or not.
    case packetHeard(MeshCoreReception)
    /// A contact sent a text.
    case message(from: MeshCoreContact, MeshCoreText, MeshCoreArrival)
    /// Somebody wrote on a channel.
    case channelMessage(channel: Int, MeshCoreGroupText, MeshCoreArrival)
    /// Somebody sent data on a channel.
    case channelData(channel: Int, MeshCoreGroupData, MeshCoreArrival)
    /// A contact was added or refreshed by an advert.
    case advertHeard(MeshCoreContact, isNew: Bool)
    /// An advert of a node that is not a contact, and by the rules did not become one.
    case advertNotStored(MeshCoreContact)
    /// A contact gave way to a new one.
    case contactDeleted(MeshCorePublicKey)
    /// A node could not become a contact because the table is full.
    case contactsFull
    /// The way to a contact is another one now.
    case pathUpdated(MeshCorePublicKey)
    /// A message arrived.
    case acknowledged(MeshCoreAcknowledgementHash, contact: MeshCorePublicKey, roundTrip: Duration)
    /// A server answered to a login.
    case login(from: MeshCorePublicKey, MeshCoreLoginResponse, serverTime: UInt32)
    /// A server told its status; there may be padding behind it.
    case status(from: MeshCorePublicKey, [UInt8])
    /// A node told what it measures, in CayenneLPP; there may be padding behind it.
    case telemetry(from: MeshCorePublicKey, [UInt8])
    /// A node answered a binary or anonymous request; there may be padding behind it.
    case binaryResponse(from: MeshCorePublicKey, tag: UInt32, [UInt8])
    /// The ways to a contact and back.
    case pathDiscovered(contact: MeshCorePublicKey, out: MeshCorePath, back: MeshCorePath)
    /// A trace reached its end: the signal-to-noise ratio of every hop, and the one at which this node heard it.
    case trace(MeshCoreTrace, hopSNRQuarters: [Int8], MeshCoreArrival)
    /// A control packet of a neighbour.
    case control([UInt8], path: MeshCorePath, MeshCoreArrival)
    /// Data of an application's own.
    case rawData([UInt8], MeshCoreArrival)
    /// The radio parameters or the power changed: the radio has to follow.
    case radioChanged(MeshCoreRadioParameters, transmitPower: Int8)
    /// The identity changed: what is kept elsewhere under the key is of another node now.
    case identityChanged(MeshCorePublicKey)
    /// An administrator sent a command to this server. `answerCommand` answers it.
    case command(from: MeshCorePublicKey, MeshCoreText, MeshCoreArrival)
}

/// To whom a link has to bring a packet.
public enum MeshCoreDestination: Equatable, Sendable {
    /// To everybody in range.
    case everybody
    /// To the node whose key begins so; to everybody where no such node is known.
    case hop([UInt8])
    /// To the node with this key; to everybody where it is not known.
    case node(MeshCorePublicKey)
}

/// A packet for a link. The link reports `transmitDone` for each; until then it gets no other.
public struct MeshCoreTransmission: Equatable, Sendable {
    public var link: MeshCoreLinkID
    public var bytes: [UInt8]
    /// 0 goes first.
    public var priority: UInt8
    public var destination: MeshCoreDestination
}

/// What happens to a node.
public enum MeshCoreInput: Sendable {
    /// A link received a packet.
    case received(MeshCoreReception)
    /// A link is ready for the next packet.
    case transmitDone(link: MeshCoreLinkID, MeshCoreTransmitOutcome)
    /// Time has passed.
    case deadline
}

/// How a link ended a transmission.
public enum MeshCoreTransmitOutcome: Equatable, Sendable {
    /// The packet has left, or is in the link's hands for good.
    case sent
    /// Others were sending: it is worth another try.
    case channelBusy
    case failed
}

/// What a node wants done, in the order in which it came up.
public enum MeshCoreOutput: Equatable, Sendable {
    case transmit(MeshCoreTransmission)
    case event(MeshCoreEvent)
    case store(MeshCoreRecord)
}

/// That a packet was queued, and what will tell of its arrival.
public struct MeshCoreSent: Equatable, Sendable {
    /// Whether it floods; else it follows a path.
    public var isFlood: Bool
    /// The hash that will acknowledge a text, a request's tag, or the first bytes of the key at a login; zeros for a
    /// command.
    /// - Range: 4 bytes
    public var tag: [UInt8]
    /// After how long without an answer it counts as lost.
    public var timeout: Duration
}
