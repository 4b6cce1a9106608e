public import EngineCore
public import IPEngine
public import LinkProfiles
public import LinkSecurity
public import LowPANEngine
public import MACEngine
public import ThreadEngine
public import ThreadWire
import WireCore

/// One node: the MAC, 6LoWPAN, IP and Thread engines put together.
///
/// It has no clock and no radio. Whoever drives it hands in what happened and when, then drains `pollOutput()`, and
/// calls `handleDeadline` at `nextDeadline`. The engines never call each other: this class carries what one returns
/// to the next.
public final class NodeEngine {
    /// The limits and tunables of all engines.
    public struct Configuration: Sendable {
        public var mac = MACEngine.Configuration()
        public var lowPAN = LowPANEngine.Configuration()
        public var ip = IPEngine.Configuration()
        public var thread: ThreadEngine.Configuration
        /// How many datagrams may be on their way to the radio at once.
        /// - Range: 4 to 256
        public var transferLimit = 32
        /// How many datagrams may wait for an address to be resolved.
        /// - Range: 1 to 64
        public var unresolvedLimit = 8

        /// The values that the link profile suggests.
        public init(profile: LinkProfile) {
            thread = ThreadEngine.Configuration(profile: profile)
            mac.checksFrameCheckSequence = profile.dialect.computesFrameCheckSequence
        }
    }

    /// What a driver tells the node.
    public enum Input {
        /// The radio received a frame.
        case received(ReceivedFrame)
        /// The radio ended a transmission.
        case transmitDone(TransmitOutcome)
        /// The radio answered `assessChannel`.
        case channelActivity(isBusy: Bool)
        /// The host's IP stack sent a datagram into the mesh.
        case hostDatagram([UInt8])
        /// A record is written, as `store` asked.
        case stored(StoredRecord)
        /// A record could not be written.
        case notStored(StoredRecord)
    }

    /// What the node asks of its driver.
    public enum Output: Equatable {
        /// Send this frame; `transmitDone` must follow.
        case transmit([UInt8])
        /// Look whether the channel is in use; `channelActivity` must follow.
        case assessChannel
        /// Turn the receiver on or off.
        case setReceiver(isOn: Bool)
        /// Tune the radio to a channel of IEEE 802.15.4.
        /// - Range: 11 to 26; LoRa radios keep their frequency
        case setChannel(UInt8)
        /// Hand this datagram to the host's IP stack.
        case deliver([UInt8])
        /// One datagram more waits at a socket.
        case readable(SocketID)
        /// An echo request of this node was answered.
        case echoReply(EchoReply)
        /// Write this down; `stored` or `notStored` must follow.
        case store(StoredRecord)
        /// A diagnostic request of this node was answered or has ended.
        case diagnostic(DiagnosticReport)
        /// A frame was heard or sent; only while `isPromiscuous`.
        case sniffed(SniffedFrame)
        /// A scan of this node's found something or is over.
        case scan(ScanReport)
        /// Tell it to whoever watches.
        case event(ThreadEvent)
        /// Addresses, role or network data changed.
        case identityChanged
    }

    public let configuration: Configuration
    public let profile: LinkProfile
    // No engine calls back, so no two accesses to one can overlap, and none needs to be watched while it runs.
    @exclusivity(unchecked) public internal(set) var mac: MACEngine
    @exclusivity(unchecked) public internal(set) var ip: IPEngine
    @exclusivity(unchecked) public internal(set) var thread: ThreadEngine
    /// Whether the IPv6 interface is up; nothing runs while it is not.
    public internal(set) var isInterfaceUp = false
    /// Datagrams that were sent and received, and those that failed.
    @exclusivity(unchecked) public internal(set) var ipCounters = IPCounters()

    @exclusivity(unchecked) var lowPAN: LowPANEngine
    @exclusivity(unchecked) var entropy: EntropySource
    let cryptography: any LinkCryptography
    @exclusivity(unchecked) var transfers: [Transfer] = []
    /// When the first of the transfers goes on that wait between two fragments.
    @exclusivity(unchecked) var pacing: Instant?
    /// Whom the last poll asked.
    @exclusivity(unchecked) var polled = LinkAddress.none
    @exclusivity(unchecked) var nextHandle: UInt32 = 1
    @exclusivity(unchecked) var unresolved: [UnresolvedDatagram] = []
    @exclusivity(unchecked) var ownDrops = DropCounters()
    @exclusivity(unchecked) private var outputs = OutputQueue<Output>()
    @exclusivity(unchecked) private var countedLinkFrames: UInt32 = 0
    /// Up to which change of keys the link layer has followed.
    @exclusivity(unchecked) var keyGeneration: UInt32 = 0
    /// Who wants to know what the scan under way finds.
    var scanPurpose: ScanPurpose?
    /// The beacon that waits to be sent.
    var beaconHandle: UInt32?
    /// The channel that the radio was last tuned to.
    var tunedChannel: UInt8?
    /// For how long the radio did what.
    public internal(set) var radioTimes = RadioTimes()
    var isReceiverOn = false
    /// Whether nothing is sent and nothing is heard: for trying out what the others do without this node.
    public var isRadioFiltered = false
    /// The most messages that waited at once.
    var maximumBufferUse = 0

    public init(
        configuration: Configuration, profile: LinkProfile, extendedAddress: ExtendedAddress,
        cryptography: any LinkCryptography, entropy: EntropySource
    ) {
        self.configuration = configuration
        self.profile = profile
        self.entropy = entropy
        self.cryptography = cryptography
        mac = MACEngine(
            configuration: configuration.mac, profile: profile, extendedAddress: extendedAddress,
            cryptography: cryptography, openSeed: self.entropy.open.next())
        lowPAN = LowPANEngine(
            configuration: configuration.lowPAN, profile: profile,
            firstTag: UInt16(truncatingIfNeeded: self.entropy.open.next()))
        ip = IPEngine(configuration: configuration.ip, profile: profile, entropySeed: self.entropy.open.next())
        let identifier = entropy.secret.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        thread = ThreadEngine(
            configuration: configuration.thread, profile: profile, extendedAddress: extendedAddress,
            meshLocalInterfaceIdentifier: identifier, cryptography: cryptography,
            entropy: EntropySource(secret: entropy.secret, openSeed: self.entropy.open.next()))
        // Nothing is secured before the store has reserved its counter.
        mac.frameCounterLimit = 0
        synchronizeIdentity()
    }

    // MARK: Driving

    /// Takes what happened. One mutation a call; drain `pollOutput()` afterwards.
    public func handle(_ input: Input, now: Instant) {
        switch input {
        case .received(let frame): receive(frame, now: now)
        case .transmitDone(let outcome): mac.handle(transmitDone: outcome, now: now)
        case .channelActivity(let isBusy): mac.handle(channelActivity: isBusy, now: now)
        case .hostDatagram(let datagram): handleHostDatagram(datagram, now: now)
        case .stored(let record) where record.name == .airtime: mac.confirmAirtimeStored(now: now)
        case .notStored(let record) where record.name == .airtime: mac.refuseAirtimeStored(now: now)
        case .stored(let record):
            thread.confirmStored(record)
            synchronizeKeys()
            mac.frameCounterLimit = thread.linkFrameCounterLimit
        case .notStored(let record): thread.refuseStored(record)
        }
        settle(now: now)
    }

    /// Does all that was due by now.
    public func handleDeadline(now: Instant) {
        synchronizeKeys()
        func isDue(_ deadline: Instant?) -> Bool { deadline.map { $0 <= now } ?? false }
        if isDue(mac.askNextDeadline()) { mac.handleDeadline(now: now) }
        if isDue(asking(&lowPAN) { $0.nextDeadline }) { lowPAN.handleDeadline(now: now) }
        if isDue(asking(&ip) { $0.nextDeadline }) { ip.handleDeadline(now: now) }
        resumeTransfers(now: now)
        thread.handleDeadline(now: now)
        settle(now: now)
    }

    /// When to call `handleDeadline` if nothing happens before; nil for never.
    public var nextDeadline: Instant? {
        let link = earlier(earlier(mac.askNextDeadline(), pacing), asking(&lowPAN) { $0.nextDeadline })
        return earlier(link, earlier(asking(&ip) { $0.nextDeadline }, thread.askNextDeadline()))
    }

    /// The next thing to be done, in order; nil when there is none.
    public func pollOutput() -> Output? {
        outputs.popFirst()
    }

    func emit(_ output: Output) {
        outputs.append(output)
    }

    /// Carries what the engines returned from one to the next until none has anything more to say.
    func settle(now: Instant) {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            synchronizeKeys()
            thread.updateEndDevice(now: now)
            let isReceiverOn = thread.isReceiverOnWhenIdle
            if mac.isReceiverOnWhenIdle != isReceiverOn { mac.isReceiverOnWhenIdle = isReceiverOn }
            while let output = mac.pollOutput() {
                isQuiet = false
                handle(consume output, now: now)
            }
            while let output = ip.pollOutput() {
                isQuiet = false
                handle(consume output, now: now)
            }
            while let output = thread.pollOutput() {
                isQuiet = false
                handle(consume output, now: now)
            }
        }
        noteBufferUse()
        if mac.frameCounter != countedLinkFrames {
            countedLinkFrames = mac.frameCounter
            synchronizeKeys()
            thread.requestFrameCounters()
            while let output = thread.pollOutput() { handle(consume output, now: now) }
        }
    }

    /// All that was discarded, by reason, over all layers.
    public var drops: DropCounters {
        var all = ownDrops
        all.add(mac.drops)
        all.add(lowPAN.drops)
        all.add(ip.drops)
        all.add(thread.drops)
        return all
    }
}

/// Datagrams as OpenThread's `counters ip` counts them.
public struct IPCounters: Equatable, Sendable {
    public internal(set) var transmitSuccess: UInt64 = 0
    public internal(set) var transmitFailed: UInt64 = 0
    public internal(set) var receiveSuccess: UInt64 = 0
    public internal(set) var receiveFailed: UInt64 = 0

    public init() {}
}
