import EngineCore
import LinkProfiles
import ThreadWire

/// The place in the topology that a node had last.
struct StoredPlace: Equatable, Sendable {
    var role: Role
    var rloc16: RLOC16
    var partitionID: PartitionID
    var parent: ExtendedAddress
    /// Whether the node led a partition without any other router.
    var isAlone = false
}

/// Where the parent is that a node had last.
struct ParentPlace: Equatable, Sendable {
    var rloc16: RLOC16
    var partitionID: PartitionID
}

// A router or leader that starts again asks the routers around for the place that it had, and goes on in it under its
// old id. Where nobody knows it any more it attaches like a new node.
extension ThreadEngine {
    /// From how many children on a router asks as often for its place as a leader does.
    /// - Source: OpenThread as observed: 6
    private static let criticalChildCount = 6

    /// Begins to ask for the place that this node had.
    /// - Returns: false when it had none as a router.
    mutating func restoreRole(now: Instant) -> Bool {
        guard let place, place.role.isRouting, place.rloc16.isRouter, canRoute else { return false }
        previousRouterID = place.rloc16.routerID
        // Nobody is there who could know.
        // - Deviation: docs/deviations.md#lone-leader
        if place.isAlone, children.settled.isEmpty { return false }
        let isCritical = place.role == .leader || children.settled.count >= Self.criticalChildCount
        let attempts = isCritical ? profile.mleCriticalMaximumTransmissions : profile.mleMaximumTransmissions
        attach = .restoring(
            attemptsLeft: attempts, challenge: [],
            until: now + entropy.open.duration(in: .zero...profile.attachStartJitter))
        return true
    }

    /// The wait for an answer is over: ask again, or look for a parent as a new node does.
    mutating func continueRestoration(attemptsLeft: UInt8, now: Instant) {
        guard attemptsLeft > 0 else {
            attach = .idle
            notePreviousPlace(now: now)
            return startAttach(.anyPartition, now: now)
        }
        let challenge = challenge()
        let spread = Duration.microseconds(profile.multicastRetransmissionDelay.microseconds / 10)
        let repetition =
            profile.multicastRetransmissionDelay - spread + entropy.open.duration(in: .zero...(spread + spread))
        let wait = attemptsLeft > 1 ? repetition : profile.linkRequestWait + profile.linkAcceptMaximumDelay
        attach = .restoring(attemptsLeft: attemptsLeft - 1, challenge: challenge, until: now + wait)
        sendMLE(
            .linkRequest,
            [.version(configuration.version), .tlvRequest([.address16, .route64]), .challenge(challenge)],
            to: .linkLocalAllRouters)
    }

    /// The children that this node had cannot help it to a parent: they have none themselves.
    private mutating func notePreviousPlace(now: Instant) {
        guard let place else { return }
        previousPartition = PreviousPartition(
            id: place.partitionID, idSequence: nil, routerID: place.rloc16.routerID,
            until: now + configuration.networkIDTimeout)
    }

    /// A router that still knows this node tells it what has become of its place.
    mutating func handleLinkAcceptWhileRestoring(_ received: ReceivedMLE, now: Instant) {
        guard case .restoring(_, let challenge, _) = attach, let place else { return drop(.unexpectedMLE) }
        let message = received.message
        guard let source = message.sourceAddress, source.isRouter, source != place.rloc16,
            let response = message.response, let version = message.version,
            let linkFrameCounter = message.linkFrameCounter
        else { return drop(.malformedMLE) }
        guard !challenge.isEmpty, response == challenge else { return drop(.staleChallenge) }
        // A router that does not know this node tells nothing of its place.
        guard let address16 = message.address16, let leaderData = message.leaderData, let route = message.route64
        else { return drop(.unexpectedMLE) }
        guard address16 == place.rloc16, route.routerIDMask.contains(place.rloc16.routerID),
            route.routerIDMask.contains(source.routerID)
        else { return drop(.unexpectedMLE) }

        attach = .idle
        self.leaderData = leaderData
        routers.clear()
        _ = routers.update(ids: route.routerIDMask, sequence: route.idSequence, now: now)
        assignedRouters = assignedRouters.filter { routers.contains($0.value) }
        // Before anything is offered: what others registered must not be lost.
        mustRetrieveNetworkData = true
        resumeRouting(
            as: leaderData.leaderRouterID == place.rloc16.routerID ? .leader : .router, id: place.rloc16.routerID,
            now: now)
        // A neighbor that does not tell how it hears this node will in its next advertisement.
        establishLink(
            with: source.routerID, received, version: version, linkFrameCounter: linkFrameCounter,
            mleFrameCounter: message.mleFrameCounter ?? linkFrameCounter, margin: message.linkMargin ?? 0, now: now)
        learn(route, from: source.routerID, now: now)
        emit(.event(.partitionChanged(leaderData.partitionID)))
        requestNetworkData(from: received.sender, now: now)
    }

    /// Writes down the place that a role brings.
    mutating func notePlace() {
        guard role.isAttached, let partitionID else { return }
        place = StoredPlace(
            role: role, rloc16: rloc16, partitionID: partitionID,
            parent: parent?.extendedAddress ?? ExtendedAddress(rawValue: 0), isAlone: role == .leader && isSingleton)
        storeNetworkState()
    }

    /// As leader: writes down that other routers have come, or that the last one is gone.
    mutating func noteCompany() {
        guard role == .leader, place?.isAlone != isSingleton else { return }
        notePlace()
    }
}
