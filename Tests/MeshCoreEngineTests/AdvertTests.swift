import EngineCore
import MeshCoreEngine
import MeshCoreWire
import TestSupport
import Testing

@Suite("MeshCore adverts")
struct AdvertTests {
    private let security = MeshCoreSecurity(MeshCoreSodium.shared())

    private func advert(_ identity: MeshCoreIdentity, at time: UInt32, name: String = "Bob") -> [UInt8] {
        let advert = security.advert(
            as: identity, timestamp: time, MeshCoreAdvertData(type: .chat, name: Array(name.utf8)))
        return MeshCorePacket(route: .flood, payloadType: .advert, payload: serialized(advert)).bytes
    }

    private func stored(_ medium: Medium) -> Int { medium.nodes[0].contactCount }

    @Test("An advert makes a contact of a stranger, and a newer one refreshes it")
    func discovery() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        try medium.add("Bob", Keys.bob)
        try medium.call(1) { engine, now throws(MeshCoreError) in try engine.sendAdvert(isFlood: true, now: now) }
        medium.run(.seconds(5))
        #expect(medium.nodes[0].contact(Keys.bob.publicKey)?.name == Array("Bob".utf8))
        try medium.call(1) { engine, now throws(MeshCoreError) in try engine.sendAdvert(isFlood: false, now: now) }
        medium.run(.seconds(5))
        let isNew = medium.events[0].compactMap { event in
            if case .advertHeard(_, let isNew) = event { return isNew }
            return nil
        }
        #expect(isNew == [true, false])
        #expect(medium.records[0].contains { $0.name == .contact(Keys.bob.publicKey) && $0.value != nil })
    }

    @Test("A replayed advert, one with a bad signature and this node's own change nothing")
    func refusals() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        medium.hear(0, advert(Keys.bob, at: 100))
        #expect(stored(medium) == 1)
        medium.hear(0, advert(Keys.bob, at: 99, name: "Old"))
        medium.hear(0, advert(Keys.bob, at: 100, name: "Same"))
        #expect(medium.nodes[0].drops[.replayedAdvert] == 2)
        var forged = advert(Keys.repeater, at: 100)
        forged[60] ^= 1
        medium.hear(0, forged)
        medium.hear(0, forged)
        #expect(medium.nodes[0].drops[.badSignature] == 1)
        #expect(medium.nodes[0].drops[.duplicate] == 1)
        medium.hear(0, advert(Keys.alice, at: 100))
        #expect(medium.nodes[0].drops[.ownAdvert] == 1)
        #expect(medium.nodes[0].contacts.map(\.name) == [Array("Bob".utf8)])
    }

    @Test("The table of contacts is bounded, and the oldest gives way if the owner wants")
    func bounds() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice) { configuration, _ in configuration.contactLimit = 3 }
        let others = (0..<8).compactMap { number in
            security.identity(seed: [UInt8](repeating: UInt8(number + 3), count: 32))
        }
        for identity in others {
            medium.hear(0, advert(identity, at: 100))
            medium.run(.seconds(1))
        }
        #expect(stored(medium) == 3)
        #expect(medium.events[0].count { $0 == .contactsFull } == others.count - 3)
        try medium.call(0) { engine, now throws(MeshCoreError) in
            var parameters = engine.parameters
            parameters.autoAddFlags = 1
            engine.updateParameters(parameters, now: now)
        }
        medium.hear(0, advert(Keys.bob, at: 100))
        #expect(stored(medium) == 3)
        #expect(medium.nodes[0].contact(Keys.bob.publicKey) != nil)
        #expect(medium.events[0].contains(.contactDeleted(others[0].publicKey)))
    }

    @Test("With manual adding only the chosen types become contacts, and only from near enough")
    func manualAdding() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice) { _, parameters in
            parameters.manualAdd = 1
            parameters.autoAddFlags = 1 << 2
        }
        medium.hear(0, advert(Keys.bob, at: 100))
        #expect(stored(medium) == 0)
        #expect(medium.events[0].contains { if case .advertNotStored = $0 { true } else { false } })
        try medium.call(0) { engine, now throws(MeshCoreError) in
            var parameters = engine.parameters
            parameters.autoAddFlags = 1 << 1
            parameters.autoAddMaximumHops = 1
            engine.updateParameters(parameters, now: now)
        }
        var far = try MeshCorePacket(advert(Keys.bob, at: 101))
        far.path = try #require(MeshCorePath(hashSize: 1, bytes: [7]))
        medium.hear(0, far.bytes)
        #expect(stored(medium) == 0)
        medium.hear(0, advert(Keys.bob, at: 102))
        #expect(stored(medium) == 1)
    }

    @Test("An exported contact is imported by another node, and shared to neighbours alone")
    func exportAndShare() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        try medium.add("Carol", Keys.identity(0x20))
        medium.isInRange = { _, _ in false }
        medium.hear(0, advert(Keys.bob, at: 100))
        let bytes = try medium.nodes[0].exportContact(Keys.bob.publicKey)
        try medium.call(1) { engine, now throws(MeshCoreError) in try engine.importContact(bytes, now: now) }
        #expect(medium.nodes[1].contact(Keys.bob.publicKey) != nil)
        try medium.call(0) { engine, now throws(MeshCoreError) in
            try engine.shareContact(Keys.bob.publicKey, now: now)
        }
        #expect(try medium.packets(of: 0).last?.route == .transportDirect(.nowhere))
        #expect(throws: MeshCoreError.illegalArgument) {
            try medium.call(1) { engine, now throws(MeshCoreError) in try engine.importContact([1, 2, 3], now: now) }
        }
    }

    @Test("The firmware's adverts are taken or refused as the firmware does")
    func vectors() throws {
        for vector in try MeshCoreVectors.cases(with: "seed", "timestamp", "adv_type") {
            let medium = Medium()
            try medium.add("Bob", Keys.bob)
            medium.hear(0, try vector.expected.hex("raw_flood"))
            let expected = try vector.expected.list("receiver_events").count
            #expect(stored(medium) == expected, "\(vector)")
        }
    }

    @Test("What is stored brings contacts and channels back")
    func restoration() throws {
        let medium = Medium()
        try medium.add("Alice", Keys.alice)
        try medium.add("Alice", Keys.alice)
        medium.isInRange = { _, _ in false }
        medium.hear(0, advert(Keys.bob, at: 100))
        let secret = try #require(MeshCoreSecret(channelKey: [UInt8](1...16)))
        try medium.call(0) { engine, _ throws(MeshCoreError) in
            try engine.setChannel(MeshCoreChannel(name: Array("#test".utf8), secret: secret), at: 2)
            try engine.setChannel(nil, at: 0)
        }
        for record in medium.records[0] {
            let name = try #require(MeshCoreRecord.Name(text: record.name.text))
            #expect(name == record.name)
            try medium.nodes[1].restore(MeshCoreRecord(name: name, value: record.value))
        }
        #expect(medium.nodes[1].contacts == medium.nodes[0].contacts)
        #expect(medium.nodes[1].channels == medium.nodes[0].channels)
        #expect(
            try medium.nodes[1].exportContact(Keys.bob.publicKey) == medium.nodes[0].exportContact(Keys.bob.publicKey))
    }
}
