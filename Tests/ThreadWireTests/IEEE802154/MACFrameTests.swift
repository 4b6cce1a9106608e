import Testing
import TestSupport
import ThreadWire
import WireCore

@Suite("MAC frame")
struct MACFrameTests {
    @Test("Header, payload and code of a secured frame are found")
    func securedData() throws {
        // Recording line_traffic, frame 16: 15 bytes of header, 31 of payload, code, checksum.
        let psdu = try #require(Fixtures.recording("thread/line_traffic").first { $0.number == 16 }).psdu
        let frame = try MACFrame(parsing: psdu, frameCheckSequenceLength: 2)
        #expect(frame.headerRange == 0..<15)
        #expect(frame.payload == 15..<47)
        #expect(frame.codeRange == 47..<51)
        #expect(frame.encryptedRange == frame.payload)
        #expect(frame.authenticatedRange == frame.headerRange)
        #expect(frame.command(in: psdu) == nil)
    }

    @Test("The identifier of a command stays readable")
    func dataRequest() throws {
        // Recording sleepy, frame 14.
        let psdu = try #require(Fixtures.recording("thread/sleepy").first { $0.number == 14 }).psdu
        let frame = try MACFrame(parsing: psdu, frameCheckSequenceLength: 2)
        #expect(frame.command(in: psdu) == .dataRequest)
        #expect(frame.payload.count == 1)
        #expect(frame.encryptedRange.isEmpty)
        #expect(frame.authenticatedRange == 0..<frame.payload.upperBound)
        #expect(frame.codeRange.count == 4)
    }

    @Test("A link without checksum keeps all bytes")
    func withoutCheckSequence() throws {
        let frame = try MACFrame(parsing: [0x02, 0x00, 9], frameCheckSequenceLength: 0)
        #expect(frame.header.frameType == .acknowledgement)
        #expect(frame.payload.isEmpty && frame.codeRange.isEmpty)
    }

    @Test("Every recorded frame is covered by its parts, and any cut of it is an error or shorter")
    func recordings() throws {
        for recording in try Fixtures.recordings(in: "thread") + Fixtures.recordings(in: "pymesh") {
            for recorded in try Fixtures.recording(recording) {
                let frame = try MACFrame(parsing: recorded.psdu, frameCheckSequenceLength: 2)
                #expect(frame.headerRange.upperBound == frame.payload.lowerBound)
                #expect(frame.payload.upperBound == frame.codeRange.lowerBound)
                #expect(frame.codeRange.upperBound == recorded.psdu.count - 2)
                for length in 0..<recorded.psdu.count where recorded.number % 16 == 0 {
                    let cut = Array(recorded.psdu.prefix(length))
                    let shorter = try? MACFrame(parsing: cut, frameCheckSequenceLength: 2)
                    #expect((shorter?.payload.count ?? -1) < frame.payload.count)
                }
            }
        }
    }

    @Test("A command without identifier is none")
    func emptyCommand() {
        #expect(throws: ParseError.self) { try MACFrame(parsing: [0x03, 0x00, 1], frameCheckSequenceLength: 0) }
        #expect(throws: ParseError.self) { try MACFrame(parsing: [0x03], frameCheckSequenceLength: 2) }
    }

    @Test("A level without encryption authenticates the payload where it stands")
    func authenticationOnly() throws {
        var writer = ByteWriter()
        MACHeader(
            frameType: .data, sequenceNumber: 1, destinationPAN: PANID(rawValue: 1), destination: .broadcast,
            security: AuxiliarySecurityHeader(securityLevel: .code64, keyIdentifier: .implicit, frameCounter: 1)
        ).serialize(into: &writer)
        writer.write(repeating: 0xaa, count: 13)
        let frame = try MACFrame(parsing: writer.bytes, frameCheckSequenceLength: 0)
        #expect(frame.payload.count == 5)
        #expect(frame.encryptedRange == frame.payload.upperBound..<frame.payload.upperBound)
        #expect(frame.authenticatedRange == 0..<frame.payload.upperBound)
    }

    @Test("Mutated frames never trap, and their parts stay inside of them")
    func mutation() throws {
        let seed: UInt64 = 0x6d61_6366_7261
        var generator = SeededGenerator(seed: seed)
        let frames = try Fixtures.recording("thread/sleepy").map(\.psdu)
        for round in 0..<20_000 {
            let bytes = generator.mutated(frames[round % frames.count])
            guard let frame = try? MACFrame(parsing: bytes, frameCheckSequenceLength: 2) else { continue }
            #expect(
                frame.codeRange.upperBound == bytes.count - 2 && frame.encryptedRange.upperBound <= bytes.count - 2
                    && frame.authenticatedRange.upperBound == frame.encryptedRange.lowerBound,
                "seed \(seed), round \(round): \(hexadecimal(bytes))")
        }
    }
}
