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

    /// Frames that cannot be opened, by recording.
    static let closed: [String: (frames: [Int], reason: String)] = [
        "thread/joiner": ([83, 85, 87], "sealed under the key-encryption key, which only joiner and its router know")
    ]

    @Test("Every frame of every recording gives the same bytes", arguments: names)
    func exact(name: String) throws {
        let frames = try Self.dissector(for: name).decode(file: Fixtures.bytes("\(name).pcap"))
        let recorded = try Fixtures.recording(name)
        #expect(frames.map(\.bytes) == recorded.map(\.psdu))
        let summary = DissectionSummary(frames)
        #expect(summary.failed == Self.closed[name]?.frames ?? [], "\(Self.closed[name]?.reason ?? "")")
        for frame in frames where !frame.isExact { print("\(name): \(frame.line(isVerified: true))") }
    }
}
