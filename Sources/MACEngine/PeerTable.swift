import LinkSecurity
public import ThreadWire

/// A node whose secured frames are accepted.
public struct MACPeer: Equatable, Sendable {
    public var extendedAddress: ExtendedAddress
    public var shortAddress: ShortAddress?
    /// The lowest frame counter to accept from it, as its Link Frame Counter TLV told.
    public var linkFrameCounter: UInt32
    /// The key sequence that this counter belongs to.
    public var keySequence: UInt32
    public var isReceiverOnWhenIdle: Bool
    /// Whether this node is its parent and keeps frames for it while it sleeps.
    public var isChild: Bool

    public init(
        extendedAddress: ExtendedAddress, shortAddress: ShortAddress? = nil, linkFrameCounter: UInt32,
        keySequence: UInt32, isReceiverOnWhenIdle: Bool = true, isChild: Bool = false
    ) {
        self.extendedAddress = extendedAddress
        self.shortAddress = shortAddress
        self.linkFrameCounter = linkFrameCounter
        self.keySequence = keySequence
        self.isReceiverOnWhenIdle = isReceiverOnWhenIdle
        self.isChild = isChild
    }

    /// Whether frames for it wait until it asks.
    var isSleepyChild: Bool { isChild && !isReceiverOnWhenIdle }
}

/// The peers, with what they have used of their counters and what waits for them.
struct PeerTable {
    /// A peer and its state.
    struct Entry {
        var peer: MACPeer
        var counters: FrameCounterCheck
        /// Frames for a sleeping child, the oldest first.
        var indirect: [Transmission] = []
        /// Whether one of them was taken out to be sent; the next goes when that one is done.
        var isSendingIndirect = false
    }

    let limit: Int
    private(set) var entries: [Entry] = []

    init(limit: Int) {
        self.limit = limit
    }

    subscript(index: Int) -> Entry {
        get { entries[index] }
        _modify { yield &entries[index] }
    }

    func index(of address: ExtendedAddress) -> Int? {
        for index in entries.indices where entries[index].peer.extendedAddress == address { return index }
        return nil
    }

    func index(of address: ShortAddress) -> Int? {
        for index in entries.indices where entries[index].peer.shortAddress == address { return index }
        return nil
    }

    func index(of address: LinkAddress) -> Int? {
        switch address {
        case .none: nil
        case .short(let address): index(of: address)
        case .extended(let address): index(of: address)
        }
    }

    /// Takes a peer in, or what is new of it.
    ///
    /// A known peer's counters start anew only when it is told with other ones than last time, so that telling a
    /// changed address with old counters opens no door to replays.
    /// - Returns: its position; nil when there is no room.
    mutating func set(_ peer: MACPeer) -> Int? {
        let known = index(of: peer.extendedAddress)
        guard known != nil || entries.count < limit else { return nil }
        // A short address belongs to one node: whoever is told last.
        if let short = peer.shortAddress, let holder = index(of: short), holder != known {
            entries[holder].peer.shortAddress = nil
        }
        guard let known else {
            entries.append(Entry(peer: peer, counters: Self.counters(peer)))
            return entries.count - 1
        }
        let before = entries[known].peer
        if before.linkFrameCounter != peer.linkFrameCounter || before.keySequence != peer.keySequence {
            entries[known].counters = Self.counters(peer)
        }
        entries[known].peer = peer
        return known
    }

    /// Starts all counters anew, under another network key.
    mutating func forgetCounters() {
        for index in entries.indices {
            entries[index].peer.linkFrameCounter = 0
            entries[index].peer.keySequence = 0
            entries[index].counters = Self.counters(entries[index].peer)
        }
    }

    /// Forgets a peer.
    /// - Returns: what waited for it.
    mutating func remove(_ address: ExtendedAddress) -> [Transmission] {
        guard let index = index(of: address) else { return [] }
        return entries.remove(at: index).indirect
    }

    private static func counters(_ peer: MACPeer) -> FrameCounterCheck {
        FrameCounterCheck(keySequence: peer.keySequence, frameCounter: peer.linkFrameCounter)
    }
}
