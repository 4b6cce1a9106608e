public import EngineCore
import LinkProfiles
import LinkSecurity
public import ThreadWire

// Entering and leaving roles.
extension ThreadEngine {
    // MARK: Network and state

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
        if state.role.isAttached {
            place = StoredPlace(
                role: state.role, rloc16: state.rloc16, partitionID: state.previousPartitionID, parent: state.parent,
                isAlone: state.isAlone)
            if state.role == .child {
                parentPlace = ParentPlace(rloc16: state.rloc16.router, partitionID: state.previousPartitionID)
            }
        }
        keyRing.setKeySequence(state.keySequence)
        keyUsage = state.keyUsage
        keyGeneration &+= 1
    }

    /// What belonged to another network is no use in this one.
    mutating func forgetPlace() {
        place = nil
        parentPlace = nil
        previousRouterID = nil
        previousPartition = nil
        routedPartition = nil
        for child in children.settled { removeChild(child.neighbor.extendedAddress) }
    }

    /// Writes down what a restart needs. The place stays the last one while a node is detached.
    mutating func storeNetworkState() {
        let reserved = reservation()
        var usage = keyUsage
        usage.reserve(reserved.keySequence, below: max(reserved.mle, reserved.link))
        let state = StoredNetworkState(
            role: place?.role ?? .disabled, rloc16: place?.rloc16 ?? .unassigned, keySequence: reserved.keySequence,
            mleFrameCounterLimit: reserved.mle, linkFrameCounterLimit: reserved.link,
            meshLocalInterfaceIdentifier: meshLocalInterfaceIdentifier,
            extendedAddress: extendedAddress, previousPartitionID: place?.partitionID ?? PartitionID(rawValue: 0),
            parent: place?.parent ?? ExtendedAddress(rawValue: 0), isAlone: place?.isAlone ?? false, keyUsage: usage)
        emit(.store(state.record))
    }

    /// Sets the link-layer address; only while the protocol is stopped.
    /// - Returns: false when it runs.
    public mutating func setExtendedAddress(_ address: ExtendedAddress) -> Bool {
        guard role == .disabled else { return false }
        if address != extendedAddress { forgetPlace() }
        extendedAddress = address
        emit(.identityChanged)
        return true
    }

    /// Sets the last 64 bits of the mesh-local address; only while the protocol is stopped.
    /// - Returns: false when it runs.
    public mutating func setMeshLocalInterfaceIdentifier(_ identifier: UInt64) -> Bool {
        guard role == .disabled else { return false }
        meshLocalInterfaceIdentifier = identifier
        storeNetworkState()
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
        datasets.reattachment = .active
        rotation.start(now: now)
        // Who follows an announcement leaves its place behind, and the values of its dataset.
        if case .attaching = announce.following {
            assume(.active)
            return startAttach(.anyPartition, now: now)
        }
        resume(.active)
        guard !restoreRole(now: now), !restoreChildRole(now: now) else { return }
        startAttach(.anyPartition, now: now)
    }

    /// Stops the protocol and forgets the partition.
    public mutating func stop(now: Instant) {
        guard role != .disabled else { return }
        departure = nil
        if role.isAttached { becomeDetached(now: now) }
        abandonCandidate()
        abandonFormerParent()
        delayed.removeAll()
        management.removeAll()
        abandonServerRegistration()
        endAllDiagnostics()
        panIDQuery = nil
        announce.following = .idle
        setRole(.disabled, now: now)
        rotation.stop()
        for kind in DatasetKind.allCases {
            datasets[kind].isRegistering = false
            datasets[kind].registrationDeadline = nil
        }
        nextTick = nil
    }

    // MARK: Roles

    mutating func setRole(_ new: Role, now: Instant) {
        let old = role
        guard old != new else { return }
        counters.enter(new, now: now)
        role = new
        // Whichever way the place was found: no other dataset is tried any more.
        if new.isAttached {
            datasets.reattachment = .settled
            if new.isRouting { rivals.removeAll() }
            betterPartitionRest = nil
        }
        if old.isAttached != new.isAttached { attachedSince = new.isAttached ? now : nil }
        updateAnnounceInterval(now: now)
        emit(.event(.roleChanged(from: old, to: new)))
    }

    /// Gives up its place; neighbors and routes are forgotten. Children are kept: they will be this node's again when
    /// it becomes a router under its old id.
    mutating func becomeDetached(now: Instant) {
        if rloc16.isRouter { previousRouterID = rloc16.routerID }
        let peers = neighbors.filter { !$0.isChild }.map { $0.neighbor.extendedAddress }
        setRole(.detached, now: now)
        stopAdvertising()
        routerSelectionDeadline = nil
        endDeviceAdvertisementDeadline = nil
        formerAddress = nil
        solicitation = nil
        childUpdate = .idle
        supervision.deadline = nil
        dataRequest = nil
        mustRetrieveNetworkData = false
        abandonServerRegistration()
        delayed.removeAll()
        if let leaderData {
            previousPartition = PreviousPartition(
                id: leaderData.partitionID, idSequence: routers.idSequence, routerID: rloc16.routerID,
                until: now + configuration.networkIDTimeout)
        }
        if let since = childSince, now.since(since) >= profile.attachBackoffResetDelay { attachAttempts = 0 }
        childSince = nil
        parent = nil
        children.removeUnsettled()
        routers.clear()
        leaderData = nil
        forgetAddresses()
        rloc16 = .unassigned
        nextTick = nil
        abandonCandidate()
        for peer in peers { emit(.removePeer(peer)) }
        updateAnycastAddresses(now: now)
        emit(.identityChanged)
    }

    mutating func becomeChild(of parent: Neighbor, rloc16: RLOC16, leaderData: LeaderData, now: Instant) {
        stopAdvertising()
        solicitation = nil
        formerAddress = nil
        children.removeUnsettled()
        removeLinks(now: now)
        childSince = now
        formerParent = nil
        self.parent = parent
        // Who takes this node in is no longer its child: as one, the link layer would have it under another address.
        if children[parent.extendedAddress] != nil { removeChild(parent.extendedAddress) }
        self.rloc16 = rloc16
        let isNewPartition = self.leaderData?.partitionID != leaderData.partitionID
        self.leaderData = leaderData
        setRole(.child, now: now)
        if isNewPartition { emit(.event(.partitionChanged(leaderData.partitionID))) }
        publishPeer(parent, isChild: false)
        hasAttachedSleeping = !mode.isReceiverOnWhenIdle
        scheduleKeepAlive(now: now)
        endDeviceAdvertisementDeadline = nil
        nextTick = now + .seconds(1)
        notePlace()
        emit(.identityChanged)
        placeChanged(now: now)
        informFormerParent(of: ParentPlace(rloc16: parent.rloc16, partitionID: leaderData.partitionID))
    }

    /// Lets the parent that this node had before know that it is another's child now: a datagram without content comes
    /// to it from there, and takes the place of this node to all who see it on its way.
    /// - Source: OpenThread as observed
    /// - Deviation: docs/deviations.md#former-parent
    private mutating func informFormerParent(of new: ParentPlace) {
        let former = parentPlace
        parentPlace = new
        guard let former, former.rloc16 != new.rloc16 else { return }
        counters.parentChanges &+= 1
        guard former.partitionID == new.partitionID, let destination = locatorAddress(former.rloc16) else { return }
        emit(.sendEmpty(to: destination))
    }

    /// Takes the links to routers down, when this node becomes a child.
    mutating func removeLinks(now: Instant) {
        for router in routers.routers where router.link != .none {
            routers.removeLink(router.id, now: now)
            cancelLinkRequest(to: router.id)
            withdrawPeer(router.neighbor.extendedAddress)
            if router.isLinkValid { emit(.event(.linkRemoved(router.neighbor.extendedAddress, router.id.rloc16))) }
        }
    }

    /// Takes up a router id: one that the leader gave out, or the one that this node had before it restarted.
    mutating func resumeRouting(as new: Role, id: RouterID, now: Instant) {
        rloc16 = id.rloc16
        previousRouterID = id
        // An attempt at another partition was begun as a child of a smaller one; it must be judged anew.
        attach = .idle
        childUpdate = .idle
        attachAttempts = 0
        childSince = nil
        routerSelectionDeadline = nil
        endDeviceAdvertisementDeadline = nil
        setRole(new, now: now)
        routedPartition = partitionID
        startAdvertising(now: now)
        nextTick = now + .seconds(1)
        notePlace()
        reclaimChildren(now: now)
        emit(.identityChanged)
        placeChanged(now: now)
    }

    /// Forms a partition of its own.
    mutating func becomeLeader(now: Instant) {
        if role.isAttached { becomeDetached(now: now) }
        routers.clear()
        assignedRouters.removeAll()
        mustRetrieveNetworkData = false
        routers.startSequence(UInt8(truncatingIfNeeded: entropy.open.next()), now: now)
        guard
            let id = routers.allocate(
                preferring: previousRouterID.flatMap { configuration.routerIDRange.contains($0.rawValue) ? $0 : nil },
                limit: configuration.routerLimit, in: configuration.routerIDRange, now: now, entropy: &entropy.open)
        else { return }
        let newPartition =
            configuration.preferredPartitionID ?? PartitionID(rawValue: UInt32(truncatingIfNeeded: entropy.open.next()))
        leaderData = LeaderData(
            partitionID: newPartition, weighting: configuration.leaderWeight,
            dataVersion: UInt8(truncatingIfNeeded: entropy.open.next()),
            stableDataVersion: UInt8(truncatingIfNeeded: entropy.open.next()), leaderRouterID: id)
        assign(id, to: extendedAddress)
        startNetworkData(now: now)
        resumeRouting(as: .leader, id: id, now: now)
        startDelayAsLeader(now: now)
        emit(.event(.partitionChanged(newPartition)))
        sendMulticastDataResponse()
    }
}
