import EngineCore
import LinkProfiles
import ThreadWire

// The child's side of an attachment: Parent Request, Parent Response, Child ID Request, Child ID Response.
extension ThreadEngine {
    // MARK: Starting

    /// Begins to look for a parent.
    mutating func startAttach(_ mode: AttachMode, now: Instant) {
        guard role != .disabled, network != nil else { return }
        // A better partition goes before any other reason, but hearing of it again must not start the search anew.
        if attach != .idle, mode != .betterPartition || attachMode == .betterPartition { return }
        abandonCandidate()
        if role.isAttached { attachAttempts = 0 }
        attachMode = mode
        counters.attachAttempts &+= 1
        // Others who are alone have heard of the same partition.
        let spread = profile.asksHeardRouter && mode == .betterPartition ? max(1, rivals.count) : 1
        let jitter = entropy.open.duration(in: .zero...profile.attachStartJitter * spread)
        attach = .pausing(until: now + jitter)
    }

    /// Ends the attachment; the MAC engine forgets the candidate whose frames it accepts already.
    mutating func abandonCandidate() {
        guard case .requestingIdentifier(let candidate, _, _) = attach else { return attach = .idle }
        attach = .idle
        withdrawPeer(candidate.neighbor.extendedAddress)
    }

    /// What was due in the attachment.
    mutating func handleAttachDeadline(now: Instant) {
        switch attach {
        case .idle: break
        case .restoring(let attemptsLeft, _, _): continueRestoration(attemptsLeft: attemptsLeft, now: now)
        case .listening:
            attach = .idle
            becomeLeader(now: now)
        case .pausing:
            hasParentAnswered = false
            sendParentRequest(number: 1, challenges: [], best: nil, now: now)
        case .requestingParent(let request, let challenges, _, let best):
            endOfParentRequest(request, challenges: challenges, best: best, now: now)
        case .requestingIdentifier(let candidate, let attempt, _):
            retryChildIDRequest(candidate, attempt: attempt, now: now)
        }
    }

    // MARK: Parent Request

    /// Later rounds, and the search for a better parent, have fewer requests; the first goes to routers alone at its beginning, unless this node lost its
    /// leader, where every neighbor that still hears it is welcome.
    /// - Source: OpenThread as observed
    private var isFirstRound: Bool { attachMode != .betterParent && (role.isAttached || attachAttempts == 0) }
    private var requestsToRouters: Int {
        guard isFirstRound else { return Int(profile.laterParentRequestsToRouters) }
        return attachMode == .samePartition ? 0 : Int(profile.parentRequestsToRouters)
    }
    private var requestsInAll: Int {
        Int(
            isFirstRound
                ? profile.parentRequestsToRouters + profile.parentRequestsToRoutersAndREEDs
                : profile.laterParentRequestsToRouters + profile.laterParentRequestsToRoutersAndREEDs)
    }

    private mutating func sendParentRequest(
        number: Int, challenges: [[UInt8]], best: ParentCandidate?, now: Instant
    ) {
        let challenge = challenge()
        askedRouter = number == 1 && profile.asksHeardRouter ? heardRouter?.address : nil
        heardRouter = nil
        if let askedRouter { return ask(askedRouter, challenge: challenge, now: now) }
        let includesREEDs = number > requestsToRouters
        sendMLE(
            .parentRequest,
            [
                .mode(mode), .challenge(challenge), .scanMask(includesREEDs ? .routersAndEndDevices : .routers),
                .version(configuration.version),
            ], to: .linkLocalAllRouters)
        let wait =
            (includesREEDs ? profile.parentRequestWaitRoutersAndREEDs : profile.parentRequestWaitRouters)
            + entropy.open.duration(in: .zero...profile.parentRequestJitter)
        attach = .requestingParent(
            request: number, challenges: challenges + [challenge], until: now + wait, best: best)
    }

    /// Asks the router that was heard, whose answer alone takes little air.
    /// - Deviation: docs/deviations.md#heard-router
    private mutating func ask(_ router: ExtendedAddress, challenge: [UInt8], now: Instant) {
        sendMLE(
            .parentRequest,
            [
                .mode(mode), .challenge(challenge), .scanMask(.routers), .version(configuration.version),
            ], to: IPv6Address(linkLocal: router.interfaceIdentifier))
        // Without an answer the requests to all follow.
        attach = .requestingParent(
            request: 0, challenges: [challenge], until: now + profile.parentRequestWaitRouters, best: nil)
    }

    /// The wait is over: ask the best candidate, or everybody again, or give up.
    private mutating func endOfParentRequest(
        _ request: Int, challenges: [[UInt8]], best: ParentCandidate?, now: Instant
    ) {
        // A router that is heard well is taken at once; a weaker one or a REED only when all had the chance to answer.
        let isLast = request >= requestsInAll
        if let best, isLast || request > requestsToRouters || best.neighbor.twoWayLinkQuality == .good {
            if role == .child, best.neighbor.extendedAddress == parent?.extendedAddress {
                // There is none better.
                return attach = .idle
            }
            return sendChildIDRequest(best, attempt: 1, now: now)
        }
        // All others are not made to answer because one did not: the air may be full as it is.
        if request == 0, best == nil {
            if attachMode == .betterPartition { return restFromBetterPartitions(now: now) }
            return attachFailedAtCandidate(now: now)
        }
        guard isLast else {
            return sendParentRequest(number: request + 1, challenges: challenges, best: best, now: now)
        }
        attachFailed(now: now)
    }

    /// A router of a better partition did not answer: this node keeps its place, and tries again later each time.
    /// - Deviation: docs/deviations.md#heard-router
    private mutating func restFromBetterPartitions(now: Instant) {
        attach = .idle
        if !role.isAttached { return startAttach(.anyPartition, now: now) }
        let failures = min((betterPartitionRest?.failures ?? 0) + 1, 6)
        let rest = profile.parentRequestWaitRouters * (1 << failures)
        betterPartitionRest = (now + rest + entropy.open.duration(in: .zero...rest), failures)
    }

    /// Nobody took this node in.
    private mutating func attachFailed(now: Instant) {
        attachAttempts += 1
        attach = .idle
        emit(.event(.attachFailed(attempt: attachAttempts)))
        if announceAttachFailed(now: now) { return }
        if looksWithOtherDataset(now: now) { return startAttach(attachMode, now: now) }
        switch attachMode {
        case .anyPartition:
            if role == .child {
                // While the parent is there, it is its business to find or form a partition; its child follows.
                guard !hasParentAnswered else { return }
                becomeDetached(now: now)
            }
            if canRoute {
                // Routers that have lost their leader together must not all form partitions at once.
                if role.isAttached, profile.formationJitter > .zero { becomeDetached(now: now) }
                formAfterListening(now: now)
            } else {
                if role.isAttached { becomeDetached(now: now) }
                pauseBeforeNextAttach(now: now)
            }
        case .samePartition:
            // The partition is gone: the next attempt takes any, and forms one where there is none.
            startAttach(.anyPartition, now: now)
        case .betterPartition, .betterParent, .downgrade:
            // This node keeps the place that it has.
            if !role.isAttached {
                attachMode = .anyPartition
                pauseBeforeNextAttach(now: now)
            }
        }
    }

    /// Forms a partition, on links where that pays only after a random time in which nobody else has formed one.
    /// - Deviation: docs/deviations.md#formation
    private mutating func formAfterListening(now: Instant) {
        guard profile.formationJitter > .zero, role == .detached else { return becomeLeader(now: now) }
        // The more look for a parent, the longer: the first leads, and the others are to hear it in time.
        let spread = profile.formationJitter * max(1, rivals.count)
        attach = .listening(until: now + entropy.open.duration(in: .zero...spread))
    }

    /// A detached node that listens, or waits for its next attempt, has heard a router: it asks soon, later the more
    /// others do the same.
    mutating func noteRouterWhileDetached(_ received: ReceivedMLE, now: Instant) {
        switch attach {
        case .listening, .pausing:
            guard role == .detached, profile.formationJitter > .zero else { return }
            if received.message.sourceAddress?.isRouter == true, let partition = received.message.leaderData {
                let isSingleton = received.message.route64.map { $0.routerIDMask.count <= 1 } ?? false
                noteHeardRouter(received.sender, partition, isSingleton: isSingleton)
            }
            let spread = profile.parentRequestJitter * (max(1, rivals.count) << min(attachAttempts, 5))
            let soon = now + entropy.open.duration(in: .zero...spread)
            if let deadline = attach.deadline, case .pausing = attach, deadline <= soon { return }
            attach = .pausing(until: soon)
        case .idle, .restoring, .requestingParent, .requestingIdentifier: break
        }
    }

    /// Keeps the router of the best partition that is heard.
    mutating func noteHeardRouter(_ address: ExtendedAddress, _ partition: LeaderData, isSingleton: Bool) {
        if let heard = heardRouter, heard.partition.partitionID != partition.partitionID,
            !isBetterPartition(
                partition, isSingleton: isSingleton, than: heard.partition, isSingleton: heard.isSingleton)
        {
            return
        }
        heardRouter = HeardRouter(address: address, partition: partition, isSingleton: isSingleton)
    }

    /// The most others that are counted.
    private static let rivalLimit = 32

    /// Somebody else looks for a parent, and will hear the same routers.
    mutating func noteRival(_ address: ExtendedAddress) {
        guard !role.isRouting || role == .leader && isSingleton, rivals.count < Self.rivalLimit else { return }
        rivals.insert(address)
    }

    /// Waits longer after each failure, so that a node without a network does not use up the air.
    private mutating func pauseBeforeNextAttach(now: Instant) {
        var pause = profile.attachBackoffMinimum
        for _ in 1..<max(1, min(attachAttempts, 32)) where pause < profile.attachBackoffMaximum {
            pause = pause + pause
        }
        if pause >= profile.attachBackoffMaximum {
            let jitter = profile.attachBackoffJitter
            pause = profile.attachBackoffMaximum - jitter + entropy.open.duration(in: .zero...(jitter + jitter))
        }
        attach = .pausing(until: now + pause + entropy.open.duration(in: .zero...profile.attachStartJitter))
    }

    // MARK: Parent Response

    mutating func handleParentResponse(_ received: ReceivedMLE, now: Instant) {
        guard case .requestingParent(let request, let challenges, let until, let best) = attach else {
            return drop(.unexpectedMLE)
        }
        let message = received.message
        guard let response = message.response, challenges.contains(response) else { return drop(.staleChallenge) }
        if received.sender == parent?.extendedAddress { hasParentAnswered = true }
        guard let rloc16 = message.sourceAddress, let leaderData = message.leaderData,
            let linkFrameCounter = message.linkFrameCounter, let challenge = message.challenge,
            let margin = message.linkMargin, let connectivity = message.connectivity, let version = message.version
        else { return drop(.malformedMLE) }
        guard isAcceptable(leaderData, connectivity, rloc16, sender: received.sender, now: now) else {
            return drop(.foreignPartition)
        }

        var neighbor = Neighbor(extendedAddress: received.sender, rloc16: rloc16, version: version, now: now)
        neighbor.signal.add(rssi: received.rssi, margin: received.margin)
        neighbor.linkQualityOut = LinkQuality(margin: Decibels(Double(margin)))
        neighbor.linkFrameCounter = linkFrameCounter
        neighbor.linkKeySequence = received.keySequence
        // Without a counter of its own, MLE counts on the link layer's.
        neighbor.mleFrameCounter = max(message.mleFrameCounter ?? linkFrameCounter, received.frameCounter &+ 1)
        neighbor.keySequence = received.keySequence
        followKeySequence(received.keySequence, of: received.sender, .authoritative, now: now)
        let candidate = ParentCandidate(
            neighbor: neighbor, challenge: challenge, leaderData: leaderData, connectivity: connectivity,
            twoWayMargin: min(received.margin.value, Double(margin)))
        if received.sender == askedRouter {
            askedRouter = nil
            return attach = .requestingParent(
                request: request, challenges: challenges, until: now, best: candidate)
        }
        // A repeated answer of the same router brings the challenge that it expects now.
        guard let best, best.neighbor.extendedAddress != received.sender, !isBetter(candidate, than: best) else {
            return attach = .requestingParent(request: request, challenges: challenges, until: until, best: candidate)
        }
    }

    /// Whether the partition of a candidate fits the reason of this attachment.
    private func isAcceptable(
        _ candidate: LeaderData, _ connectivity: Connectivity, _ rloc16: RLOC16, sender: ExtendedAddress, now: Instant
    ) -> Bool {
        // A router must not become its own child's child.
        if children[sender]?.isValid == true, candidate.partitionID == partitionID { return false }
        // Only a part that still hears the leader is of use: one whose router id sequence has gone on.
        func isAhead(of sequence: UInt8) -> Bool { Int8(bitPattern: connectivity.idSequence &- sequence) > 0 }
        if leaderData == nil, let previous = previousPartition, previous.until > now,
            previous.id == candidate.partitionID, !rloc16.isRouter, rloc16.routerID == previous.routerID
        {
            // A child of the router that this node has lost, or was: it knows of no other way than that.
            return previous.isBehind(connectivity.idSequence)
        }
        guard let own = leaderData else { return true }
        let isSame = candidate.partitionID == own.partitionID
        switch attachMode {
        case .anyPartition: return !isSame || isAhead(of: routers.idSequence)
        case .samePartition: return isSame && isAhead(of: routers.idSequence)
        // A child that cannot route hears of no sequence numbers that it could compare.
        case .betterParent: return true
        case .downgrade: return isSame && Int8(bitPattern: connectivity.idSequence &- routers.idSequence) >= 0
        case .betterPartition:
            return !isSame
                && isBetterPartition(
                    candidate, isSingleton: connectivity.activeRouters <= 1, than: own, isSingleton: isSingleton)
        }
    }

    /// Whether one candidate makes the better parent.
    private func isBetter(_ candidate: ParentCandidate, than other: ParentCandidate) -> Bool {
        if candidate.leaderData.partitionID != other.leaderData.partitionID {
            return isBetterPartition(
                candidate.leaderData, isSingleton: candidate.connectivity.activeRouters <= 1, than: other.leaderData,
                isSingleton: other.connectivity.activeRouters <= 1)
        }
        // In this order: link, router before REED, its own wish, its best links, version, what it keeps for sleepy
        // children, its other links, margin.
        // Source: OpenThread as observed
        func rank(_ one: ParentCandidate) -> [Double] {
            let buffering = one.connectivity.sleepyBuffering ?? .assumed
            return [
                Double(one.neighbor.twoWayLinkQuality.rawValue), one.neighbor.rloc16.isRouter ? 1 : 0,
                Double(one.connectivity.parentPriority), Double(one.connectivity.linkQuality3),
                Double(one.neighbor.version), Double(buffering.bufferSize), Double(buffering.datagramCount),
                Double(one.connectivity.linkQuality2), Double(one.connectivity.linkQuality1), one.twoWayMargin,
            ]
        }
        return rank(other).lexicographicallyPrecedes(rank(candidate))
    }

    // MARK: Child ID Request

    private mutating func sendChildIDRequest(_ candidate: ParentCandidate, attempt: Int, now: Instant) {
        var tlvs: [MLETLV] = [
            .response(candidate.challenge), .linkLayerFrameCounter(linkFrameCounter),
            .mleFrameCounter(mleFrameCounter), .mode(mode), .timeout(configuration.childTimeout),
            .version(configuration.version),
        ]
        if !mode.isReceiverOnWhenIdle { tlvs.append(.supervisionInterval(configuration.supervisionInterval)) }
        if !mode.isFullThreadDevice {
            registered = registeredAddresses
            var entries = registrations(of: registered)
            if entries.reduce(0, { $0 + $1.byteCount }) > roomForRegistration {
                // A request in fragments would be refused: the other addresses follow in a Child Update.
                registered = Array(registered.prefix(1))
                entries = registrations(of: registered)
            }
            tlvs.append(.addressRegistration(entries))
        }
        tlvs.append(
            .tlvRequest(mode.isFullThreadDevice ? [.address16, .networkData, .route64] : [.address16, .networkData]))
        tlvs += timestampTLVsOfRequest
        // The answer comes secured by the parent's counters: its frames must be accepted from now on. It comes from the
        // extended address; the short one may be that of another neighbor in the partition that this node is in still.
        var answering = candidate.neighbor
        answering.rloc16 = neighbor(candidate.neighbor.extendedAddress)?.rloc16 ?? .unassigned
        publishPeer(answering, isChild: false)
        sendMLE(.childIDRequest, tlvs, to: candidate.neighbor.extendedAddress)
        var asked = candidate
        asked.hasRequest = false
        attach = .requestingIdentifier(asked, attempt: attempt, until: now + profile.childIDRequestWait)
    }

    /// The candidate has acknowledged a frame: what it sends a sleepy child from now on must be fetched.
    mutating func noteCandidateReached(_ address: ExtendedAddress) {
        guard case .requestingIdentifier(var candidate, let attempt, let until) = attach,
            candidate.neighbor.extendedAddress == address
        else { return }
        candidate.hasRequest = true
        attach = .requestingIdentifier(candidate, attempt: attempt, until: until)
    }

    private mutating func retryChildIDRequest(_ candidate: ParentCandidate, attempt: Int, now: Instant) {
        guard attempt < profile.childIDRequestTransmissions else {
            withdrawPeer(candidate.neighbor.extendedAddress)
            return attachFailedAtCandidate(now: now)
        }
        sendChildIDRequest(candidate, attempt: attempt + 1, now: now)
    }

    /// The chosen parent does not answer: a node without a place looks again, for another; one that has a place keeps
    /// it, and is silent no longer than the search took.
    private mutating func attachFailedAtCandidate(now: Instant) {
        guard !role.isAttached, !profile.dialect.formsWhenParentIsSilent else { return attachFailed(now: now) }
        attachAttempts += 1
        emit(.event(.attachFailed(attempt: attachAttempts)))
        pauseBeforeNextAttach(now: now)
    }

    // MARK: Child ID Response

    mutating func handleChildIDResponse(_ received: ReceivedMLE, now: Instant) {
        guard case .requestingIdentifier(let candidate, _, _) = attach,
            candidate.neighbor.extendedAddress == received.sender
        else { return drop(.unexpectedMLE) }
        let message = received.message
        guard let parentRLOC16 = message.sourceAddress, let leaderData = message.leaderData,
            let ownRLOC16 = message.address16, ownRLOC16.childID != 0, ownRLOC16.router == parentRLOC16
        else { return drop(.malformedMLE) }

        leavePartition(for: leaderData.partitionID, now: now)
        adoptDatasetsOfParent(message, now: now)
        var neighbor = candidate.neighbor
        neighbor.rloc16 = parentRLOC16
        neighbor.mleFrameCounter = max(neighbor.mleFrameCounter, received.frameCounter &+ 1)
        neighbor.lastHeard = now
        neighbor.connectedAt = now
        attach = .idle
        let hasData = message.networkData.map { adoptNetworkData($0, now: now) } ?? false
        becomeChild(of: neighbor, rloc16: ownRLOC16, leaderData: leaderData, now: now)
        if !hasData { requestNetworkData(from: received.sender, now: now) }
        if let route = message.route64 {
            updateRouters(route, now: now)
            routers.learnAsChild(route, parent: parentRLOC16.routerID)
        } else {
            routers.clear()
        }
        announceAttached(now: now)
        settleAsChild(now: now)
    }
}
