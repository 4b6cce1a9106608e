import CryptoProviders
import LinkSecurity
import TestSupport
import Testing
import ThreadWire
import WireCore

@Suite("Link security of the recordings")
struct FrameSecurityTests {
    /// The extended addresses that each node of a recording had.
    ///
    /// They come from the commands typed at the nodes and from frames that carry one.
    static func addresses(_ recording: String, _ frames: [Fixtures.Frame]) throws -> [String: Set<ExtendedAddress>] {
        var addresses: [String: Set<ExtendedAddress>] = [:]
        for line in ((try? Fixtures.text("\(recording).cli.txt")) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let command = words.firstIndex(of: "extaddr"), command >= 2, words[command - 1] == ">",
                command + 1 < words.count, let value = UInt64(words[command + 1], radix: 16)
            else { continue }
            addresses[String(words[command - 2]), default: []].insert(ExtendedAddress(rawValue: value))
        }
        for frame in frames {
            if case .extended(let address) = try MACFrame(parsing: frame.psdu, frameCheckSequenceLength: 2).header
                .source
            {
                addresses[frame.node, default: []].insert(address)
            }
        }
        return addresses
    }

    @Test("Every secured frame is opened, and sealed again to the same bytes")
    func recordings() throws {
        let keys = [
            "thread": "00112233445566778899aabbccddeeff", "pymesh": "0134c0de1ab51234c0de1ab5ca1a110f",
        ]
        let wellKnown = MbedTLSCryptography().makeCCM(key: WellKnownKey.key)
        var opened = 0
        var openedWithLaterKey = 0
        var wellKnownOpened = 0
        var commands = 0
        var closed: [String] = []
        for (folder, key) in keys {
            for recording in try Fixtures.recordings(in: folder) {
                let frames = try Fixtures.recording(recording)
                let addresses = try Self.addresses(recording, frames)
                var ring = KeyRing(
                    networkKey: try #require(bytes(hexadecimal: key)), keySequence: 0,
                    cryptography: MbedTLSCryptography())
                for recorded in frames {
                    let frame = try MACFrame(parsing: recorded.psdu, frameCheckSequenceLength: 2)
                    guard let security = frame.header.security else { continue }
                    var candidates = addresses[recorded.node] ?? []
                    let context: any CCMContext
                    switch security.keyIdentifier {
                    case .index(let index):
                        context = ring.contexts(for: UInt32(index) - 1).mac
                        if index > 1 { openedWithLaterKey += 1 }
                    case WellKnownKey.identifier:
                        candidates = [WellKnownKey.extendedAddress]
                        context = wellKnown
                        wellKnownOpened += 1
                    case .implicit, .source4, .source8:
                        closed.append("\(recording), frame \(recorded.number)")
                        continue
                    }
                    let sender = candidates.first { address in
                        var bytes = recorded.psdu
                        return FrameSecurity.unsecure(&bytes, frame: frame, extendedAddress: address, context: context)
                    }
                    guard let sender else {
                        closed.append("\(recording), frame \(recorded.number)")
                        continue
                    }
                    var bytes = recorded.psdu
                    #expect(FrameSecurity.unsecure(&bytes, frame: frame, extendedAddress: sender, context: context))
                    for index in frame.codeRange { bytes[index] = 0 }
                    FrameSecurity.secure(&bytes, frame: frame, extendedAddress: sender, context: context)
                    #expect(bytes == recorded.psdu, "\(recording), frame \(recorded.number)")
                    opened += 1
                    if frame.header.frameType == .macCommand { commands += 1 }
                }
            }
        }
        // The joiner's frames under the key-encryption key, which the recording does not tell.
        #expect(closed == ["thread/joiner, frame 83", "thread/joiner, frame 85", "thread/joiner, frame 87"])
        #expect(opened == 1719)
        #expect(openedWithLaterKey > 0)
        #expect(wellKnownOpened == 6)
        #expect(commands == 273)
    }

    @Test("A frame without a code is not opened")
    func withoutCode() throws {
        let context = MbedTLSCryptography().makeCCM(key: WellKnownKey.key)
        for level: SecurityLevel in [.none, .encryption] {
            var writer = ByteWriter()
            MACHeader(
                frameType: .data, sequenceNumber: 1, destinationPAN: .broadcast, destination: .broadcast,
                security: AuxiliarySecurityHeader(securityLevel: level, keyIdentifier: .index(1), frameCounter: 0)
            ).serialize(into: &writer)
            writer.write(repeating: 1, count: 20)
            var bytes = writer.bytes
            let frame = try MACFrame(parsing: bytes, frameCheckSequenceLength: 0)
            #expect(
                !FrameSecurity.unsecure(
                    &bytes, frame: frame, extendedAddress: ExtendedAddress(rawValue: 1), context: context))
            #expect(bytes == writer.bytes)
        }
    }
}
