import EngineCore
import MeshCoreWire
import WireCore

/// How two nodes learn the way to one another: each tells the other which hops a flood took.
extension MeshCoreEngine {
    /// How long the answer to a path return waits.
    static let reciprocalPathDelay = Duration.milliseconds(500)
    /// How long a path return waits that is repeated because the other still floods.
    static let repeatedPathDelay = Duration.seconds(3)

    /// The plaintext of a path return; nil when the extra is too long for the path.
    private mutating func pathReturn(
        _ path: MeshCorePath, _ extra: (type: MeshCorePayloadType, bytes: [UInt8])?
    ) -> [UInt8]? {
        guard let extra else {
            return serialized(MeshCorePathReturn(path: path, salt: salt(MeshCorePathReturn.saltLength)).serialize)
        }
        return MeshCorePathReturn(path: path, extraType: extra.type, extra: extra.bytes).map {
            serialized($0.serialize)
        }
    }

    /// Floods the way that a packet took back to its sender.
    mutating func floodPathReturn(
        _ received: ReceivedPacket, to peer: MeshCorePublicKey, _ secret: MeshCoreSecret,
        extra: (type: MeshCorePayloadType, bytes: [UInt8])?, scope: FloodScope, hashSize: Int?, delay: Duration,
        now: Instant
    ) {
        guard let plaintext = pathReturn(received.packet.path, extra) else { return drop(.malformedPayload) }
        let payload = addressed(plaintext, to: peer, secret)
        trySending { engine throws(MeshCoreError) in
            _ = try engine.sendFlood(
                .path, payload, scope: scope, delay: delay, hashSize: hashSize, now: now)
        }
    }

    /// Sends the way that a packet took back to its sender, along the way to the sender.
    private mutating func sendPathReturn(
        _ received: ReceivedPacket, to index: Int, along path: MeshCorePath, _ secret: MeshCoreSecret,
        delay: Duration, now: Instant
    ) {
        guard let plaintext = pathReturn(received.packet.path, nil) else { return }
        let key = contactTable[index].contact.key
        let payload = addressed(plaintext, to: key, secret)
        trySending { engine throws(MeshCoreError) in
            _ = try engine.sendDirect(.path, payload, path: path, contact: key, delay: delay, now: now)
        }
    }

    /// A contact tells how it is reached: its path replaces the one that was known, and what came along counts.
    mutating func handlePathReturn(
        _ plaintext: [UInt8], from index: Int, _ secret: MeshCoreSecret, _ received: ReceivedPacket, now: Instant
    ) {
        guard let value = parse(plaintext, MeshCorePathReturn.init(parsing:)) else { return }
        let key = contactTable[index].contact.key
        if value.extraType == .response, let response = response(value.extra), takeDiscovery(response.tag) {
            emit(.pathDiscovered(contact: key, out: value.path, back: received.packet.path))
            return
        }
        contactTable[index].contact.outPath = value.path
        contactTable[index].contact.lastModified = time(now: now)
        store(contactAt: index)
        emit(.pathUpdated(key))
        if value.extraType == .acknowledgement, let hash = MeshCoreAcknowledgementHash(value.extra[...]) {
            if confirm(hash, now: now) == nil { _ = takeKeepAlive(hash, now: now) }
        } else if value.extraType == .response {
            handleResponse(value.extra, from: index, now: now)
        }
        if received.isFlood {
            sendPathReturn(
                received, to: index, along: value.path, secret, delay: Self.reciprocalPathDelay, now: now)
        }
    }

    private func response(_ extra: [UInt8]) -> MeshCoreResponse? {
        guard extra.count > 4 else { return nil }
        var reader = ByteReader(extra)
        return try? MeshCoreResponse(parsing: &reader)
    }

    /// A contact floods although its path is known here: it may not have learned the way to this node.
    mutating func repeatPathReturn(to index: Int, _ received: ReceivedPacket, now: Instant) {
        guard let path = contactTable[index].contact.outPath, let secret = secret(ofContact: index) else { return }
        sendPathReturn(received, to: index, along: path, secret, delay: Self.repeatedPathDelay, now: now)
    }
}
