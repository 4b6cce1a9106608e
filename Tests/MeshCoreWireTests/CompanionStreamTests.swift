import MeshCoreWire
import TestSupport
import Testing

@Suite("The companion protocol's stream")
struct CompanionStreamTests {
    private let first: [UInt8] = [0x16, 3]
    private let second: [UInt8] = [0x3c, 0x3c, 0, 1]

    private func frame(_ body: [UInt8]) throws -> [UInt8] { try #require(CompanionStream.frame(body, .toNode)) }

    @Test("A frame is its marker, its length and its body", arguments: CompanionStream.Direction.allCases)
    func layout(direction: CompanionStream.Direction) {
        #expect(CompanionStream.frame(first, direction) == [direction == .toNode ? 0x3c : 0x3e, 2, 0, 0x16, 3])
    }

    @Test("Frames are found wherever they are split, and when they come together")
    func split() throws {
        let bytes = try frame(first) + frame(second)
        for position in 0...bytes.count {
            var reader = CompanionStreamReader(.toNode)
            let bodies = reader.take(bytes[..<position]) + reader.take(bytes[position...])
            #expect(bodies == [first, second])
            #expect(reader.skippedBytes == 0)
        }
        var reader = CompanionStreamReader(.toNode)
        #expect(bytes.flatMap { reader.take([$0]) } == [first, second])
    }

    @Test("Garbage before a marker is skipped and counted")
    func garbage() throws {
        var reader = CompanionStreamReader(.toNode)
        #expect(reader.take(try Array("hello>".utf8) + frame(first)) == [first])
        #expect(reader.skippedBytes == 6)
    }

    @Test("A frame of length zero is none")
    func empty() throws {
        var reader = CompanionStreamReader(.toNode)
        #expect(reader.take(try [0x3c, 0, 0] + frame(first)) == [first])
        #expect(CompanionStream.frame([], .toApp) == nil)
    }

    @Test("A body of 176 bytes is the longest; longer ones are skipped whole", arguments: [176, 177, 300, 65_535])
    func limit(length: Int) throws {
        let body = [UInt8](repeating: 0x3c, count: length)
        var reader = CompanionStreamReader(.toNode)
        let bytes = [0x3c, UInt8(length & 0xff), UInt8(length >> 8)] + body
        #expect(reader.take(try bytes + frame(first)) == (length == 176 ? [body, first] : [first]))
        #expect(reader.oversizedFrames == (length == 176 ? 0 : 1))
        #expect((CompanionStream.frame(body, .toApp) == nil) == (length > 176))
    }

    @Test("Mutated streams never trap, and no body is longer than allowed")
    func mutation() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let stream = try MeshCoreExchanges.companion().compactMap(\.request).flatMap { try frame($0) }
        for _ in 0..<300 {
            var reader = CompanionStreamReader(.toNode)
            let bodies = reader.take(generator.mutated(stream))
            #expect(bodies.allSatisfy { (1...176).contains($0.count) }, "seed \(seed)")
        }
    }
}
