public import EngineCore
import LinkProfiles
public import ThreadWire

// The parent's side of an attachment, and the ageing of children.
extension ThreadEngine {
    /// How long repeated Parent Requests of one child are left unanswered.
    /// - Source: OpenThread as observed: 500 ms
    private static let duplicateParentRequestWindow = Duration.milliseconds(500)

    // MARK: Parent Request

    mutating func handleParentRequest(_ received: ReceivedMLE, now: Instant) {
        guard role.isAttached, canRoute, attach == .idle else { return noteRival(received.sender) }
        let message = received.message
        guard let scanMask = message.scanMask, let challenge = message.challenge, let version = message.version
        else { return drop(.malformedMLE) }
        guard role.isRouting ? scanMask.includesRouters : scanMask.includesEndDevices else { return }
        // Without a way to a living leader this node is no help.
        guard costToLeader < infiniteRouteCost, !isLeaderLost(now: now) else { return }
        if !role.isRouting, routers.count >= configuration.routerLimit { return }

        // Where many hear it, some answers are enough; who is asked again, or alone, answers always.
        // - Deviation: docs/deviations.md#few-answers
        if let wanted = profile.wantedParentResponses, received.isMulticast, !scanMask.includesEndDevices,
            children[received.sender] == nil,
            entropy.open.below(UInt64(max(1, routers.neighborCount(atLeast: .poor), rivals.count))) >= UInt64(wanted)
        {
            return
        }
        if let known = children[received.sender] {
            if known.isAwaitingIdentifier { return }
            guard now.since(known.answeredAt) >= Self.duplicateParentRequestWindow else { return }
        }
        var child =
            children[received.sender]
            ?? Child(
                neighbor: Neighbor(extendedAddress: received.sender, version: version, now: now),
                state: .candidate(expires: now + profile.candidateChildLifetime), answeredAt: now)
        child.answeredAt = now
        if !child.isValid && !child.isRestored {
            child.neighbor.mode = message.mode ?? child.neighbor.mode
            child.neighbor.version = version
            child.neighbor.signal.add(rssi: received.rssi, margin: received.margin)
            child.state = .candidate(expires: now + profile.candidateChildLifetime)
        }
        guard children.update(child) else { return drop(.childTableFull) }
        schedule(
            .parentResponse(to: received.sender, response: challenge),
            within: !received.isMulticast
                ? .zero
                : scanMask.includesEndDevices
                    ? profile.parentResponseMaximumDelayAll : profile.parentResponseMaximumDelayRouters, now: now)
    }

    mutating func sendParentResponse(to address: ExtendedAddress, response: [UInt8], now: Instant) {
        guard role.isAttached, let leaderData, let child = children[address] else { return }
        // One challenge for all answers to a child: it may take up any of them.
        let challenge = child.challenge.isEmpty ? challenge() : child.challenge
        children.modify(address) {
            $0.challenge = challenge
            if !$0.isValid && !$0.isRestored { $0.state = .candidate(expires: now + profile.candidateChildLifetime) }
        }
        var tlvs: [MLETLV] = [
            .sourceAddress(rloc16), .leaderData(leaderData), .linkLayerFrameCounter(linkFrameCounter),
            .mleFrameCounter(mleFrameCounter), .response(response),
        ]
        // Who sleeps may want to sleep by the clock.
        if !child.neighbor.mode.isReceiverOnWhenIdle { tlvs.append(.cslAccuracy(Self.clockAccuracy)) }
        tlvs += [
            .challenge(challenge), .linkMargin(child.neighbor.signal.marginByte), .connectivity(connectivity),
            .version(configuration.version),
        ]
        let destination = IPv6Address(linkLocal: address.interfaceIdentifier)
        guard isSleepyChild(.extended(address)) else { return sendMLE(.parentResponse, tlvs, to: destination) }
        // A child that looks for a parent listens, and does not poll the one it had.
        guard let payload = sealed(.parentResponse, tlvs, to: destination) else { return }
        emit(
            .sendOnLink(
                LinkMessage(
                    datagram: linkDatagram(payload, to: destination), destinationPAN: nil, channel: nil,
                    isWellKnownKeyUsed: false)))
    }

    /// Nothing is promised: this node sends at no coordinated times.
    /// - Source: recording sleepy, frame 9
    private static let clockAccuracy = CSLAccuracy(clockAccuracy: 255, uncertainty: 255)

    /// How well connected this node is, for a child to choose by.
    var connectivity: Connectivity {
        func count(_ quality: LinkQuality) -> UInt8 {
            UInt8(
                clamping: routers.routers.count { $0.isLinkValid && $0.neighbor.twoWayLinkQuality == quality }
                    + (role == .child && parent?.twoWayLinkQuality == quality ? 1 : 0))
        }
        let free = configuration.childLimit - children.children.count
        return Connectivity(
            parentPriority: configuration.parentPriority ?? (free * 3 > configuration.childLimit ? 0 : -1),
            linkQuality3: count(.good),
            linkQuality2: count(.fair), linkQuality1: count(.poor), leaderCost: costToLeader,
            idSequence: routers.idSequence, activeRouters: UInt8(clamping: routers.count),
            sleepyBuffering: Connectivity.SleepyBuffering(bufferSize: 1280, datagramCount: 1))
    }

    // MARK: Child ID Request

    mutating func handleChildIDRequest(_ received: ReceivedMLE, now: Instant) {
        guard role.isAttached, attach == .idle, var child = children[received.sender] else {
            return drop(.unexpectedMLE)
        }
        let message = received.message
        guard let response = message.response, let linkFrameCounter = message.linkFrameCounter,
            let mode = message.mode, mode.isPossible, let timeout = message.timeout, let version = message.version,
            let requested = message.tlvRequest
        else { return drop(.malformedMLE) }
        guard !child.challenge.isEmpty, response == child.challenge else { return drop(.staleChallenge) }
        if child.isValid { forgetFormerPlace(of: child) }
        child.challenge = []
        child.neighbor.linkFrameCounter = linkFrameCounter
        child.neighbor.linkKeySequence = received.keySequence
        child.neighbor.mleFrameCounter = max(message.mleFrameCounter ?? linkFrameCounter, received.frameCounter &+ 1)
        child.neighbor.keySequence = received.keySequence
        child.neighbor.mode = mode
        child.neighbor.version = version
        child.neighbor.lastHeard = now
        child.neighbor.connectedAt = now
        child.timeout = timeout
        child.supervisionInterval =
            message.supervisionInterval ?? Self.assumedSupervisionInterval(version: version, profile)
        child.supervisedAt = now
        child.offeredDataVersion = nil
        // What a child says of its supervision is confirmed, if it says anything.
        let confirmed: [MLETLVType] = message.supervisionInterval == nil ? [] : [.supervisionInterval]
        child.state = .awaitingIdentifier(
            requested: Array(requested.prefix(Self.requestedTLVLimit)) + confirmed + missingDatasets(of: message))
        _ = children.update(child)
        followKeySequence(received.keySequence, of: received.sender, .authoritative, now: now)
        register(mode.isFullThreadDevice ? [] : message.addressRegistration ?? [], of: received.sender)
        if let formerRouter = routers[received.sender] {
            // It was a router before and now wants to be a child.
            routers.removeLink(formerRouter.id, now: now)
        }
        if role.isRouting {
            sendChildIDResponse(to: received.sender, now: now)
        } else {
            solicitRouterID(.haveChildIDRequest, now: now)
        }
    }

    /// A child attaches anew: what waited for it is of no use any more.
    private mutating func forgetFormerPlace(of child: Child) {
        emit(.removePeer(child.neighbor.extendedAddress))
        emit(.event(.childRemoved(child.neighbor.extendedAddress, child.neighbor.rloc16)))
    }

    /// Answers a Child ID Request; this node is a router by now.
    mutating func sendChildIDResponse(to address: ExtendedAddress, now: Instant) {
        guard let leaderData, var child = children[address], case .awaitingIdentifier(let requested) = child.state
        else { return }
        if child.neighbor.rloc16.router != rloc16 || child.neighbor.rloc16.childID == 0 {
            guard let free = unusedChildID() else { return drop(.childTableFull) }
            child.neighbor.rloc16 = RLOC16(routerID: rloc16.routerID, childID: free)
        }
        child.state = .valid
        child.neighbor.connectedAt = now
        child.networkDataVersion = networkDataVersion(for: child.neighbor.mode)
        _ = children.update(child)
        publishPeer(child.neighbor, isChild: true)

        var tlvs: [MLETLV] = [.sourceAddress(rloc16), .leaderData(leaderData)]
        tlvs += timestampTLVs
        tlvs.append(.address16(child.neighbor.rloc16))
        for type in requested {
            switch type {
            case .networkData: tlvs.append(.networkData(networkDatabase.bytes(for: child.neighbor.mode)))
            case .route64: tlvs.append(.route64(routers.route64(self: rloc16.routerID)))
            case .supervisionInterval: tlvs.append(.supervisionInterval(child.supervisionInterval))
            default:
                if let tlv = datasetTLV(type, now: now) { tlvs.append(tlv) }
            }
        }
        if !child.neighbor.mode.isFullThreadDevice {
            tlvs.append(.addressRegistration(confirmedRegistrations(of: child)))
        }
        sendMLE(.childIDResponse, tlvs, to: address)
        storeChildren()
        emit(.event(.childAdded(address, child.neighbor.rloc16)))
    }

    private mutating func unusedChildID() -> UInt16? {
        for _ in 1...511 {
            nextChildID = nextChildID % 511 + 1
            let candidate = RLOC16(routerID: rloc16.routerID, childID: nextChildID)
            if !children.children.contains(where: { $0.neighbor.rloc16 == candidate }) { return nextChildID }
        }
        return nil
    }

    // MARK: Ageing

    /// Forgets children that have been silent for too long.
    mutating func ageChildren(now: Instant) {
        for child in children.silent(at: now, candidateLifetime: profile.candidateChildLifetime) {
            let address = child.neighbor.extendedAddress
            if child.isValid || child.isRestored {
                removeChild(address)
                serversChanged(now: now)
            } else {
                children.remove(address)
            }
        }
    }

    /// A datagram arrived from a place: when its sender is a child that cannot route, and the place another router's,
    /// the child has moved there.
    /// - Source: OpenThread as observed
    public mutating func noteSender(_ source: IPv6Address, at place: RLOC16, now: Instant) {
        guard role.isRouting, place.routerID != rloc16.routerID, place != .unassigned else { return }
        let moved = children.children.first {
            $0.isValid && !$0.neighbor.mode.isFullThreadDevice && $0.addresses.contains(source)
        }
        guard let moved else { return }
        removeChild(moved.neighbor.extendedAddress)
        serversChanged(now: now)
    }

    mutating func removeChild(_ address: ExtendedAddress) {
        guard let child = children[address] else { return }
        children.remove(address)
        withdrawPeer(address)
        resolver.remove(rloc16: child.neighbor.rloc16)
        guard child.isValid || child.isRestored else { return }
        storeChildren()
        emit(.event(.childRemoved(address, child.neighbor.rloc16)))
    }
}
