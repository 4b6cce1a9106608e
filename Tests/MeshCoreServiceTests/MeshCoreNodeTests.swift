import EngineCore
import Foundation
import LoRaPHY
import MeshCoreEngine
import MeshCoreWire
import NIOCore
import Testing

@testable import MeshCoreService

@Suite("A MeshCore node in real time", .timeLimit(.minutes(1)))
struct MeshCoreNodeTests {
    @Test("Nodes on one air know each other by adverts; a message is acknowledged, a channel reaches all")
    func conversation() async throws {
        let stage = try await Stage()
        let (a, b) = (try await stage.node(0), try await stage.node(1))
        try await a.perform { engine, now in try engine.sendAdvert(isFlood: true, now: now) }
        let keyOfA = try await b.contactHeard()
        try await b.perform { engine, now in try engine.sendAdvert(isFlood: true, now: now) }
        let keyOfB = try await a.contactHeard()
        #expect(keyOfA == (try await a.perform { engine, _ in engine.identity.publicKey }))

        let tag = try await a.perform { engine, now in
            try engine.sendText(
                to: keyOfB.prefix(6), timestamp: engine.uniqueTime(now: now), text: Array("hello".utf8), now: now
            ).tag
        }
        let text = try await b.next { event -> [UInt8]? in
            if case .message(let contact, let text, _) = event, contact.key == keyOfA { text.text } else { nil }
        }
        #expect(text == Array("hello".utf8))
        let acknowledged = try await a.next { event -> [UInt8]? in
            if case .acknowledged(let hash, keyOfB, _) = event { hash.bytes } else { nil }
        }
        #expect(acknowledged == tag)

        try await b.perform { engine, now in
            try engine.sendChannelText(
                channel: 0, timestamp: engine.uniqueTime(now: now), text: Array("to all".utf8), now: now)
        }
        let news = try await a.next { event -> [UInt8]? in
            if case .channelMessage(0, let text, _) = event { text.text } else { nil }
        }
        #expect(String(decoding: news, as: UTF8.self).hasSuffix("to all"))
        try await stage.close()
    }

    @Test("Who a node is, whom it knows and what its owner set is there after a start on the same state")
    func restart() async throws {
        let stage = try await Stage()
        let (a, b) = (try await stage.node(0), try await stage.node(1))
        let key = try await a.perform { engine, now in
            var parameters = engine.parameters
            parameters.position = MeshCorePosition(latitude: 1, longitude: 2)
            engine.updateParameters(parameters, now: now)
            return engine.identity.publicKey
        }
        try await b.perform { engine, now in try engine.sendAdvert(isFlood: true, now: now) }
        let keyOfB = try await a.contactHeard()
        try await a.stop()
        let again = try await stage.node(0)
        try await again.perform { engine, _ in
            #expect(engine.identity.publicKey == key)
            #expect(engine.parameters.position == MeshCorePosition(latitude: 1, longitude: 2))
            #expect(engine.contact(keyOfB)?.name == Array("node 1".utf8))
        }
        try await stage.close()
    }

    @Test("A message is in the store before its acknowledgement leaves")
    func storedFirst() async throws {
        let stage = try await Stage()
        let (a, b) = (try await stage.node(0), try await stage.node(1))
        try await a.perform { engine, now in try engine.sendAdvert(isFlood: true, now: now) }
        _ = try await b.contactHeard()
        try await b.perform { engine, now in try engine.sendAdvert(isFlood: true, now: now) }
        let keyOfB = try await a.contactHeard()
        // Whoever keeps messages does so while the event is handled.
        try await b.observe { event, engine, _, store in
            guard case .message(_, let text, _) = event else { return }
            #expect(engine.statistics.packetsSent == 1, "the advert has left, the acknowledgement has not")
            store.save("unread/1", text.text)
        }
        _ = try await a.perform { engine, now in
            try engine.sendText(
                to: keyOfB.prefix(6), timestamp: engine.uniqueTime(now: now), text: [0x78], now: now)
        }
        _ = try await a.next { if case .acknowledged = $0 { true } else { nil } }
        #expect(try await b.stored("unread/1") == [0x78])
        try await stage.close()
    }
}
