public import EngineCore
public import MeshCoreWire

/// A MeshCore node: identity, contacts, channels, routing, and a repeater's services.
///
/// A state machine without clock or input of its own: whoever drives it hands in packets and the time, and drains
/// `pollOutput()`. Each procedure has a file of its own in the folders beside this one.
/// - Source: MeshCore firmware 1.17.1, whose behaviour it follows; departures are in docs/deviations.md
public struct MeshCoreEngine {
    /// What kind of node it is.
    public enum Role: Sendable, CaseIterable {
        /// The node of a person, with apps: contacts and channels; forwards only if asked to.
        case companion
        /// Forwards what it hears, and answers those who log in.
        case repeater

        /// What adverts say.
        public var nodeType: MeshCoreNodeType {
            switch self {
            case .companion: .chat
            case .repeater: .repeater
            }
        }
    }

    /// What an operator may tune, apart from what the owner sets through an app (`MeshCoreParameters`).
    public struct Configuration: Equatable, Sendable {
        public var role = Role.companion
        /// Whether packets pass from one link to others, by a repeater's rules and the links' own. Within the link on
        /// which it heard a packet, only a repeater repeats it, or a companion that is asked to.
        public var bridgesLinks = true
        /// - Range: 1 to 10,000 contacts
        public var contactLimit = 1_000
        /// How many nodes that are no contacts may be remembered during an exchange.
        /// - Range: 1 to 64
        public var transientContactLimit = 8
        /// - Range: 1 to 255 channels
        public var channelLimit = 40
        /// How many packets are remembered, so that they are handled once.
        /// - Range: 16 to 4,096
        public var duplicateLimit = 160
        /// How many messages may wait for their acknowledgement.
        /// - Range: 1 to 256
        public var expectedAcknowledgementLimit = 8
        /// Of how many nodes the way of their newest advert is remembered.
        /// - Range: 1 to 1,024
        public var advertPathLimit = 16
        /// How many packets may wait for each link.
        /// - Range: 4 to 1,024
        public var packetQueueLimit = 64
        /// How many floods may wait for their reception delay.
        /// - Range: 4 to 256
        public var receiveQueueLimit = 16
        /// How many servers may be asked for a sign of life.
        /// - Range: 1 to 64
        public var connectionLimit = 16
        /// How many clients a server remembers.
        /// - Range: 1 to 1,024
        public var clientLimit = 32
        /// How many repeaters in range are remembered.
        /// - Range: 1 to 1,024
        public var neighbourLimit = 50
        /// For how many neighbours' hashes is remembered on which links they were heard.
        /// - Range: 16 to 4,096
        public var hopLimit = 256
        /// For how many packets that are not sent at once a link may take, beyond one and a half times the time on air.
        public var transmitGrace = Duration.seconds(5)

        public init() {}
    }

    public let configuration: Configuration
    public internal(set) var identity: MeshCoreIdentity
    /// What the owner has set; `updateParameters` changes it.
    public internal(set) var parameters: MeshCoreParameters
    /// The region that an app wants floods to stay in, before the one in the parameters; nil for none.
    public var scopeOverride: MeshCoreRegionKey?
    /// Whether an app wants floods to stay in no region.
    public var forcesUnscoped = false
    /// What the device around the node measures, for those who may ask.
    public var facts = MeshCoreDeviceFacts()
    public internal(set) var statistics = MeshCoreStatistics()
    public internal(set) var drops = MeshCoreDropCounters()

    let security: MeshCoreSecurity
    var entropy: EntropySource
    var clock: MeshCoreClock
    var links: [LinkState]
    var duplicates: DuplicateTable
    var hops: HopTable
    var delayedReceptions: [DelayedReception] = []
    var contactTable: ContactTable
    var channelTable: [MeshCoreChannel?]
    var advertPaths: [MeshCoreAdvertPath] = []
    /// The newest advert of each contact, as a packet.
    var adverts: [MeshCorePublicKey: [UInt8]] = [:]
    var expectedAcknowledgements: ExpectedAcknowledgements
    var pendingRequest: PendingRequest?
    var connections: [Connection] = []
    var server: ServerState
    var nextNeighbourAdvert: Instant?
    var nextFloodAdvert: Instant?
    /// When the engine was made.
    var started: Instant?
    @usableFromInline
    var outputs = OutputQueue<MeshCoreOutput>()

    /// - Parameters:
    ///   - links: each with an id of its own.
    ///   - time: the time of day at `Instant.zero`, in seconds since 1970.
    public init(
        configuration: Configuration, identity: MeshCoreIdentity, parameters: MeshCoreParameters,
        links: [MeshCoreLink], cryptography: any MeshCoreCryptography, entropy: EntropySource,
        time: UInt32 = MeshCoreClock.firmwareEpoch
    ) {
        self.configuration = configuration
        self.identity = identity
        self.parameters = parameters
        self.links = links.map { LinkState($0, factor: parameters.airtimeFactor) }
        self.entropy = entropy
        security = MeshCoreSecurity(cryptography)
        clock = MeshCoreClock(timeAtZero: time)
        duplicates = DuplicateTable(limit: configuration.duplicateLimit)
        hops = HopTable(limit: configuration.hopLimit)
        contactTable = ContactTable(
            limit: configuration.contactLimit, transientLimit: configuration.transientContactLimit)
        channelTable = [MeshCoreChannel?](repeating: nil, count: configuration.channelLimit)
        channelTable[0] = configuration.role == .companion ? .everybody : nil
        expectedAcknowledgements = ExpectedAcknowledgements(limit: configuration.expectedAcknowledgementLimit)
        server = ServerState(
            clientLimit: configuration.clientLimit, neighbourLimit: configuration.neighbourLimit)
    }

    // MARK: Input

    /// Takes what happened, then does all that is due.
    public mutating func handle(_ input: MeshCoreInput, now: Instant) {
        if started == nil { start(now: now) }
        switch input {
        case .received(let reception): receive(reception, now: now)
        case .transmitDone(let link, let outcome): finishTransmission(on: link, outcome, now: now)
        case .deadline: break
        }
        doWhatIsDue(now: now)
    }

    private mutating func start(now: Instant) {
        started = now
        for index in links.indices { links[index].budget.restart(now: now) }
        scheduleAdverts(now: now)
    }

    mutating func doWhatIsDue(now: Instant) {
        if started == nil { start(now: now) }
        handleDelayedReceptions(now: now)
        handleAdvertTimers(now: now)
        handleConnections(now: now)
        pumpLinks(now: now)
    }

    // MARK: Output

    /// The next thing to be done, in the order in which it came up; nil when there is none.
    @inlinable
    public mutating func pollOutput() -> MeshCoreOutput? { outputs.popFirst() }

    /// When to call `handle(.deadline)` if nothing else happens before; nil for never.
    public var nextDeadline: Instant? {
        var deadline = earlier(nextNeighbourAdvert, nextFloodAdvert)
        for delayed in delayedReceptions { deadline = earlier(deadline, delayed.due) }
        for connection in connections { deadline = earlier(deadline, connection.nextDeadline) }
        for link in links { deadline = earlier(deadline, link.nextDeadline) }
        return deadline
    }

    mutating func emit(_ event: MeshCoreEvent) { outputs.append(.event(event)) }

    mutating func drop(_ reason: MeshCoreDropReason) { drops.count(reason) }

    // MARK: Links

    /// How many packets wait for all links together.
    public var queueLength: Int { links.reduce(0) { $0 + $1.queue.count } }

    /// What passed each link.
    public var linkCounters: [(link: MeshCoreLinkID, counters: MeshCoreLinkCounters)] {
        links.map { ($0.link.id, $0.counters) }
    }

    /// Changes what the bridge lets through on a link.
    /// - Throws: `.notFound` for a link that is not there.
    public mutating func setBridgeRules(
        _ rules: MeshCoreBridgeRules, on link: MeshCoreLinkID
    ) throws(MeshCoreError) {
        guard let index = linkIndex(link) else { throw .notFound }
        links[index].link.bridge = rules
    }

    func linkIndex(_ link: MeshCoreLinkID) -> Int? { links.firstIndex { $0.link.id == link } }
}
