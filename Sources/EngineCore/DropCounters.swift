/// Why a frame or datagram that could be parsed was discarded. One counter a case; `heddle cli counters drops` shows them.
public enum DropReason: String, CaseIterable, Sendable {
    // IEEE 802.15.4
    case malformedFrame
    case frameCheckSequence
    case foreignPAN
    case notForThisNode
    case addressFilter
    case duplicateFrame
    case unsupportedFrame
    case ownSourceAddress
    // Link security
    case unknownKey
    case unknownPeer
    case messageIntegrityCode
    case replayedFrameCounter
    case unsecuredFrame
    case frameCountersExhausted
    // Transmission
    case noAcknowledgement
    case channelBusy
    case queueFull
    case radioFailure
    case indirectTimeout
    case lifetimeExpired
    case airtimeExhausted
    case addressChanged
    // 6LoWPAN
    case malformedLowPAN
    case unknownContext
    case reassemblyTimeout
    case reassemblyOverlap
    case reassemblyBuffersFull
    case datagramTooLarge
    case meshHopLimit
    // IPv6
    case malformedIPv6
    case checksum
    case hopLimitExceeded
    case noRoute
    case addressUnresolved
    case noListener
    case duplicateMulticast
    case multicastSeedsFull
    case socketQueueFull
    // MLE and Thread management
    case malformedMLE
    case unsecuredMLE
    case replayedMLE
    case unexpectedMLE
    case staleChallenge
    case foreignPartition
    case malformedTMF
    case unexpectedTMF
    case childTableFull
    case neighborTableFull
    case networkDataFull
}

/// How often each drop reason occurred since the start.
public struct DropCounters: Equatable, Sendable {
    private var counts: [DropReason: UInt64] = [:]

    public init() {}

    public subscript(reason: DropReason) -> UInt64 { counts[reason] ?? 0 }

    public mutating func count(_ reason: DropReason) {
        counts[reason, default: 0] &+= 1
    }

    /// Adds what another layer has counted.
    public mutating func add(_ other: DropCounters) {
        for (reason, count) in other.counts { counts[reason, default: 0] &+= count }
    }

    /// The reasons that occurred, in the order of their declaration.
    public var nonzero: [(reason: DropReason, count: UInt64)] {
        DropReason.allCases.compactMap { reason in self[reason] > 0 ? (reason, self[reason]) : nil }
    }
}
