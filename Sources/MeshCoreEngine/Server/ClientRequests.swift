public import EngineCore
public import MeshCoreWire
import WireCore

/// What clients ask of a repeater once they have logged in.
extension MeshCoreEngine {
    /// How long the reply to a command waits.
    static let commandReplyDelay = Duration.milliseconds(600)

    mutating func handleClientPath(_ plaintext: [UInt8], from index: Int) {
        guard let value = parse(plaintext, MeshCorePathReturn.init(parsing:)) else { return }
        server.clients[index].outPath = value.path
    }

    mutating func handleClientRequest(
        _ plaintext: [UInt8], from index: Int, _ received: ReceivedPacket, now: Instant
    ) {
        guard let request = parse(plaintext, MeshCoreRequest.init(parsing:)) else { return }
        let client = server.clients[index]
        guard request.tag > client.lastTimestamp else { return drop(.replayedRequest) }
        guard let data = answer(request, of: client, now: now) else { return drop(.unsupportedType) }
        server.clients[index].lastTimestamp = request.tag
        server.clients[index].lastActivity = time(now: now)
        let room = MeshCoreLimits.addressedPlaintext - 4
        reply(
            MeshCoreResponse(tag: request.tag, data: Array(data.prefix(room))), to: client.key, client.secret,
            suppliedPath: nil, received, now: now)
    }

    private mutating func answer(_ request: MeshCoreRequest, of client: Client, now: Instant) -> [UInt8]? {
        switch request.type {
        case .status: return serialized(status(now: now).serialize)
        case .telemetry:
            let mask = MeshCoreTelemetryGroups(rawValue: ~(request.parameters.first ?? 0))
            let others = mask.subtracting(.base)
            return facts.telemetry.bytes(client.isGuest ? .base : others.union(.base))
        case .accessList:
            guard client.isAdministrator, request.parameters.prefix(2).allSatisfy({ $0 == 0 }) else { return nil }
            return serialized(accessList.serialize)
        case .neighbours:
            return parse(request.parameters, MeshCoreNeighboursRequest.init(parsing:)).map { neighbours($0, now: now) }
        case .owner:
            return facts.version + [0x0a] + parameters.name + [0x0a] + parameters.ownerInformation
        default: return nil
        }
    }

    /// What this node tells of its state.
    public func status(now: Instant) -> MeshCoreRepeaterStatus {
        var status = MeshCoreRepeaterStatus()
        status.battery = facts.battery
        status.transmitQueueLength = UInt16(clamping: queueLength)
        status.noiseFloor = facts.noiseFloor
        status.lastRSSI = Int16(statistics.lastRSSI)
        status.packetsReceived = statistics.packetsReceived
        status.packetsSent = statistics.packetsSent
        status.transmitAirtime = UInt32(clamping: statistics.transmitAirtime.wholeSeconds)
        status.uptime = UInt32(clamping: now.since(started ?? now).wholeSeconds)
        status.floodsSent = statistics.floodsSent
        status.directsSent = statistics.directsSent
        status.floodsReceived = statistics.floodsReceived
        status.directsReceived = statistics.directsReceived
        status.errorFlags = statistics.errorFlags
        status.lastSNRQuarters = Int16(statistics.lastSNRQuarters)
        status.directDuplicates = UInt16(clamping: statistics.directDuplicates)
        status.floodDuplicates = UInt16(clamping: statistics.floodDuplicates)
        status.receiveAirtime = UInt32(clamping: statistics.receiveAirtime.wholeSeconds)
        status.receiveErrors = statistics.receiveErrors
        return status
    }

    private var accessList: MeshCoreAccessList {
        MeshCoreAccessList(
            server.clients.filter { $0.permissions != 0 }.map {
                .init(keyPrefix: Array($0.key.prefix(MeshCoreAccessList.keyPrefixLength)), permissions: $0.permissions)
            })
    }

    private func neighbours(_ request: MeshCoreNeighboursRequest, now: Instant) -> [UInt8] {
        var sorted = server.neighbours
        switch request.order {
        case .newestFirst: sorted.sort { $0.heard > $1.heard }
        case .oldestFirst: sorted.sort { $0.heard < $1.heard }
        case .strongestFirst: sorted.sort { $0.snrQuarters > $1.snrQuarters }
        case .weakestFirst: sorted.sort { $0.snrQuarters < $1.snrQuarters }
        case nil: break
        }
        let length = min(Int(request.prefixLength), MeshCorePublicKey.byteCount)
        let room = MeshCoreNeighbours.maximumEntryBytes / (length + 5)
        let time = time(now: now)
        let entries = sorted.dropFirst(Int(request.offset)).prefix(min(Int(request.count), room)).map { neighbour in
            MeshCoreNeighbours.Entry(
                keyPrefix: Array(neighbour.key.prefix(length)),
                heard: time > neighbour.heard ? time - neighbour.heard : 0, snrQuarters: neighbour.snrQuarters)
        }
        let value = MeshCoreNeighbours(total: UInt16(clamping: sorted.count), entries: Array(entries))
        return serialized(value.serialize)
    }

    // MARK: Commands

    /// A command of an administrator: it is reported once, and acknowledged each time if it is plain text.
    mutating func handleClientText(
        _ plaintext: [UInt8], from index: Int, _ received: ReceivedPacket, now: Instant
    ) {
        let client = server.clients[index]
        guard client.isAdministrator else { return drop(.refusedLogin) }
        guard let text = parse(plaintext, MeshCoreText.init(parsing:)) else { return }
        guard text.type == .plain || text.type == .commandLine else { return drop(.unsupportedType) }
        guard text.timestamp >= client.lastTimestamp else { return drop(.replayedRequest) }
        let isRepeated = text.timestamp == client.lastTimestamp
        server.clients[index].lastTimestamp = text.timestamp
        server.clients[index].lastActivity = time(now: now)
        if !isRepeated { emit(.command(from: client.key, text, received.arrival)) }
        guard text.type == .plain else { return }
        let hash = security.acknowledgementHash(message: text.acknowledgedBytes, key: client.key)
        sendToClient(
            .acknowledgement, serialized(MeshCoreAcknowledgement(hash: hash).serialize), client,
            delay: Self.textAcknowledgementDelay, now: now)
    }

    /// Answers the command of an administrator.
    /// - Parameter text: at most 160 bytes count.
    /// - Throws: `.notFound` when nobody with that key has logged in, `.tooLong`.
    public mutating func answerCommand(
        from key: MeshCorePublicKey, text: [UInt8], now: Instant
    ) throws(MeshCoreError) {
        guard let index = server.client(key) else { throw .notFound }
        let client = server.clients[index]
        guard
            let reply = MeshCoreText(
                timestamp: max(uniqueTime(now: now), client.lastTimestamp &+ 1), type: .commandLine,
                text: Array(text.prefix { $0 != 0 }.prefix(MeshCoreLimits.text)))
        else { throw .tooLong }
        sendToClient(
            .text, addressed(serialized(reply.serialize), to: key, client.secret), client,
            delay: Self.commandReplyDelay, now: now)
    }

    private mutating func sendToClient(
        _ type: MeshCorePayloadType, _ payload: [UInt8], _ client: Client, delay: Duration, now: Instant
    ) {
        trySending { engine throws(MeshCoreError) in
            if let path = client.outPath {
                _ = try engine.sendDirect(type, payload, path: path, contact: nil, delay: delay, now: now)
            } else {
                _ = try engine.sendFlood(type, payload, scope: .standard, delay: delay, now: now)
            }
        }
    }
}
