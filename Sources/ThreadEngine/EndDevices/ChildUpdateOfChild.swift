import EngineCore
import LinkProfiles
public import ThreadWire
import WireCore

// Child Update on the parent's side.
extension ThreadEngine {
    mutating func handleChildUpdateRequest(_ received: ReceivedMLE, now: Instant) {
        if role.isRouting { return handleChildUpdateRequestAsParent(received, now: now) }
        guard role == .child else { return drop(.unexpectedMLE) }
        handleChildUpdateRequestAsChild(received, now: now)
    }

    mutating func handleChildUpdateResponse(_ received: ReceivedMLE, now: Instant) {
        if role.isRouting { return handleChildUpdateResponseAsParent(received, now: now) }
        handleChildUpdateResponseAsChild(received, now: now)
    }

    // MARK: What a child tells

    private mutating func handleChildUpdateRequestAsParent(_ received: ReceivedMLE, now: Instant) {
        let message = received.message
        guard let mode = message.mode else { return denyBeingChild(received) }
        guard mode.isPossible else { return drop(.malformedMLE) }
        // A child of before this node's restart was asked first, and is asked again: the question may be lost.
        if children[received.sender]?.isRestored == true { return askRestoredChild(received.sender, now: now) }
        guard let child = children[received.sender] else {
            // A child of before: it must attach anew. One that sleeps may not be there any more to hear it.
            guard mode.isReceiverOnWhenIdle else { return drop(.unexpectedMLE) }
            var tlvs: [MLETLV] = message.challenge.map { [.response($0)] } ?? []
            tlvs += [.sourceAddress(rloc16), .status(MLEStatus.error)]
            return sendMLE(.childUpdateResponse, tlvs, to: received.sender)
        }
        guard child.isValid else { return drop(.unexpectedMLE) }
        let supervisionInterval =
            message.supervisionInterval ?? Self.assumedSupervisionInterval(version: child.neighbor.version, profile)
        children.modify(received.sender) {
            $0.neighbor.mode = mode
            $0.neighbor.lastHeard = now
            if let timeout = message.timeout { $0.timeout = timeout }
            $0.supervisionInterval = supervisionInterval
            if let theirs = message.leaderData { $0.networkDataVersion = theirs.version(for: mode) }
        }
        if let entries = message.addressRegistration { register(entries, of: received.sender) }
        storeChildren()
        if child.neighbor.mode != mode, let changed = children[received.sender] {
            publishPeer(changed.neighbor, isChild: true)
        }
        storeChildren()
        answer(received, mode: mode, now: now)
    }

    /// A router that has restarted takes this one for the child that it was before.
    private mutating func denyBeingChild(_ received: ReceivedMLE) {
        guard let challenge = received.message.challenge else { return drop(.malformedMLE) }
        sendMLE(
            .childUpdateResponse, [.response(challenge), .sourceAddress(rloc16), .status(MLEStatus.error)],
            to: received.sender)
    }

    /// - Source: recording sleepy, frames 140 and 146
    private mutating func answer(_ received: ReceivedMLE, mode: DeviceMode, now: Instant) {
        let message = received.message
        guard let leaderData, let child = children[received.sender] else { return }
        var tlvs: [MLETLV] = message.challenge.map { [.response($0)] } ?? []
        tlvs += [
            .sourceAddress(rloc16), .mode(mode), .linkMargin(child.neighbor.signal.marginByte), .leaderData(leaderData),
        ]
        if message.challenge != nil {
            tlvs += [.mleFrameCounter(mleFrameCounter), .linkLayerFrameCounter(linkFrameCounter)]
        }
        if message.addressRegistration != nil {
            tlvs.append(.addressRegistration(confirmedRegistrations(of: child)))
        }
        if message.timeout != nil { tlvs.append(.timeout(child.timeout)) }
        if message.supervisionInterval != nil { tlvs.append(.supervisionInterval(child.supervisionInterval)) }
        for type in (message.tlvRequest ?? []).prefix(Self.requestedTLVLimit) where type == .networkData {
            tlvs.append(.networkData(networkDatabase.bytes(for: mode)))
            tlvs += timestampTLVs
        }
        sendMLE(.childUpdateResponse, tlvs, to: received.sender)
    }

    /// How often a child is supervised that says nothing about it: those before Thread 1.4 could not.
    /// - Source: OpenThread as observed
    static func assumedSupervisionInterval(version: UInt16, _ profile: LinkProfile) -> UInt16 {
        version <= 4 ? UInt16(clamping: profile.childSupervisionInterval.wholeSeconds) : 0
    }

    // MARK: What a child is told

    /// Tells sleepy children of network data that they do not have: they hear no multicasts.
    mutating func updateSleepyChildren() {
        guard role.isRouting, let leaderData else { return }
        for child in children.sleepy {
            let version = leaderData.version(for: child.neighbor.mode)
            guard child.networkDataVersion != version, child.offeredDataVersion != version else { continue }
            children.modify(child.neighbor.extendedAddress) { $0.offeredDataVersion = version }
            sendChildUpdateRequest(to: child)
        }
    }

    /// - Source: OpenThread as observed
    private mutating func sendChildUpdateRequest(to child: Child) {
        guard let leaderData else { return }
        var tlvs: [MLETLV] = [
            .sourceAddress(rloc16), .leaderData(leaderData),
            .networkData(networkDatabase.bytes(for: child.neighbor.mode)),
        ]
        tlvs += timestampTLVs
        tlvs.append(.linkMargin(child.neighbor.signal.marginByte))
        sendMLE(.childUpdateRequest, tlvs, to: child.neighbor.extendedAddress)
    }
}

extension LeaderData {
    /// The version of the network data that a device with a mode keeps.
    func version(for mode: DeviceMode) -> UInt8 {
        mode.requestsFullNetworkData ? dataVersion : stableDataVersion
    }
}

extension DeviceMode {
    /// A device that routes for others cannot sleep.
    public var isPossible: Bool { isReceiverOnWhenIdle || !isFullThreadDevice }
}

extension ReceivedSignal {
    /// The average link margin as a Link Margin TLV carries it.
    var marginByte: UInt8 { UInt8(clamping: Int(margin.value.rounded())) }
}
