import EngineCore
import LinkProfiles
import LinkSecurity
import ThreadWire
import WireCore

// From a request to the bytes of a frame.
extension MACEngine {
    /// Whether a counter is left for another secured frame.
    var canSecure: Bool { keyRing != nil && frameCounter < frameCounterLimit }

    /// Makes the frame of a transmission. It takes a sequence number and, if secured, a frame counter.
    /// - Returns: nil when it has to be secured and cannot be.
    mutating func seal(_ transmission: Transmission) -> SealedFrame? {
        let request = transmission.request
        let security: AuxiliarySecurityHeader?
        var sender = extendedAddress
        let context: (any CCMContext)?
        switch request.security {
        case .none:
            security = nil
            context = nil
        case .link:
            guard canSecure, let sequence = keyRing?.keySequence, let contexts = keyRing?.contexts(for: sequence) else {
                needReserve()
                return nil
            }
            security = AuxiliarySecurityHeader(
                keyIdentifier: .index(KeySchedule.keyIndex(keySequence: sequence)), frameCounter: frameCounter)
            context = contexts.mac
            frameCounter += 1
        case .wellKnown:
            wellKnownFrameCounter &+= 1
            security = AuxiliarySecurityHeader(
                keyIdentifier: WellKnownKey.identifier, frameCounter: wellKnownFrameCounter)
            context = contextOfWellKnownKey()
            sender = WellKnownKey.extendedAddress
        }
        let sequence = sequenceNumber
        sequenceNumber &+= 1
        let header = header(of: transmission, security: security, sequenceNumber: sequence)
        var bytes = assemble(header, payload: request.payload)
        if let context {
            let frame = MACFrame(assembled: header, byteCount: bytes.count - profile.frameCheckSequenceLength)
            FrameSecurity.secure(&bytes, frame: frame, extendedAddress: sender, context: context)
        }
        if profile.frameCheckSequenceLength > 0 { FrameCheckSequence.write(into: &bytes) }
        return SealedFrame(bytes: bytes, sequenceNumber: sequence)
    }

    /// How long the frame will be, checksum included.
    func byteCount(of transmission: Transmission) -> Int {
        let security: AuxiliarySecurityHeader? =
            switch transmission.request.security {
            case .none: nil
            case .link: AuxiliarySecurityHeader(keyIdentifier: .index(0), frameCounter: 0)
            case .wellKnown: AuxiliarySecurityHeader(keyIdentifier: WellKnownKey.identifier, frameCounter: 0)
            }
        return header(of: transmission, security: security, sequenceNumber: 0).byteCount
            + transmission.request.payload.count + (security?.securityLevel.codeLength ?? 0)
            + profile.frameCheckSequenceLength
    }

    private func header(
        of transmission: Transmission, security: AuxiliarySecurityHeader?, sequenceNumber: UInt8
    ) -> MACHeader {
        let request = transmission.request
        let source: LinkAddress =
            switch request.source {
            case .none: .none
            case .short: .short(shortAddress)
            case .extended: .extended(extendedAddress)
            }
        let destinationPAN = request.destination == .none ? nil : request.destinationPAN ?? panID
        // Beacons and beacon requests are older than security; all else is of 2006.
        let version: FrameVersion =
            request.frameType == .beacon || (request.frameType == .macCommand && security == nil)
            ? .ieee2003 : .ieee2006
        return MACHeader(
            frameType: request.frameType, frameVersion: version, sequenceNumber: sequenceNumber,
            destinationPAN: destinationPAN, destination: request.destination,
            sourcePAN: source == .none || destinationPAN == panID ? nil : panID, source: source,
            isFramePending: isMorePending(behind: transmission),
            requestsAcknowledgement: transmission.isAcknowledgementRequested, security: security)
    }

    /// Header, payload, and room for code and checksum.
    private func assemble(_ header: MACHeader, payload: [UInt8]) -> [UInt8] {
        let room = (header.security?.securityLevel.codeLength ?? 0) + profile.frameCheckSequenceLength
        var writer = ByteWriter(capacity: header.byteCount + payload.count + room)
        header.serialize(into: &writer)
        writer.write(contentsOf: payload)
        writer.write(repeating: 0, count: room)
        return writer.bytes
    }

    /// The context of the key that everybody knows, made when first needed.
    mutating func contextOfWellKnownKey() -> any CCMContext {
        if let wellKnownContext { return wellKnownContext }
        let made = cryptography.makeCCM(key: WellKnownKey.key)
        wellKnownContext = made
        return made
    }

    /// Secured frames have to wait for a higher limit of frame counters.
    mutating func needReserve() {
        guard !isHoldingForReserve, keyRing != nil else { return }
        isHoldingForReserve = true
        drops.count(.frameCountersExhausted)
        emit(.frameCounterReserveNeeded)
    }

    /// Lets frames go on that waited for counters.
    mutating func resumeAfterReserve() {
        guard isHoldingForReserve, canSecure else { return }
        isHoldingForReserve = false
        wakeUpAt = clock
    }
}
