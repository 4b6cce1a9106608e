public import EngineCore
public import MeshCoreWire
import WireCore

/// The one request of this node's that waits for its answer: each new one takes the place of the last.
enum PendingRequest: Equatable, Sendable {
    case login(MeshCorePublicKey)
    case status(MeshCorePublicKey)
    case telemetry(tag: UInt32)
    case binary(tag: UInt32)
    case discovery(tag: UInt32)
}

extension MeshCoreEngine {
    /// How long an answer to a request waits.
    static let responseDelay = Duration.milliseconds(300)

    // MARK: Sending

    /// Logs in at a server. The answer is an event; a server that refuses stays silent.
    /// - Parameter password: at most 15 bytes count.
    /// - Throws: `.notFound` for an unknown contact, `.unusableKey`, `.queueFull`.
    public mutating func sendLogin(
        to key: MeshCorePublicKey, password: [UInt8], now: Instant
    ) throws(MeshCoreError) -> MeshCoreSent {
        guard let index = contactTable.index(key) else { throw .notFound }
        let contact = contactTable[index].contact
        let login = MeshCoreLogin(
            timestamp: uniqueTime(now: now), syncSince: contact.type == .room ? contact.syncSince : nil,
            password: password)
        let sent = try sendAnonymous(serialized(login.serialize), to: index, now: now)
        pendingRequest = .login(key)
        return MeshCoreSent(isFlood: sent.isFlood, tag: Array(key.prefix(4)), timeout: sent.timeout)
    }

    /// Asks a server for its status.
    /// - Throws: `.notFound` for an unknown contact, `.unusableKey`, `.queueFull`.
    public mutating func sendStatusRequest(
        to key: MeshCorePublicKey, now: Instant
    ) throws(MeshCoreError) -> MeshCoreSent {
        let (_, sent) = try sendRequest(.status, [0, 0, 0, 0] + salt(4), to: key, now: now)
        pendingRequest = .status(key)
        return sent
    }

    /// Asks a node what it measures.
    /// - Throws: `.notFound` for an unknown contact, `.unusableKey`, `.queueFull`.
    public mutating func sendTelemetryRequest(
        to key: MeshCorePublicKey, now: Instant
    ) throws(MeshCoreError) -> MeshCoreSent {
        let (tag, sent) = try sendRequest(.telemetry, [0, 0, 0, 0] + salt(4), to: key, now: now)
        pendingRequest = .telemetry(tag: tag)
        return sent
    }

    /// Asks a node anything: the first byte is the type of request, the others its parameters.
    /// - Throws: `.notFound` for an unknown contact, `.illegalArgument` for no bytes, `.tooLong`, `.unusableKey`,
    ///   `.queueFull`.
    public mutating func sendBinaryRequest(
        to key: MeshCorePublicKey, data: [UInt8], now: Instant
    ) throws(MeshCoreError) -> MeshCoreSent {
        guard let type = data.first else { throw .illegalArgument }
        let (tag, sent) = try sendRequest(
            MeshCoreRequestType(rawValue: type), Array(data.dropFirst()), to: key, now: now)
        pendingRequest = .binary(tag: tag)
        return sent
    }

    /// Asks a node that need not know this one.
    /// - Parameter key: of a contact, or of any node, which is then remembered for the exchange.
    /// - Throws: `.contactsFull` when too many exchanges go on, `.tooLong`, `.unusableKey`, `.queueFull`.
    public mutating func sendAnonymousRequest(
        to key: MeshCorePublicKey, data: [UInt8], now: Instant
    ) throws(MeshCoreError) -> MeshCoreSent {
        var known = contactTable.index(key)
        if known == nil {
            known = append(
                MeshCoreContact(key: key, type: .unknown, outPath: .zeroHop, lastModified: time(now: now)))
        }
        guard let index = known else { throw .contactsFull }
        let tag = uniqueTime(now: now)
        var writer = ByteWriter()
        writer.writeLittleEndian(UInt64(tag), count: 4)
        writer.write(contentsOf: data)
        let sent = try sendAnonymous(writer.finish(), to: index, now: now)
        pendingRequest = .binary(tag: tag)
        return MeshCoreSent(isFlood: sent.isFlood, tag: tagBytes(tag), timeout: sent.timeout)
    }

    /// Asks for the ways to a contact and back, by a flood; the known path stays.
    /// - Throws: `.notFound` for an unknown contact, `.unusableKey`, `.queueFull`.
    public mutating func sendPathDiscovery(
        to key: MeshCorePublicKey, now: Instant
    ) throws(MeshCoreError) -> MeshCoreSent {
        let mask = ~MeshCoreTelemetryGroups.base.rawValue
        let (tag, sent) = try sendRequest(
            .telemetry, [mask, 0, 0, 0] + salt(4), to: key, mustFlood: true, now: now)
        pendingRequest = .discovery(tag: tag)
        return sent
    }

    private mutating func sendRequest(
        _ type: MeshCoreRequestType, _ parameters: [UInt8], to key: MeshCorePublicKey, mustFlood: Bool = false,
        now: Instant
    ) throws(MeshCoreError) -> (UInt32, MeshCoreSent) {
        guard let index = contactTable.index(key) else { throw .notFound }
        let tag = uniqueTime(now: now)
        let request = MeshCoreRequest(tag: tag, type: type, parameters: parameters)
        let sent = try send(.request, serialized(request.serialize), to: index, mustFlood: mustFlood, now: now)
        return (tag, MeshCoreSent(isFlood: sent.isFlood, tag: tagBytes(tag), timeout: sent.timeout))
    }

    private mutating func sendAnonymous(
        _ plaintext: [UInt8], to index: Int, now: Instant
    ) throws(MeshCoreError) -> (isFlood: Bool, timeout: Duration) {
        guard plaintext.count <= MeshCoreLimits.anonymousPlaintext else { throw .tooLong }
        guard let secret = secret(ofContact: index) else { throw .unusableKey }
        let request = MeshCoreAnonymousRequest(
            destination: contactTable[index].contact.key.hash, sender: identity.publicKey,
            sealed: security.seal(plaintext, with: secret))
        return try send(.anonymousRequest, payload: serialized(request.serialize), to: index, now: now)
    }

    func tagBytes(_ tag: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: tag >> (8 * UInt32($0))) } }

    // MARK: Answers

    /// Whether a response is the one that a path discovery waits for.
    mutating func takeDiscovery(_ tag: UInt32) -> Bool {
        guard pendingRequest == .discovery(tag: tag) else { return false }
        pendingRequest = nil
        return true
    }

    mutating func handleResponse(_ plaintext: [UInt8], from index: Int, _ received: ReceivedPacket, now: Instant) {
        handleResponse(plaintext, from: index, now: now)
        if received.isFlood { repeatPathReturn(to: index, received, now: now) }
    }

    /// Reports the answer to the request that waits.
    mutating func handleResponse(_ plaintext: [UInt8], from index: Int, now: Instant) {
        guard let response = parse(plaintext, MeshCoreResponse.init(parsing:)), !response.data.isEmpty else { return }
        let key = contactTable[index].contact.key
        switch pendingRequest {
        case .login(let server) where server == key:
            guard let login = parse(response.data, MeshCoreLoginResponse.init(parsing:)) else { return }
            pendingRequest = nil
            if case .accepted(let fields) = login, fields.keepAlive > 0 {
                connect(to: key, interval: .seconds(16 * Int64(fields.keepAlive)), now: now)
            }
            emit(.login(from: key, login, serverTime: response.tag))
        case .status(let server) where server == key:
            pendingRequest = nil
            emit(.status(from: key, response.data))
        case .telemetry(let tag) where tag == response.tag:
            pendingRequest = nil
            emit(.telemetry(from: key, response.data))
        case .binary(let tag) where tag == response.tag:
            pendingRequest = nil
            emit(.binaryResponse(from: key, tag: tag, response.data))
        default: drop(.unknownPeer)
        }
    }

    // MARK: What contacts ask of a companion

    /// Tells a contact what this node measures, as far as the owner allows.
    mutating func handleContactRequest(
        _ plaintext: [UInt8], from index: Int, _ secret: MeshCoreSecret, _ received: ReceivedPacket, now: Instant
    ) {
        guard let request = parse(plaintext, MeshCoreRequest.init(parsing:)) else { return }
        guard request.type == .telemetry else { return drop(.unsupportedType) }
        let mask = MeshCoreTelemetryGroups(rawValue: ~(request.parameters.first ?? 0))
        let groups = telemetryGroups(for: contactTable[index].contact).intersection(mask)
        guard groups.contains(.base) else { return drop(.refusedLogin) }
        let response = MeshCoreResponse(tag: request.tag, data: facts.telemetry.bytes(groups))
        let bytes = serialized(response.serialize)
        let key = contactTable[index].contact.key
        if received.isFlood {
            floodPathReturn(
                received, to: key, secret, extra: (.response, bytes), scope: .chosen, hashSize: nil,
                delay: Self.responseDelay, now: now)
            return
        }
        let payload = addressed(Array(bytes.prefix(MeshCoreLimits.addressedPlaintext)), to: key, secret)
        let path = contactTable[index].contact.outPath
        trySending { engine throws(MeshCoreError) in
            if let path {
                _ = try engine.sendDirect(
                    .response, payload, path: path, contact: key, delay: Self.responseDelay, now: now)
            } else {
                _ = try engine.sendFlood(.response, payload, scope: .chosen, delay: Self.responseDelay, now: now)
            }
        }
    }

    private func telemetryGroups(for contact: MeshCoreContact) -> MeshCoreTelemetryGroups {
        var groups: MeshCoreTelemetryGroups = []
        let modes: [(MeshCoreParameters.TelemetryMode, MeshCoreTelemetryGroups)] = [
            (parameters.baseTelemetry, .base), (parameters.locationTelemetry, .location),
            (parameters.environmentTelemetry, .environment),
        ]
        for (mode, group) in modes {
            switch mode {
            case .nobody: break
            case .flaggedContacts: groups.formUnion(contact.telemetryGroups.intersection(group))
            case .everybody: groups.insert(group)
            }
        }
        return groups
    }
}
