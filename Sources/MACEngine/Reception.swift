import EngineCore
import LinkProfiles
import LinkSecurity
import ThreadWire
import WireCore

// The way of a received frame: checks in the order in which OpenThread makes them, then up.
extension MACEngine {
    /// How long after a frame its repetition may come: the sender's wait for an acknowledgement, its longest backoff
    /// and the frame itself, and that again for one repetition that was lost.
    static func repetitionWindow(_ profile: LinkProfile) -> Duration {
        let backoff = profile.backoffUnit * (1 << Int(min(profile.maximumBackoffExponent, 16)))
        return (profile.acknowledgementWait + backoff + profile.airtime(of: profile.maximumPSDU)) * 2
    }

    mutating func receive(_ received: ReceivedFrame, now: Instant) {
        if profile.frameCheckSequenceLength > 0, configuration.checksFrameCheckSequence,
            !FrameCheckSequence.isValid(received.bytes)
        {
            counters.receiveTotal &+= 1
            counters.receiveErrorFrameCheckSequence &+= 1
            return drops.count(.frameCheckSequence)
        }
        let frame: MACFrame
        do throws(ParseError) {
            frame = try MACFrame(
                parsing: received.bytes, frameCheckSequenceLength: profile.frameCheckSequenceLength)
        } catch {
            counters.receiveTotal &+= 1
            counters.receiveErrorOther &+= 1
            return drops.count(error.isUnsupported ? .unsupportedFrame : .malformedFrame)
        }
        if frame.header.frameType == .acknowledgement {
            return handleAcknowledgement(frame.header, received, now: now)
        }
        counters.receiveTotal &+= 1
        if handleDuringScan(frame, received) { return }
        guard isForThisNode(frame.header) else { return overhear(frame, received, now: now) }
        acknowledge(frame.header, now: now)
        guard let sender = admittedSender(of: frame.header) else { return }
        if frame.header.destination.isBroadcast {
            counters.receiveBroadcast &+= 1
        } else {
            counters.receiveUnicast &+= 1
        }
        var bytes = frame.header.security == nil ? received.bytes : copyToDecrypt(received.bytes)
        defer { if frame.header.security != nil { lastDecrypted = bytes } }
        guard let security = unsecure(&bytes, frame, sender: sender, now: now) else { return }
        let indication = MACIndication(
            header: frame.header, bytes: bytes, payload: frame.payload, security: security,
            rssi: sender.flatMap(filter.rssi(for:)) ?? received.rssi, snr: received.snr, sourceExtendedAddress: sender)
        dispatch(consume indication)
    }

    private mutating func copyToDecrypt(_ bytes: [UInt8]) -> [UInt8] {
        var copy: [UInt8] = []
        swap(&copy, &lastDecrypted)
        copy.removeAll(keepingCapacity: true)
        copy.append(contentsOf: bytes)
        return copy
    }

    /// Whether PAN and destination are this node's or everybody's.
    private mutating func isForThisNode(_ header: MACHeader) -> Bool {
        if let pan = header.destinationPAN, pan != panID, pan != .broadcast {
            counters.receiveDestinationAddressFiltered &+= 1
            drops.count(.foreignPAN)
            return false
        }
        let isForThisNode =
            switch header.destination {
            // Only beacons are for whoever hears them.
            case .none: header.frameType == .beacon
            // A sleeping node gets broadcasts from its parent, addressed to it; others it would see twice.
            case .short(.broadcast): isReceiverOnWhenIdle
            case .short(let address):
                (address == shortAddress || address == formerShortAddress) && address != .unassigned
            case .extended(let address): address == extendedAddress
            }
        if !isForThisNode {
            counters.receiveDestinationAddressFiltered &+= 1
            drops.count(.notForThisNode)
        }
        return isForThisNode
    }

    /// Who sent the frame, if it is somebody to listen to.
    /// - Returns: nil when the frame was dropped; inside, nil when it has no source address.
    private mutating func admittedSender(of header: MACHeader) -> ExtendedAddress?? {
        let sender: ExtendedAddress
        switch header.source {
        case .none:
            return .some(nil)
        case .short(let address):
            // A short address says nothing without a peer that has it; only beacons come from strangers.
            guard let index = peers.index(of: address) else {
                if header.frameType == .beacon { return .some(nil) }
                counters.receiveErrorUnknownNeighbor &+= 1
                drops.count(.unknownPeer)
                return nil
            }
            sender = peers[index].peer.extendedAddress
        case .extended(let address):
            sender = address
        }
        guard sender != extendedAddress else {
            counters.receiveErrorInvalidSourceAddress &+= 1
            drops.count(.ownSourceAddress)
            return nil
        }
        guard filter.admits(sender) else {
            counters.receiveAddressFiltered &+= 1
            drops.count(.addressFilter)
            return nil
        }
        return .some(sender)
    }

    /// Hands a frame up, after what the engine itself has to do with it.
    private mutating func dispatch(_ indication: consuming MACIndication) {
        if !indication.header.destination.isBroadcast, indication.header.destination != .none { listeningUntil = nil }
        switch indication.header.frameType {
        case .data:
            counters.receiveData &+= 1
            emit(.received(indication))
        case .beacon:
            counters.receiveBeacon &+= 1
            emit(.received(indication))
        case .macCommand:
            dispatch(command: consume indication)
        case .acknowledgement:
            break
        }
    }

    private mutating func dispatch(command indication: consuming MACIndication) {
        switch indication.command {
        case .some(.dataRequest):
            counters.receiveDataPoll &+= 1
            // Anybody may claim to be a child; what waits for it is only spent on one that proves it.
            guard indication.security != .none, let child = indication.sourceExtendedAddress else {
                return drops.count(.unsecuredFrame)
            }
            handlePoll(from: child)
            emit(.received(indication))
        case .some(.beaconRequest):
            counters.receiveBeaconRequest &+= 1
            emit(.received(indication))
        case .some, .none:
            counters.receiveOther &+= 1
            drops.count(.unsupportedFrame)
        }
    }
}

extension ParseError {
    /// Whether the bytes mean something that Heddle does not handle, rather than nothing.
    fileprivate var isUnsupported: Bool {
        switch reason {
        case .unsupported: true
        case .truncated, .invalid, .invalidLength, .trailing, .checksum: false
        }
    }
}
