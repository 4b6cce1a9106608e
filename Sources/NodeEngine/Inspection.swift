public import EngineCore
import LinkProfiles
public import MACEngine
public import ThreadEngine
public import ThreadWire

// What a command line wants to see and to set.
extension NodeEngine {
    /// The Thread engine's tunables; those that concern decisions count from the next one on.
    public var threadConfiguration: ThreadEngine.Configuration {
        get { thread.configuration }
        set { thread.setConfiguration(newValue) }
    }

    /// Goes into a role, or asks the partition for it.
    public func requestRole(_ role: Role, now: Instant) throws(RoleRequestError) {
        defer { settle(now: now) }
        try thread.requestRole(role, now: now)
    }

    /// Lets this node route or not.
    /// - Returns: false when it lacks what a router needs.
    public func setRouterEligible(_ isEligible: Bool, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.setRouterEligible(isEligible, now: now)
    }

    /// Which id this node asks for when it becomes a router.
    public func setPreferredRouterID(_ id: RouterID) throws(RoleRequestError) {
        try thread.setPreferredRouterID(id)
    }

    /// As leader: takes a router's id away from it.
    public func releaseRouterID(_ id: RouterID, now: Instant) throws(RoleRequestError) {
        defer { settle(now: now) }
        try thread.releaseRouterID(of: id, now: now)
    }

    /// Whose frames are taken, and how strong they are said to be.
    public var addressFilter: AddressFilter {
        get { mac.filter }
        set { mac.filter = newValue }
    }

    /// How many datagrams wait for a neighbor.
    public func queuedDatagramCount(for neighbor: Neighbor) -> Int {
        transfers.count {
            $0.destination == .short(neighbor.rloc16) || $0.destination == .extended(neighbor.extendedAddress)
        }
    }

    /// Sets what this node can do and wants.
    /// - Returns: false when no device can be so: one that routes cannot sleep.
    public func setMode(_ mode: DeviceMode, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.setMode(mode, now: now)
    }

    /// Gives this node an address of its own.
    /// - Returns: false when it has as many as it may have.
    public func addAddress(_ address: IPv6Address, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.addAddress(address, now: now)
    }

    /// Takes an address away that was given by hand.
    /// - Returns: false when there is no such address.
    public func removeAddress(_ address: IPv6Address, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.removeAddress(address, now: now)
    }

    // MARK: Counters

    public func resetIPCounters() { ipCounters = IPCounters() }
    public func resetMACCounters() { mac.resetCounters() }
    public func resetMLECounters(now: Instant) { thread.resetCounters(now: now) }

    // MARK: Datasets

    /// A dataset of a network that nobody else has: keys and names from the secret stream, the rest as usual.
    public func newDataset() -> OperationalDataset {
        func random(_ count: Int) -> UInt64 {
            entropy.secret.bytes(count).reduce(0) { $0 << 8 | UInt64($1) }
        }
        // The broadcast id stands for no network.
        let panID = PANID(rawValue: UInt16(truncatingIfNeeded: random(2) % 0xffff))
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 11 + UInt16(truncatingIfNeeded: random(1) % 16)
        dataset.channelMask = 0x07ff_f800
        dataset.extendedPANID = ExtendedPANID(rawValue: random(8))
        // A unique local prefix: fd00::/8 and forty random bits and a subnet.
        // RFC 4193 §3.1
        let prefix = IPv6Address(high: 0xfd00_0000_0000_0000 | random(7), low: 0)
        dataset.meshLocalPrefix = IPv6Prefix(prefix, length: 64)
        dataset.networkKey = entropy.secret.bytes(16)
        dataset.networkName = NetworkName("Heddle-" + ShortAddress(rawValue: panID.rawValue).description)
        dataset.panID = panID
        dataset.pskc = entropy.secret.bytes(16)
        dataset.securityPolicy = profile.dialect.hasShortSecurityPolicy ? .shortDefault : .default
        return dataset
    }
}
