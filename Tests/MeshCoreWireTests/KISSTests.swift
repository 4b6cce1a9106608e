import MeshCoreWire
import TestSupport
import Testing
import WireCore

@Suite("KISS")
struct KISSTests {
    @Test("What the firmware's modem said is read, understood and written back")
    func modemMessages() throws {
        let steps = try MeshCoreExchanges.kiss()
        #expect(steps.count == 64)
        for step in steps {
            let line = try #require(step.line)
            var reader = KISSReader()
            let frames = reader.take(line)
            #expect(frames.map { [$0.type] + $0.data } == step.frames.map { $0.map { $0 ?? 0 } }, "\(step)")
            #expect(frames.flatMap(\.line) == line, "\(step)")
            for frame in frames {
                let message = try #require(try KISSModemMessage(frame), "\(step)")
                #expect(message.frame == frame, "\(step)")
            }
        }
    }

    @Test("What the firmware's modem was asked is understood or refused as there")
    func hostMessages() throws {
        var count = 0
        for step in try MeshCoreExchanges.kiss() {
            guard let request = step.request else { continue }
            var reader = KISSReader()
            for frame in reader.take(request) {
                do throws(KISSError) {
                    guard let message = try KISSHostMessage(frame) else { continue }
                    // Any value but zero turns a switch on.
                    if frame != KISSFrame(type: 6, data: [0x19, 5]) { #expect(message.frame == frame, "\(step)") }
                    count += 1
                } catch {
                    #expect(step.line == [0xc0, 0x06, 0xf1, error.rawValue, 0xc0], "\(step)")
                }
            }
        }
        #expect(count >= 35)
    }

    @Test("Requests that the modem refuses for their form are refused with the same code")
    func refusals() throws {
        let formal: Set<UInt8> = [0x01, 0x02, 0x05]
        var count = 0
        for step in try MeshCoreExchanges.kiss() {
            guard let request = step.request, let line = step.line, line.count == 5, line[2] == 0xf1,
                formal.contains(line[3])
            else { continue }
            var reader = KISSReader()
            let frame = try #require(reader.take(request).first)
            let expected = try #require(KISSError(rawValue: line[3]))
            #expect(throws: expected, "\(step)") { try KISSHostMessage(frame) }
            count += 1
        }
        #expect(count >= 14)
    }

    @Test("What a modem ignores says nothing")
    func ignored() throws {
        for frame in [
            KISSFrame(type: 0x16, data: [0x17]), KISSFrame(type: 0xff), KISSFrame(type: 0x07, data: [1]),
            KISSFrame(type: 0x06), KISSFrame(type: 0x00), KISSFrame(type: 0x01),
            KISSFrame(type: 0x00, data: [UInt8](repeating: 1, count: 256)),
        ] {
            #expect(try KISSHostMessage(frame) == nil)
        }
    }

    @Test("A frame is found wherever it is split")
    func split() {
        let frame = KISSFrame(type: 0, data: [0xc0, 0xdb, 1, 0xdc, 0xdd])
        let line = frame.line
        #expect(line == [0xc0, 0, 0xdb, 0xdc, 0xdb, 0xdd, 1, 0xdc, 0xdd, 0xc0])
        for position in 0...line.count {
            var reader = KISSReader()
            let frames = reader.take(line[..<position]) + reader.take(line[position...])
            #expect(frames == [frame])
        }
    }

    @Test("A bad escape is left out, and is counted")
    func badEscape() {
        var reader = KISSReader()
        #expect(reader.take([0xc0, 6, 0xdb, 0x41, 0x17, 0xc0]) == [KISSFrame(type: 6, data: [0x17])])
        #expect(reader.take([6, 0xdb, 0xc0]) == [KISSFrame(type: 6)])
        #expect(reader.badEscapes == 2)
    }

    @Test("512 bytes are a frame; one more is thrown away up to the next end", arguments: [512, 513, 5000])
    func limit(length: Int) {
        var reader = KISSReader()
        let frames = reader.take([0xc0] + [UInt8](repeating: 1, count: length) + [0xc0, 6, 0x17, 0xc0])
        #expect(frames.count == (length == 512 ? 2 : 1))
        #expect(frames.last == KISSFrame(type: 6, data: [0x17]))
        #expect(reader.oversizedFrames == (length == 512 ? 0 : 1))
    }

    @Test("Responses cut at every byte are refused, but for those that are only data")
    func truncation() throws {
        let open: Set<UInt8> = [0x82, 0x85, 0x86, 0x95, 0x96]
        for step in try MeshCoreExchanges.kiss() {
            for frame in step.frames where frame.first == 0x06 {
                let bytes = frame.dropFirst().map { $0 ?? 0 }
                guard let code = bytes.first, !open.contains(code) else { continue }
                for count in 0..<bytes.count {
                    #expect(throws: ParseError.self, "\(step), \(count) bytes") {
                        try KISSHardwareResponse(Array(bytes.prefix(count)))
                    }
                }
            }
        }
    }

    @Test("Mutated lines never trap, and what is understood is written back as it came")
    func mutation() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let steps = try MeshCoreExchanges.kiss()
        let lines = steps.compactMap(\.line) + steps.compactMap(\.request)
        for _ in 0..<5_000 {
            var reader = KISSReader()
            for frame in reader.take(generator.mutated(try #require(lines.randomElement(using: &generator)))) {
                var again = KISSReader()
                #expect(again.take(frame.line) == [frame], "seed \(seed)")
                if let message = try? KISSModemMessage(frame) {
                    #expect(try KISSModemMessage(message.frame) == message, "seed \(seed)")
                }
                if let message = try? KISSHostMessage(frame) {
                    #expect(try KISSHostMessage(message.frame) == message, "seed \(seed)")
                }
            }
        }
    }
}
