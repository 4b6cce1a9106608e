import EngineCore
public import ThreadWire

/// What diagnostics tell of a node beyond what the Thread engine knows: `NodeEngine` brings it up to date before each
/// management message.
public struct DiagnosticFacts: Equatable, Sendable {
    /// What went through the link.
    public var macCounters: DiagnosticMACCounters
    /// All unicast addresses of the node, in the order in which they are told.
    public var addresses: [IPv6Address]
    /// How many datagrams wait for children that sleep.
    public var queuedMessages: [RLOC16: UInt16]

    public init(
        macCounters: DiagnosticMACCounters = DiagnosticMACCounters(), addresses: [IPv6Address] = [],
        queuedMessages: [RLOC16: UInt16] = [:]
    ) {
        self.macCounters = macCounters
        self.addresses = addresses
        self.queuedMessages = queuedMessages
    }
}

/// Who made the device and what runs on it, as diagnostics tell it.
public struct DeviceIdentity: Equatable, Sendable {
    /// The address that the device was made with; nil where it has none.
    public var eui64: ExtendedAddress?
    /// - Range: up to 32 bytes of UTF-8
    public var vendorName = "Heddle"
    /// - Range: up to 32 bytes of UTF-8
    public var vendorModel = ""
    /// - Range: up to 16 bytes of UTF-8
    public var vendorSoftwareVersion = ""
    /// - Range: up to 96 bytes of UTF-8
    public var vendorApplicationURL = ""
    /// The name and version of the protocol's implementation.
    /// - Range: up to 64 bytes of UTF-8
    public var stackVersion = "HEDDLE"

    public init() {}
}

extension MLECounters {
    /// The counters as diagnostics tell them.
    func diagnosticCounters(now: Instant) -> DiagnosticMLECounters {
        let roles = Role.allCases
        let times = roles.map { UInt64(max(0, time(in: $0, now: now).milliseconds)) }
        func clamped(_ count: UInt32) -> UInt16 { UInt16(clamping: count) }
        return DiagnosticMLECounters(
            events: roles.map { clamped(entries(of: $0)) } + [
                clamped(attachAttempts), clamped(partitionIDChanges), clamped(betterPartitionAttachAttempts),
                clamped(parentChanges),
            ], times: [times.reduce(0, +)] + times)
    }
}
