public import EngineCore
public import LinkProfiles
public import ThreadWire
import WireCore

/// The IPv6 layer of a node: its addresses, sockets, echo, error messages and multicast over several hops.
///
/// It decides what is for the node itself. Where a datagram goes next in the mesh is for its owner to decide.
public struct IPEngine: Sendable {
    /// What may be tuned.
    public struct Configuration: Equatable, Sendable {
        /// How many sockets may be open at once.
        public var socketLimit = 16
        /// How many datagrams wait in one socket; beyond it the oldest makes room for the newest.
        public var socketQueueLimit = 16
        /// From how many seeds multicast datagrams are told apart at once.
        public var multicastSeedLimit = 32
        /// How many multicast datagrams may wait to be sent again.
        public var multicastBufferLimit = 32
        /// The hop limit of datagrams for which nobody asks for another.
        /// - Range: 1 to 255
        public var hopLimitDefault: UInt8 = 64
        /// The largest datagram that is sent.
        /// - Units: bytes
        /// - Range: 1280 and more
        public var datagramLimit = 1280
        /// How many error messages may be sent at once.
        /// - Source: RFC 4443 §2.4(f) asks for a limit
        public var errorBurst: UInt8 = 4
        /// After which time one more error message may be sent.
        public var errorInterval: Duration = .seconds(1)
        /// How much of a datagram an error message about it repeats.
        /// - Units: bytes
        /// - Deviation: docs/deviations.md#icmp-error-size
        public var errorInvokingLimit = 104

        public init() {}
    }

    /// The UDP port of mesh link establishment.
    /// - Source: recording attach, frame 1
    public static let mlePort: UInt16 = 19788
    /// The UDP port of Thread management messages.
    /// - Source: recording attach, frame 17
    public static let tmfPort: UInt16 = 61631

    public let configuration: Configuration
    let profile: LinkProfile

    /// The node's addresses; the owner keeps them up to date.
    public var unicastAddresses: [UnicastAddress] = []
    /// The groups that the node receives; the owner keeps them up to date.
    public var multicastAddresses: [IPv6Address] = []
    /// Tells locators from other addresses, and who may use Thread management; nil before there is a network.
    public var meshLocalPrefix: IPv6Prefix?
    /// The node's short address, which seeds its multicast datagrams; nil while detached.
    public var rloc16: RLOC16?
    /// Whether the node forwards datagrams of others: routers do.
    public var isForwarder = false
    /// Whether multicasts come out as `.keep` too, for children that do not hear them on the air.
    public var hasSleepyChildren = false
    /// Whether the host's own IPv6 stack gets what is for the node and for none of its sockets.
    public var hostReceives = false
    /// The ports at which unsecured link-local UDP datagrams are accepted.
    public var unsecuredPorts: [UInt16] = [IPEngine.mlePort]

    /// What was discarded, by reason.
    public internal(set) var drops = DropCounters()
    var socketTable: SocketTable
    var seeds: MulticastSeeds
    var forwarder: MulticastForwarder
    var nextMulticastSequence: UInt8
    var entropy: OpenEntropy
    /// The identifiers of the latest echo requests, to tell their replies from those for the host.
    var echoIdentifiers: [UInt16] = []
    var errorTokens: UInt8
    var nextErrorToken: Instant?
    @usableFromInline
    var outputs = OutputQueue<IPOutput>()

    /// - Parameter entropySeed: for the random moments of multicast transmissions and the first sequence number.
    public init(configuration: Configuration = Configuration(), profile: LinkProfile, entropySeed: UInt64) {
        self.configuration = configuration
        self.profile = profile
        entropy = OpenEntropy(seed: entropySeed)
        // A restarted node must not be taken for repeating what it sent before.
        nextMulticastSequence = UInt8(truncatingIfNeeded: entropy.next())
        socketTable = SocketTable(
            limit: configuration.socketLimit, queueLimit: configuration.socketQueueLimit,
            reservedPorts: [Self.mlePort, Self.tmfPort])
        seeds = MulticastSeeds(limit: configuration.multicastSeedLimit, lifetime: profile.mplSeedEntryLifetime)
        forwarder = MulticastForwarder(
            limit: configuration.multicastBufferLimit, interval: profile.mplDataMessageInterval)
        errorTokens = configuration.errorBurst
    }

    // MARK: - Driving

    /// The next thing for the owner to do; nil when there is none.
    @inlinable
    public mutating func pollOutput() -> IPOutput? { outputs.popFirst() }

    mutating func emit(_ output: IPOutput) {
        outputs.append(output)
    }

    mutating func drop(_ reason: DropReason) {
        drops.count(reason)
    }

    /// When to call `handleDeadline` if nothing happens before.
    public var nextDeadline: Instant? { forwarder.nextDeadline }

    /// Sends the multicast datagrams whose moment has come.
    public mutating func handleDeadline(now: Instant) {
        for datagram in forwarder.due(now: now, using: &entropy) { emit(.send(datagram)) }
    }

    // MARK: - Addresses

    var sourceSelection: SourceAddressSelection {
        SourceAddressSelection(addresses: unicastAddresses, meshLocalPrefix: meshLocalPrefix)
    }

    /// The address that the node would send from.
    /// - Returns: nil when none of its addresses reaches there.
    public func sourceAddress(for destination: IPv6Address) -> IPv6Address? {
        guard let source = sourceSelection.source(for: destination) else { return nil }
        let staysOnLink = destination.isLinkLocalUnicast || destination.multicastScope ?? .max <= Scope.linkLocal
        // A link-local address means nothing beyond its link: RFC 4007 §9.
        return source.isLinkLocalUnicast && !staysOnLink ? nil : source
    }

    func isOwn(_ address: IPv6Address) -> Bool {
        unicastAddresses.contains { $0.address == address && $0.isValid }
    }

    func isMeshLocal(_ address: IPv6Address) -> Bool {
        meshLocalPrefix?.contains(address) ?? false
    }

    // MARK: - Sockets

    /// The open sockets.
    public var sockets: [SocketState] { socketTable.sockets }

    /// - Throws: `.socketLimit` when all sockets are open.
    public mutating func open() throws(BindError) -> SocketID {
        try socketTable.open()
    }

    /// Gives a socket the port, and with an address only what is sent to that address.
    /// - Parameters:
    ///   - address: one of the node's own; nil or `::` for all of them.
    ///   - port: 0 lets the engine choose.
    /// - Returns: the port.
    public mutating func bind(
        _ socket: SocketID, address: IPv6Address? = nil, port: UInt16 = 0
    ) throws(BindError) -> UInt16 {
        let chosen = address == .unspecified ? nil : address
        if let chosen, !isOwn(chosen) { throw .addressNotOurs(chosen.description) }
        return try socketTable.bind(socket, address: chosen, port: port)
    }

    /// Lets a socket send to one peer without naming it, and receive from that peer alone.
    /// - Parameter remote: nil undoes it.
    public mutating func connect(_ socket: SocketID, to remote: SocketAddress?) throws(BindError) {
        if let remote, remote.address.isUnspecified || remote.port == 0 { throw .invalidRemote }
        try socketTable.connect(socket, to: remote)
    }

    /// Takes the oldest datagram that waits in a socket; nil when none does.
    public mutating func receive(_ socket: SocketID) throws(ReceiveError) -> UDPDatagram? {
        try socketTable.receive(socket)
    }

    /// Closes a socket; what waited in it is gone.
    /// - Returns: whether the socket was open.
    @discardableResult
    public mutating func close(_ socket: SocketID) -> Bool {
        socketTable.close(socket)
    }
}
