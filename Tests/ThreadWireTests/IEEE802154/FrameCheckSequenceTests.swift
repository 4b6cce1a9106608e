import Testing
import TestSupport
import ThreadWire

@Suite("Frame check sequence")
struct FrameCheckSequenceTests {
    /// - Source: the check value of the CRC known as CRC-16/KERMIT
    @Test("Nine digits give the published check value")
    func publishedVector() {
        let digits = Array("123456789".utf8)
        #expect(FrameCheckSequence.compute(digits, in: 0..<9) == 0x2189)
        #expect(FrameCheckSequence.compute(digits, in: 3..<3) == 0)
    }

    @Test("Every recorded frame ends with its checksum, and no flipped bit goes unseen")
    func recordings() throws {
        var count = 0
        for recording in try Fixtures.recordings(in: "thread") + Fixtures.recordings(in: "pymesh") {
            for frame in try Fixtures.recording(recording) {
                #expect(FrameCheckSequence.isValid(frame.psdu), "\(recording), frame \(frame.number)")
                var changed = frame.psdu
                changed[frame.number % changed.count] ^= 1 << UInt8(frame.number % 8)
                #expect(!FrameCheckSequence.isValid(changed), "\(recording), frame \(frame.number)")
                var written = frame.psdu
                written[written.count - 1] ^= 0xff
                FrameCheckSequence.write(into: &written)
                #expect(written == frame.psdu, "\(recording), frame \(frame.number)")
                count += 1
            }
        }
        #expect(count == 5235)
    }

    @Test("A frame too short for a checksum has none")
    func tooShort() {
        #expect(!FrameCheckSequence.isValid([]))
        #expect(!FrameCheckSequence.isValid([0]))
        #expect(FrameCheckSequence.isValid([0, 0]))
    }
}
