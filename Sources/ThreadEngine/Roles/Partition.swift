import EngineCore
import LinkProfiles
import ThreadWire

// Partitions: which one is better, and when this node changes over.
extension ThreadEngine {
    /// Whether one partition is to be preferred: by weight, then one of several routers over a single one, then by id.
    /// - Source: OpenThread as observed: recording merge
    func isBetterPartition(
        _ candidate: LeaderData, isSingleton candidateIsSingleton: Bool, than own: LeaderData,
        isSingleton ownIsSingleton: Bool
    ) -> Bool {
        if candidate.weighting != own.weighting { return candidate.weighting > own.weighting }
        if candidateIsSingleton != ownIsSingleton { return ownIsSingleton }
        return candidate.partitionID.rawValue > own.partitionID.rawValue
    }

    /// An advertisement of another partition was heard.
    mutating func considerPartition(
        _ candidate: LeaderData, route: Route64?, _ received: ReceivedMLE, now: Instant
    ) {
        guard let own = leaderData else { return }
        if role == .child, received.sender == parent?.extendedAddress {
            return followParent(to: candidate, route: route, received, now: now)
        }
        guard mode.isFullThreadDevice else { return }
        guard received.margin >= Self.linkMarginMinimum else { return }
        if let route, let previous = previousPartition, previous.until > now, previous.id == candidate.partitionID,
            previous.idSequence != nil, !previous.isBehind(route.idSequence)
        {
            return drop(.foreignPartition)
        }
        // A child that could route tells of its partition without routes: it has a parent at least.
        let isSingletonCandidate = route.map { $0.routerIDMask.count <= 1 } ?? false
        if isSingletonCandidate { noteRival(received.sender) }
        if let rest = betterPartitionRest, now < rest.until, attach == .idle { return }
        if isBetterPartition(candidate, isSingleton: isSingletonCandidate, than: own, isSingleton: isSingleton) {
            if attach == .idle { counters.betterPartitionAttachAttempts &+= 1 }
            if route != nil { noteHeardRouter(received.sender, candidate, isSingleton: isSingletonCandidate) }
            startAttach(.betterPartition, now: now)
        } else if isBetterPartition(own, isSingleton: isSingleton, than: candidate, isSingleton: isSingletonCandidate) {
            inviteToMerge(now: now)
        }
    }

    /// The parent has changed its partition or its leader, and with it this child.
    mutating func followParent(to newer: LeaderData, route: Route64?, _ received: ReceivedMLE, now: Instant) {
        guard received.message.sourceAddress == parent?.rloc16 else {
            // The parent has a new id: this node's address under the old one is void.
            becomeDetached(now: now)
            return startAttach(.anyPartition, now: now)
        }
        let isOther = newer.partitionID != partitionID
        leavePartition(for: newer.partitionID, now: now)
        leaderData = newer
        parent?.lastHeard = now
        if let route, mode.isFullThreadDevice {
            updateRouters(route, now: now)
            routers.learnAsChild(route, parent: received.message.sourceAddress?.routerID ?? .none)
        }
        if isOther { emit(.event(.partitionChanged(newer.partitionID))) }
        notePlace()
        emit(.identityChanged)
        mustRetrieveNetworkData = true
        requestNetworkData(from: received.sender, now: now)
    }

    /// A worse partition is in reach: its nodes are to hear of this one soon, instead of after the longest interval.
    /// - Deviation: docs/deviations.md#merge-invitation
    private mutating func inviteToMerge(now: Instant) {
        resetAdvertisement(now: now)
        if profile.formationJitter > .zero, let deadline = routerSelectionDeadline, role == .child {
            let soon = now + entropy.open.duration(in: .zero...profile.parentRequestJitter)
            routerSelectionDeadline = min(deadline, soon)
        } else {
            hastenEndDeviceAdvertisement(now: now)
        }
    }

    /// Forgets what belonged to the old partition when a new one is entered.
    mutating func leavePartition(for newID: PartitionID, now: Instant) {
        guard let old = leaderData, old.partitionID != newID else { return }
        previousPartition = PreviousPartition(
            id: old.partitionID, idSequence: routers.idSequence, routerID: rloc16.routerID,
            until: now + configuration.networkIDTimeout)
        for router in routers.routers where router.isLinkValid {
            emit(.event(.linkRemoved(router.neighbor.extendedAddress, router.id.rloc16)))
        }
        let addresses = routers.routers.filter { $0.link != .none }.map { $0.neighbor.extendedAddress }
        routers.clear()
        for address in addresses { withdrawPeer(address) }
        forgetAddresses()
    }

    /// Counts a partition that differs from the last one, the first one too.
    /// - Source: recording line_traffic, `counters mle`: 1 on nodes that never left their first partition
    mutating func countPartition() {
        guard let id = leaderData?.partitionID, id != countedPartition else { return }
        countedPartition = id
        counters.partitionIDChanges &+= 1
    }

    /// A neighbor of the same partition tells newer leader data.
    mutating func adoptLeaderData(_ newer: LeaderData, from sender: ExtendedAddress, now: Instant) {
        guard let own = leaderData, own.partitionID == newer.partitionID, role != .leader else { return }
        leaderData?.weighting = newer.weighting
        leaderData?.leaderRouterID = newer.leaderRouterID
        if isNewer(newer, than: own) { requestNetworkData(from: sender, now: now) }
    }

    // MARK: The leader's age

    /// How long the leader's heartbeat has not been heard.
    func leaderAge(now: Instant) -> Duration {
        role == .leader ? .zero : now.since(routers.idSequenceUpdated)
    }

    func isLeaderLost(now: Instant) -> Bool {
        routers.count > 0 && leaderAge(now: now) >= configuration.networkIDTimeout
    }

    /// What the way to the leader costs.
    var costToLeader: UInt8 {
        guard let leader = leaderData?.leaderRouterID else { return infiniteRouteCost }
        switch role {
        case .leader: return 0
        case .disabled, .detached: return infiniteRouteCost
        case .router: return routers.path(to: leader)?.cost ?? infiniteRouteCost
        case .child:
            guard let parent else { return infiniteRouteCost }
            let first = parent.signal.linkQuality.cost
            if parent.rloc16.routerID == leader { return first }
            guard let router = routers[leader], router.nextHop != nil else { return infiniteRouteCost }
            return min(first &+ router.cost, infiniteRouteCost)
        }
    }

    /// The leader's heartbeat, and what its absence means.
    mutating func ageLeader(now: Instant) {
        if role == .leader {
            if now.since(routers.idSequenceUpdated) >= profile.routerIDSequencePeriod {
                routers.advanceSequence(now: now)
            }
            return
        }
        guard role.isAttached, mode.isFullThreadDevice, isLeaderLost(now: now), attach == .idle else { return }
        emit(.event(.leaderLost))
        startAttach(.samePartition, now: now)
    }
}
