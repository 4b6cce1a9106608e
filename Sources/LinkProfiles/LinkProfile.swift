public import EngineCore
public import LoRaPHY

/// All that depends on the speed of the link: sizes, waits, retries, intervals.
///
/// Computed once from the physical layer, read by the engines and never branched upon elsewhere. Where nothing else
/// is said, the value of `ieee802154` is that of OpenThread as observed (a July 2025 tree), the value of `pymesh`
/// that of Pycom's firmware, and that of `lora` computed from time on air; see the three files beside this one.
public struct LinkProfile: Equatable, Sendable {
    /// `ieee802154`, `pymesh` or `lora`; for people to read.
    public var name: String
    /// How nodes of this profile speak.
    public var dialect = Dialect.thread

    // MARK: Frames

    /// What carries the frames.
    public var phy: PhysicalLayer
    /// The largest frame, its frame check sequence included.
    /// - Units: bytes
    public var maximumPSDU: Int
    /// How many bytes of frame check sequence end each frame; zero where the physical layer has its own checksum.
    /// - Units: bytes
    public var frameCheckSequenceLength: Int

    // MARK: Medium access

    /// How long a receiver waits before it sends an acknowledgement: both sides turn their radios around.
    public var acknowledgementDelay: Duration
    /// How long a sender waits for an acknowledgement, from the end of its own frame.
    public var acknowledgementWait: Duration
    /// Whether that wait follows what was measured, once some acknowledgements came.
    public var measuresAcknowledgements: Bool
    /// The unit of the random wait before a transmission.
    public var backoffUnit: Duration
    /// The exponent of the first random wait: 0 to 2^exponent − 1 units.
    public var minimumBackoffExponent: UInt8
    /// The same while the channel was found free and frames were acknowledged, one less each time.
    public var quietBackoffExponent: UInt8
    /// The largest exponent, reached by one more each time that the channel was busy.
    public var maximumBackoffExponent: UInt8
    /// How many times a busy channel is waited for before the transmission has failed.
    public var maximumBackoffs: UInt8
    /// Whether a next hop that is overheard passing a frame on counts as its acknowledgement. Off in every profile: of two
    /// equal datagrams in a row the first one's forwarding would acknowledge the second.
    public var takesImplicitAcknowledgements: Bool
    /// Whether the next fragment of a datagram waits until the last one is two hops further: the sender does not hear
    /// who would disturb its next hop.
    public var pacesFragments: Bool
    /// How many times a frame is sent again that was not acknowledged.
    public var maximumFrameRetries: UInt8
    /// Whether a channel's number tunes the radio. Where it does not, the number is carried along, and a scan visits the
    /// node's own channel alone.
    public var tunesChannels: Bool
    /// How long a scan listens on each channel.
    public var scanDuration: Duration
    /// Whether the channel is listened to before each transmission.
    public var assessesChannel: Bool

    // MARK: Sleepy children

    /// How long a frame waits in its parent for a sleepy child to ask for it.
    public var indirectFrameLifetime: Duration
    /// How long a sleepy child listens after a poll that was answered with "frame pending".
    public var dataPollTimeout: Duration
    /// How long a sleepy child stays awake after a frame that announced another.
    public var pendingFrameSleepDelay: Duration
    /// How long a sleepy child waits between polls while it attaches.
    public var attachDataPollPeriod: Duration
    /// The shortest time between two polls.
    public var minimumDataPollPeriod: Duration
    /// How long a sleepy child waits between polls for a while after a request to its parent.
    public var fastDataPollPeriod: Duration
    /// How long a sleepy child waits after a poll that was not acknowledged.
    public var dataPollRetransmissionDelay: Duration
    /// After how many polled but unacknowledged transmissions a parent gives a frame up.
    public var maximumChildTransmissions: UInt8

    // MARK: Attaching

    /// The longest random wait before an attach begins.
    public var attachStartJitter: Duration
    /// The longest random time by which a wait for Parent Responses is drawn out, so that nodes that cannot hear each
    /// other do not go on sending their requests at the same moment.
    public var parentRequestJitter: Duration
    /// The longest random time for which a node that found no parent listens for a partition before it forms one.
    /// Zero where nodes form at once, as Thread's do.
    public var formationJitter: Duration
    /// How many Parent Requests to routers alone the first attempt to attach begins with.
    /// - Source: recording attach, frames 1 to 2
    public var parentRequestsToRouters: UInt8
    /// How many Parent Requests to routers and router-eligible end devices follow.
    /// - Source: recording attach, frames 3 to 6
    public var parentRequestsToRoutersAndREEDs: UInt8
    /// How many Parent Requests to routers alone each later attempt begins with.
    public var laterParentRequestsToRouters: UInt8
    /// How many Parent Requests to routers and router-eligible end devices follow in each later attempt.
    public var laterParentRequestsToRoutersAndREEDs: UInt8
    /// How long answers to a Parent Request to routers are collected.
    public var parentRequestWaitRouters: Duration
    /// How long answers to a Parent Request to routers and router-eligible end devices are collected.
    public var parentRequestWaitRoutersAndREEDs: Duration
    /// The longest random wait before a Parent Response to a request to routers.
    public var parentResponseMaximumDelayRouters: Duration
    /// The longest random wait before a Parent Response to a request to routers and router-eligible end devices.
    public var parentResponseMaximumDelayAll: Duration
    /// Whether a router whose advertisement was heard is asked alone, before all are asked.
    public var asksHeardRouter: Bool
    /// How many routers are to answer a Parent Request to routers where many hear it; nil for all.
    public var wantedParentResponses: UInt8?
    /// How many links may be asked for at once; more at once would keep each other's answers waiting.
    public var concurrentLinkRequests: UInt8
    /// How long a child waits for the Child ID Response.
    public var childIDRequestWait: Duration
    /// How many times a Child ID Request is sent to one parent at the most.
    public var childIDRequestTransmissions: UInt8
    /// How long a parent remembers a child between its Parent Response and the Child ID Request.
    public var candidateChildLifetime: Duration
    /// How long a Child Update Response is waited for.
    public var childUpdateRequestWait: Duration
    /// How long a child collects changes before it sends them in one Child Update Request.
    public var childUpdateRequestDelay: Duration
    /// The first wait before an attempt to attach is repeated; it doubles each time.
    public var attachBackoffMinimum: Duration
    /// The longest wait before an attempt to attach is repeated.
    public var attachBackoffMaximum: Duration
    /// The random part on top of that wait.
    public var attachBackoffJitter: Duration
    /// After how long as a child a node counts its attempts anew.
    public var attachBackoffResetDelay: Duration

    // MARK: Mesh link establishment

    /// How long a Link Accept is waited for.
    public var linkRequestWait: Duration
    /// What each router that is heard adds to the wait: they may all be making links.
    public var linkRequestWaitPerRouter: Duration
    /// The longest random wait of a router before it asks a router for a link whose advertisement it heard.
    public var linkRequestMaximumDelay: Duration
    /// To how many routers beside its parent a child that could route keeps a link.
    public var childRouterLinks: UInt8
    /// How many more it takes up, slowly, from routers in good range.
    public var additionalChildRouterLinks: UInt8
    /// The shortest random wait of such a child before it asks a router for a link.
    public var childLinkRequestMinimumDelay: Duration
    /// The longest.
    public var childLinkRequestMaximumDelay: Duration
    /// The longest for the additional links.
    public var additionalChildLinkRequestMaximumDelay: Duration
    /// How long after its attachment a child begins with additional links.
    public var additionalChildLinkWait: Duration
    /// The longest random wait before a Link Accept that answers a multicast Link Request.
    public var linkAcceptMaximumDelay: Duration
    /// The longest time over which a router spreads its multicast Link Request after a restart.
    public var multicastLinkRequestMaximumDelay: Duration
    /// How many times a request is sent at the most.
    public var mleMaximumTransmissions: UInt8
    /// How many times a router that restarts asks for its old role.
    public var mleCriticalMaximumTransmissions: UInt8
    /// How many times a child's keep-alive is sent before it looks for another parent.
    public var keepAliveAttempts: UInt8
    /// The time between two transmissions of a unicast request.
    public var unicastRetransmissionDelay: Duration
    /// The time between two transmissions of a multicast request; ±10 % at random.
    public var multicastRetransmissionDelay: Duration
    /// The longest random wait before a Data Response that nobody asked for.
    public var unsolicitedDataResponseMaximumDelay: Duration
    /// How long a parent that told the leader of a lost child waits before it looks for the next.
    public var staleChildRest: Duration
    /// How long a server that told the leader what it offers waits for the network data to show it.
    public var serverDataRest: Duration
    /// The longest random wait before a Discovery Response.
    public var discoveryResponseMaximumDelay: Duration
    /// In which interval a node announces its network once on each channel, unless enough others do; zero for never.
    public var announceInterval: Duration
    /// How long Announce messages are collected before a node follows one.
    public var announceProcessDelay: Duration
    /// The time over which a node spreads its Announce messages.
    public var announceTimeout: Duration
    /// The shortest time between two Announce messages.
    public var announceMinimumDelay: Duration

    // MARK: Routers and partitions

    /// The shortest interval of the advertisements' trickle timer.
    public var advertisementIntervalMinimum: Duration
    /// The least that the shortest interval is for each router that is heard: after a change they all advertise.
    public var advertisementIntervalMinimumPerRouter: Duration
    /// The least that the longest interval is.
    public var advertisementIntervalMaximumFloor: Duration
    /// The most that the longest interval is.
    public var advertisementIntervalMaximumCeiling: Duration
    /// What each router in good range, and the router itself, adds to the longest interval.
    public var advertisementIntervalPerNeighbor: Duration
    /// The interval of the advertisements of a router-eligible end device.
    public var reedAdvertisementInterval: Duration
    /// The random part on top of that interval.
    public var reedAdvertisementJitter: Duration
    /// After how long without a frame a router forgets a neighbouring router.
    public var neighborAgeMaximum: Duration
    /// After how long without a frame an end device forgets a neighbouring router.
    public var neighborAgeMaximumOnChild: Duration
    /// After how long without a route to the leader a router gives its own role up.
    public var leaderToRouterTimeout: Duration
    /// After how long without a new router id sequence a partition's leader counts as lost.
    public var networkIDTimeout: Duration
    /// The shortest time between two router id sequence numbers of a leader.
    public var routerIDSequencePeriod: Duration
    /// How long a leader keeps a released router id unused.
    public var routerIDReuseDelay: Duration
    /// The range of the random wait before an end device asks to become a router, or a router steps down.
    /// - Range: 1 to 255 s
    public var routerSelectionJitter: Duration
    /// What each other node that may want to be a router, and each router that is heard, adds to that jitter.
    public var routerSelectionJitterPerRival: Duration
    /// For how long a child that has become a router still takes frames to its address as a child.
    public var formerAddressLifetime: Duration
    /// After how long without a frame a child is forgotten, unless it asked for another time.
    public var childTimeoutDefault: Duration
    /// After how long without another frame a parent sends a sleepy child an empty one.
    public var childSupervisionInterval: Duration
    /// After how long without a frame from its parent a child checks whether it is still there.
    public var childSupervisionCheckTimeout: Duration
    /// How often a child that cannot route looks whether its parent is still heard well enough.
    public var parentSearchInterval: Duration
    /// The random part on top of that interval.
    public var parentSearchJitter: Duration
    /// How long it leaves that be after it looked for a better parent.
    public var parentSearchBackoff: Duration
    /// Below which link margin of the parent a better one is looked for.
    public var parentSearchMargin: Decibels

    // MARK: Thread management

    /// How long an acknowledgement of a confirmable message is waited for at the least.
    /// - Source: RFC 7252 §4.8, ACK_TIMEOUT
    public var coapAcknowledgementTimeout: Duration
    /// The random factor by which that wait may be longer, in thousandths.
    /// - Source: RFC 7252 §4.8, ACK_RANDOM_FACTOR
    public var coapAcknowledgementRandomPermille: UInt32
    /// How many times a confirmable message is sent again.
    /// - Source: RFC 7252 §4.8, MAX_RETRANSMIT
    public var coapMaximumRetransmissions: UInt8
    /// How long an Address Notification is waited for.
    public var addressQueryTimeout: Duration
    /// How many times an unanswered Address Query is repeated at once before the address counts as unresolved.
    public var addressQueryRepetitions: UInt8
    /// The first wait before an unanswered Address Query is repeated; it doubles each time.
    public var addressQueryInitialRetryDelay: Duration
    /// The longest wait before an unanswered Address Query is repeated.
    public var addressQueryMaximumRetryDelay: Duration
    /// How long a node waits for the answers to its diagnostic requests.
    public var diagnosticResponseWait: Duration
    /// The longest random wait before an answer to a diagnostic query that went to a group.
    public var diagnosticAnswerMaximumDelay: Duration

    // MARK: Datasets

    /// The shortest time that a leader gives a network to learn of a change.
    public var pendingDatasetMinimumDelay: Duration
    /// The shortest time for a change of the network key.
    public var pendingDatasetDefaultDelay: Duration
    /// How long a node waits before it tells the leader a dataset that is newer than the network's, or tries again.
    public var datasetRegistrationDelay: Duration

    // MARK: Datagrams

    /// How long the fragments of a datagram are waited for.
    public var reassemblyTimeout: Duration
    /// The interval in which each transmission of a forwarded multicast datagram has its random place.
    public var mplDataMessageInterval: Duration
    /// How many times a router sends a multicast datagram that it forwards; an originator counts its own.
    public var mplRouterTransmissions: UInt8
    /// How many times an end device sends a multicast datagram on that it received.
    public var mplChildTransmissions: UInt8
    /// How long a multicast datagram is remembered as seen.
    public var mplSeedEntryLifetime: Duration

    /// How long a frame is on the air.
    /// - Parameter psduByteCount: 0 to `maximumPSDU` bytes.
    public func airtime(of psduByteCount: Int) -> Duration {
        phy.timeOnAir(byteCount: psduByteCount)
    }

    /// How long a fragment takes to be passed on so far that the next one does not meet it.
    /// - Parameter hops: how far the datagram goes.
    /// - Source: RFC 8930 §5.1, the inter-frame gap
    public func fragmentGap(hops: Int) -> Duration {
        guard pacesFragments, hops > 1 else { return .zero }
        let exchange =
            airtime(of: maximumPSDU) + acknowledgementDelay + airtime(of: 5) + backoffUnit * 8
        return exchange * min(hops - 1, 2)
    }

    /// The longest interval of the advertisements' trickle timer.
    /// - Parameter routerNeighbors: The routers heard with link quality 2 or 3.
    /// - Source: OpenThread as observed
    public func advertisementIntervalMaximum(routerNeighbors: Int) -> Duration {
        let interval = advertisementIntervalPerNeighbor * (max(0, routerNeighbors) + 1)
        return min(max(interval, advertisementIntervalMaximumFloor), advertisementIntervalMaximumCeiling)
    }
}
