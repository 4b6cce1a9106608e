import EngineCore
import MeshCoreWire

extension MeshCoreEngine {
    /// How long an answer to a text waits.
    static let textAcknowledgementDelay = Duration.milliseconds(200)

    mutating func handleAcknowledgementPacket(_ received: inout ReceivedPacket, now: Instant) {
        guard let acknowledgement = parse(received.packet.payload, MeshCoreAcknowledgement.init(parsing:)) else {
            return
        }
        guard isNew(received) else { return }
        received.isTaken = takeAcknowledgement(acknowledgement.hash, received, now: now)
        forwardFlood(received, now: now)
    }

    /// One of several acknowledgements of the same message: it counts as the plain one that follows.
    mutating func handleMultipartPacket(_ received: ReceivedPacket, now: Instant) {
        guard let multipart = parse(received.packet.payload, MeshCoreMultipart.init(parsing:)) else { return }
        guard multipart.innerType == .acknowledgement,
            let hash = MeshCoreAcknowledgementHash(multipart.inner[...])
        else { return drop(.unsupportedType) }
        var inner = received.packet
        inner.payloadType = .acknowledgement
        inner.payload = multipart.inner
        guard isNew(security.packetHash(inner), isFlood: received.isFlood) else { return }
        _ = takeAcknowledgement(hash, received, now: now)
    }

    /// Reports the message that the hash acknowledges.
    /// - Returns: false when no message of this node waits for it.
    mutating func takeAcknowledgement(
        _ hash: MeshCoreAcknowledgementHash, _ received: ReceivedPacket, now: Instant
    ) -> Bool {
        guard let key = confirm(hash, now: now) else { return takeKeepAlive(hash, now: now) }
        if received.isFlood, let index = contactTable.index(key) {
            repeatPathReturn(to: index, received, now: now)
        }
        return true
    }

    /// Reports a message that arrived; nil when the hash is of none that waits.
    mutating func confirm(_ hash: MeshCoreAcknowledgementHash, now: Instant) -> MeshCorePublicKey? {
        guard let expected = expectedAcknowledgements.take(hash) else { return nil }
        emit(.acknowledged(hash, contact: expected.contact, roundTrip: now.since(expected.sent)))
        return expected.contact
    }

    /// Acknowledges a text that came along a path.
    mutating func acknowledge(_ index: Int, _ acknowledgement: MeshCoreAcknowledgement, now: Instant) {
        let payload = serialized(acknowledgement.serialize)
        let contact = contactTable[index].contact
        guard let path = contact.outPath else {
            trySending { engine throws(MeshCoreError) in
                _ = try engine.sendFlood(
                    .acknowledgement, payload, scope: .chosen, delay: Self.textAcknowledgementDelay, now: now)
            }
            return
        }
        var delay = Self.textAcknowledgementDelay
        if parameters.multipleAcknowledgements > 0 {
            let multipart = serialized(
                MeshCoreMultipart(remaining: 1, innerType: .acknowledgement, inner: payload).serialize)
            trySending { engine throws(MeshCoreError) in
                _ = try engine.sendDirect(
                    .multipart, multipart, path: path, contact: contact.key, delay: delay, now: now)
            }
            delay += Self.multipleAcknowledgementSpacing
        }
        trySending { engine throws(MeshCoreError) in
            _ = try engine.sendDirect(
                .acknowledgement, payload, path: path, contact: contact.key, delay: delay, now: now)
        }
    }

    /// Sends an answer for which nobody waits locally: the queue has counted it when there was no room.
    mutating func trySending(_ send: (inout MeshCoreEngine) throws(MeshCoreError) -> Void) {
        do throws(MeshCoreError) { try send(&self) } catch {
            if error != .queueFull { drop(.malformedPayload) }
        }
    }
}
