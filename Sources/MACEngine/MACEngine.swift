public import EngineCore
public import LinkProfiles
public import LinkSecurity
public import LoRaPHY
public import ThreadWire

/// The medium access control of one radio on one channel: queue, random backoff, acknowledgements, repetitions, link
/// security, duplicates, and frames for children that sleep.
///
/// It reads no clock and touches no radio. Whoever drives it hands in what happened and when, then drains
/// `pollOutput()`, and calls `handleDeadline` at `nextDeadline`. Each `.transmit` has to be answered by
/// `handle(transmitDone:now:)`, each `.assessChannel` by `handle(channelActivity:now:)`.
/// - Source: IEEE 802.15.4-2006 §7.5; what it leaves open: OpenThread as observed
public struct MACEngine {
    /// Limits of the engine.
    public struct Configuration: Equatable, Sendable {
        /// How many frames may wait to be sent directly.
        /// - Range: 1 and up
        public var transmitQueueLimit = 32
        /// How many datagrams may wait for one sleeping child.
        /// - Range: 1 and up
        public var indirectLimitPerChild = 8
        /// How many peers are known.
        /// - Range: 1 and up
        public var peerLimit = 128
        /// Of how many senders the last unsecured frame is remembered.
        /// - Range: 0 and up
        public var duplicateHistory = 32
        /// How many addresses the address filter takes.
        /// - Range: 0 and up
        public var addressFilterLimit = 64
        /// Whether a frame whose checksum is wrong is dropped, on links whose frames have one; off where a dialect
        /// does not compute it.
        public var checksFrameCheckSequence = true
        /// The rules of the sub-band that the radio sends in; nil where none apply.
        public var airtimeRules: SubBand?

        public init() {}
    }

    public let configuration: Configuration
    public let profile: LinkProfile

    // MARK: Identity

    /// The network that frames must belong to.
    public var panID = PANID.broadcast
    /// This node's short address; `.unassigned` while it has none.
    public var shortAddress = ShortAddress.unassigned
    /// Another short address that frames may still be sent to.
    public var formerShortAddress: ShortAddress?
    public var extendedAddress: ExtendedAddress
    /// The channel in use, for the runtime to set the radio to.
    /// - Range: 11 to 26 for IEEE 802.15.4; LoRa nodes carry the number without using it
    public var channel: UInt8 = 11
    /// Whether the receiver stays on while nothing is expected. A node whose does not asks its parent for frames.
    public var isReceiverOnWhenIdle = true {
        didSet { updateReceiver() }
    }
    /// Keeps the receiver of a sleeping node on, so that a capture at the radio sees all frames. Frames for other
    /// nodes are not handed up even then.
    public var isPromiscuous = false {
        didSet { updateReceiver() }
    }
    public var filter: AddressFilter
    /// How often a frame that was not acknowledged is sent again.
    /// - Range: 0 to 255
    public var maximumFrameRetries: UInt8
    /// How often a frame for a sleepy child is sent again before it waits for the next poll.
    /// - Range: 0 to 255
    public var maximumIndirectFrameRetries: UInt8 = 0

    // MARK: Frame counters

    /// The counter of the next secured frame.
    public var frameCounter: UInt32 = 0 {
        didSet { resumeAfterReserve() }
    }
    /// No counter from here on is used. When it is reached, `.frameCounterReserveNeeded` comes out once and secured
    /// frames wait until it is raised.
    public var frameCounterLimit: UInt32 = .max {
        didSet { resumeAfterReserve() }
    }

    // MARK: Air time

    /// What the law allows; nil where it says nothing.
    public internal(set) var airtime: AirtimeLedger?
    /// How often a frame waited for air time.
    public internal(set) var airtimeWaits: UInt64 = 0

    // MARK: State

    public internal(set) var counters = MACCounters()
    public internal(set) var drops = DropCounters()

    let cryptography: any LinkCryptography
    var keyRing: KeyRing?
    var networkKey: [UInt8] = []
    var wellKnownContext: (any CCMContext)?
    var wellKnownFrameCounter: UInt32 = 0
    var entropy: OpenEntropy
    var sequenceNumber: UInt8
    var peers: PeerTable
    var duplicates: DuplicateFilter

    var queue: TransmitQueue
    var transmitter = TransmitterState.idle {
        didSet { phase = transmitter.phase }
    }
    /// The transmitter's, kept beside it: it is asked for with every frame, and the frame within is large to copy.
    private(set) var phase = TransmitterState.Phase.idle
    var acknowledger = Acknowledger()
    var acknowledgementTiming = AcknowledgementTiming()
    /// When the frame that waits for its acknowledgement was out.
    var frameEnd = Instant.zero
    /// How many frames were seen to have arrived only because their next hop was overheard.
    public internal(set) var implicitAcknowledgements: UInt32 = 0
    /// How many transmissions in a row found the channel free at once, and were acknowledged where that was asked for.
    var quietTransmissions: UInt8 = 0
    /// The channel that the radio is tuned to; nil for the network's own.
    var awayChannel: UInt8?
    var scan = ScanState.idle
    /// Whether secured frames wait for a higher counter limit.
    var isHoldingForReserve = false
    /// Until when a sleeping node listens for what its parent announced.
    var listeningUntil: Instant?
    /// No later than the first expiry of a waiting frame.
    var expiryCheckAt: Instant?
    /// Set when something can go on that no event will come for.
    var wakeUpAt: Instant?
    var isReceiverOn = false
    /// The time of the last call.
    var clock = Instant.zero
    /// The last frame that was decrypted. Its memory serves the next one, unless somebody still holds it.
    var lastDecrypted: [UInt8] = []

    @usableFromInline
    var outputs = OutputQueue<MACOutput>()

    public init(
        configuration: Configuration = Configuration(), profile: LinkProfile, extendedAddress: ExtendedAddress,
        cryptography: any LinkCryptography, openSeed: UInt64
    ) {
        self.configuration = configuration
        self.profile = profile
        self.extendedAddress = extendedAddress
        self.cryptography = cryptography
        entropy = OpenEntropy(seed: openSeed)
        sequenceNumber = UInt8(truncatingIfNeeded: entropy.next())
        filter = AddressFilter(limit: configuration.addressFilterLimit)
        maximumFrameRetries = profile.maximumFrameRetries
        peers = PeerTable(limit: configuration.peerLimit)
        duplicates = DuplicateFilter(limit: configuration.duplicateHistory, window: Self.repetitionWindow(profile))
        queue = TransmitQueue(limit: configuration.transmitQueueLimit)
        airtime = configuration.airtimeRules.map { AirtimeLedger(rules: $0) }
        updateReceiver()
    }

    // MARK: Driving

    /// Takes a frame to be sent. Its confirmation comes out later, or at once when it cannot be.
    public mutating func submit(_ request: MACRequest, now: Instant) {
        clock = now
        enqueue(request, now: now)
        proceed(now: now)
    }

    /// Takes a frame that the radio received; its end was now.
    public mutating func handle(received frame: ReceivedFrame, now: Instant) {
        clock = now
        receive(frame, now: now)
        proceed(now: now)
    }

    /// Takes the answer to `.transmit`.
    public mutating func handle(transmitDone outcome: TransmitOutcome, now: Instant) {
        clock = now
        finishTransmission(outcome, now: now)
        proceed(now: now)
    }

    /// Takes the answer to `.assessChannel`.
    public mutating func handle(channelActivity isBusy: Bool, now: Instant) {
        clock = now
        finishAssessment(isBusy: isBusy, now: now)
        proceed(now: now)
    }

    /// Does all that was due by now.
    public mutating func handleDeadline(now: Instant) {
        clock = now
        wakeUpAt = nil
        if let until = listeningUntil, until <= now {
            listeningUntil = nil
            emit(.listenedInVain)
        }
        expire(now: now)
        expireAcknowledgementWait(now: now)
        handleScan(.deadline(now: now), now: now)
        proceed(now: now)
    }

    /// When to call `handleDeadline` if nothing happens before; nil for never.
    public var nextDeadline: Instant? { deadline }

    /// The same as `nextDeadline`, without the copy of the whole engine that Swift makes before it calls what does not
    /// mutate.
    public mutating func askNextDeadline() -> Instant? { deadline }

    @inline(__always)
    private var deadline: Instant? {
        var deadline = earlier(earlier(listeningUntil, expiryCheckAt), earlier(wakeUpAt, scan.deadline))
        switch phase {
        case .idle: deadline = earlier(deadline, acknowledger.dueAt)
        case .backingOff(let until), .awaitingAcknowledgement(let until):
            deadline = earlier(earlier(deadline, until), acknowledger.dueAt)
        case .waitingForRadio: deadline = earlier(deadline, acknowledger.dueAt)
        // The radio has to answer before anything else can be done with it.
        case .assessing, .transmitting: break
        }
        return deadline
    }

    /// The next thing to be done, in order; nil when there is none.
    @inlinable
    public mutating func pollOutput() -> MACOutput? { outputs.popFirst() }

    mutating func emit(_ output: MACOutput) {
        outputs.append(output)
    }

    // MARK: Keys and peers

    /// Takes a network key into use, or another sequence of the same key.
    /// - Parameter key: 16 bytes.
    public mutating func setNetworkKey(_ key: [UInt8], keySequence: UInt32) {
        if networkKey == key, keyRing != nil {
            keyRing?.setKeySequence(keySequence)
        } else {
            // What peers used under the former key says nothing of the new one.
            if keyRing != nil { peers.forgetCounters() }
            networkKey = key
            keyRing = KeyRing(networkKey: key, keySequence: keySequence, cryptography: cryptography)
        }
        resumeAfterReserve()
    }

    /// Takes a peer in, or what is new of it. Its counters start anew only when it is told with another counter or
    /// key sequence than last time.
    /// - Returns: false when there is no room for another one.
    @discardableResult
    public mutating func setPeer(_ peer: MACPeer) -> Bool {
        guard let index = peers.set(peer) else { return false }
        if !peer.isSleepyChild { releaseIndirect(of: index) }
        return true
    }

    /// Forgets a peer; what waited for it is confirmed as undelivered.
    public mutating func removePeer(_ extendedAddress: ExtendedAddress) {
        for transmission in peers.remove(extendedAddress) { confirmExpired(transmission) }
    }

    /// Sets the counters of frames back to zero; those of drops stay.
    public mutating func resetCounters() {
        counters = MACCounters()
    }

    /// Turns the receiver on or off when what it is needed for has changed.
    mutating func updateReceiver() {
        let isNeeded: Bool
        switch phase {
        case .idle, .backingOff, .waitingForRadio: isNeeded = false
        case .assessing, .transmitting, .awaitingAcknowledgement: isNeeded = true
        }
        let isOn =
            isReceiverOnWhenIdle || isPromiscuous || isNeeded || listeningUntil != nil || acknowledger.isActive
            || scan.isActive
        guard isOn != isReceiverOn else { return }
        isReceiverOn = isOn
        emit(.setReceiver(on: isOn))
    }
}
