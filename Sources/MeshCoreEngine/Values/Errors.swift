/// Why a node does not do what it was asked for.
public enum MeshCoreError: Error, Hashable, Sendable, CaseIterable {
    /// No contact, channel or path of that name.
    case notFound
    /// The table of contacts is full and none may give way.
    case contactsFull
    /// The queue of packets is full.
    case queueFull
    /// The text or data does not fit into a packet.
    case tooLong
    /// No advert of the contact is stored, so that there is nothing to share.
    case noStoredAdvert
    /// A value is out of its range, or bytes are not what they should be.
    case illegalArgument
    /// Not in this form, or not of this kind of text.
    case unsupported
    /// The keys do not give a secret.
    case unusableKey
}

extension MeshCoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound: "no such contact, channel or path: list them to see what there is"
        case .contactsFull: "the table of contacts is full: remove one, or let the oldest give way"
        case .queueFull: "too many packets wait to be sent: try again when some have left"
        case .tooLong: "the text or data does not fit into one packet: shorten it"
        case .noStoredAdvert: "no advert of this contact is stored: wait for its next one"
        case .illegalArgument: "a value is out of range or not of the expected form"
        case .unsupported: "this kind of message is not supported"
        case .unusableKey: "the key is no usable point of the curve"
        }
    }
}

/// Why a packet went no further.
public enum MeshCoreDropReason: String, CaseIterable, Sendable {
    case malformedPacket
    case malformedPayload
    case duplicate
    case notForThisNode
    case unknownPeer
    case unknownChannel
    case ownAdvert
    case badSignature
    case replayedAdvert
    case replayedRequest
    case refusedLogin
    case rateLimited
    case unusableKey
    case unsupportedType
    case forwardingOff
    case pathFull
    case hopLimit
    case regionDenied
    case loop
    case bridgeRule
    case queueFull
    case receiveQueueFull
    case linkFailure
    case transmitTimeout
}

/// How often each reason occurred since the start.
public struct MeshCoreDropCounters: Equatable, Sendable {
    private var counts: [MeshCoreDropReason: UInt64] = [:]

    public init() {}

    public subscript(reason: MeshCoreDropReason) -> UInt64 { counts[reason] ?? 0 }

    mutating func count(_ reason: MeshCoreDropReason) { counts[reason, default: 0] &+= 1 }

    /// The reasons that occurred, in the order of their declaration.
    public var nonzero: [(reason: MeshCoreDropReason, count: UInt64)] {
        MeshCoreDropReason.allCases.compactMap { reason in self[reason] > 0 ? (reason, self[reason]) : nil }
    }
}
