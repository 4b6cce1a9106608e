import EngineCore
import MeshCoreEngine
import MeshCoreWire
import TestSupport
import Testing

@Suite("MeshCore engines under bad input")
struct RobustnessTests {
    @Test("Mutated packets never trap, and all that waits stays bounded", arguments: MeshCoreEngine.Role.allCases)
    func mutation(role: MeshCoreEngine.Role) throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let medium = Medium()
        try medium.add("Bob", Keys.bob, role: role) { configuration, parameters in
            configuration.packetQueueLimit = 20
            parameters.repeatsForOthers = true
            parameters.receiveDelayBase = 10_000
        }
        try medium.call(0) { engine, _ throws(MeshCoreError) in
            try engine.setContact(MeshCoreContact(Keys.alice, "Alice"))
        }
        var packets = try MeshCoreVectors.cases(with: "raw").map { try $0.inputs.hex("raw") }
        for vector in try MeshCoreVectors.cases() where vector.expected.has("sender_sends") {
            packets += try vector.expected.list("sender_sends").map { try $0.hex("raw") }
        }
        for round in 0..<5_000 {
            medium.hear(0, generator.mutated(try #require(packets.randomElement(using: &generator))))
            #expect(medium.nodes[0].queueLength <= 20, "seed \(seed)")
            if round % 50 == 0 { medium.run(.seconds(1)) }
        }
    }

    @Test("A request with every byte of its plaintext changed is answered or dropped")
    func plaintexts() throws {
        let security = MeshCoreSecurity(MeshCoreSodium.shared())
        let secret = try #require(security.secret(of: Keys.alice, with: Keys.bob.publicKey))
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let medium = Medium()
        try medium.add("Bob", Keys.bob) { _, parameters in parameters.baseTelemetry = .everybody }
        try medium.call(0) { engine, _ throws(MeshCoreError) in
            try engine.setContact(MeshCoreContact(Keys.alice, "Alice"))
        }
        for type in [MeshCorePayloadType.request, .response, .text, .path] {
            for count in [0, 1, 4, 5, 8, 15, 16, 40, 160] {
                for _ in 0..<20 {
                    let plaintext = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    let payload =
                        [Keys.bob.publicKey.hash, Keys.alice.publicKey.hash] + security.seal(plaintext, with: secret)
                    medium.hear(0, MeshCorePacket(route: .flood, payloadType: type, payload: payload).bytes)
                    medium.run(.seconds(10))
                }
            }
        }
        #expect(medium.nodes[0].drops[.unsupportedType] > 0, "seed \(seed)")
    }

    @Test("Bytes that are no packet are heard and counted")
    func noPacket() throws {
        let medium = Medium()
        try medium.add("Bob", Keys.bob)
        medium.hear(0, [])
        medium.hear(0, [0xff, 0xff])
        #expect(medium.nodes[0].drops[.malformedPacket] == 2)
        #expect(medium.events[0].count == 2)
        #expect(medium.nodes[0].statistics.receiveErrors == 2)
    }

    @Test("The duplicate table forgets the oldest packet")
    func duplicates() throws {
        let medium = Medium()
        try medium.add("Bob", Keys.bob) { configuration, _ in configuration.duplicateLimit = 16 }
        func raw(_ number: UInt8) -> [UInt8] {
            MeshCorePacket(route: .direct, payloadType: .rawCustom, payload: [number, 1, 2, 3]).bytes
        }
        for number in 0..<17 as Range<UInt8> { medium.hear(0, raw(number)) }
        #expect(medium.news(0).count == 17)
        medium.hear(0, raw(16))
        #expect(medium.news(0).count == 17)
        medium.hear(0, raw(0))
        #expect(medium.news(0).count == 18)
    }
}
