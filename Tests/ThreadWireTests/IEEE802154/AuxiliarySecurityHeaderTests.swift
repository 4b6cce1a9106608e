import Testing
import TestSupport
import ThreadWire
import WireCore

@Suite("Auxiliary security header")
struct AuxiliarySecurityHeaderTests {
    static let examples: [(String, AuxiliarySecurityHeader)] = [
        // Recording joiner, frame 83: the key-encryption key.
        ("0500000000", AuxiliarySecurityHeader(keyIdentifier: .implicit, frameCounter: 0)),
        // Recording line_traffic, frame 16.
        ("0d0000000001", AuxiliarySecurityHeader(keyIdentifier: .index(1), frameCounter: 0)),
        // Recording line_traffic, frame 7: an MLE message.
        ("15060000000000000001", AuxiliarySecurityHeader(keyIdentifier: .source4(0, index: 1), frameCounter: 6)),
        (
            "1644332211a1a2a3a47f",
            AuxiliarySecurityHeader(
                securityLevel: .encryptionWithCode64, keyIdentifier: .source4(0xa1a2_a3a4, index: 0x7f),
                frameCounter: 0x1122_3344)
        ),
        (
            "1bffffffff010203040506070880",
            AuxiliarySecurityHeader(
                securityLevel: .code128, keyIdentifier: .source8(0x0102_0304_0506_0708, index: 0x80),
                frameCounter: .max)
        ),
    ]

    @Test("Each key identifier mode is read and written", arguments: examples)
    func roundTrip(hex: String, header: AuxiliarySecurityHeader) throws {
        let whole = try #require(bytes(hexadecimal: hex))
        var reader = ByteReader(whole)
        #expect(try AuxiliarySecurityHeader(parsing: &reader) == header)
        #expect(reader.isAtEnd)
        var writer = ByteWriter()
        header.serialize(into: &writer)
        #expect(hexadecimal(writer.bytes) == hex)
        #expect(header.byteCount == whole.count)
    }

    @Test("A header cut anywhere is truncated", arguments: examples)
    func truncation(hex: String, header: AuxiliarySecurityHeader) throws {
        let whole = try #require(bytes(hexadecimal: hex))
        for length in 0..<whole.count {
            var reader = ByteReader(Array(whole.prefix(length)))
            let error = #expect(throws: ParseError.self) { try AuxiliarySecurityHeader(parsing: &reader) }
            guard case .truncated? = error?.reason else {
                Issue.record("\(length) of \(whole.count) bytes: \(String(describing: error))")
                continue
            }
        }
    }

    @Test("A suppressed frame counter is not supported")
    func suppressedCounter() throws {
        var reader = ByteReader([0x2d, 0, 0, 0, 0, 1])
        #expect(throws: ParseError(field: "security control", offset: 0, reason: .unsupported(value: 0x2d))) {
            try AuxiliarySecurityHeader(parsing: &reader)
        }
    }

    @Test("Levels know their code and whether they hide the payload")
    func levels() {
        #expect(SecurityLevel.allCases.map(\.codeLength) == [0, 4, 8, 16, 0, 4, 8, 16])
        #expect(SecurityLevel.allCases.map(\.isEncrypted) == [false, false, false, false, true, true, true, true])
    }
}
