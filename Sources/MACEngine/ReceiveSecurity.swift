import EngineCore
import LinkSecurity
import ThreadWire

// Whether a received frame is what it claims to be.
extension MACEngine {
    /// Decrypts a secured frame where it stands, and recognises repetitions of frames of both kinds.
    /// - Returns: nil when the frame was dropped.
    mutating func unsecure(
        _ bytes: inout [UInt8], _ frame: MACFrame, sender: ExtendedAddress?, now: Instant
    ) -> MACIndication.Security? {
        guard let security = frame.header.security else {
            return isRepeated(frame.header, now: now) ? dropDuplicate() : MACIndication.Security.none
        }
        // OpenThread knows this one level, and a beacon's open part is laid out differently.
        guard security.securityLevel == .encryptionWithCode32, frame.header.frameType != .beacon else {
            return refuse(.unsupportedFrame)
        }
        switch security.keyIdentifier {
        case WellKnownKey.identifier:
            let context = contextOfWellKnownKey()
            guard
                FrameSecurity.unsecure(
                    &bytes, frame: frame, extendedAddress: WellKnownKey.extendedAddress, context: context)
            else { return refuse(.messageIntegrityCode) }
            // Whoever knows the key can have sent it, and that is everybody.
            return MACIndication.Security.none
        case .index:
            return unsecureLink(&bytes, frame, security, sender: sender)
        case .implicit, .source4, .source8:
            return refuse(.unknownKey)
        }
    }

    private mutating func unsecureLink(
        _ bytes: inout [UInt8], _ frame: MACFrame, _ security: AuxiliarySecurityHeader, sender: ExtendedAddress?
    ) -> MACIndication.Security? {
        guard let sender, let index = peers.index(of: sender) else {
            counters.receiveErrorUnknownNeighbor &+= 1
            drops.count(.unknownPeer)
            return nil
        }
        guard let sequence = keyRing?.keySequence(for: security.keyIdentifier),
            let contexts = keyRing?.contexts(for: sequence)
        else { return refuse(.unknownKey) }
        switch peers[index].counters.verdict(keySequence: sequence, frameCounter: security.frameCounter) {
        case .fresh:
            break
        case .duplicate:
            return dropDuplicate()
        case .replayed:
            return refuse(.replayedFrameCounter)
        }
        guard FrameSecurity.unsecure(&bytes, frame: frame, extendedAddress: sender, context: contexts.mac) else {
            return refuse(.messageIntegrityCode)
        }
        peers[index].counters.accept(keySequence: sequence, frameCounter: security.frameCounter)
        return .link(keySequence: sequence, frameCounter: security.frameCounter)
    }

    /// Only frames that ask for an acknowledgement are ever repeated.
    private mutating func isRepeated(_ header: MACHeader, now: Instant) -> Bool {
        guard header.requestsAcknowledgement, header.source != .none, !header.isSequenceNumberSuppressed else {
            return false
        }
        return duplicates.isDuplicate(source: header.source, sequenceNumber: header.sequenceNumber, now: now)
    }

    private mutating func dropDuplicate() -> MACIndication.Security? {
        counters.receiveDuplicated &+= 1
        drops.count(.duplicateFrame)
        // What a sleeping node listened for has come, if not for the first time.
        if listeningUntil != nil {
            listeningUntil = nil
            emit(.listenedInVain)
        }
        return nil
    }

    private mutating func refuse(_ reason: DropReason) -> MACIndication.Security? {
        counters.receiveErrorSecurity &+= 1
        drops.count(reason)
        return nil
    }
}
