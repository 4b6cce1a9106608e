public import EngineCore
public import ThreadWire

/// A node whose parent this router is or is about to become.
public struct Child: Equatable, Sendable {
    /// How far the attachment has come.
    public enum State: Equatable, Sendable {
        /// It sent a Parent Request and has until `expires` to return the answer's challenge.
        case candidate(expires: Instant)
        /// It sent a Child ID Request, which is answered once this node is a router.
        case awaitingIdentifier(requested: [MLETLVType])
        /// It has its address.
        case valid
        /// It was a child before this node restarted, and is asked whether it still is.
        case restored(isAsked: Bool)
    }

    public var neighbor: Neighbor
    public var state: State {
        didSet { isValid = state == .valid }
    }
    /// Kept beside the state itself, as it is asked for with every message.
    public private(set) var isValid: Bool
    /// What the last Parent Response asked for; empty when none was sent or it was returned. A valid child that asks
    /// again, because it restarted or looks for something better, stays valid until it has returned it.
    public var challenge: [UInt8] = []
    /// After how long without a word it is forgotten.
    /// - Units: seconds
    public var timeout: UInt32 = 240
    /// The network data version that it has.
    public var networkDataVersion: UInt8 = 0
    /// The version that it was last sent a Child Update Request with; nil when it was sent none.
    public var offeredDataVersion: UInt8?
    /// Addresses that it registered, its mesh-local one first, and groups.
    public var addresses: [IPv6Address] = []
    /// How often the parent lets it know that it is there.
    /// - Units: seconds
    public var supervisionInterval: UInt16 = 0
    /// When it last acknowledged a frame.
    public var supervisedAt = Instant.zero
    /// When its last Parent Request was answered: repeats are left alone for a while.
    public var answeredAt: Instant

    init(neighbor: Neighbor, state: State, answeredAt: Instant) {
        self.neighbor = neighbor
        self.state = state
        self.answeredAt = answeredAt
        isValid = state == .valid
    }

    public var isRestored: Bool {
        if case .restored = state { true } else { false }
    }
    public var isAwaitingIdentifier: Bool {
        if case .awaitingIdentifier = state { true } else { false }
    }
}

/// The children of a router, by extended address, in the order they came.
public struct ChildTable: Equatable, Sendable {
    public private(set) var children: [Child] = []
    /// How many children may be valid or on their way at once.
    /// - Range: 1 to 511
    public var limit: Int

    public init(limit: Int) { self.limit = limit }

    public subscript(address: ExtendedAddress) -> Child? {
        index(of: address).map { children[$0] }
    }

    public subscript(rloc16: RLOC16) -> Child? {
        for index in children.indices where children[index].neighbor.rloc16 == rloc16 && children[index].isValid {
            return children[index]
        }
        return nil
    }

    /// The child with an address, when it is a valid one.
    func validNeighbor(_ address: ExtendedAddress) -> Neighbor? {
        guard let index = index(of: address), children[index].isValid else { return nil }
        return children[index].neighbor
    }

    /// The child with a short address, also one that was not heard since this node restarted.
    func settledChild(_ rloc16: RLOC16) -> Child? {
        for index in children.indices
        where children[index].neighbor.rloc16 == rloc16 && (children[index].isValid || children[index].isRestored) {
            return children[index]
        }
        return nil
    }

    // Indices instead of elements: only what is found is copied.
    private func index(of address: ExtendedAddress) -> Int? {
        for index in children.indices where children[index].neighbor.extendedAddress == address { return index }
        return nil
    }

    public var valid: [Child] { children.filter { $0.isValid } }

    /// Those that have been silent for too long.
    func silent(at now: Instant, candidateLifetime: Duration) -> [Child] {
        var silent: [Child] = []
        for index in children.indices {
            let silence = now.microseconds - min(now, children[index].neighbor.lastHeard).microseconds
            // Most are valid, and this is asked every second.
            if children[index].isValid, silence <= UInt64(children[index].timeout) * 1_000_000 { continue }
            let child = children[index]
            let isSilent =
                switch child.state {
                case .candidate(let expires): expires <= now
                case .awaitingIdentifier: .microseconds(Int64(silence)) > candidateLifetime
                case .valid, .restored: silence > UInt64(child.timeout) * 1_000_000
                }
            if isSilent { silent.append(child) }
        }
        return silent
    }

    /// Those that are valid and sleep.
    var sleepy: [Child] {
        var sleepy: [Child] = []
        for index in children.indices
        where !children[index].neighbor.mode.isReceiverOnWhenIdle && children[index].isValid {
            sleepy.append(children[index])
        }
        return sleepy
    }

    /// Those with an address of this router, also such as have not been heard since it restarted.
    public var settled: [Child] { children.filter { $0.isValid || $0.isRestored } }

    /// Adds or replaces a child.
    /// - Returns: false when the table is full.
    mutating func update(_ child: Child) -> Bool {
        if let index = index(of: child.neighbor.extendedAddress) {
            children[index] = child
            return true
        }
        guard children.count < limit else { return false }
        children.append(child)
        return true
    }

    /// Changes a child where it stands, if it is there.
    mutating func modify(_ address: ExtendedAddress, _ change: (inout Child) -> Void) {
        guard let index = index(of: address) else { return }
        change(&children[index])
    }

    mutating func remove(_ address: ExtendedAddress) {
        children.removeAll { $0.neighbor.extendedAddress == address }
    }

    mutating func removeAll() { children.removeAll() }

    /// Forgets those that have no address yet.
    mutating func removeUnsettled() { children.removeAll { !$0.isValid && !$0.isRestored } }
}
