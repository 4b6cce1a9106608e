import EngineCore
import LinkProfiles
import ThreadWire
import WireCore

// The acknowledgements that this node sends, and those that it gets.
//
// - Source: IEEE 802.15.4-2006 §7.5.6.4
extension MACEngine {
    /// Owes the sender of a frame an acknowledgement, if it asked for one.
    mutating func acknowledge(_ header: MACHeader, now: Instant) {
        guard header.requestsAcknowledgement, !header.destination.isBroadcast, header.destination != .none,
            header.frameType == .data || header.frameType == .macCommand, !header.isSequenceNumberSuppressed
        else { return }
        // This node announces no support of the 2015 frames, so one that comes gets the plain acknowledgement.
        let answer = MACHeader(
            frameType: .acknowledgement,
            frameVersion: header.frameVersion == .ieee2015 ? .ieee2006 : header.frameVersion,
            sequenceNumber: header.sequenceNumber, isFramePending: isFramePending(for: header.source))
        var writer = ByteWriter(capacity: answer.byteCount + profile.frameCheckSequenceLength)
        answer.serialize(into: &writer)
        writer.write(repeating: 0, count: profile.frameCheckSequenceLength)
        var bytes = writer.finish()
        if profile.frameCheckSequenceLength > 0 { FrameCheckSequence.write(into: &bytes) }
        acknowledger.owe(
            OwedAcknowledgement(
                bytes: bytes, dueAt: now + profile.acknowledgementDelay, uselessAt: now + profile.acknowledgementWait))
    }

    /// Sends what is due, if the radio is free.
    mutating func transmitAcknowledgement(now: Instant) {
        switch phase {
        case .assessing, .transmitting: return
        case .idle, .backingOff, .waitingForRadio, .awaitingAcknowledgement: break
        }
        guard !acknowledger.isTransmitting, let bytes = acknowledger.takeDue(at: now) else { return }
        guard askAirtime(byteCount: bytes.count, .acknowledgement, now: now) == .now else {
            return drops.count(.airtimeExhausted)
        }
        acknowledger.isTransmitting = true
        send(bytes, now: now)
    }

    /// Takes an acknowledgement: it ends the wait of the frame whose sequence number it carries.
    mutating func handleAcknowledgement(_ header: MACHeader, _ received: ReceivedFrame, now: Instant) {
        guard let transmission = unacknowledged, !header.isSequenceNumberSuppressed,
            transmission.sealed?.sequenceNumber == header.sequenceNumber
        else { return }
        // What a refused peer says does not count, or a filter would cut a link one way only.
        let receiver = extendedAddress(of: transmission.request.destination)
        if let receiver, !filter.admits(receiver) { return drops.count(.addressFilter) }
        let isPoll =
            transmission.request.frameType == .macCommand
            && transmission.request.payload.first == MACCommandIdentifier.dataRequest.rawValue
        acknowledgementTiming.note(now.since(frameEnd))
        if isPoll, header.isFramePending { listeningUntil = now + profile.dataPollTimeout }
        finish(
            transmission,
            .acknowledged(
                framePending: header.isFramePending, rssi: receiver.flatMap(filter.rssi(for:)) ?? received.rssi,
                snr: received.snr))
    }

    /// The extended address behind any link address, as far as the peers tell.
    func extendedAddress(of address: LinkAddress) -> ExtendedAddress? {
        switch address {
        case .none: nil
        case .extended(let address): address
        case .short(let address): peers.index(of: address).map { peers.entries[$0].peer.extendedAddress }
        }
    }
}
