import EngineCore
import LinkProfiles
import ThreadWire

/// An Address Solicit that waits for the leader's answer.
struct RouterSolicitation: Equatable, Sendable {
    /// Why the id is wanted.
    var reason: TMFStatus
}

// Who becomes a router: the jittered decision, Address Solicit and Release, and the leader's part in it.
extension ThreadEngine {
    // MARK: The decision

    /// From how many routers in good range on a router may step back.
    /// - Source: OpenThread as observed: 3
    private static let downgradeNeighborMinimum = 3

    /// How many children per router too many a router that steps back may have at the most.
    /// - Source: OpenThread as observed: 3
    private static let childrenPerExcessRouter = 3

    /// Whether this node may be a router, by what it is, its operator and the network's policy.
    var canRoute: Bool {
        configuration.isRouterEligible && mode.isFullThreadDevice && isPermittedToRoute
    }

    /// A child that can route and sees few routers decides after a random while.
    mutating func considerRouterSelection(now: Instant) {
        guard role == .child, canRoute, routerSelectionDeadline == nil, solicitation == nil,
            routers.count < configuration.routerUpgradeThreshold
        else { return }
        routerSelectionDeadline = now + routerSelectionWait
    }

    /// Where frames are long, the wait is the longer the more want the same: each new router makes links to all others.
    /// - Deviation: docs/deviations.md#crowded-channel
    private var routerSelectionWait: Duration {
        mutating get {
            let others = max(rivals.count, routers.heardCount) - 1
            let jitter = configuration.routerSelectionJitter + profile.routerSelectionJitterPerRival * max(0, others)
            return entropy.open.duration(in: .zero...jitter)
        }
    }

    /// A router that is not needed decides after a random while to step back.
    mutating func considerDowngrade(_ route: Route64, from id: RouterID, now: Instant) {
        let excess = routers.count - configuration.routerDowngradeThreshold
        guard role == .router, routerSelectionDeadline == nil, excess > 0,
            children.valid.count < excess * Self.childrenPerExcessRouter, isRedundant(beside: id, route)
        else { return }
        routerSelectionDeadline = now + routerSelectionWait
    }

    /// Whether this child hears a router well enough to be worth its place among them.
    private var hearsRouterWell: Bool {
        parent.map { $0.signal.margin >= Self.linkMarginMinimum } == true
            || routers.routers.contains { $0.isLinkValid && $0.neighbor.signal.margin >= Self.linkMarginMinimum }
    }

    /// What a new child does about the router that it was: its children go on with it where it can route again, and
    /// an id that it does not need goes back to the leader.
    mutating func settleAsChild(now: Instant) {
        // When the wait is over a child that does not become a router tells of its partition.
        routerSelectionDeadline = mode.isFullThreadDevice ? now + routerSelectionWait : nil
        guard let id = previousRouterID else { return }
        let hasChildren = !children.settled.isEmpty
        switch attachMode {
        case .downgrade:
            releaseRouterID(id, now: now)
            giveUpChildren()
        case .samePartition where hasChildren: solicitRouterID(.haveChildIDRequest, now: now)
        case .anyPartition, .betterPartition, .betterParent:
            if hasChildren {
                solicitRouterID(
                    routedPartition == partitionID ? .haveChildIDRequest : .parentPartitionChange, now: now)
            }
        case .samePartition: break
        }
        if !canRoute || routers.count >= configuration.routerUpgradeThreshold && children.settled.isEmpty {
            giveUpChildren()
        }
    }

    /// This node will not be a router again under its old id: its children look for another.
    private mutating func giveUpChildren() {
        previousRouterID = nil
        for child in children.settled { removeChild(child.neighbor.extendedAddress) }
    }

    mutating func releaseRouterID(_ id: RouterID, now: Instant) {
        guard let leader = leaderRLOC16, let destination = locatorAddress(leader) else { return }
        request(
            TMFPath.addressRelease, [.rloc16(id.rloc16), .macExtendedAddress(extendedAddress)], to: destination,
            purpose: .addressRelease, now: now)
    }

    /// Whether the neighbor reaches all that this router reaches, as well or better.
    private func isRedundant(beside id: RouterID, _ route: Route64) -> Bool {
        let strong = routers.routers.filter { $0.isLinkValid && $0.neighbor.twoWayLinkQuality >= .fair }
        guard strong.count >= Self.downgradeNeighborMinimum else { return false }
        return strong.allSatisfy { router in
            guard router.id != id else { return true }
            guard let entry = route.entry(for: router.id) else { return false }
            return min(entry.linkQualityIn, entry.linkQualityOut) >= router.neighbor.twoWayLinkQuality.rawValue
        }
    }

    mutating func handleRouterSelection(now: Instant) {
        routerSelectionDeadline = nil
        switch role {
        case .child:
            if canRoute, routers.count < configuration.routerUpgradeThreshold, hearsRouterWell {
                solicitRouterID(.tooFewRouters, now: now)
            }
            beginEndDeviceAdvertisements(now: now)
        case .router:
            guard routers.count > configuration.routerDowngradeThreshold else { return }
            startAttach(.downgrade, now: now)
        case .disabled, .detached, .leader: break
        }
    }

    // MARK: Asking

    /// Asks the leader for a router id.
    mutating func solicitRouterID(_ reason: TMFStatus, now: Instant) {
        guard role == .child, canRoute, solicitation == nil, let leader = leaderRLOC16,
            let destination = locatorAddress(leader)
        else { return }
        routerSelectionDeadline = nil
        solicitation = RouterSolicitation(reason: reason)
        var tlvs: [TMFTLV] = [.macExtendedAddress(extendedAddress)]
        if let previousRouterID { tlvs.append(.rloc16(previousRouterID.rloc16)) }
        tlvs.append(.status(reason))
        request(TMFPath.addressSolicit, tlvs, to: destination, purpose: .addressSolicit, now: now)
    }

    /// The leader's answer; nil when it never came.
    mutating func handleAddressSolicitResponse(_ message: TMFMessage?, now: Instant) {
        guard let pending = solicitation else { return }
        solicitation = nil
        guard role == .child, let parent else { return }
        if let status = message?.status, status != .success, previousRouterID != nil { giveUpChildren() }
        guard let message, message.status == .success, let rloc16 = message.rloc16,
            rloc16.isRouter, let mask = message.routerMask
        else {
            // No id to be had: this node stays a child and tries again later.
            if pending.reason == .haveChildIDRequest {
                for child in children.children where child.isAwaitingIdentifier {
                    children.remove(child.neighbor.extendedAddress)
                }
            }
            return considerRouterSelection(now: now)
        }
        // Routers take an unknown neighbor's frames for nothing: links that this node had as a child are void.
        _ = routers.update(ids: mask.routerIDMask, sequence: mask.idSequence, now: now)
        removeLinks(now: now)
        keepParentAsRouter(parent, now: now)
        formerParent = parent
        self.parent = nil
        keepFormerAddress(now: now)
        resumeRouting(as: .router, id: rloc16.routerID, now: now)
        sendAdvertisement(to: .linkLocalAllNodes)
        if profile.dialect.requestsLinksByMulticast {
            requestLinksByMulticast(now: now)
        } else if parent.version < 4 {
            // A parent before Thread 1.3 does not take its former child's advertisement for a link.
            routers.modify(parent.rloc16.routerID) { $0.neighbor.rloc16 = parent.rloc16 }
            // Source: recording mixed_native, frame 20
            sendLinkRequest(to: parent.rloc16.routerID, isRenewal: false, now: now)
        }
        for child in children.children where child.isAwaitingIdentifier {
            sendChildIDResponse(to: child.neighbor.extendedAddress, now: now)
        }
    }

    /// Others, the former parent among them, go on sending to the address of the child until they know better.
    /// - Source: OpenThread as observed: it takes frames to its former address for 8 s
    private mutating func keepFormerAddress(now: Instant) {
        formerAddress = (rloc16, now + profile.formerAddressLifetime)
    }

    mutating func handleFormerAddressDeadline(now: Instant) {
        guard let former = formerAddress, former.until <= now else { return }
        formerAddress = nil
        emit(.identityChanged)
    }

    /// The link to the former parent stays, and with it the way to the leader.
    private mutating func keepParentAsRouter(_ parent: Neighbor, now: Instant) {
        var neighbor = parent
        neighbor.mode = .fullThreadDevice
        neighbor.lastHeard = now
        routers.modify(parent.rloc16.routerID) {
            $0.neighbor = neighbor
            $0.link = .valid
            $0.nextHop = nil
            $0.lastReachable = now
        }
        emit(.event(.linkAdded(parent.extendedAddress, parent.rloc16)))
    }

    // MARK: The leader's part

    /// Gives out a router id.
    mutating func handleAddressSolicit(_ message: TMFMessage, from source: IPv6Address? = nil, now: Instant)
        -> [TMFTLV]?
    {
        guard role == .leader, let address = message.macExtendedAddress, let reason = message.status else {
            drop(.unexpectedTMF)
            return nil
        }
        // A node that asks again, because the answer was lost, keeps its id.
        let known = assignedRouters[address].flatMap { routers[$0] != nil ? $0 : nil }
        if known == nil, let refusal = refusal(of: reason) { return [.status(refusal)] }
        let wanted = message.rloc16.flatMap { $0.isRouter ? $0.routerID : nil }
        guard
            let id = known
                ?? routers.allocate(
                    preferring: wanted, limit: configuration.routerLimit, in: configuration.routerIDRange, now: now,
                    entropy: &entropy.open)
        else { return [.status(.noAddressAvailable)] }
        assign(id, to: address)
        if known == nil {
            resetAdvertisement(now: now)
            noteCompany()
        }
        // What is known of addresses at its former place is out of date; a child's moves on when it advertises.
        if let former = source?.locator, former != id.rloc16, former.routerID != rloc16.routerID {
            resolver.remove(rloc16: former)
        }
        return [
            .status(.success), .rloc16(id.rloc16),
            .routerMask(RouterMask(idSequence: routers.idSequence, routerIDMask: routers.ids)),
        ]
    }

    /// One node an id: whoever held it before holds it no longer.
    mutating func assign(_ id: RouterID, to address: ExtendedAddress) {
        assignedRouters = assignedRouters.filter { $0.value != id }
        assignedRouters[address] = id
        storeRouters()
    }

    /// Why the leader gives out no id for a reason; nil when it does.
    private func refusal(of reason: TMFStatus) -> TMFStatus? {
        switch reason {
        case .tooFewRouters:
            return routers.count >= configuration.routerUpgradeThreshold ? TMFStatus.noAddressAvailable : nil
        case .haveChildIDRequest, .parentPartitionChange, .borderRouterRequest: return nil
        default: return .unrecognizedStatus
        }
    }

    /// Takes a router id back.
    mutating func handleAddressRelease(_ message: TMFMessage, now: Instant) {
        guard role == .leader, let rloc16 = message.rloc16, let address = message.macExtendedAddress,
            assignedRouters[address] == rloc16.routerID
        else { return drop(.unexpectedTMF) }
        releaseRouter(rloc16.routerID, now: now)
    }

    /// Releases the ids of routers to which there has been no way for long.
    mutating func releaseLostRouters(now: Instant) {
        let limit = now.earlier(by: profile.leaderToRouterTimeout)
        for id in routers.unreachable(since: limit, now: now) where id != rloc16.routerID {
            releaseRouter(id, now: now)
        }
    }

    mutating func releaseRouter(_ id: RouterID, now: Instant) {
        guard let router = routers[id], id != rloc16.routerID else { return }
        let address = router.neighbor.extendedAddress
        let wasValid = router.isLinkValid
        routers.release(id, reuseDelay: profile.routerIDReuseDelay, now: now)
        resolver.remove(routerID: id)
        assignedRouters = assignedRouters.filter { $0.value != id }
        storeRouters()
        if wasValid {
            withdrawPeer(address)
            emit(.event(.linkRemoved(address, id.rloc16)))
        }
        // All that it and its children offered is gone with it.
        removeServers(now: now) { $0.routerID == id }
        resetAdvertisement(now: now)
        noteCompany()
    }
}
