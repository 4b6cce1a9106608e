public import EngineCore
public import MeshCoreWire

extension MeshCoreEngine {
    // MARK: Receiving

    mutating func handleText(
        _ plaintext: [UInt8], from index: Int, _ secret: MeshCoreSecret, _ received: ReceivedPacket, now: Instant
    ) {
        guard let text = parse(plaintext, MeshCoreText.init(parsing:)) else { return }
        switch text.type {
        case .plain:
            contactTable[index].contact.lastModified = time(now: now)
            deliver(text, from: index, received, now: now)
            let sender = contactTable[index].contact.key
            let hash = security.acknowledgementHash(message: text.acknowledgedBytes, key: sender)
            // The last two bytes make the packets of repeated acknowledgements differ.
            let acknowledgement = MeshCoreAcknowledgement(hash: hash, salt: [text.extendedAttempt] + salt(1))
            answer(index, secret, acknowledgement, received, now: now)
        case .commandLine:
            deliver(text, from: index, received, now: now)
            if received.isFlood {
                floodPathReturn(
                    received, to: contactTable[index].contact.key, secret, extra: nil, scope: .chosen, hashSize: nil,
                    delay: .zero, now: now)
            }
        case .signedPlain:
            contactTable[index].contact.syncSince = max(contactTable[index].contact.syncSince, text.timestamp)
            contactTable[index].contact.lastModified = time(now: now)
            deliver(text, from: index, received, now: now)
            let hash = security.acknowledgementHash(message: text.acknowledgedBytes, key: identity.publicKey)
            answer(index, secret, MeshCoreAcknowledgement(hash: hash), received, now: now)
        default: drop(.unsupportedType)
        }
    }

    private mutating func deliver(_ text: MeshCoreText, from index: Int, _ received: ReceivedPacket, now: Instant) {
        store(contactAt: index)
        noteActivity(contactTable[index].contact.key, now: now)
        emit(.message(from: contactTable[index].contact, text, received.arrival))
    }

    /// Acknowledges a text: to a flood with the way that it took, else along the known path.
    private mutating func answer(
        _ index: Int, _ secret: MeshCoreSecret, _ acknowledgement: MeshCoreAcknowledgement,
        _ received: ReceivedPacket, now: Instant
    ) {
        guard received.isFlood else { return acknowledge(index, acknowledgement, now: now) }
        floodPathReturn(
            received, to: contactTable[index].contact.key, secret,
            extra: (.acknowledgement, serialized(acknowledgement.serialize)), scope: .chosen, hashSize: nil,
            delay: Self.textAcknowledgementDelay, now: now)
    }

    // MARK: Sending

    /// Sends a text to a contact.
    ///
    /// It is sent once: whoever wants it repeated calls again with the same timestamp and the next attempt.
    /// - Parameters:
    ///   - prefix: the first bytes of the contact's key.
    ///   - type: plain text or a command, whose timestamp is replaced by this node's own.
    ///   - timestamp: in seconds since 1970.
    ///   - text: without a zero byte; what follows one is cut.
    /// - Throws: `.notFound` for an unknown contact, `.unsupported` for another type, `.tooLong`, `.unusableKey`,
    ///   `.queueFull`.
    public mutating func sendText(
        to prefix: ArraySlice<UInt8>, type: MeshCoreTextType = .plain, attempt: UInt8 = 0, timestamp: UInt32,
        text: [UInt8], now: Instant
    ) throws(MeshCoreError) -> MeshCoreSent {
        guard let index = contactTable.first(prefix: prefix) else { throw .notFound }
        guard type == .plain || type == .commandLine else { throw .unsupported }
        let isCommand = type == .commandLine
        guard
            let message = MeshCoreText(
                timestamp: isCommand ? uniqueTime(now: now) : timestamp, type: type,
                attempt: isCommand ? attempt & 3 : attempt, text: Array(text.prefix { $0 != 0 }))
        else { throw .tooLong }
        let sent = try send(.text, serialized(message.serialize), to: index, now: now)
        guard !isCommand else { return MeshCoreSent(isFlood: sent.isFlood, tag: [0, 0, 0, 0], timeout: sent.timeout) }
        let hash = security.acknowledgementHash(message: message.acknowledgedBytes, key: identity.publicKey)
        expectedAcknowledgements.expect(
            .init(hash: hash, contact: contactTable[index].contact.key, sent: now))
        return MeshCoreSent(isFlood: sent.isFlood, tag: hash.bytes, timeout: sent.timeout)
    }

    /// Encrypts for a contact and sends along its path, or as a flood when there is none.
    mutating func send(
        _ type: MeshCorePayloadType, _ plaintext: [UInt8], to index: Int, mustFlood: Bool = false, now: Instant
    ) throws(MeshCoreError) -> (isFlood: Bool, timeout: Duration) {
        guard plaintext.count <= MeshCoreLimits.addressedPlaintext else { throw .tooLong }
        guard let secret = secret(ofContact: index) else { throw .unusableKey }
        let payload = addressed(plaintext, to: contactTable[index].contact.key, secret)
        return try send(type, payload: payload, to: index, mustFlood: mustFlood, now: now)
    }

    /// Sends a payload along a contact's path, or as a flood when there is none.
    mutating func send(
        _ type: MeshCorePayloadType, payload: [UInt8], to index: Int, mustFlood: Bool = false, now: Instant
    ) throws(MeshCoreError) -> (isFlood: Bool, timeout: Duration) {
        let contact = contactTable[index].contact
        // The firmware estimates before the packet has its route: without a path, with room for transport codes.
        let estimated = 6 + payload.count
        guard let path = contact.outPath, !mustFlood else {
            _ = try sendFlood(type, payload, scope: .chosen, now: now)
            return (true, floodTimeout(byteCount: estimated))
        }
        _ = try sendDirect(type, payload, path: path, contact: contact.key, now: now)
        return (false, directTimeout(byteCount: estimated, hops: path.count))
    }
}
