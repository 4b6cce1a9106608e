public import EngineCore
public import ThreadWire

/// What a node knows of another one that it hears directly.
public struct Neighbor: Equatable, Sendable {
    public var extendedAddress: ExtendedAddress
    public var rloc16: RLOC16
    public var mode: DeviceMode
    /// The Thread version that it claims: 2 for Thread 1.1, 4 for 1.3, 5 for 1.4.
    public var version: UInt16
    public var lastHeard: Instant
    /// When the link became valid.
    public var connectedAt: Instant
    public var signal = ReceivedSignal()
    /// The link's quality towards the neighbor, as the neighbor told.
    public var linkQualityOut = LinkQuality.none
    /// The next MLE frame counter that is accepted from it.
    public var mleFrameCounter: UInt32 = 0
    /// The key sequence of its last message.
    public var keySequence: UInt32 = 0
    /// The link layer's frame counter that it told; the MAC engine counts on from there.
    public var linkFrameCounter: UInt32 = 0
    /// The key sequence that this counter belongs to.
    public var linkKeySequence: UInt32 = 0
    /// Transmissions in a row that it did not acknowledge.
    public var linkFailures: UInt8 = 0
    /// How many frames to it stayed without acknowledgement, after all repetitions.
    public var frameFailures = FailureRate()
    /// How many datagrams to it were lost.
    public var datagramFailures = FailureRate()

    public init(
        extendedAddress: ExtendedAddress, rloc16: RLOC16 = .unassigned, mode: DeviceMode = .fullThreadDevice,
        version: UInt16 = 0, now: Instant
    ) {
        self.extendedAddress = extendedAddress
        self.rloc16 = rloc16
        self.mode = mode
        self.version = version
        lastHeard = now
        connectedAt = now
    }

    /// The worse of both directions.
    public var twoWayLinkQuality: LinkQuality { min(signal.linkQuality, linkQualityOut) }
}

extension DeviceMode {
    /// A device that always listens, may route and keeps all network data: OpenThread's mode `rdn`.
    public static let fullThreadDevice = DeviceMode(
        isReceiverOnWhenIdle: true, isFullThreadDevice: true, requestsFullNetworkData: true)
}
