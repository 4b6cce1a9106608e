public import EngineCore
public import LinkProfiles
public import LinkSecurity
public import ThreadWire
import WireCore

/// The Thread protocol of one node: attaching, roles, routing, addresses.
///
/// A state machine without clock or input of its own: `NodeEngine` hands in datagrams and the time, and drains
/// `pollOutput()`. Each procedure has a file of its own in the folders beside this one.
public struct ThreadEngine {
    /// What an operator may tune.
    public struct Configuration: Equatable, Sendable {
        /// - Range: 1 to 511 children
        public var childLimit = 32
        /// How many routers a partition may have.
        /// - Range: 1 to 32
        public var routerLimit = 32
        /// A child that can route asks to become a router while there are fewer than this.
        /// - Range: 0 to 32
        public var routerUpgradeThreshold = 16
        /// A router that is not needed steps back while there are more than this.
        /// - Range: 0 to 32
        public var routerDowngradeThreshold = 23
        /// Whether this node may become a router.
        public var isRouterEligible = true
        /// How much this node wants to be the leader; the higher wins a merge.
        /// - Range: 0 to 255
        public var leaderWeight: UInt8 = 64
        /// How many resolved addresses are remembered.
        /// - Range: 1 to 1000
        public var addressCacheLimit = 32
        /// How many confirmable requests may wait for their answer at once.
        /// - Range: 1 to 64
        public var pendingRequestLimit = 32
        /// How many messages may wait for their random delay at once.
        /// - Range: 4 to 256
        public var delayedMessageLimit = 64
        /// How long, as leader, the number of a prefix that nobody offers any more is kept from other prefixes.
        /// - Range: 0 to 65535 seconds
        public var contextReuseDelay = Duration.seconds(300)
        /// How many addresses may be set by hand.
        /// - Range: 0 to 64
        public var manualAddressLimit = 8
        /// How many addresses are made from prefixes.
        /// - Range: 0 to 16
        public var autoconfiguredAddressLimit = 4
        /// How long an address may still be used when its prefix is gone.
        /// - Source: OpenThread as observed: recording prefix, 300 s
        public var addressDeprecation = Duration.seconds(300)
        /// How much this node may offer to the network.
        /// - Range: 0 to 254 bytes
        public var serverDataLimit = NetworkData.maximumLength
        /// After how long without a word a router forgets this node as its child.
        /// - Units: seconds
        public var childTimeout: UInt32
        /// How long it waits between two polls while it sleeps; nil for as long as its timeout allows.
        public var pollPeriod: Duration?
        /// How often a sleepy child wants a sign of life of its parent.
        /// - Units: seconds; 0 for never
        public var supervisionInterval: UInt16
        /// After how long without one it asks its parent.
        /// - Units: seconds; 0 for never
        public var supervisionCheckTimeout: UInt16
        /// Whether an end device looks for a better parent when it hears its own badly.
        public var searchesBetterParents = true
        /// After how long without a new router id sequence the partition's leader counts as lost.
        public var networkIDTimeout: Duration
        /// The range of the random wait before a child asks to become a router, or a router steps back.
        /// - Range: 1 to 255 s
        public var routerSelectionJitter: Duration
        /// Which ids this node gives out as leader, when no other is asked for.
        /// - Range: 0 to 62
        public var routerIDRange: ClosedRange<UInt8> = 0...RouterID.maximum.rawValue
        /// The id of a partition that this node forms; at random when it is nil.
        public var preferredPartitionID: PartitionID?
        /// The shortest time that a leader gives a network to learn of a change.
        /// - Range: up to 72 hours
        public var pendingDelayMinimum: Duration
        /// The Thread version that this node claims: 5 is Thread 1.4, 2 is Thread 1.1.
        public var version: UInt16
        /// How many diagnostic requests of this node may be open at once.
        /// - Range: 1 to 32
        public var diagnosticRequestLimit = 8
        /// How many Discovery Responses may wait for their random delay at once.
        /// - Range: 1 to 32
        public var discoveryResponseLimit = 8
        /// What diagnostics tell of the device.
        public var identity = DeviceIdentity()
        /// How much this node wants to be a parent; nil lets it judge by the room that it has for children.
        /// - Range: −1 (low) to 1 (high)
        public var parentPriority: Int8?
        /// To how many routers beside its parent this node keeps a link while it is a child that could route.
        public var childRouterLinks: UInt8
        /// The port that Discovery Responses name to joiners.
        public var joinerPort: UInt16 = 1000

        /// The values that the link profile suggests.
        public init(profile: LinkProfile) {
            childTimeout = UInt32(clamping: profile.childTimeoutDefault.wholeSeconds)
            supervisionInterval = UInt16(clamping: profile.childSupervisionInterval.wholeSeconds)
            supervisionCheckTimeout = UInt16(clamping: profile.childSupervisionCheckTimeout.wholeSeconds)
            networkIDTimeout = profile.networkIDTimeout
            routerSelectionJitter = profile.routerSelectionJitter
            pendingDelayMinimum = profile.pendingDatasetMinimumDelay
            version = profile.dialect.version
            childRouterLinks = profile.childRouterLinks
        }
    }

    /// What identifies the network, out of the values in force.
    public struct Network: Equatable, Sendable {
        /// - Range: 16 bytes
        public var networkKey: [UInt8]
        public var panID: PANID
        public var channel: UInt8
        public var meshLocalPrefix: IPv6Prefix

        public init(networkKey: [UInt8], panID: PANID, channel: UInt8, meshLocalPrefix: IPv6Prefix) {
            self.networkKey = networkKey
            self.panID = panID
            self.channel = channel
            self.meshLocalPrefix = meshLocalPrefix
        }
    }

    public var configuration: Configuration
    public let profile: LinkProfile
    public internal(set) var mode = DeviceMode.fullThreadDevice
    public internal(set) var extendedAddress: ExtendedAddress
    /// What the network uses, out of datasets and as set by hand; without timestamps and delay.
    public internal(set) var parameters = OperationalDataset()
    /// The part of the parameters that a node cannot do without; nil when some of it is missing.
    public internal(set) var network: Network?
    public internal(set) var role = Role.disabled
    /// Since when this node is attached; nil while it is not.
    public internal(set) var attachedSince: Instant?
    public internal(set) var rloc16 = RLOC16.unassigned
    public internal(set) var leaderData: LeaderData? {
        didSet { countPartition() }
    }
    public internal(set) var parent: Neighbor?
    /// The parent that this node had before it became a router.
    public internal(set) var formerParent: Neighbor?
    /// Where the parent is that this node had last; nil before the first.
    var parentPlace: ParentPlace?
    public internal(set) var children: ChildTable
    public internal(set) var routers = RouterTable()
    public internal(set) var networkDatabase = NetworkDatabase()
    /// What this node offers to the network.
    public internal(set) var serverData: ServerData
    public internal(set) var meshLocalInterfaceIdentifier: UInt64
    public internal(set) var counters = MLECounters()
    public internal(set) var drops = DropCounters()

    var entropy: EntropySource
    var keyRing: KeyRing
    /// The key sequence that is used next, as soon as counters are reserved for it.
    var nextKeySequence: NextKeySequence?
    var keyUsage = KeyUsage()
    var rotation = KeyRotation()
    /// Counts on whenever another key or key sequence is in use: the link layer has to follow.
    public internal(set) var keyGeneration: UInt32 = 0
    var datasets = DatasetState()
    let cryptography: any LinkCryptography
    var attach = AttachState.idle
    var attachMode = AttachMode.anyPartition
    var attachAttempts = 0
    var advertisement: TrickleTimer?
    var routerSelectionDeadline: Instant?
    /// When this node, as a child that could route, next tells of its partition.
    var endDeviceAdvertisementDeadline: Instant?
    /// When it did so last.
    var endDeviceAdvertisementSent: Instant?
    var solicitation: RouterSolicitation?
    /// Until when a node that leaves waits for an answer to its good-bye.
    var departure: Instant?
    /// What this node as a child has to tell its parent.
    var childUpdate = ChildUpdateState.idle
    var polling: DataPolling
    var supervision = SupervisionListener()
    var parentSearch = ParentSearch.off
    /// Whether this node slept already when it attached: then it may wake up and fall asleep without attaching anew.
    var hasAttachedSleeping = false
    /// The addresses that its parent was told last.
    var registered: [IPv6Address] = []
    /// The groups that somebody wants to receive, the newest first.
    public internal(set) var subscribedGroups: [IPv6Address] = []
    var delayed: [DelayedMessage] = []
    /// When routers that were neighbors stopped to acknowledge.
    var silentRouters: [RouterID: Instant] = [:]
    var resolver: AddressCache
    var management: ManagementAgent
    /// Whether this node looks for networks: Discovery Responses count only then.
    public var isDiscovering = false
    var announce = AnnounceState()
    var panIDQuery: PANIDQuery?
    /// What the layers around this one have to tell in diagnostics.
    public var diagnosticFacts = DiagnosticFacts()
    var diagnosticClient = DiagnosticClient()
    var nextTick: Instant?
    var nextChildID: UInt16 = 0
    var previousPartition: PreviousPartition?
    /// The partition that was counted last; kept while this node is in none.
    var countedPartition: PartitionID?
    var previousRouterID: RouterID?
    /// The partition in which this node last was a router.
    var routedPartition: PartitionID?
    /// The place that this node had last: what it tries to take up again after a restart.
    var place: StoredPlace?
    /// The children as they were last written.
    var storedChildren: [UInt8] = []
    /// The router of the best partition whose advertisement was heard since the search for a parent began.
    var heardRouter: HeardRouter?
    /// Until when better partitions are let be, because the last attempts to join one failed.
    var betterPartitionRest: (until: Instant, failures: Int)?
    /// The router that was asked alone, while its answer is waited for.
    var askedRouter: ExtendedAddress?
    /// Other nodes that were heard looking for a parent while this one had none.
    var rivals: Set<ExtendedAddress> = []
    /// Who holds which router id, as it is written.
    var storedRouters: [UInt8] = []
    /// The address that this device was given because it was made without one.
    var storedEUI64: ExtendedAddress?
    /// The address that this node had before it became a router, and until when frames to it are taken.
    var formerAddress: (rloc16: RLOC16, until: Instant)?
    /// Since when this node is a child: one that soon loses its parent goes on waiting longer between its attempts.
    var childSince: Instant?
    /// Whether the parent has answered in this round of Parent Requests.
    var hasParentAnswered = false
    var multicastLinkRequest: MulticastLinkRequest?
    /// Whether the next network data counts whatever its version is.
    var mustRetrieveNetworkData = false
    var dataRequest: DataRequest?
    var registration = ServerRegistration()
    /// As leader: which node holds which id, so that a repeated question has the same answer.
    var assignedRouters: [ExtendedAddress: RouterID] = [:]
    /// Addresses beyond those that follow from the network: set by hand, made from prefixes, of services. The newest is
    /// the first.
    public internal(set) var additionalAddresses: [NodeAddress] = []
    var identifierSecret: InterfaceIdentifierSecret?
    /// How often another node had the address that was made of a prefix.
    var identifierCollisions: [IPv6Prefix: UInt8] = [:]
    /// The next MLE frame counter, the first that must not be used, and the first that will not be once it is written.
    var mleFrameCounter: UInt32 = 0
    var mleFrameCounterLimit: UInt32 = 0
    var mleFrameCounterRequested: UInt32 = 0
    /// The same of the link layer; `NodeEngine` keeps the counter in step with the MAC engine's.
    public var linkFrameCounter: UInt32 = 0
    public internal(set) var linkFrameCounterLimit: UInt32 = 0
    var linkFrameCounterRequested: UInt32 = 0
    /// The last MLE message that was opened. Its memory serves the next one, unless somebody still holds it.
    var openedMLE: [UInt8] = []
    @usableFromInline
    var outputs = OutputQueue<ThreadOutput>()

    public init(
        configuration: Configuration, profile: LinkProfile, extendedAddress: ExtendedAddress,
        meshLocalInterfaceIdentifier: UInt64, cryptography: any LinkCryptography, entropy: EntropySource
    ) {
        self.configuration = configuration
        self.profile = profile
        self.extendedAddress = extendedAddress
        self.meshLocalInterfaceIdentifier = meshLocalInterfaceIdentifier
        self.cryptography = cryptography
        self.entropy = entropy
        keyRing = KeyRing(networkKey: [UInt8](repeating: 0, count: 16), keySequence: 0, cryptography: cryptography)
        children = ChildTable(limit: configuration.childLimit)
        resolver = AddressCache(limit: configuration.addressCacheLimit)
        serverData = ServerData(limit: configuration.serverDataLimit)
        management = ManagementAgent(limit: configuration.pendingRequestLimit)
        polling = DataPolling(
            timing: DataPolling.Timing(
                answerPeriod: profile.attachDataPollPeriod, retransmissionDelay: profile.dataPollRetransmissionDelay,
                fastPeriod: profile.fastDataPollPeriod, minimumPeriod: profile.minimumDataPollPeriod,
                childTimeout: .seconds(Int64(configuration.childTimeout)), chosenPeriod: configuration.pollPeriod))
    }

    // MARK: What others read

    public var keySequence: UInt32 { keyRing.keySequence }
    public var partitionID: PartitionID? { leaderData?.partitionID }
    public var leaderRLOC16: RLOC16? { leaderData?.leaderRouterID.rloc16 }
    /// The address that this node had as a child, while others may still send there; nil when there is none.
    public var formerRLOC16: RLOC16? { formerAddress?.rloc16 }
    public var linkLocalAddress: IPv6Address { IPv6Address(linkLocal: extendedAddress.interfaceIdentifier) }

    /// Whether no other router is known.
    public var isSingleton: Bool { routers.count <= 1 }

    /// The address that names this node's place in the topology; nil while detached.
    public var rlocAddress: IPv6Address? { role.isAttached ? locatorAddress(rloc16) : nil }

    /// The mesh-local address that stays while the place changes; nil before there is a network.
    public var meshLocalEID: IPv6Address? {
        network.map { IPv6Address(prefix: $0.meshLocalPrefix, interfaceIdentifier: meshLocalInterfaceIdentifier) }
    }

    /// The leader's anycast address, on the leader itself.
    public var leaderAnycastAddress: IPv6Address? { role == .leader ? locatorAddress(.leaderAnycast) : nil }

    /// The mesh-local address of a locator.
    public func locatorAddress(_ locator: RLOC16) -> IPv6Address? {
        network.map {
            IPv6Address(
                prefix: $0.meshLocalPrefix, interfaceIdentifier: 0x0000_00ff_fe00_0000 | UInt64(locator.rawValue))
        }
    }

    // MARK: Output

    /// The next thing to be done, in the order it came up; nil when there is none.
    @inlinable
    public mutating func pollOutput() -> ThreadOutput? { outputs.popFirst() }

    mutating func emit(_ output: ThreadOutput) {
        outputs.append(output)
    }

    mutating func drop(_ reason: DropReason) {
        drops.count(reason)
    }

    // MARK: Time

    /// When to call `handleDeadline`, if nothing else happens before.
    public var nextDeadline: Instant? { deadline }

    /// The same as `nextDeadline`, without the copy of the whole engine that Swift makes before it calls what does not
    /// mutate.
    public mutating func askNextDeadline() -> Instant? { deadline }

    @inline(__always)
    private var deadline: Instant? {
        var deadline = earlier(nextTick, attach.deadline)
        deadline = earlier(deadline, advertisement?.nextDeadline)
        deadline = earlier(deadline, routerSelectionDeadline)
        deadline = earlier(deadline, earlier(endDeviceAdvertisementDeadline, formerAddress?.until))
        deadline = earlier(deadline, childUpdate.deadline)
        deadline = earlier(deadline, polling.deadline)
        deadline = earlier(deadline, earlier(supervision.deadline, parentSearch.deadline))
        deadline = earlier(deadline, dataRequest?.deadline)
        deadline = earlier(deadline, registration.deadline)
        deadline = earlier(deadline, nextAddressExpiration)
        if role == .leader { deadline = earlier(deadline, networkDatabase.nextContextExpiration) }
        deadline = earlier(deadline, datasets.nextDeadline)
        deadline = earlier(deadline, rotation.nextHour)
        deadline = earlier(deadline, management.nextDeadline)
        deadline = earlier(deadline, diagnosticClient.nextDeadline)
        deadline = earlier(deadline, announce.nextDeadline)
        deadline = earlier(deadline, earlier(panIDQuery?.deadline, departure))
        for index in delayed.indices { deadline = earlier(deadline, delayed[index].deadline) }
        return deadline
    }

    /// Does all that was due by now.
    public mutating func handleDeadline(now: Instant) {
        handleDatasetDeadlines(now: now)
        handleDepartureDeadline(now: now)
        guard role != .disabled else { return }
        handleKeyRotation(now: now)
        sendDelayed(now: now)
        if let deadline = attach.deadline, deadline <= now { handleAttachDeadline(now: now) }
        if let deadline = routerSelectionDeadline, deadline <= now { handleRouterSelection(now: now) }
        handleAdvertisementDeadline(now: now)
        handleEndDeviceAdvertisementDeadline(now: now)
        handleFormerAddressDeadline(now: now)
        handleChildUpdateDeadline(now: now)
        handleSupervisionDeadline(now: now)
        handleParentSearchDeadline(now: now)
        handlePollDeadline(now: now)
        handleDataRequestDeadline(now: now)
        handleServerRegistrationDeadline(now: now)
        handleContextDeadline(now: now)
        handleAddressDeadline(now: now)
        handleManagementDeadline(now: now)
        handleDiagnosticDeadline(now: now)
        handlePANIDQueryDeadline(now: now)
        handleAnnounceDeadlines(now: now)
        if let tick = nextTick, tick <= now { handleTick(now: now) }
        updateEndDevice(now: now)
    }

    /// Once a second while attached: ages and timeouts that need no better resolution.
    private mutating func handleTick(now: Instant) {
        nextTick = now + .seconds(1)
        obeyPolicy(now: now)
        guard role.isAttached else { return }
        ageLeader(now: now)
        ageChildren(now: now)
        superviseChildren(now: now)
        updateSleepyChildren()
        ageRouters(now: now)
        ageAddressCache(now: now)
    }
}
