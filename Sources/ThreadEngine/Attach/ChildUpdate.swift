import EngineCore
import LinkProfiles
import ThreadWire

// Child Update on the child's side: how it shows that it is there, tells what has changed, takes up its place again
// after a restart, and hears what its parent has to say.
extension ThreadEngine {
    // MARK: When

    /// When a child speaks up that does not poll: well within its timeout, with time for all attempts.
    mutating func scheduleKeepAlive(now: Instant) {
        guard role == .child, mode.isReceiverOnWhenIdle else { return childUpdate = .idle }
        let reserve = profile.childUpdateRequestWait * Int(profile.keepAliveAttempts)
        let timeout = Duration.seconds(Int64(configuration.childTimeout))
        childUpdate = .scheduled(at: now + max(timeout - reserve, timeout / 2))
    }

    /// Something changed that the parent must know: told soon, together with what else changes meanwhile.
    mutating func scheduleChildUpdate(now: Instant) {
        guard role == .child else { return }
        childUpdate.changed(tellAt: now + profile.childUpdateRequestDelay)
    }

    mutating func handleChildUpdateDeadline(now: Instant) {
        guard let deadline = childUpdate.deadline, deadline <= now else { return }
        switch childUpdate {
        case .idle: break
        case .scheduled: sendChildUpdateRequest(now: now)
        case .awaiting(let attempt, let challenge, _, _):
            guard attempt < profile.keepAliveAttempts else { return loseParent(now: now) }
            sendChildUpdateRequest(attempt: attempt + 1, challenge: challenge, now: now)
        case .restoring(let attempt, let challenge, _):
            guard attempt < profile.keepAliveAttempts else { return giveUpFormerParent(now: now) }
            askFormerParent(attempt: attempt + 1, challenge: challenge, now: now)
        }
    }

    // MARK: Child Update Request

    /// Tells the parent all that it keeps of this node.
    /// - Parameter challenge: for an answer that proves to be one, as a change of keys needs it.
    /// - Source: recording sleepy, frames 138 and 142
    mutating func sendChildUpdateRequest(attempt: Int = 1, challenge: [UInt8]? = nil, now: Instant) {
        guard role == .child, let parent else { return childUpdate = .idle }
        childUpdate = .awaiting(
            attempt: attempt, challenge: challenge, isOutdated: false, until: now + profile.childUpdateRequestWait)
        registered = registeredAddresses
        var tlvs: [MLETLV] = [.mode(mode)]
        if let challenge { tlvs.append(.challenge(challenge)) }
        tlvs.append(.sourceAddress(rloc16))
        if let leaderData { tlvs.append(.leaderData(leaderData)) }
        // No time at all tells the parent that this node leaves.
        tlvs.append(.timeout(isDetaching ? 0 : configuration.childTimeout))
        if !mode.isReceiverOnWhenIdle { tlvs.append(.supervisionInterval(configuration.supervisionInterval)) }
        if !mode.isFullThreadDevice { tlvs.append(.addressRegistration(registrations(of: registered))) }
        sendMLE(.childUpdateRequest, tlvs, to: parent.extendedAddress)
    }

    /// After a restart: this node may be a child still.
    /// - Returns: false when it was none.
    mutating func restoreChildRole(now: Instant) -> Bool {
        guard let place, place.role == .child, place.rloc16.childID != 0, place.parent.rawValue != 0 else {
            return false
        }
        // What the parent can do is not stored; it is taken for a node like this one.
        parent = Neighbor(
            extendedAddress: place.parent, rloc16: place.rloc16.router, version: configuration.version, now: now)
        rloc16 = place.rloc16
        childUpdate = .restoring(
            attempt: 0, challenge: challenge(),
            until: now + entropy.open.duration(in: .zero...profile.attachStartJitter))
        emit(.identityChanged)
        return true
    }

    /// After a restart: asks the parent of before whether this node is still its child.
    /// - Source: OpenThread as observed
    private mutating func askFormerParent(attempt: Int, challenge: [UInt8], now: Instant) {
        guard let parent else { return giveUpFormerParent(now: now) }
        childUpdate = .restoring(
            attempt: attempt, challenge: challenge, until: now + profile.unicastRetransmissionDelay)
        var tlvs: [MLETLV] = [.mode(mode), .challenge(challenge)]
        if !mode.isFullThreadDevice, let address = meshLocalEID {
            tlvs.append(.addressRegistration(registrations(of: [address])))
        }
        sendMLE(.childUpdateRequest, tlvs, to: parent.extendedAddress)
    }

    /// The former parent does not answer or has forgotten this node.
    private mutating func giveUpFormerParent(now: Instant) {
        abandonFormerParent()
        startAttach(.anyPartition, now: now)
    }

    /// Ends the attempt to take up the old place.
    mutating func abandonFormerParent() {
        guard childUpdate.isRestoring else { return }
        childUpdate = .idle
        parent = nil
        rloc16 = .unassigned
        emit(.identityChanged)
    }

    // MARK: Child Update Response

    mutating func handleChildUpdateResponseAsChild(_ received: ReceivedMLE, now: Instant) {
        guard childUpdate.isAwaitingAnswer, let parent, received.sender == parent.extendedAddress else {
            return drop(.unexpectedMLE)
        }
        if isDetaching { return noteFarewellHeard(now: now) }
        let message = received.message
        let isRestoring = childUpdate.isRestoring
        if isRestoring || message.response != nil {
            guard let challenge = childUpdate.challenge, message.response == challenge else {
                return drop(.staleChallenge)
            }
            followKeySequence(received.keySequence, of: received.sender, .authoritative, now: now)
        }
        if message.status != nil {
            return isRestoring ? giveUpFormerParent(now: now) : loseParent(now: now)
        }
        guard let answered = message.mode, let source = message.sourceAddress else { return drop(.malformedMLE) }
        // The answer to what was told before the mode changed.
        guard answered == mode else { return drop(.staleChallenge) }
        guard source.routerID == rloc16.routerID else {
            return isRestoring ? giveUpFormerParent(now: now) : loseParent(now: now)
        }
        if isRestoring {
            guard resumeAsChild(received, now: now) else { return drop(.malformedMLE) }
        }
        self.parent?.lastHeard = now
        if let margin = message.linkMargin {
            self.parent?.linkQualityOut = LinkQuality(margin: Decibels(Double(margin)))
        }
        if let timeout = message.timeout { configuration.childTimeout = possibleChildTimeout(timeout) }
        let isOutdated: Bool
        if case .awaiting(_, _, let outdated, _) = childUpdate { isOutdated = outdated } else { isOutdated = false }
        scheduleKeepAlive(now: now)
        if isOutdated { scheduleChildUpdate(now: now) }
        learnFromParent(message, from: received.sender, now: now)
    }

    /// The former parent still has this node's place.
    /// - Returns: false when the answer lacks what is needed for it.
    private mutating func resumeAsChild(_ received: ReceivedMLE, now: Instant) -> Bool {
        let message = received.message
        guard var former = parent, let theirs = message.leaderData, let linkFrameCounter = message.linkFrameCounter
        else { return false }
        former.rloc16 = rloc16.router
        former.linkFrameCounter = linkFrameCounter
        former.linkKeySequence = received.keySequence
        former.mleFrameCounter = max(message.mleFrameCounter ?? linkFrameCounter, received.frameCounter &+ 1)
        former.keySequence = received.keySequence
        former.signal.add(rssi: received.rssi, margin: received.margin)
        former.connectedAt = now
        former.lastHeard = now
        becomeChild(of: former, rloc16: rloc16, leaderData: theirs, now: now)
        settleAsChild(now: now)
        // What it knew of the network is lost.
        mustRetrieveNetworkData = true
        requestNetworkData(from: former.extendedAddress, now: now)
        return true
    }

    // MARK: What the parent says

    /// The parent tells of newer network data, or asks what it has forgotten of this node.
    /// - Source: OpenThread as observed
    mutating func handleChildUpdateRequestAsChild(_ received: ReceivedMLE, now: Instant) {
        let message = received.message
        guard let source = message.sourceAddress else { return drop(.malformedMLE) }
        let isParent = received.sender == parent?.extendedAddress
        if isParent {
            guard message.status != MLEStatus.error, source == parent?.rloc16 else { return loseParent(now: now) }
            parent?.lastHeard = now
            if let margin = message.linkMargin {
                parent?.linkQualityOut = LinkQuality(margin: Decibels(Double(margin)))
            }
            learnFromParent(message, from: received.sender, now: now)
        }
        guard role == .child, let leaderData else { return }
        var tlvs: [MLETLV] = [.sourceAddress(rloc16), .leaderData(leaderData)]
        if let challenge = message.challenge {
            tlvs += [.response(challenge), .mleFrameCounter(mleFrameCounter), .linkLayerFrameCounter(linkFrameCounter)]
        }
        // Somebody takes this node for its child who is not its parent.
        if !isParent { tlvs.append(.status(MLEStatus.error)) }
        var hasMore = false
        for type in (message.tlvRequest ?? []).prefix(Self.requestedTLVLimit) {
            switch type {
            case .timeout: tlvs.append(.timeout(configuration.childTimeout))
            case .supervisionInterval where !mode.isReceiverOnWhenIdle:
                tlvs.append(.supervisionInterval(configuration.supervisionInterval))
            case .addressRegistration where !mode.isFullThreadDevice:
                guard let address = meshLocalEID else { continue }
                tlvs.append(.addressRegistration(registrations(of: [address])))
                hasMore = registeredAddresses.count > 1
            default: break
            }
        }
        sendMLE(.childUpdateResponse, tlvs, to: received.sender)
        if isParent, hasMore { sendChildUpdateRequest(now: now) }
    }

    /// How many requested elements are answered: there are not more that make sense.
    static let requestedTLVLimit = 8

    /// Leader data, and network data if there are any, of the parent.
    private mutating func learnFromParent(_ message: MLEMessage, from sender: ExtendedAddress, now: Instant) {
        guard let theirs = message.leaderData, let own = leaderData else { return }
        if theirs.partitionID != own.partitionID {
            // The child goes where its parent goes.
            leavePartition(for: theirs.partitionID, now: now)
            leaderData = theirs
            emit(.event(.partitionChanged(theirs.partitionID)))
            emit(.identityChanged)
            guard let data = message.networkData else { return requestNetworkData(from: sender, now: now) }
            _ = adoptNetworkData(data, now: now)
            return
        }
        learnNetworkData(of: message, from: sender, now: now)
    }

    /// The parent is silent or does not know this node any more.
    mutating func loseParent(now: Instant) {
        guard let lost = parent else { return }
        emit(.event(.parentLost(lost.extendedAddress)))
        becomeDetached(now: now)
        startAttach(.anyPartition, now: now)
    }
}

/// The Status TLV of MLE.
enum MLEStatus {
    static let error: UInt8 = 1
}
