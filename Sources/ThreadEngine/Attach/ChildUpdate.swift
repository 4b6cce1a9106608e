import EngineCore
import LinkProfiles
import ThreadWire

/// A child's next sign of life to its parent.
struct KeepAlive: Equatable, Sendable {
    var deadline: Instant
    /// Requests sent without an answer.
    var unanswered: Int
    /// The challenge of the last request, when it had one.
    var challenge: [UInt8]
}

// Child Update: how a child shows that it is there, and how a parent answers.
extension ThreadEngine {
    // MARK: The child's side

    /// When a child speaks up: well within its timeout, with time for all attempts.
    mutating func scheduleKeepAlive(now: Instant) {
        let attempts = Int64(profile.keepAliveAttempts)
        let reserve = Duration.microseconds(profile.childUpdateRequestWait.microseconds * attempts)
        let timeout = Duration.seconds(Int64(configuration.childTimeout))
        let wait = max(timeout - reserve, Duration.microseconds(timeout.microseconds / 2))
        keepAlive = KeepAlive(deadline: now + wait, unanswered: 0, challenge: [])
    }

    mutating func handleKeepAliveDeadline(now: Instant) {
        guard role == .child, var alive = keepAlive, alive.deadline <= now, let parent else { return }
        guard alive.unanswered < profile.keepAliveAttempts else { return loseParent(now: now) }
        alive.unanswered += 1
        alive.challenge = challenge()
        alive.deadline = now + profile.childUpdateRequestWait
        keepAlive = alive
        var tlvs: [MLETLV] = [
            .mode(mode), .sourceAddress(rloc16), .timeout(configuration.childTimeout), .challenge(alive.challenge),
        ]
        if let leaderData { tlvs.append(.leaderData(leaderData)) }
        if !mode.isFullThreadDevice, let address = meshLocalEID {
            tlvs.append(.addressRegistration([.compressed(contextID: 0, interfaceIdentifier: address.low)]))
        }
        sendMLE(.childUpdateRequest, tlvs, to: parent.extendedAddress)
    }

    mutating func handleChildUpdateResponse(_ received: ReceivedMLE, now: Instant) {
        guard role == .child, received.sender == parent?.extendedAddress, let alive = keepAlive,
            alive.unanswered > 0
        else { return drop(.unexpectedMLE) }
        let message = received.message
        if let status = message.status, status == MLEStatus.error { return loseParent(now: now) }
        guard message.response == alive.challenge else { return drop(.staleChallenge) }
        followKeySequence(received.keySequence, of: received.sender, .authoritative, now: now)
        if let source = message.sourceAddress, source != parent?.rloc16 { return loseParent(now: now) }
        parent?.lastHeard = now
        if let leaderData = message.leaderData { adoptLeaderData(leaderData, from: received.sender, now: now) }
        scheduleKeepAlive(now: now)
    }

    /// The parent is silent or does not know this node any more.
    mutating func loseParent(now: Instant) {
        guard let lost = parent else { return }
        emit(.event(.parentLost(lost.extendedAddress)))
        counters.parentChanges &+= 1
        becomeDetached(now: now)
        startAttach(.anyPartition, now: now)
    }

    // MARK: The parent's side

    mutating func handleChildUpdateRequest(_ received: ReceivedMLE, now: Instant) {
        let message = received.message
        guard role.isRouting else { return drop(.unexpectedMLE) }
        guard let mode = message.mode else { return drop(.malformedMLE) }
        guard let child = children[received.sender], child.isValid else {
            // A child of before this node's restart: it must attach anew.
            var tlvs: [MLETLV] = [.sourceAddress(rloc16), .status(MLEStatus.error)]
            if let challenge = message.challenge { tlvs.append(.response(challenge)) }
            return sendMLE(.childUpdateResponse, tlvs, to: received.sender)
        }
        children.modify(received.sender) {
            $0.neighbor.mode = mode
            $0.neighbor.lastHeard = now
            if let timeout = message.timeout { $0.timeout = timeout }
            if let interval = message.supervisionInterval { $0.supervisionInterval = interval }
            if let version = message.leaderData?.dataVersion { $0.networkDataVersion = version }
        }
        if let entries = message.addressRegistration {
            let registered = addresses(registered: entries)
            children.modify(received.sender) { $0.addresses = registered }
        }
        if child.neighbor.mode != mode, let changed = children[received.sender] {
            publishPeer(changed.neighbor, isChild: true)
        }
        var tlvs: [MLETLV] = [.mode(mode), .sourceAddress(rloc16)]
        if let challenge = message.challenge { tlvs.append(.response(challenge)) }
        if let leaderData { tlvs.append(.leaderData(leaderData)) }
        if let timeout = message.timeout { tlvs.append(.timeout(timeout)) }
        if let entries = message.addressRegistration { tlvs.append(.addressRegistration(entries)) }
        sendMLE(.childUpdateResponse, tlvs, to: received.sender)
    }
}

/// The Status TLV of MLE.
enum MLEStatus {
    static let error: UInt8 = 1
}
