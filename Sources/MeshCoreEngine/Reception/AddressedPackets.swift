import EngineCore
import MeshCoreWire
import WireCore

/// A node that a packet came from, as this node knows it.
enum Peer: Sendable {
    /// Its place in the table of contacts.
    case contact(Int)
    /// Its place in the table of clients.
    case client(Int)
}

/// Packets that are encrypted for one node, whose sender is found by trying the keys that its hash may stand for.
extension MeshCoreEngine {
    mutating func handleAddressedPacket(_ received: inout ReceivedPacket, now: Instant) {
        guard let payload = parse(received.packet.payload, MeshCoreAddressedPayload.init(parsing:)) else { return }
        guard isNew(received) else { return }
        if payload.destination == identity.publicKey.hash {
            if let (peer, secret, plaintext) = open(payload) {
                received.isTaken = true
                if case .contact(let index) = peer { contactTable[index].link = received.arrival.link }
                handlePlaintext(plaintext, from: peer, secret, received, now: now)
            } else {
                drop(.unknownPeer)
            }
        } else {
            drop(.notForThisNode)
        }
        forwardFlood(received, now: now)
    }

    /// The first peer whose code fits, and what it says.
    private mutating func open(_ payload: MeshCoreAddressedPayload) -> (Peer, MeshCoreSecret, [UInt8])? {
        switch configuration.role {
        case .companion:
            for index in contactTable.search(payload.source) {
                guard let secret = secret(ofContact: index) else { continue }
                if let plaintext = security.open(payload.sealed[...], with: secret) {
                    return (.contact(index), secret, plaintext)
                }
            }
        case .repeater:
            for (index, client) in server.clients.enumerated() where client.key.hash == payload.source {
                if let plaintext = security.open(payload.sealed[...], with: client.secret) {
                    return (.client(index), client.secret, plaintext)
                }
            }
        }
        return nil
    }

    /// What this node shares with a contact; worked out once.
    mutating func secret(ofContact index: Int) -> MeshCoreSecret? {
        if let known = contactTable[index].secret { return known }
        let secret = security.secret(of: identity, with: contactTable[index].contact.key)
        contactTable[index].secret = secret
        if secret == nil { drop(.unusableKey) }
        return secret
    }

    private mutating func handlePlaintext(
        _ plaintext: [UInt8], from peer: Peer, _ secret: MeshCoreSecret, _ received: ReceivedPacket, now: Instant
    ) {
        let type = received.packet.payloadType
        switch peer {
        case .contact(let index):
            switch type {
            case .path: handlePathReturn(plaintext, from: index, secret, received, now: now)
            case .text: handleText(plaintext, from: index, secret, received, now: now)
            case .request: handleContactRequest(plaintext, from: index, secret, received, now: now)
            case .response: handleResponse(plaintext, from: index, received, now: now)
            default: drop(.unsupportedType)
            }
        case .client(let index):
            switch type {
            case .path: handleClientPath(plaintext, from: index)
            case .text: handleClientText(plaintext, from: index, received, now: now)
            case .request: handleClientRequest(plaintext, from: index, received, now: now)
            default: drop(.unsupportedType)
            }
        }
    }

    mutating func handleAnonymousPacket(_ received: inout ReceivedPacket, now: Instant) {
        guard let request = parse(received.packet.payload, MeshCoreAnonymousRequest.init(parsing:)) else { return }
        guard isNew(received) else { return }
        if request.destination == identity.publicKey.hash {
            if let secret = security.secret(of: identity, with: request.sender) {
                if let plaintext = security.open(request.sealed[...], with: secret) {
                    received.isTaken = true
                    if configuration.role == .repeater {
                        handleAnonymousRequest(plaintext, from: request.sender, secret, received, now: now)
                    } else {
                        drop(.unsupportedType)
                    }
                } else {
                    drop(.unknownPeer)
                }
            } else {
                drop(.unusableKey)
            }
        } else {
            drop(.notForThisNode)
        }
        forwardFlood(received, now: now)
    }

    // MARK: Parsing and sealing

    /// What a parser makes of a whole buffer; nil, and counted, when it is malformed.
    mutating func parse<Value>(
        _ bytes: [UInt8], _ parse: (inout ByteReader) throws(ParseError) -> Value
    ) -> Value? {
        var reader = ByteReader(bytes)
        do throws(ParseError) {
            return try parse(&reader)
        } catch {
            drop(.malformedPayload)
            return nil
        }
    }

    /// A payload that is encrypted for a peer.
    func addressed(_ plaintext: [UInt8], to peer: MeshCorePublicKey, _ secret: MeshCoreSecret) -> [UInt8] {
        serialized(
            MeshCoreAddressedPayload(
                destination: peer.hash, source: identity.publicKey.hash, sealed: security.seal(plaintext, with: secret)
            ).serialize)
    }

    /// Random bytes that keep packets apart; nobody relies on their being secret.
    mutating func salt(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: entropy.open.below(256)) }
    }
}

/// What a value writes.
func serialized(_ serialize: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    serialize(&writer)
    return writer.finish()
}
