import EngineCore
public import MeshCoreWire

/// A server that wants a sign of life now and then.
struct Connection: Sendable {
    let server: MeshCorePublicKey
    let interval: Duration
    var nextPing: Instant
    var lastActivity: Instant
    var expected: MeshCoreAcknowledgementHash?

    /// After how long without a word it counts as lost.
    var expires: Instant { lastActivity + interval * 5 / 2 }
    var nextDeadline: Instant { min(nextPing, expires) }
}

extension MeshCoreEngine {
    /// Whether a server is asked for a sign of life.
    public func hasConnection(_ key: MeshCorePublicKey) -> Bool { connections.contains { $0.server == key } }

    /// Ends what a login began; nothing is sent.
    public mutating func logout(_ key: MeshCorePublicKey) { connections.removeAll { $0.server == key } }

    mutating func connect(to key: MeshCorePublicKey, interval: Duration, now: Instant) {
        logout(key)
        guard connections.count < configuration.connectionLimit else { return drop(.queueFull) }
        connections.append(
            Connection(server: key, interval: interval, nextPing: now + interval, lastActivity: now, expected: nil))
    }

    mutating func noteActivity(_ key: MeshCorePublicKey, now: Instant) {
        guard let index = connections.firstIndex(where: { $0.server == key }) else { return }
        connections[index].lastActivity = now
        connections[index].nextPing = now + connections[index].interval
    }

    /// Whether the hash is a server's answer to a sign of life.
    mutating func takeKeepAlive(_ hash: MeshCoreAcknowledgementHash, now: Instant) -> Bool {
        guard let index = connections.firstIndex(where: { $0.expected == hash }) else { return false }
        connections[index].expected = nil
        noteActivity(connections[index].server, now: now)
        return true
    }

    mutating func handleConnections(now: Instant) {
        connections.removeAll { $0.expires <= now }
        for index in connections.indices where connections[index].nextPing <= now {
            connections[index].nextPing = now + connections[index].interval
            ping(index, now: now)
        }
    }

    private mutating func ping(_ index: Int, now: Instant) {
        guard let contact = contactTable.index(connections[index].server),
            contactTable[contact].contact.outPath != nil
        else { return }
        let request = MeshCoreRequest(
            tag: uniqueTime(now: now), type: .keepAlive, parameters: tagBytes(contactTable[contact].contact.syncSince))
        let plaintext = serialized(request.serialize)
        connections[index].expected = security.acknowledgementHash(message: plaintext, key: identity.publicKey)
        trySending { engine throws(MeshCoreError) in
            _ = try engine.send(.request, plaintext, to: contact, now: now)
        }
    }
}
