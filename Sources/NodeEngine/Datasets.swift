public import EngineCore
import LinkSecurity
import MACEngine
public import ThreadEngine
public import ThreadWire

// Datasets and keys, for whoever drives the node.
extension NodeEngine {
    // MARK: Datasets

    /// The active dataset that this node keeps. It may be partial: `parameters` has what is in force.
    public var dataset: OperationalDataset? { thread.activeDataset }

    /// What the network uses, out of datasets and as set by hand.
    public var parameters: OperationalDataset { thread.parameters }

    /// Takes an active dataset over: into use at once on a stopped node, by way of the leader on others.
    /// - Returns: false when it has a channel that no radio has.
    public func setActiveDataset(_ dataset: OperationalDataset, now: Instant) -> Bool {
        setDataset(dataset, .active, now: now)
    }

    /// Takes a dataset over that a user gave this node; an empty one stands for none.
    /// - Returns: false when it has a channel that no radio has.
    public func setDataset(_ dataset: OperationalDataset, _ kind: DatasetKind, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.setDataset(dataset, kind, now: now)
    }

    /// Asks the leader to change a dataset for the whole network.
    /// - Parameter payload: the elements of the dataset, and the session's of a commissioner.
    public func requestDatasetChange(
        _ kind: DatasetKind, payload: [UInt8], now: Instant
    ) throws(DatasetRequestError) {
        defer { settle(now: now) }
        try thread.requestDatasetChange(kind, payload: payload, now: now)
    }

    /// Asks a node, the leader if none is named, for the elements of its dataset, all when no types are named.
    public func requestDataset(
        _ kind: DatasetKind, types: [MeshCoPTLVType], from address: IPv6Address?, now: Instant
    ) throws(DatasetRequestError) {
        defer { settle(now: now) }
        try thread.requestDataset(kind, types: types, from: address, now: now)
    }

    // MARK: Keys

    /// Changes the key sequence; neighbors follow.
    public func setKeySequence(_ sequence: UInt32, now: Instant) {
        thread.setKeySequence(sequence, now: now)
        settle(now: now)
    }

    /// For how long after a change of keys a neighbor's newer sequence changes nothing.
    /// - Units: hours
    public var keySwitchGuardTime: UInt16 {
        get { thread.keySwitchGuardTime }
        set { thread.keySwitchGuardTime = newValue }
    }

    /// Lets the link layer follow a change of keys; its counter is the Thread engine's while there is none.
    func synchronizeKeys() {
        guard thread.keyGeneration != keyGeneration else {
            thread.linkFrameCounter = mac.frameCounter
            return
        }
        guard let key = thread.parameters.networkKey else { return }
        keyGeneration = thread.keyGeneration
        // No frame may be secured between the new key and its own counters.
        mac.frameCounterLimit = 0
        mac.setNetworkKey(key, keySequence: thread.keySequence)
        mac.frameCounter = thread.linkFrameCounter
        mac.frameCounterLimit = thread.linkFrameCounterLimit
    }

    // MARK: Commissioning

    /// The commissioner's key that a passphrase gives with the network's present name and extended PAN id.
    /// - Returns: nil when the passphrase has less than 6 or more than 255 bytes, or there is no name.
    public func passphraseKey(_ passphrase: String) -> [UInt8]? {
        guard let name = parameters.networkName, let extendedPANID = parameters.extendedPANID else { return nil }
        return PassphraseKey.make(
            passphrase: passphrase, networkName: Array(name.bytes), extendedPANID: extendedPANID.rawValue,
            cryptography: cryptography)
    }

    /// The number that stands in steering data for a device that wants to join.
    /// - Source: OpenThread as observed: recording joiner, the first half of the SHA-256, marked as local
    public func joinerID(of eui64: ExtendedAddress) -> UInt64 {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: eui64.rawValue >> UInt64(56 - 8 * $0)) }
        let digest = cryptography.sha256(bytes).prefix(8)
        return digest.reduce(0) { $0 << 8 | UInt64($1) } | 0x0200_0000_0000_0000
    }
}
