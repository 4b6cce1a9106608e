public import EngineCore
import LinkProfiles
public import ThreadWire

/// A Link Request to all routers that may still be answered.
struct MulticastLinkRequest: Equatable, Sendable {
    var challenge: [UInt8]
    var until: Instant
}

// Links between routers: Link Request, Link Accept, Link Accept and Request, and their ageing.
extension ThreadEngine {
    // MARK: Asking

    /// Whether a router is to be asked for a link now: not too many at once, and who did not answer later each time.
    func mayRequestLink(with id: RouterID, now: Instant) -> Bool {
        guard let router = routers[id], router.linkRestUntil <= now else { return false }
        return routers.routers.count { $0.isLinkRequested } < Int(profile.concurrentLinkRequests)
    }

    /// How long an answer is waited for.
    /// - Deviation: docs/deviations.md#crowded-channel
    private var linkRequestWait: Duration {
        profile.linkRequestWait + profile.linkRequestWaitPerRouter * routers.heardCount
    }

    /// A request for a link was not answered in time: on a link with little room for frames the next one comes later.
    private mutating func noteUnansweredLinkRequest(to id: RouterID, now: Instant) {
        guard profile.asksHeardRouter else { return }
        let jitter = entropy.open.duration(in: .zero...linkRequestWait)
        let wait = linkRequestWait
        routers.modify(id) {
            $0.unansweredLinkRequests = min($0.unansweredLinkRequests + 1, 6)
            $0.linkRestUntil = now + wait * (1 << Int($0.unansweredLinkRequests)) + jitter
        }
    }

    /// Begins a link with a router that was heard and has none, after a random wait.
    mutating func requestLink(
        with id: RouterID, heard received: ReceivedMLE, after range: ClosedRange<Duration>, now: Instant
    ) {
        var neighbor = Neighbor(extendedAddress: received.sender, rloc16: id.rloc16, now: now)
        neighbor.signal.add(rssi: received.rssi, margin: received.margin)
        neighbor.keySequence = received.keySequence
        neighbor.mleFrameCounter = received.frameCounter &+ 1
        let deadline = now + range.upperBound + linkRequestWait
        routers.modify(id) {
            $0.neighbor = neighbor
            $0.link = .requested(challenge: [], deadline: deadline)
        }
        schedule(.linkRequest(to: id), within: range.upperBound - range.lowerBound, now: now + range.lowerBound)
    }

    /// - Parameter isRenewal: whether a valid link has gone quiet, so that also the routes may be others by now.
    mutating func sendLinkRequest(to id: RouterID, isRenewal: Bool = true, now: Instant) {
        guard role.isAttached, let leaderData, let router = routers[id], router.link != .none else { return }
        let challenge = challenge()
        var tlvs: [MLETLV] = [.version(configuration.version)]
        if role.isRouting {
            tlvs.append(.tlvRequest(router.isLinkValid && isRenewal ? [.linkMargin, .route64] : [.linkMargin]))
        }
        tlvs += [.sourceAddress(rloc16), .leaderData(leaderData), .challenge(challenge)]
        let deadline = now + linkRequestWait
        routers.modify(id) {
            if $0.isLinkValid {
                $0.renewalChallenge = challenge
            } else {
                $0.link = .requested(challenge: challenge, deadline: deadline)
            }
        }
        sendMLE(.linkRequest, tlvs, to: router.neighbor.extendedAddress)
    }

    /// As a new router: asks all routers around for a link at once.
    /// - Source: recording merge_pymesh_into_new; OpenThread of 2018
    mutating func requestLinksByMulticast(now: Instant) {
        guard let leaderData else { return }
        let challenge = challenge()
        multicastLinkRequest = MulticastLinkRequest(
            challenge: challenge, until: now + profile.linkAcceptMaximumDelay + profile.linkRequestWait)
        sendMLE(
            .linkRequest,
            [
                .version(configuration.version), .tlvRequest([.linkMargin]), .sourceAddress(rloc16),
                .leaderData(leaderData), .challenge(challenge),
            ], to: .linkLocalAllRouters)
    }

    // MARK: Answering

    mutating func handleLinkRequest(_ received: ReceivedMLE, now: Instant) {
        guard role.isRouting, attach == .idle else { return drop(.unexpectedMLE) }
        let message = received.message
        guard let challenge = message.challenge, message.version != nil else { return drop(.malformedMLE) }
        if let theirs = message.leaderData, theirs.partitionID != partitionID { return drop(.foreignPartition) }
        if let source = message.sourceAddress {
            if source.isRouter {
                let id = source.routerID
                guard id != rloc16.routerID, let router = routers[id] else { return drop(.unexpectedMLE) }
                if router.isLinkValid {
                    // Another device with the id of a neighbor: not believed.
                    guard router.neighbor.extendedAddress == received.sender else { return drop(.unexpectedMLE) }
                } else {
                    cancelLinkRequest(to: id)
                    requestLinkWithAnswer(id, heard: received, now: now)
                }
            }
        } else if neighbor(received.sender)?.rloc16.isRouter != true {
            // Only a neighbor that has restarted may leave its address out. It may have been away for so long that the
            // link was given up: it gets its place confirmed as long as nobody else has its id.
            // - Deviation: docs/deviations.md#silent-routers
            guard let id = routers.silentRouter(received.sender) else { return drop(.unexpectedMLE) }
            requestLinkWithAnswer(id, heard: received, now: now)
        }
        let answer = DelayedMessage.Content.linkAccept(
            to: received.sender, response: challenge, requested: message.tlvRequest ?? [],
            margin: UInt8(clamping: Int(received.margin.value.rounded())))
        if received.isMulticast {
            schedule(answer, within: profile.linkAcceptMaximumDelay, now: now)
        } else if case .linkAccept(let neighbor, let response, let requested, let margin) = answer {
            sendLinkAccept(to: neighbor, response: response, requested: requested, margin: margin, now: now)
        }
    }

    /// The own request will ride on the answer.
    private mutating func requestLinkWithAnswer(_ id: RouterID, heard received: ReceivedMLE, now: Instant) {
        var neighbor = Neighbor(
            extendedAddress: received.sender, rloc16: id.rloc16, version: received.message.version ?? 0, now: now)
        neighbor.signal.add(rssi: received.rssi, margin: received.margin)
        neighbor.keySequence = received.keySequence
        neighbor.mleFrameCounter = received.frameCounter &+ 1
        let deadline = now + linkRequestWait
        routers.modify(id) {
            $0.neighbor = neighbor
            $0.link = .requested(challenge: [], deadline: deadline)
        }
    }

    mutating func sendLinkAccept(
        to address: ExtendedAddress, response: [UInt8], requested: [MLETLVType], margin: UInt8, now: Instant
    ) {
        guard role.isAttached, let leaderData else { return }
        let router = routers[address]
        var tlvs: [MLETLV] = [
            .version(configuration.version), .sourceAddress(rloc16), .response(response),
            .linkLayerFrameCounter(linkFrameCounter), .mleFrameCounter(mleFrameCounter), .linkMargin(margin),
        ]
        if router != nil { tlvs.append(.leaderData(leaderData)) }
        for type in requested {
            switch type {
            case .route64 where role.isRouting: tlvs.append(.route64(route64(for: router?.id)))
            case .address16:
                if let router { tlvs.append(.address16(router.id.rloc16)) }
            default: break
            }
        }
        guard let router, router.isLinkRequested else { return sendMLE(.linkAccept, tlvs, to: address) }
        let challenge = challenge()
        let deadline = now + linkRequestWait
        routers.modify(router.id) {
            $0.link = .requested(challenge: challenge, deadline: deadline)
        }
        tlvs += [.challenge(challenge), .tlvRequest([.linkMargin])]
        sendMLE(.linkAcceptAndRequest, tlvs, to: address)
    }

    /// How many routers the routes in a Link Accept tell of.
    /// - Source: OpenThread as observed: 20
    private static let linkAcceptRouterLimit = 20

    /// The routes for a Link Accept, which should fit into one frame: of many routers the first are left out, but for
    /// those that the link and the way to the leader need.
    private func route64(for neighbor: RouterID?) -> Route64 {
        guard let neighbor else { return routers.route64(self: rloc16.routerID) }
        var kept = RouterIDMask([rloc16.routerID, neighbor])
        if let leader = leaderData?.leaderRouterID { kept.insert(leader) }
        return routers.route64(self: rloc16.routerID, keeping: kept, limit: Self.linkAcceptRouterLimit)
    }

    // MARK: The answer

    mutating func handleLinkAccept(_ received: ReceivedMLE, alsoRequests: Bool, now: Instant) {
        if case .restoring = attach {
            handleLinkAcceptWhileRestoring(received, now: now)
            if alsoRequests, role.isRouting { answerRequest(in: received, now: now) }
            return
        }
        guard role.isAttached, attach == .idle || role == .child else { return drop(.unexpectedMLE) }
        let message = received.message
        guard let source = message.sourceAddress, source.isRouter, let response = message.response,
            let version = message.version, let linkFrameCounter = message.linkFrameCounter,
            let margin = message.linkMargin
        else { return drop(.malformedMLE) }
        guard let router = routers[source.routerID] else { return drop(.unexpectedMLE) }
        // Whether it answers a question of this node, and is no message of long ago.
        var isProven = true
        switch router.link {
        case .none:
            guard let asked = multicastLinkRequest, asked.until > now else { return drop(.unexpectedMLE) }
            guard response == asked.challenge else { return drop(.staleChallenge) }
        case .requested(let challenge, _):
            if let asked = multicastLinkRequest, asked.until > now, response == asked.challenge { break }
            guard !challenge.isEmpty, response == challenge else { return drop(.staleChallenge) }
        case .valid:
            guard router.neighbor.extendedAddress == received.sender else { return drop(.unexpectedMLE) }
            isProven = !router.renewalChallenge.isEmpty && response == router.renewalChallenge
        }
        if let theirs = message.leaderData {
            guard theirs.partitionID == partitionID else { return drop(.foreignPartition) }
            adoptLeaderData(theirs, from: received.sender, now: now)
        }
        establishLink(
            with: source.routerID, received, version: version, linkFrameCounter: linkFrameCounter,
            mleFrameCounter: message.mleFrameCounter ?? linkFrameCounter, margin: margin, now: now)
        if isProven {
            followKeySequence(received.keySequence, of: received.sender, .authoritative, now: now)
        }
        if let route = message.route64, role.isRouting {
            if routers.isNewer(route.idSequence) { updateRouters(route, now: now) }
            learn(route, from: source.routerID, now: now)
        }
        if alsoRequests { answerRequest(in: received, now: now) }
    }

    /// Answers the request that a Link Accept carries.
    private mutating func answerRequest(in received: ReceivedMLE, now: Instant) {
        guard let challenge = received.message.challenge else { return }
        sendLinkAccept(
            to: received.sender, response: challenge, requested: received.message.tlvRequest ?? [],
            margin: UInt8(clamping: Int(received.margin.value.rounded())), now: now)
    }

    mutating func establishLink(
        with id: RouterID, _ received: ReceivedMLE, version: UInt16, linkFrameCounter: UInt32, mleFrameCounter: UInt32,
        margin: UInt8, now: Instant
    ) {
        // The same device may still stand in the table under a former address.
        for other in routers.routers where other.id != id && other.neighbor.extendedAddress == received.sender {
            routers.removeLink(other.id, now: now)
        }
        if children[received.sender] != nil {
            removeChild(received.sender)
            serversChanged(now: now)
        }
        let wasReachable = routers.path(to: id) != nil
        let wasValid = routers[id]?.isLinkValid == true
        routers.modify(id) {
            $0.link = .valid
            $0.unansweredLinkRequests = 0
            $0.renewalChallenge = []
            $0.neighbor.extendedAddress = received.sender
            $0.neighbor.rloc16 = id.rloc16
            $0.neighbor.version = version
            $0.neighbor.mode = .fullThreadDevice
            $0.neighbor.linkFrameCounter = linkFrameCounter
            $0.neighbor.linkKeySequence = received.keySequence
            $0.neighbor.mleFrameCounter = max(mleFrameCounter, received.frameCounter &+ 1)
            $0.neighbor.keySequence = received.keySequence
            $0.neighbor.linkQualityOut = LinkQuality(margin: Decibels(Double(margin)))
            $0.neighbor.linkFailures = 0
            $0.neighbor.lastHeard = now
            if !wasValid { $0.neighbor.connectedAt = now }
            $0.lastReachable = now
        }
        cancelLinkRequest(to: id)
        // A leader that restarted learns anew who holds which id.
        if role == .leader { assign(id, to: received.sender) }
        if let router = routers[id] { publishPeer(router.neighbor, isChild: false) }
        if !wasValid { emit(.event(.linkAdded(received.sender, id.rloc16))) }
        if !wasReachable { resetAdvertisement(now: now) }
        updateAdvertisementInterval()
    }

    // MARK: Ageing

    /// Renews links that have gone quiet and takes down those that do not answer.
    mutating func ageRouters(now: Instant) {
        let age = min(profile.neighborAgeMaximum, profile.neighborAgeMaximumOnChild)
        for id in routers.overdue(at: now, unheardSince: now.earlier(by: age)) {
            guard let router = routers[id] else { continue }
            switch router.link {
            case .none: break
            case .requested(_, let deadline):
                if deadline <= now {
                    takeDownLink(router.id, now: now)
                    noteUnansweredLinkRequest(to: router.id, now: now)
                }
            case .valid:
                let age = now.since(router.neighbor.lastHeard)
                if isRichInLinks {
                    if age >= profile.neighborAgeMaximumOnChild { takeDownLink(router.id, now: now) }
                } else if age >= profile.neighborAgeMaximum + linkRenewalWindow {
                    takeDownLink(router.id, now: now)
                } else if age >= profile.neighborAgeMaximum {
                    // A few attempts to hear from it, spread over the window.
                    schedule(.linkRequest(to: router.id), within: profile.linkRequestWait, now: now)
                }
            }
        }
        if role == .leader { releaseLostRouters(now: now) }
    }

    /// For how long a silent router is asked for a sign of life.
    private var linkRenewalWindow: Duration {
        .microseconds(profile.linkRequestWait.microseconds * 3)
    }

    /// Removes a link, and tells everybody if that cuts a router off.
    mutating func takeDownLink(_ id: RouterID, now: Instant) {
        guard let router = routers[id] else { return }
        let address = router.neighbor.extendedAddress
        let wasValid = router.isLinkValid
        let before = routers.routers.filter { routers.path(to: $0.id) != nil }.map { $0.id }
        routers.removeLink(id, now: now)
        cancelLinkRequest(to: id)
        withdrawPeer(address)
        if wasValid { emit(.event(.linkRemoved(address, id.rloc16))) }
        if before.contains(where: { routers.path(to: $0) == nil }) {
            resolver.remove(routerID: id)
            resetAdvertisement(now: now)
        }
        updateAdvertisementInterval()
    }

    // MARK: Failed transmissions

    /// The MAC engine sent to a neighbor and heard no acknowledgement, or did.
    public mutating func noteTransmission(to address: ExtendedAddress, isAcknowledged: Bool, now: Instant) {
        if isAcknowledged {
            noteCandidateReached(address)
            children.modify(address) { $0.supervisedAt = now }
        }
        guard let before = neighbor(address) else { return }
        let failures = isAcknowledged ? 0 : min(before.linkFailures, .max - 1) + 1
        modifyNeighbor(address) {
            $0.linkFailures = failures
            $0.frameFailures.add(isSuccess: isAcknowledged)
        }
        guard failures > 0 else { return }
        if role == .child, before.extendedAddress == parent?.extendedAddress {
            if failures >= Self.failedTransmissionLimit { loseParent(now: now) }
        } else if let router = routers[address], failures >= Self.failedTransmissionLimit {
            takeDownLink(router.id, now: now)
            silentRouters[router.id] = now
        } else if let child = children[address], failures >= profile.maximumChildTransmissions {
            resolver.remove(rloc16: child.neighbor.rloc16)
        }
    }

    /// A datagram to a neighbor has left wholly, or was given up.
    public mutating func noteDatagram(to address: ExtendedAddress, isDelivered: Bool) {
        modifyNeighbor(address) { $0.datagramFailures.add(isSuccess: isDelivered) }
    }

    /// How many transmissions in a row may fail before a router's link is given up.
    /// - Source: OpenThread as observed: 4
    private static let failedTransmissionLimit: UInt8 = 4
}
