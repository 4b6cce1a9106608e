public import EngineCore
public import LoRaPHY
public import ThreadWire

/// What the MAC engine wants done, in order.
public enum MACOutput: Equatable, Sendable {
    /// Send these bytes, the checksum included where the link has one. Answered by `handle(transmitDone:now:)`.
    case transmit([UInt8])
    /// Listen whether somebody is sending. Answered by `handle(channelActivity:now:)`.
    case assessChannel
    /// Turn the receiver on or off.
    case setReceiver(on: Bool)
    /// Tune the radio to a channel.
    case setChannel(UInt8)
    /// A beacon was heard during a scan.
    case beacon(BeaconReport)
    /// All channels were visited, and the radio is on the network's own again.
    case scanFinished
    /// A frame for this node: data, a beacon, a beacon request or a child's data request.
    case received(MACIndication)
    /// The receiver was on for a frame that a parent had announced, and it did not come.
    case listenedInVain
    /// What became of a request. Every request gets exactly one.
    case confirm(handle: UInt32, outcome: MACOutcome)
    /// All reserved frame counters are used: store a higher limit, then raise `frameCounterLimit`. Until then secured
    /// frames wait.
    case frameCounterReserveNeeded
    /// Store how much air time is used, then call `confirmAirtimeStored()`. Until then frames wait.
    case storeAirtime(StoredAirtime)
}

/// How a request ended.
public enum MACOutcome: Equatable, Sendable {
    /// The receiver has it.
    /// - Parameters:
    ///   - framePending: it has something for this node, which is to ask for it.
    ///   - rssi: of the acknowledgement.
    ///   - snr: of the acknowledgement.
    case acknowledged(framePending: Bool, rssi: DecibelMilliwatts, snr: Decibels)
    /// It was sent, and no acknowledgement was asked for.
    case sent
    /// All repetitions stayed unanswered.
    case noAcknowledgement
    /// The channel was never free.
    case channelBusy
    /// Too much was waiting already.
    case queueFull
    /// The sleeping child did not ask in time, or is no longer a peer.
    case indirectTimeout
    /// The radio refused or failed, or the frame is too large for it.
    case radioFailure
    /// It could not be secured: no frame counter is left under this key, or there is no key.
    case frameCountersExhausted
    /// It waited longer than the request allowed.
    case lifetimeExpired
    /// The law's air time is used up for longer than such a frame may wait.
    case airtimeExhausted
    /// The short address that it was made for is no more this node's.
    case addressChanged
}

/// A frame that arrived for this node.
public struct MACIndication: Equatable, Sendable {
    /// How the frame was protected, and that the protection held.
    public enum Security: Equatable, Sendable {
        /// Not, or under the key that everybody knows.
        case none
        case link(keySequence: UInt32, frameCounter: UInt32)
    }

    public let header: MACHeader
    /// The whole frame, its payload decrypted where it stands.
    public let bytes: [UInt8]
    /// Where the payload stands; in a MAC command its identifier comes first.
    public let payload: Range<Int>
    public let security: Security
    /// As received, or as the address filter says.
    public let rssi: DecibelMilliwatts
    public let snr: Decibels
    /// The sender's; nil when the frame has no source address, or a short one of nobody known.
    public let sourceExtendedAddress: ExtendedAddress?

    /// What the MAC command asks for; nil for other frames.
    public var command: MACCommandIdentifier? {
        guard header.frameType == .macCommand, let first = payload.first else { return nil }
        return MACCommandIdentifier(rawValue: bytes[first])
    }
}
