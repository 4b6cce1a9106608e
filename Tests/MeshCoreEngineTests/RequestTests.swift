import EngineCore
import MeshCoreEngine
import MeshCoreWire
import TestSupport
import Testing

@Suite("MeshCore requests")
struct RequestTests {
    /// Alice, and a repeater that she knows.
    private func network(_ configure: (inout MeshCoreParameters) -> Void = { _ in }) throws -> Medium {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        try medium.add("Hill", Keys.repeater, role: .repeater) { _, parameters in configure(&parameters) }
        try medium.call(0) { engine, _ throws(MeshCoreError) in
            try engine.setContact(MeshCoreContact(Keys.repeater, "Hill", type: .repeater))
        }
        return medium
    }

    private let hill = Keys.repeater.publicKey

    private func login(_ password: String, in medium: Medium) throws {
        let sent = try medium.call(0) { [hill] engine, now throws(MeshCoreError) in
            try engine.sendLogin(to: hill, password: Array(password.utf8), now: now)
        }
        #expect(sent.tag == Array(hill.prefix(4)))
        medium.run(.seconds(30))
    }

    private func answers(_ medium: Medium) -> [MeshCoreEvent] {
        medium.news(0).filter { event in
            if case .pathUpdated = event { return false }
            return true
        }
    }

    @Test("An administrator logs in, and reads status, access list, neighbours and owner")
    func administrator() throws {
        let medium = try network { $0.ownerInformation = Array("Me".utf8) }
        try login("password", in: medium)
        guard case .login(hill, .accepted(let fields), _)? = answers(medium).last else {
            Issue.record("no login: \(answers(medium))")
            return
        }
        #expect(fields.role == 1)
        #expect(fields.permissions & 3 == 3)

        _ = try medium.call(0) { [hill] engine, now throws(MeshCoreError) in
            try engine.sendStatusRequest(to: hill, now: now)
        }
        medium.run(.seconds(30))
        guard case .status(hill, let status)? = answers(medium).last else {
            Issue.record("no status")
            return
        }
        #expect(status.count >= MeshCoreRepeaterStatus.byteCount)

        for (request, expected) in [
            ([5, 0, 0] as [UInt8], Array(Keys.alice.publicKey.prefix(6)) + [3]), ([7], Array("Heddle\nHill\nMe".utf8)),
            ([6, 0, 10, 0, 0, 0, 6, 1, 2, 3, 4], [0, 0, 0, 0]),
        ] {
            let sent = try medium.call(0) { [hill] engine, now throws(MeshCoreError) in
                try engine.sendBinaryRequest(to: hill, data: request, now: now)
            }
            medium.run(.seconds(30))
            guard case .binaryResponse(hill, let tag, let data)? = answers(medium).last else {
                Issue.record("no answer to \(request)")
                continue
            }
            #expect((0..<4).map { UInt8(truncatingIfNeeded: tag >> (8 * UInt32($0))) } == sent.tag)
            #expect(data.starts(with: expected), "\(request)")
        }
    }

    @Test("Logins and requests are the firmware's packets, with its time-outs")
    func vectors() throws {
        let logins = try MeshCoreVectors.cases(with: "password", "timestamp_used", "target_pub")
        #expect(!logins.isEmpty)
        for vector in logins {
            let medium = Medium()
            try medium.add("Alice", Keys.identity(seed: try vector.inputs.hex("sender_seed")))
            let target = try #require(MeshCorePublicKey(try vector.inputs.hex("target_pub")))
            let time = UInt32(try vector.inputs.int("timestamp_used"))
            let type = MeshCoreNodeType(rawValue: UInt8(try vector.inputs.int("target_type")))
            let since = UInt32(try vector.inputs.int("sync_since"))
            let password = try vector.inputs.utf8("password")
            let sent = try medium.call(0) { engine, now throws(MeshCoreError) in
                engine.setClock(time, now: now)
                try engine.setContact(MeshCoreContact(key: target, type: type, syncSince: since))
                return try engine.sendLogin(to: target, password: password, now: now)
            }
            #expect(sent.timeout.milliseconds == Int64(try vector.expected.int("est_timeout_ms")), "\(vector)")
            let raw = try vector.expected.list("sender_sends")[0].hex("raw")
            #expect(medium.sent.map(\.transmission.bytes) == [raw], "\(vector)")
        }
        for vector in try MeshCoreVectors.cases(with: "req_data", "tag", "out_path") {
            let medium = Medium()
            try medium.add("Alice", Keys.alice)
            let path = MeshCorePath(hashSize: 1, bytes: try vector.inputs.hex("out_path"))
            let tag = UInt32(try vector.inputs.int("tag"))
            let data = try vector.inputs.hex("req_data")
            let sent = try medium.call(0) { engine, now throws(MeshCoreError) in
                engine.setClock(tag, now: now)
                try engine.setContact(MeshCoreContact(Keys.bob, "Bob", outPath: path))
                return try engine.sendBinaryRequest(to: Keys.bob.publicKey, data: data, now: now)
            }
            #expect(sent.timeout.milliseconds == Int64(try vector.expected.int("est_timeout_ms")), "\(vector)")
            let raw = try vector.expected.list("sender_sends")[0].hex("raw")
            #expect(medium.sent.map(\.transmission.bytes) == [raw], "\(vector)")
        }
    }

    @Test("A wrong password is not answered, an empty one makes a guest who may not read the access list")
    func guests() throws {
        let medium = try network()
        try login("wrong", in: medium)
        #expect(answers(medium).isEmpty)
        #expect(medium.nodes[1].drops[.refusedLogin] == 1)
        try login("", in: medium)
        guard case .login(_, .accepted(let fields), _)? = answers(medium).last else {
            Issue.record("no login")
            return
        }
        #expect(fields.permissions & 3 == 0)
        let before = answers(medium).count
        _ = try medium.call(0) { [hill] engine, now throws(MeshCoreError) in
            try engine.sendBinaryRequest(to: hill, data: [5, 0, 0], now: now)
        }
        medium.run(.seconds(30))
        #expect(answers(medium).count == before)
    }

    @Test("A login that is replayed is not answered")
    func replayedLogin() throws {
        let medium = try network()
        try login("password", in: medium)
        let packet = try #require(try medium.packets(of: 0).first { $0.payloadType == .anonymousRequest })
        // Another packet with the same content would be a duplicate: forget it by way of others.
        for number in 0..<160 as Range<UInt8> {
            medium.hear(1, MeshCorePacket(route: .direct, payloadType: .rawCustom, payload: [number, 1, 2, 3]).bytes)
        }
        let before = medium.nodes[1].drops[.refusedLogin]
        medium.hear(1, packet.bytes)
        #expect(medium.nodes[1].drops[.refusedLogin] == before + 1)
    }

    @Test("A stranger may ask for regions and owner along a path, four times in three minutes")
    func anonymousQueries() throws {
        let medium = try network { $0.ownerInformation = Array("Me".utf8) }
        try medium.call(0) { [hill] engine, _ throws(MeshCoreError) in
            try engine.setContact(MeshCoreContact(key: hill, type: .repeater, outPath: .zeroHop))
        }
        for number in 0..<6 {
            _ = try medium.call(0) { [hill] engine, now throws(MeshCoreError) in
                try engine.sendAnonymousRequest(to: hill, data: [2, 0], now: now)
            }
            medium.run(.seconds(10))
            #expect(answers(medium).count == min(number + 1, 4))
        }
        guard case .binaryResponse(_, _, let data)? = answers(medium).last else {
            Issue.record("no answer")
            return
        }
        #expect(data.dropFirst(4).starts(with: Array("Hill\nMe".utf8)))
    }

    @Test("An administrator's command is told once, and answered")
    func commands() throws {
        let medium = try network()
        try login("password", in: medium)
        _ = try medium.call(0) { [hill] engine, now throws(MeshCoreError) in
            try engine.sendText(to: hill.prefix(6), type: .commandLine, timestamp: 0, text: Array("ver".utf8), now: now)
        }
        medium.run(.seconds(30))
        let commands = medium.events[1].compactMap { event in
            if case .command(let key, let text, _) = event { return (key, text.text) }
            return nil
        }
        #expect(commands.map(\.1) == [Array("ver".utf8)])
        try medium.call(1) { engine, now throws(MeshCoreError) in
            try engine.answerCommand(from: Keys.alice.publicKey, text: Array("v1".utf8), now: now)
        }
        medium.run(.seconds(30))
        #expect(
            medium.events[0].contains { event in
                if case .message(_, let text, _) = event {
                    return text.type == .commandLine && text.text == Array("v1".utf8)
                }
                return false
            })
    }

    @Test("Telemetry is told to those who may read it, a group at a time")
    func telemetry() throws {
        for (mode, flags, isAnswered) in [
            (MeshCoreParameters.TelemetryMode.nobody, UInt8(0x0e), false), (.flaggedContacts, 0, false),
            (.flaggedContacts, 0x02, true), (.everybody, 0, true),
        ] {
            let medium = Medium()
            try medium.add("Alice", Keys.alice)
            try medium.add("Bob", Keys.bob) { _, parameters in parameters.baseTelemetry = mode }
            medium.nodes[1].facts.telemetry.location = [9, 9]
            try medium.call(0) { engine, _ throws(MeshCoreError) in
                try engine.setContact(MeshCoreContact(Keys.bob, "Bob"))
            }
            try medium.call(1) { engine, _ throws(MeshCoreError) in
                var contact = MeshCoreContact(Keys.alice, "Alice")
                contact.flags = flags
                try engine.setContact(contact)
            }
            _ = try medium.call(0) { engine, now throws(MeshCoreError) in
                try engine.sendTelemetryRequest(to: Keys.bob.publicKey, now: now)
            }
            medium.run(.seconds(30))
            let data = answers(medium).compactMap { event in
                if case .telemetry(_, let data) = event { return data }
                return nil
            }
            #expect(data.count == (isAnswered ? 1 : 0), "\(mode) \(flags)")
            #expect(data.allSatisfy { $0.starts(with: [0x01, 0x74, 0, 0, 0]) })
        }
    }

    @Test("Path discovery tells the ways out and back, and leaves the known path")
    func pathDiscovery() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        try medium.add("Bob", Keys.bob) { _, parameters in parameters.baseTelemetry = .everybody }
        try medium.add("Hill", Keys.repeater, role: .repeater)
        medium.isInRange = { from, to in from == 2 || to == 2 }
        try medium.call(0) { engine, _ throws(MeshCoreError) in try engine.setContact(MeshCoreContact(Keys.bob, "Bob"))
        }
        try medium.call(1) { engine, _ throws(MeshCoreError) in
            try engine.setContact(MeshCoreContact(Keys.alice, "Alice"))
        }
        _ = try medium.call(0) { engine, now throws(MeshCoreError) in
            try engine.sendPathDiscovery(to: Keys.bob.publicKey, now: now)
        }
        medium.run(.seconds(30))
        let path = try #require(MeshCorePath(hashSize: 1, bytes: [hill.hash]))
        #expect(medium.news(0) == [.pathDiscovered(contact: Keys.bob.publicKey, out: path, back: path)])
        #expect(medium.nodes[0].contact(Keys.bob.publicKey)?.outPath == nil)
    }

    @Test("A trace collects how well each hop heard it")
    func trace() throws {
        let medium = try network()
        let trace = MeshCoreTrace(tag: 7, authorization: 0, flags: 0, route: [hill.hash])
        let sent = try medium.call(0) { engine, now throws(MeshCoreError) in try engine.sendTrace(trace, now: now) }
        #expect(sent.tag == [7, 0, 0, 0])
        medium.run(.seconds(10))
        let traces = medium.events[0].compactMap { event in
            if case .trace(let found, let hops, let arrival) = event { return (found, hops, arrival.snrQuarters) }
            return nil
        }
        #expect(traces.count == 1)
        #expect(traces.first.map { $0.0 == trace && $0.1 == [32] && $0.2 == 32 } == true)
    }

    @Test("Repeaters in range answer to discovery")
    func discovery() throws {
        let medium = try network()
        try medium.call(0) { engine, now throws(MeshCoreError) in
            try engine.sendControl([0x80, 0x04, 1, 2, 3, 4, 0, 0, 0, 0], now: now)
        }
        medium.run(.seconds(30))
        let controls = medium.events[0].compactMap { event in
            if case .control(let payload, _, _) = event { return payload }
            return nil
        }
        #expect(controls == [[0x92, 32, 1, 2, 3, 4] + hill.bytes])
    }

    @Test("A channel is read by all who have its key")
    func channels() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        try medium.add("Bob", Keys.bob)
        try medium.call(0) { engine, now throws(MeshCoreError) in
            try engine.sendChannelText(channel: 0, timestamp: 5, text: Array("Hi".utf8), now: now)
        }
        let data = try #require(MeshCoreGroupData(type: 0xff00, data: [1, 2, 3]))
        try medium.call(0) { engine, now throws(MeshCoreError) in
            try engine.sendChannelData(channel: 0, data, now: now)
        }
        medium.run(.seconds(10))
        let texts = medium.events[1].compactMap { event in
            if case .channelMessage(0, let text, _) = event { return text.text }
            return nil
        }
        #expect(texts == [Array("Alice: Hi".utf8)])
        #expect(medium.events[1].contains { if case .channelData(0, data, _) = $0 { true } else { false } })
        #expect(throws: MeshCoreError.notFound) {
            try medium.call(0) { engine, now throws(MeshCoreError) in
                try engine.sendChannelText(channel: 3, timestamp: 5, text: [], now: now)
            }
        }
    }

    @Test("Floods stay in the region that an app or the owner chose")
    func scopes() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        let key = try #require(MeshCoreRegionKey([UInt8](repeating: 5, count: 16)))
        func send() throws -> Bool {
            try medium.call(0) { engine, now throws(MeshCoreError) in
                try engine.sendChannelText(
                    channel: 0, timestamp: UInt32(now.microseconds / 1_000_000), text: [0x61], now: now)
            }
            medium.run(.seconds(10))
            return try medium.packets(of: 0).last?.route.transportCodes != nil
        }
        #expect(try !send())
        medium.nodes[0].scopeOverride = key
        #expect(try send())
        medium.nodes[0].forcesUnscoped = true
        #expect(try !send())
    }
}
