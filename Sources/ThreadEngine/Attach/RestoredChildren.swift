public import EngineCore
import LinkProfiles
import LinkSecurity
import ThreadWire

// The children of a router outlive its restart: it remembers who they were, and asks each whether it still is.
extension ThreadEngine {
    // MARK: The store

    /// Takes over the children of before a restart.
    public mutating func restore(_ stored: StoredChildren, now: Instant) {
        guard let place, place.role.isRouting else { return }
        for one in stored.children where one.rloc16.router == place.rloc16 && one.rloc16.childID != 0 {
            var neighbor = Neighbor(
                extendedAddress: one.extendedAddress, rloc16: one.rloc16, mode: one.mode, version: one.version,
                now: now)
            neighbor.keySequence = keyRing.keySequence
            neighbor.linkKeySequence = keyRing.keySequence
            var child = Child(neighbor: neighbor, state: .restored(isAsked: false), answeredAt: now)
            child.timeout = one.timeout
            guard children.update(child) else { return }
        }
        storedChildren = stored.record.value
    }

    /// Writes the children down, if they are others than those that are written.
    mutating func storeChildren() {
        let record = StoredChildren(
            children.settled.map {
                StoredChild(
                    extendedAddress: $0.neighbor.extendedAddress, rloc16: $0.neighbor.rloc16, mode: $0.neighbor.mode,
                    version: $0.neighbor.version, timeout: $0.timeout)
            }
        ).record
        guard record.value != storedChildren else { return }
        storedChildren = record.value
        emit(.store(record))
    }

    // MARK: A new beginning

    /// As a router again: children whose address belongs to another router id are none any more, nor are those that
    /// have become routers around; the others of before a restart are asked whether they still are.
    mutating func reclaimChildren(now: Instant) {
        for child in children.settled
        where child.neighbor.rloc16.router != rloc16
            || !child.isValid && neighbor(child.neighbor.extendedAddress) != nil
        {
            removeChild(child.neighbor.extendedAddress)
        }
        for child in children.settled {
            if case .restored = child.state { publishPeer(child.neighbor, isChild: true) }
        }
        askRestoredChildren(now: now)
    }

    /// Asks those children that were not asked yet.
    mutating func askRestoredChildren(now: Instant) {
        guard role.isRouting else { return }
        for child in children.children where child.state == .restored(isAsked: false) {
            askRestoredChild(child.neighbor.extendedAddress, now: now)
        }
    }

    /// Asks a child of before the restart whether it still is one.
    mutating func askRestoredChild(_ address: ExtendedAddress, now: Instant) {
        guard role.isRouting, let leaderData, let child = children[address], case .restored = child.state
        else { return }
        let challenge = child.challenge.isEmpty ? challenge() : child.challenge
        children.modify(address) {
            $0.challenge = challenge
            $0.state = .restored(isAsked: true)
        }
        var tlvs: [MLETLV] =
            [
                .sourceAddress(rloc16), .leaderData(leaderData),
                .networkData(networkDatabase.bytes(for: child.neighbor.mode)),
            ] + timestampTLVs
        tlvs += [.tlvRequest([.timeout, .addressRegistration]), .challenge(challenge)]
        sendMLE(.childUpdateRequest, tlvs, to: address)
    }

    /// A child answers its parent.
    mutating func handleChildUpdateResponseAsParent(_ received: ReceivedMLE, now: Instant) {
        let message = received.message
        guard let child = children[received.sender], child.isValid || child.isRestored else {
            return drop(.unexpectedMLE)
        }
        if let response = message.response {
            guard !child.challenge.isEmpty, response == child.challenge else { return drop(.staleChallenge) }
        } else {
            guard child.isValid else { return drop(.staleChallenge) }
        }
        if message.status == MLEStatus.error || message.sourceAddress.map({ $0 != child.neighbor.rloc16 }) == true {
            return removeChild(received.sender)
        }
        children.modify(received.sender) {
            $0.state = .valid
            $0.challenge = []
            $0.neighbor.lastHeard = now
            $0.neighbor.keySequence = received.keySequence
            $0.neighbor.mleFrameCounter = max(message.mleFrameCounter ?? 0, received.frameCounter &+ 1)
            $0.neighbor.signal.add(rssi: received.rssi, margin: received.margin)
            if let mode = message.mode { $0.neighbor.mode = mode }
            if let counter = message.linkFrameCounter {
                $0.neighbor.linkFrameCounter = counter
                $0.neighbor.linkKeySequence = received.keySequence
            }
            if let timeout = message.timeout { $0.timeout = timeout }
            if let interval = message.supervisionInterval { $0.supervisionInterval = interval }
            if let theirs = message.leaderData { $0.networkDataVersion = theirs.version(for: $0.neighbor.mode) }
            if !child.isValid { $0.supervisedAt = now }
        }
        if let entries = message.addressRegistration { register(entries, of: received.sender) }
        guard let confirmed = children[received.sender] else { return }
        publishPeer(confirmed.neighbor, isChild: true)
        storeChildren()
        if !child.isValid { emit(.event(.childAdded(received.sender, confirmed.neighbor.rloc16))) }
    }
}
