import EngineCore
import MeshCoreEngine
import MeshCoreWire
import TestSupport
import Testing

@Suite("MeshCore conversations")
struct ConversationTests {
    /// Alice and Bob, who know one another, with a repeater between them that both hear.
    private func pair(throughRepeater: Bool = false) throws -> Medium {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        try medium.add("Bob", Keys.bob)
        if throughRepeater {
            try medium.add("Hill", Keys.repeater, role: .repeater)
            medium.isInRange = { from, to in from == 2 || to == 2 }
        }
        try medium.call(0) { engine, _ throws(MeshCoreError) in try engine.setContact(MeshCoreContact(Keys.bob, "Bob"))
        }
        try medium.call(1) { engine, _ throws(MeshCoreError) in
            try engine.setContact(MeshCoreContact(Keys.alice, "Alice"))
        }
        return medium
    }

    private func send(_ text: String, attempt: UInt8 = 0, in medium: Medium) throws -> MeshCoreSent {
        try medium.call(0) { engine, now throws(MeshCoreError) in
            try engine.sendText(
                to: Keys.bob.publicKey.prefix(6), attempt: attempt, timestamp: 1_700_000_001,
                text: Array(text.utf8), now: now)
        }
    }

    private func isMessage(_ event: MeshCoreEvent, _ text: String) -> Bool {
        if case .message(_, let message, _) = event { return message.text == Array(text.utf8) }
        return false
    }

    private func acknowledgements(_ medium: Medium, node: Int) -> [[UInt8]] {
        medium.events[node].compactMap { event in
            if case .acknowledged(let hash, _, _) = event { return hash.bytes }
            return nil
        }
    }

    @Test("A first text floods, is acknowledged within a path return, and the second goes along the path")
    func floodThenDirect() throws {
        let medium = try pair(throughRepeater: true)
        let first = try send("Hello", in: medium)
        #expect(first.isFlood)
        medium.run(.seconds(30))
        #expect(medium.events[1].count { isMessage($0, "Hello") } == 1)
        #expect(acknowledgements(medium, node: 0) == [first.tag])
        let hill = Array(Keys.repeater.publicKey.prefix(1))
        #expect(medium.nodes[0].contact(Keys.bob.publicKey)?.outPath?.bytes == hill)
        // The reciprocal path return has told Bob the way back.
        #expect(medium.nodes[1].contact(Keys.alice.publicKey)?.outPath?.bytes == hill)

        let second = try send("Again", in: medium)
        #expect(!second.isFlood)
        let before = medium.sent.count
        medium.run(.seconds(30))
        #expect(medium.events[1].count { isMessage($0, "Again") } == 1)
        #expect(acknowledgements(medium, node: 0) == [first.tag, second.tag])
        #expect(medium.sent[before...].allSatisfy { $0.transmission.bytes[0] & 3 == 2 })
    }

    @Test("A message is told before its acknowledgement is sent")
    func eventBeforeAcknowledgement() throws {
        let medium = try pair()
        _ = try send("Hello", in: medium)
        medium.run(.milliseconds(450))
        #expect(medium.events[1].contains { isMessage($0, "Hello") })
        #expect(try medium.packets(of: 1).isEmpty)
    }

    @Test("A repeated attempt is another packet; the same attempt is a duplicate")
    func attempts() throws {
        let medium = try pair()
        let first = try send("Hello", in: medium)
        medium.run(.seconds(30))
        let repeated = try send("Hello", attempt: 1, in: medium)
        #expect(repeated.tag != first.tag)
        medium.run(.seconds(30))
        #expect(medium.events[1].count { isMessage($0, "Hello") } == 2)
        // The fourth repetition expects what the first attempt did, for the long form is not part of the hash.
        #expect(try send("Hello", attempt: 4, in: medium).tag == first.tag)
        medium.run(.seconds(30))

        let packet = try #require(medium.sent.first?.transmission.bytes)
        let count = medium.events[1].count { isMessage($0, "Hello") }
        medium.hear(1, packet)
        #expect(medium.events[1].count { isMessage($0, "Hello") } == count)
        #expect(medium.nodes[1].statistics.floodDuplicates == 1)
    }

    @Test("An acknowledgement along a path is sent twice if the owner wants")
    func multipleAcknowledgements() throws {
        let medium = try pair()
        try medium.call(1) { engine, now throws(MeshCoreError) in
            var parameters = engine.parameters
            parameters.multipleAcknowledgements = 1
            engine.updateParameters(parameters, now: now)
            try engine.setContact(MeshCoreContact(Keys.alice, "Alice", outPath: .zeroHop))
        }
        try medium.call(0) { engine, _ throws(MeshCoreError) in
            try engine.setContact(MeshCoreContact(Keys.bob, "Bob", outPath: .zeroHop))
        }
        let sent = try send("Hello", in: medium)
        medium.run(.seconds(10))
        #expect(try medium.packets(of: 1).map(\.payloadType) == [.multipart, .acknowledgement])
        #expect(acknowledgements(medium, node: 0) == [sent.tag])
    }

    @Test("A text that is too long, or to a stranger, or of another kind is refused")
    func refusals() throws {
        let medium = try pair()
        #expect(throws: MeshCoreError.tooLong) { try send(String(repeating: "x", count: 161), in: medium) }
        #expect(throws: MeshCoreError.notFound) {
            try medium.call(0) { engine, now throws(MeshCoreError) in
                try engine.sendText(to: [9, 9, 9, 9, 9, 9], timestamp: 1, text: [0x61], now: now)
            }
        }
        #expect(throws: MeshCoreError.unsupported) {
            try medium.call(0) { engine, now throws(MeshCoreError) in
                try engine.sendText(
                    to: Keys.bob.publicKey.prefix(6), type: .signedPlain, timestamp: 1, text: [0x61], now: now)
            }
        }
        #expect(medium.sent.isEmpty)
    }

    @Test("The firmware's texts are delivered and answered as the firmware does")
    func vectors() throws {
        let cases = try MeshCoreVectors.cases(with: "sender_seed", "receiver_seed", "text", "out_path_len_byte")
        #expect(!cases.isEmpty)
        for vector in cases {
            let medium = Medium()
            let sender = Keys.identity(seed: try vector.inputs.hex("sender_seed"))
            try medium.add("Bob", Keys.identity(seed: try vector.inputs.hex("receiver_seed")))
            try medium.call(0) { engine, _ throws(MeshCoreError) in
                try engine.setContact(MeshCoreContact(sender, "Alice"))
            }
            // The firmware's harness took the path away before the receiver saw the packet.
            var packet = try MeshCorePacket(try vector.expected.list("sender_sends")[0].hex("raw"))
            if !packet.route.isFlood { packet.path = .zeroHop }
            packet.path = MeshCorePath(hashSize: packet.path.hashSize)
            medium.hear(0, packet.bytes)
            #expect(medium.events[0].contains { isMessage($0, (try? vector.inputs.string("text")) ?? "") }, "\(vector)")
            medium.run(.seconds(5))
            let answer = try #require(try medium.packets(of: 0).first)
            let expected = try MeshCorePacket(try vector.expected.list("receiver_sends")[0].hex("raw"))
            #expect(answer.payloadType == expected.payloadType, "\(vector)")
            #expect(answer.route == expected.route, "\(vector)")
            #expect(answer.path == expected.path, "\(vector)")
            #expect(answer.payload.count == expected.payload.count, "\(vector)")
            if answer.payloadType == .acknowledgement {
                // The last byte is random.
                #expect(answer.payload.dropLast() == expected.payload.dropLast(), "\(vector)")
            }
        }
    }

    @Test("The firmware's estimates of time-outs are this node's")
    func timeouts() throws {
        for vector in try MeshCoreVectors.cases(with: "sender_seed", "receiver_seed", "text", "out_path_len_byte") {
            let medium = Medium()
            try medium.add("Alice", Keys.identity(seed: try vector.inputs.hex("sender_seed")))
            let receiver = Keys.identity(seed: try vector.inputs.hex("receiver_seed"))
            let length = UInt8(try vector.inputs.int("out_path_len_byte"))
            let path =
                length == 0xff
                ? nil : MeshCorePath(hashSize: Int(length >> 6) + 1, bytes: try vector.inputs.hex("out_path"))
            let hashMode = UInt8(try vector.inputs.int("flood_path_hash_size") - 1)
            let attempt = UInt8(try vector.inputs.int("attempt"))
            let timestamp = UInt32(try vector.inputs.int("timestamp"))
            let text = try vector.inputs.utf8("text")
            let sent = try medium.call(0) { engine, now throws(MeshCoreError) in
                var parameters = engine.parameters
                parameters.pathHashMode = hashMode
                engine.updateParameters(parameters, now: now)
                try engine.setContact(MeshCoreContact(receiver, "Bob", outPath: path))
                return try engine.sendText(
                    to: receiver.publicKey.prefix(6), attempt: attempt, timestamp: timestamp, text: text, now: now)
            }
            #expect(sent.tag == (try vector.expected.hex("expected_ack")), "\(vector)")
            #expect(sent.isFlood == (try vector.expected.int("result_flood1_direct2") == 1), "\(vector)")
            #expect(
                sent.timeout.milliseconds == Int64(try vector.expected.int("est_timeout_ms_sf8_bw62k5_cr5")),
                "\(vector)")
            let raw = try vector.expected.list("sender_sends")[0].hex("raw")
            #expect(try medium.packets(of: 0).first?.bytes == raw, "\(vector)")
        }
    }
}
