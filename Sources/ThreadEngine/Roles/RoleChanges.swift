public import EngineCore
import LinkProfiles
import LinkSecurity
public import ThreadWire

// Entering and leaving roles.
extension ThreadEngine {
    // MARK: Network and state

    /// Sets the network that this node belongs to. A running node starts anew in it.
    public mutating func setNetwork(_ network: Network, keySequence: UInt32 = 0, now: Instant) {
        let wasRunning = role != .disabled
        if wasRunning { stop(now: now) }
        self.network = network
        keyRing = KeyRing(networkKey: network.networkKey, keySequence: keySequence, cryptography: cryptography)
        emit(.identityChanged)
        if wasRunning { start(now: now) }
    }

    /// Takes over what the store kept: counters go on behind what may have been used.
    public mutating func restore(_ state: StoredNetworkState) {
        extendedAddress = state.extendedAddress
        meshLocalInterfaceIdentifier = state.meshLocalInterfaceIdentifier
        mleFrameCounter = state.mleFrameCounterLimit
        mleFrameCounterLimit = state.mleFrameCounterLimit
        mleFrameCounterRequested = state.mleFrameCounterLimit
        linkFrameCounter = state.linkFrameCounterLimit
        linkFrameCounterLimit = state.linkFrameCounterLimit
        linkFrameCounterRequested = state.linkFrameCounterLimit
        if state.rloc16.isRouter { previousRouterID = state.rloc16.routerID }
        keyRing.setKeySequence(state.keySequence)
    }

    /// Writes down what a restart needs.
    mutating func storeNetworkState() {
        let state = StoredNetworkState(
            role: role, rloc16: rloc16, keySequence: keyRing.keySequence,
            mleFrameCounterLimit: mleFrameCounterRequested,
            linkFrameCounterLimit: linkFrameCounterRequested,
            meshLocalInterfaceIdentifier: meshLocalInterfaceIdentifier,
            extendedAddress: extendedAddress, previousPartitionID: partitionID ?? PartitionID(rawValue: 0),
            parent: parent?.extendedAddress ?? ExtendedAddress(rawValue: 0))
        emit(.store(state.record))
    }

    /// Sets the link-layer address; only while the protocol is stopped.
    /// - Returns: false when it runs.
    public mutating func setExtendedAddress(_ address: ExtendedAddress) -> Bool {
        guard role == .disabled else { return false }
        extendedAddress = address
        emit(.identityChanged)
        return true
    }

    // MARK: Start and stop

    /// Starts the protocol: looks for a parent, and forms a partition where there is none.
    public mutating func start(now: Instant) {
        guard role == .disabled, network != nil else { return }
        requestFrameCounters()
        setRole(.detached, now: now)
        attachAttempts = 0
        startAttach(.anyPartition, now: now)
    }

    /// Stops the protocol and forgets the partition.
    public mutating func stop(now: Instant) {
        guard role != .disabled else { return }
        if role.isAttached { becomeDetached(now: now) }
        abandonCandidate()
        delayed.removeAll()
        management.removeAll()
        endAllDiagnostics()
        panIDQuery = nil
        announce.following = .idle
        setRole(.disabled, now: now)
        nextTick = nil
    }

    // MARK: Roles

    mutating func setRole(_ new: Role, now: Instant) {
        let old = role
        guard old != new else { return }
        counters.enter(new, now: now)
        role = new
        updateAnnounceInterval(now: now)
        emit(.event(.roleChanged(from: old, to: new)))
    }

    /// Gives up its place; neighbors, children and routes are forgotten.
    mutating func becomeDetached(now: Instant) {
        if rloc16.isRouter { previousRouterID = rloc16.routerID }
        let peers = neighbors.map { $0.neighbor.extendedAddress }
        setRole(.detached, now: now)
        stopAdvertising()
        routerSelectionDeadline = nil
        endDeviceAdvertisementDeadline = nil
        solicitation = nil
        keepAlive = nil
        dataRequest = nil
        delayed.removeAll()
        if let leaderData {
            previousPartition = PreviousPartition(
                id: leaderData.partitionID, idSequence: routers.idSequence, until: now + profile.networkIDTimeout)
        }
        parent = nil
        children.removeAll()
        routers.clear()
        leaderData = nil
        resolver.removeAll()
        rloc16 = .unassigned
        nextTick = nil
        abandonCandidate()
        for peer in peers { emit(.removePeer(peer)) }
        emit(.identityChanged)
    }

    mutating func becomeChild(of parent: Neighbor, rloc16: RLOC16, leaderData: LeaderData, now: Instant) {
        stopAdvertising()
        solicitation = nil
        for child in children.valid { removeChild(child.neighbor.extendedAddress) }
        children.removeAll()
        self.parent = parent
        self.rloc16 = rloc16
        let isNewPartition = self.leaderData?.partitionID != leaderData.partitionID
        self.leaderData = leaderData
        setRole(.child, now: now)
        if isNewPartition { emit(.event(.partitionChanged(leaderData.partitionID))) }
        publishPeer(parent, isChild: false)
        scheduleKeepAlive(now: now)
        scheduleEndDeviceAdvertisement(now: now)
        nextTick = now + .seconds(1)
        storeNetworkState()
        emit(.identityChanged)
    }

    /// Takes up a router id that the leader gave out.
    mutating func becomeRouter(_ id: RouterID, now: Instant) {
        rloc16 = id.rloc16
        // An attempt at another partition was begun as a child of a smaller one; it must be judged anew.
        attach = .idle
        keepAlive = nil
        routerSelectionDeadline = nil
        endDeviceAdvertisementDeadline = nil
        setRole(.router, now: now)
        startAdvertising(now: now)
        nextTick = now + .seconds(1)
        storeNetworkState()
        emit(.identityChanged)
    }

    /// Forms a partition of its own.
    mutating func becomeLeader(now: Instant) {
        let old = leaderData
        if role.isAttached { becomeDetached(now: now) }
        routers.clear()
        assignedRouters.removeAll()
        routers.startSequence(UInt8(truncatingIfNeeded: entropy.open.next()), now: now)
        guard
            let id = routers.allocate(
                preferring: previousRouterID, limit: configuration.routerLimit, now: now, entropy: &entropy.open)
        else { return }
        let newPartition = PartitionID(rawValue: UInt32(truncatingIfNeeded: entropy.open.next()))
        if old != nil { counters.partitionIDChanges &+= 1 }
        leaderData = LeaderData(
            partitionID: newPartition, weighting: configuration.leaderWeight,
            dataVersion: UInt8(truncatingIfNeeded: entropy.open.next()),
            stableDataVersion: UInt8(truncatingIfNeeded: entropy.open.next()), leaderRouterID: id)
        rloc16 = id.rloc16
        attach = .idle
        attachAttempts = 0
        startNetworkData()
        setRole(.leader, now: now)
        emit(.event(.partitionChanged(newPartition)))
        nextTick = now + .seconds(1)
        storeNetworkState()
        emit(.identityChanged)
        sendMulticastDataResponse()
        startAdvertising(now: now)
    }
}
