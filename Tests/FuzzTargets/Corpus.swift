import CryptoProviders
import LinkSecurity
import TestSupport
import ThreadEngine
import ThreadWire
import WireCore

/// Real examples of what each reader reads, taken apart from the recordings.
enum Corpus {
    /// The key of all recordings.
    /// - Source: Tests/Fixtures/README.md
    private static let networkKey: [UInt8] = [
        0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
    ]

    /// Whole frames, without their checksums.
    static func frames() throws -> [[UInt8]] {
        try ["thread/attach", "thread/sleepy", "thread/scan", "pymesh/native3"].flatMap {
            try Fixtures.recording($0).map { Array($0.psdu.dropLast(2)) }
        }
    }

    /// Payloads of data frames, in clear.
    static func payloads() throws -> [[UInt8]] { try Fixtures.lowPANFrames().map(\.payload) }

    /// IPv6 datagrams.
    static func datagrams() throws -> [[UInt8]] {
        try Fixtures.lowPANFrames().compactMap { $0.reassembled ?? $0.datagram }
    }

    /// What stands behind the IPv6 header of datagrams with a protocol.
    static func upperLayers(_ next: NextHeader) throws -> [[UInt8]] {
        try datagrams().compactMap { bytes in
            var reader = ByteReader(bytes)
            let header = try IPv6Header(parsing: &reader)
            return header.nextHeader == next ? reader.readRemaining() : nil
        }
    }

    /// CoAP messages.
    static func management() throws -> [[UInt8]] {
        try upperLayers(.udp).compactMap { bytes in
            var reader = ByteReader(bytes)
            let header = try UDPHeader(parsing: &reader)
            return header.destinationPort == ThreadPort.management ? reader.readRemaining() : nil
        }
    }

    /// MLE messages, decrypted.
    static func mle() throws -> [[UInt8]] {
        var ring = KeyRing(networkKey: networkKey, keySequence: 0, cryptography: MbedTLSCryptography())
        return try datagrams().compactMap { bytes in
            var reader = ByteReader(bytes)
            let header = try IPv6Header(parsing: &reader)
            guard header.nextHeader == .udp, try UDPHeader(parsing: &reader).destinationPort == ThreadPort.mle,
                try reader.readUInt8("security suite") == MLESecuritySuite.ieee802154.rawValue
            else { return nil }
            var message = bytes
            let start = reader.offset
            let security = try AuxiliarySecurityHeader(parsing: &reader)
            guard case .source4(let sequence, _) = security.keyIdentifier else { return nil }
            return MLESecurity.open(
                &message, message: start..<message.count, header: security, source: header.source,
                destination: header.destination,
                extendedAddress: ExtendedAddress(interfaceIdentifier: header.source.low),
                context: ring.contexts(for: sequence).mle
            ).map { Array(message[$0]) }
        }
    }

    /// The values of one TLV of the MLE messages.
    static func mleValues(_ type: MLETLVType) throws -> [[UInt8]] {
        try mle().flatMap { message in try tlvs(message.dropFirst()).filter { $0.type == type.rawValue }.map(\.value) }
    }

    private static func tlvs(_ bytes: some Sequence<UInt8>) throws -> [(type: UInt8, value: [UInt8])] {
        var reader = ByteReader(Array(bytes))
        var found: [(type: UInt8, value: [UInt8])] = []
        while !reader.isAtEnd {
            let type = try reader.readUInt8("type")
            found.append((type, try reader.readBytes(Int(try reader.readUInt8("length")), "value")))
        }
        return found
    }
}
