import CryptoProviders
import Dissector
import LinkSecurity
import PcapWire
import TestSupport
import Testing
import ThreadWire
import WireCore

@Suite("Recordings, read and written again")
struct RecordingsTests {
    static func dissector(for recording: String) throws -> Dissector {
        let key =
            recording.hasPrefix("thread/") ? "00112233445566778899aabbccddeeff" : "0134c0de1ab51234c0de1ab5ca1a110f"
        return Dissector(
            options: Dissector.Options(networkKey: try #require(bytes(hexadecimal: key))),
            cryptography: MbedTLSCryptography())
    }

    static let names = (try? Fixtures.recordings(in: "thread") + Fixtures.recordings(in: "pymesh")) ?? []

    /// Frames that cannot be opened, by recording, and why.
    static let closed: [String: (frames: [Int], reason: String)] = [
        "thread/joiner": ([83, 85, 87], "sealed under the key-encryption key, which only joiner and its router know")
    ]

    @Test("All recordings together: so many frames, so many of them sealed")
    func totals() throws {
        var frames = 0
        var secured = 0
        for name in Self.names {
            let decoded = try Self.dissector(for: name).decode(file: Fixtures.bytes("\(name).pcap"))
            frames += decoded.count
            secured += decoded.count(where: \.isSecured)
        }
        #expect(Self.names.count == 23)
        #expect(frames == 5235)
        #expect(secured == 3248)
    }

    @Test("Every frame of every recording gives the same bytes", arguments: names)
    func exact(name: String) throws {
        let frames = try Self.dissector(for: name).decode(file: Fixtures.bytes("\(name).pcap"))
        let recorded = try Fixtures.recording(name)
        #expect(frames.map(\.bytes) == recorded.map(\.psdu))
        let closed = Self.closed[name]?.frames ?? []
        for frame in frames {
            let isClosed = closed.contains(frame.number)
            #expect(frame.isExact != isClosed, "\(name): \(frame.line(isVerified: true))")
            #expect(frame.isSecured == frame.isDecrypted || isClosed, "\(name): \(frame.line(isVerified: true))")
        }
        #expect(DissectionSummary(frames).failed == closed)
    }
}
