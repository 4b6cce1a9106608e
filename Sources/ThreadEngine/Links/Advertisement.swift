import EngineCore
import LinkProfiles
import ThreadWire

// MLE Advertisements: what routers tell each other, and what follows from it.
extension ThreadEngine {
    // MARK: Sending

    /// Starts to advertise as a router.
    mutating func startAdvertising(now: Instant) {
        advertisement = TrickleTimer(
            intervalMinimum: advertisementIntervalMinimum, intervalMaximum: advertisementIntervalMaximum,
            now: now, entropy: &entropy.open)
    }

    /// Where frames are long, the shortest interval grows with the number of routers that are heard.
    /// - Deviation: docs/deviations.md#crowded-channel
    private var advertisementIntervalMinimum: Duration {
        max(
            profile.advertisementIntervalMinimum,
            profile.advertisementIntervalMinimumPerRouter * routers.heardCount)
    }

    mutating func stopAdvertising() { advertisement = nil }

    /// Something changed that others should hear soon.
    mutating func resetAdvertisement(now: Instant) {
        guard role.isRouting else { return }
        advertisement?.reset(now: now, entropy: &entropy.open)
    }

    mutating func updateAdvertisementInterval() {
        let shortest = advertisementIntervalMinimum
        let longest = advertisementIntervalMaximum
        advertisement?.setIntervals(minimum: shortest, maximum: max(shortest, longest))
    }

    /// Many neighbors advertise less often each: the longest interval grows with their number.
    public var advertisementIntervalMaximum: Duration {
        profile.advertisementIntervalMaximum(routerNeighbors: routers.neighborCount(atLeast: .fair))
    }

    mutating func handleAdvertisementDeadline(now: Instant) {
        guard role.isRouting, var timer = advertisement, timer.nextDeadline <= now else { return }
        let isDue = timer.handleDeadline(now: now, entropy: &entropy.open)
        advertisement = timer
        if isDue { sendAdvertisement(to: .linkLocalAllNodes) }
    }

    mutating func sendAdvertisement(to destination: IPv6Address) {
        // While this node changes its place, what it would say is about to become wrong.
        guard role.isRouting, let leaderData, attach == .idle, solicitation == nil else { return }
        sendMLE(
            .advertisement,
            [.sourceAddress(rloc16), .leaderData(leaderData), .route64(routers.route64(self: rloc16.routerID))],
            to: destination)
    }

    /// The margin that a router must be heard with before a link to it is worth its frames.
    /// - Source: OpenThread as observed: 10 dB
    static let linkMarginMinimum = Decibels(10)

    // MARK: Receiving

    mutating func handleAdvertisement(_ received: ReceivedMLE, now: Instant) {
        guard role.isAttached, let own = leaderData else { return noteRouterWhileDetached(received, now: now) }
        let message = received.message
        guard let source = message.sourceAddress, let leaderData = message.leaderData else {
            return drop(.malformedMLE)
        }
        let route = message.route64
        guard leaderData.partitionID == own.partitionID else {
            return considerPartition(leaderData, route: route, received, now: now)
        }
        guard leaderData.leaderRouterID == own.leaderRouterID else {
            if role == .child, received.sender == parent?.extendedAddress {
                return followParent(to: leaderData, route: message.route64, received, now: now)
            }
            // Two leaders under one partition id: only believed of a neighbor.
            if role.isRouting, neighbor(received.sender) != nil {
                becomeDetached(now: now)
                startAttach(.anyPartition, now: now)
            }
            return
        }
        guard source.isRouter, let route else { return forgetIfMoved(received.sender, to: source, now: now) }
        if neighbor(received.sender) != nil {
            adoptLeaderData(leaderData, from: received.sender, now: now)
            if routers.isNewer(route.idSequence) { updateRouters(route, now: now) }
            guard role.isAttached else { return }
        }
        if role == .child {
            handleAdvertisementAsChild(source: source, route: route, received, now: now)
        } else {
            handleAdvertisementAsRouter(source: source, route: route, received, now: now)
            forgetIfMoved(received.sender, to: source, now: now)
        }
    }

    /// A neighbor that advertises another place than the one under which it is known has left that one: what is sent
    /// there would be lost.
    /// - Source: OpenThread as observed
    private mutating func forgetIfMoved(_ sender: ExtendedAddress, to place: RLOC16, now: Instant) {
        guard role.isAttached, role != .child || sender != parent?.extendedAddress else { return }
        if let child = children[sender], child.isValid, child.neighbor.rloc16 != place {
            removeChild(sender)
            serversChanged(now: now)
        }
        if let router = routers[sender], router.isLinkValid, router.id.rloc16 != place {
            takeDownLink(router.id, now: now)
        }
    }

    private mutating func handleAdvertisementAsChild(
        source: RLOC16, route: Route64, _ received: ReceivedMLE, now: Instant
    ) {
        guard received.sender == parent?.extendedAddress else {
            routers.modify(source.routerID) { $0.isHeard = received.margin >= Self.linkMarginMinimum }
            return considerChildLink(with: source.routerID, received, now: now)
        }
        guard source == parent?.rloc16 else {
            // The parent has a new id: this node's address under the old one is void.
            becomeDetached(now: now)
            return startAttach(.anyPartition, now: now)
        }
        parent?.lastHeard = now
        routers.learnAsChild(route, parent: source.routerID)
        considerRouterSelection(now: now)
    }

    private mutating func handleAdvertisementAsRouter(
        source: RLOC16, route: Route64, _ received: ReceivedMLE, now: Instant
    ) {
        let id = source.routerID
        guard id != rloc16.routerID, routers.contains(id) else { return }
        considerDowngrade(route, from: id, now: now)
        if routers.linkedAddress(of: id) == nil, let child = children[received.sender], child.isValid {
            promoteChild(child, to: id, now: now)
        }
        switch routers.link(to: id) {
        case nil, .requested: break
        case .some(.none):
            let isHeard = received.margin >= Self.linkMarginMinimum
            routers.modify(id) { $0.isHeard = isHeard }
            guard isHeard, route.routerIDMask.contains(rloc16.routerID), mayRequestLink(with: id, now: now) else {
                return
            }
            requestLink(with: id, heard: received, after: .zero...profile.linkRequestMaximumDelay, now: now)
        case .valid:
            guard routers.linkedAddress(of: id) == received.sender else { return }
            routers.modify(id) { $0.neighbor.lastHeard = now }
            learn(route, from: id, now: now)
        }
    }

    /// A former child advertises as a router: the link is there already.
    private mutating func promoteChild(_ child: Child, to id: RouterID, now: Instant) {
        var neighbor = child.neighbor
        neighbor.rloc16 = id.rloc16
        neighbor.mode = .fullThreadDevice
        neighbor.lastHeard = now
        // What it hears of this node it tells in its next advertisement; until then both directions count alike.
        neighbor.linkQualityOut = neighbor.signal.linkQuality
        children.remove(child.neighbor.extendedAddress)
        storeChildren()
        routers.modify(id) {
            $0.neighbor = neighbor
            $0.link = .valid
            $0.lastReachable = now
        }
        resolver.replace(rloc16: child.neighbor.rloc16, with: id.rloc16)
        publishPeer(neighbor, isChild: false)
        emit(.event(.linkAdded(neighbor.extendedAddress, id.rloc16)))
        updateAdvertisementInterval()
        serversChanged(now: now)
    }

    // MARK: What an advertisement teaches

    /// Takes over the leader's list of router ids.
    mutating func updateRouters(_ route: Route64, now: Instant) {
        if role == .leader { return }
        let (removed, hasAdded) = routers.update(ids: route.routerIDMask, sequence: route.idSequence, now: now)
        for router in removed {
            resolver.remove(routerID: router.id)
            cancelLinkRequest(to: router.id)
            if router.isLinkValid {
                withdrawPeer(router.neighbor.extendedAddress)
                emit(.event(.linkRemoved(router.neighbor.extendedAddress, router.id.rloc16)))
            }
        }
        if role == .router, !route.routerIDMask.contains(rloc16.routerID) {
            // The leader has given this id up.
            becomeDetached(now: now)
            return startAttach(.anyPartition, now: now)
        }
        if hasAdded { resetAdvertisement(now: now) }
    }

    mutating func learn(_ route: Route64, from id: RouterID, now: Instant) {
        let own = route.entry(for: rloc16.routerID)
        if routers.learn(route, from: id, self: rloc16.routerID, now: now) { resetAdvertisement(now: now) }
        // The neighbor does not know of its link to this node: a word to it alone sets that right soon.
        if let own, own.linkQualityOut == 0, let router = routers[id], router.isLinkValid,
            router.neighbor.twoWayLinkQuality >= .fair
        {
            schedule(
                .advertisement(to: router.neighbor.extendedAddress), within: profile.linkRequestMaximumDelay, now: now)
        }
        updateAdvertisementInterval()
    }
}
