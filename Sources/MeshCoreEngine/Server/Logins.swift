import EngineCore
import MeshCoreWire
import WireCore

/// Who may ask a repeater what, and how its answers travel.
extension MeshCoreEngine {
    /// What this server's protocol can do, told at login.
    private static let level: UInt8 = 2
    private static let queryLimit = 4
    private static let queryWindow = Duration.seconds(180)

    /// Handles what came with the sender's whole key: a login, or a question that needs none.
    mutating func handleAnonymousRequest(
        _ plaintext: [UInt8], from key: MeshCorePublicKey, _ secret: MeshCoreSecret, _ received: ReceivedPacket,
        now: Instant
    ) {
        guard plaintext.count > 4 else { return drop(.malformedPayload) }
        if plaintext[4] == 0 || plaintext[4] >= 0x20 {
            guard let login = parse(plaintext, { reader throws(ParseError) in try MeshCoreLogin(parsing: &reader) })
            else { return }
            guard let answer = accept(login, from: key, secret, isFlood: received.isFlood, now: now) else {
                return drop(.refusedLogin)
            }
            reply(answer, to: key, secret, suppliedPath: nil, received, now: now)
        } else {
            guard !received.isFlood else { return drop(.unsupportedType) }
            guard let query = parse(plaintext, MeshCoreAnonymousQuery.init(parsing:)) else { return }
            guard server.queries.allow(Self.queryLimit, within: Self.queryWindow, now: now) else {
                return drop(.rateLimited)
            }
            let data = tagBytes(time(now: now)) + answer(query.subject)
            let room = MeshCoreLimits.addressedPlaintext - 4
            reply(
                MeshCoreResponse(tag: query.tag, data: Array(data.prefix(room))), to: key, secret,
                suppliedPath: query.replyPath, received, now: now)
        }
    }

    private func answer(_ subject: MeshCoreAnonymousQuery.Subject) -> [UInt8] {
        switch subject {
        case .regions:
            var names: [UInt8] = parameters.forwardsUnscopedFloods ? [0x2a] : []
            for region in parameters.regions where region.allowsFlood {
                if !names.isEmpty { names.append(0x2c) }
                names.append(contentsOf: region.name.first == 0x23 ? Array(region.name.dropFirst()) : region.name)
            }
            return names
        case .owner: return parameters.name + [0x0a] + parameters.ownerInformation
        case .basic: return [parameters.isForwarding ? 0 : 0x80]
        }
    }

    /// Checks a password; nil when the login is refused, to which servers say nothing.
    private mutating func accept(
        _ login: MeshCoreLogin, from key: MeshCorePublicKey, _ secret: MeshCoreSecret, isFlood: Bool, now: Instant
    ) -> MeshCoreResponse? {
        var known = server.client(key)
        if !login.password.isEmpty || known == nil {
            let permissions: UInt8
            if isPassword(login.password, parameters.administratorPassword) {
                permissions = Client.administrator
            } else if isPassword(login.password, parameters.guestPassword) {
                permissions = Client.guest
            } else {
                return nil
            }
            if let index = known {
                guard login.timestamp > server.clients[index].lastTimestamp else { return nil }
                server.clients[index].lastTimestamp = login.timestamp
                server.clients[index].permissions = server.clients[index].permissions & ~3 | permissions
                server.clients[index].secret = secret
            } else {
                guard login.timestamp > 0, server.makeRoom() else { return nil }
                server.clients.append(
                    Client(
                        key: key, secret: secret, permissions: permissions, lastTimestamp: login.timestamp,
                        outPath: nil, lastActivity: 0))
                known = server.clients.count - 1
            }
            if let known { server.clients[known].lastActivity = time(now: now) }
        }
        guard let index = known else { return nil }
        // Who floods does not know the way, nor does this node.
        if isFlood { server.clients[index].outPath = nil }
        let client = server.clients[index]
        let fields = MeshCoreLoginResponse.Acceptance(
            role: client.isAdministrator ? 1 : 0, permissions: client.permissions, salt: salt(4), level: Self.level)
        return MeshCoreResponse(tag: uniqueTime(now: now), data: MeshCoreLoginResponse.accepted(fields).bytes)
    }

    private func isPassword(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
        security.primitives.areEqualInConstantTime(
            security.primitives.sha256(given), security.primitives.sha256(expected))
    }

    // MARK: Replies

    /// Answers by the firmware's choice of ways: to a flood with the way that it took, along the path that was asked
    /// for, along the stored one, or by a flood.
    mutating func reply(
        _ response: MeshCoreResponse, to key: MeshCorePublicKey, _ secret: MeshCoreSecret,
        suppliedPath: MeshCorePath?, _ received: ReceivedPacket, now: Instant
    ) {
        let bytes = serialized(response.serialize)
        let hashSize = received.packet.path.hashSize
        if received.isFlood {
            floodPathReturn(
                received, to: key, secret, extra: (.response, bytes), scope: replyScope(received),
                hashSize: hashSize, delay: Self.responseDelay, now: now)
            return
        }
        let payload = addressed(bytes, to: key, secret)
        let path = suppliedPath ?? server.client(key).flatMap { server.clients[$0].outPath }
        let scope = replyScope(received)
        trySending { engine throws(MeshCoreError) in
            if let path {
                _ = try engine.sendDirect(
                    .response, payload, path: path, contact: nil, delay: Self.responseDelay, now: now)
            } else {
                _ = try engine.sendFlood(
                    .response, payload, scope: scope, delay: Self.responseDelay, hashSize: hashSize, now: now)
            }
        }
    }

    /// A reply stays in the region of what it answers.
    func replyScope(_ received: ReceivedPacket) -> FloodScope {
        switch received.scope {
        case .region(let key): .region(key)
        case .unscoped: .none
        case .unknown: .standard
        }
    }

    // MARK: Neighbours

    /// Remembers a repeater in range, unless its advert was shared by somebody else.
    mutating func noteNeighbour(_ advert: MeshCoreAdvert, _ received: ReceivedPacket, now: Instant) {
        guard received.packet.path.isEmpty, received.packet.route != .transportDirect(.nowhere),
            let data = parse(advert.applicationData, MeshCoreAdvertData.init(parsing:)), data.type == .repeater
        else { return }
        server.note(
            Neighbour(key: advert.key, heard: time(now: now), snrQuarters: received.arrival.snrQuarters))
    }

    /// Tells who asks that this repeater is in range.
    mutating func answerDiscovery(_ received: ReceivedPacket, now: Instant) {
        guard parameters.isForwarding,
            received.packet.payload.first.map({ $0 & 0xf0 == 0x80 }) == true,
            let request = parse(received.packet.payload, MeshCoreDiscoverRequest.init(parsing:)),
            request.asks(for: .repeater)
        else { return }
        guard server.discoveries.allow(4, within: .seconds(120), now: now) else { return drop(.rateLimited) }
        let key = identity.publicKey
        let response = MeshCoreDiscoverResponse(
            type: .repeater, snrQuarters: received.arrival.snrQuarters, tag: request.tag,
            key: request.wantsPrefixOnly
                ? Array(key.prefix(MeshCoreDiscoverResponse.prefixLength)) : key.bytes)
        let payload = serialized(response.serialize)
        // Many may answer: they spread over four times the usual wait.
        let delay = floodDelay(MeshCorePacket(route: .direct, payloadType: .control, payload: payload)) * 4
        trySending { engine throws(MeshCoreError) in try engine.sendZeroHop(.control, payload, delay: delay, now: now) }
    }
}
