import CryptoProviders
import LinkSecurity
import TestSupport
import Testing
import ThreadWire
import WireCore

@Suite("Recorded keys, nonces and plaintexts")
struct CCMVectorsTests {
    /// One entry of thread/ccm-vectors.txt.
    struct Vector: CustomTestStringConvertible, Sendable {
        var title: String
        var psdu: [UInt8] = []
        var authenticated: [UInt8] = []
        var nonce: [UInt8] = []
        var plaintext: [UInt8] = []

        var isMLE: Bool { title.hasPrefix("MLE") }
        var testDescription: String { String(title.prefix(40)) }
        var sender: ExtendedAddress { ExtendedAddress(rawValue: nonce[..<8].reduce(0) { $0 << 8 | UInt64($1) }) }
    }

    static let networkKey = bytes(hexadecimal: "00112233445566778899aabbccddeeff")!

    static let vectors: [Vector] = {
        var vectors: [Vector] = []
        func value(_ line: Substring) -> [UInt8] {
            bytes(
                hexadecimal: line.split(separator: " ").first { $0.count >= 26 && bytes(hexadecimal: $0) != nil } ?? "")
                ?? []
        }
        for line in (try? Fixtures.text("thread/ccm-vectors.txt"))?.split(separator: "\n") ?? [] {
            if line.hasPrefix("MLE frame") || line.hasPrefix("MAC frame") {
                vectors.append(Vector(title: String(line)))
            } else if line.hasPrefix("  psdu") {
                vectors[vectors.count - 1].psdu = value(line)
            } else if line.hasPrefix("  AAD") || line.hasPrefix("  header(AAD)") {
                vectors[vectors.count - 1].authenticated = value(line)
            } else if line.hasPrefix("  nonce") {
                vectors[vectors.count - 1].nonce = value(line)
            } else if line.hasPrefix("  plaintext") {
                vectors[vectors.count - 1].plaintext = value(line)
            }
        }
        return vectors
    }()

    @Test("All entries are read")
    func entries() {
        #expect(Self.vectors.filter(\.isMLE).count == 6)
        #expect(Self.vectors.filter { !$0.isMLE }.count == 2)
        #expect(Self.vectors.allSatisfy { $0.nonce.count == 13 && !$0.plaintext.isEmpty && !$0.authenticated.isEmpty })
    }

    @Test("Every link frame is opened, and sealed again to the same bytes", arguments: vectors.filter { !$0.isMLE })
    func linkFrames(vector: Vector) throws {
        var ring = KeyRing(networkKey: Self.networkKey, keySequence: 0, cryptography: MbedTLSCryptography())
        let context = ring.contexts(for: 0).mac
        let frame = try MACFrame(parsing: vector.psdu, frameCheckSequenceLength: 2)
        #expect(Array(vector.psdu[frame.authenticatedRange]) == vector.authenticated)
        var bytes = vector.psdu
        #expect(FrameSecurity.unsecure(&bytes, frame: frame, extendedAddress: vector.sender, context: context))
        #expect(Array(bytes[frame.payload]) == vector.plaintext)
        for index in frame.codeRange { bytes[index] = 0 }
        FrameSecurity.secure(&bytes, frame: frame, extendedAddress: vector.sender, context: context)
        #expect(bytes == vector.psdu)
    }

    @Test("Every MLE message is opened, and sealed again to the same bytes", arguments: vectors.filter(\.isMLE))
    func mleMessages(vector: Vector) throws {
        var ring = KeyRing(networkKey: Self.networkKey, keySequence: 0, cryptography: MbedTLSCryptography())
        let context = ring.contexts(for: 0).mle
        func address(_ offset: Int) -> IPv6Address {
            func word(_ start: Int) -> UInt64 {
                vector.authenticated[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
            }
            return IPv6Address(high: word(offset), low: word(offset + 8))
        }
        var reader = ByteReader(vector.authenticated, in: 32..<vector.authenticated.count)
        let header = try AuxiliarySecurityHeader(parsing: &reader)
        let message = MLESecurity.seal(
            vector.plaintext, header: header, source: address(0), destination: address(16),
            extendedAddress: vector.sender, context: context)
        // The message ends the frame, before the checksum.
        let end = vector.psdu.count - 2
        let start = end - message.count
        #expect(message == Array(vector.psdu[start..<end]))
        #expect(vector.psdu[start - 1] == 0, "the security suite")

        var bytes = vector.psdu
        let plaintext = MLESecurity.open(
            &bytes, message: start..<end, header: header, source: address(0), destination: address(16),
            extendedAddress: vector.sender, context: context)
        #expect(plaintext.map { Array(bytes[$0]) } == vector.plaintext)

        var other = vector.psdu
        #expect(
            MLESecurity.open(
                &other, message: start..<end, header: header, source: address(0), destination: .linkLocalAllNodes,
                extendedAddress: ExtendedAddress(rawValue: 1), context: context) == nil)
    }

    @Test("A message too short for header and code is not opened")
    func shortMessage() {
        var ring = KeyRing(networkKey: Self.networkKey, keySequence: 0, cryptography: MbedTLSCryptography())
        let header = AuxiliarySecurityHeader(keyIdentifier: .source4(0, index: 1), frameCounter: 0)
        for length in 0..<14 {
            var bytes = [UInt8](repeating: 0, count: length)
            #expect(
                MLESecurity.open(
                    &bytes, message: 0..<length, header: header, source: .unspecified, destination: .unspecified,
                    extendedAddress: ExtendedAddress(rawValue: 1), context: ring.contexts(for: 0).mle) == nil)
        }
    }
}
