import CryptoProviders
import EngineCore
import LinkSecurity
import TestSupport
import ThreadWire
import WireCore

@testable import ThreadEngine

/// A message of Thread's own protocols from a recording, opened.
struct RecordedMessage {
    enum Content {
        case mle(MLEMessage, keySequence: UInt32, frameCounter: UInt32)
        case management(CoAPMessage)
    }

    /// The frame's number in the recording.
    let number: Int
    let time: Instant
    /// The node that put it on the air: A, B, ...
    let node: String
    let source: IPv6Address
    let destination: IPv6Address
    let hopLimit: UInt8
    let content: Content

    /// What it is called in a list of differences.
    var name: String {
        switch content {
        case .mle(let message, _, _): "frame \(number), \(message.command)"
        case .management(let message): "frame \(number), \(message.code) \(message.uriPath)"
        }
    }

    /// Why the bytes of a fixture are not what they should be.
    struct Unreadable: Error {
        let frame: String
    }

    /// The messages of a recording in the order of their frames; repetitions of link frames are left out.
    static func messages(of recording: String, networkKey: [UInt8]) throws -> [RecordedMessage] {
        let frames = Dictionary(
            uniqueKeysWithValues: try Fixtures.recording(recording).map { ($0.number, $0) })
        var ring = KeyRing(networkKey: networkKey, keySequence: 0, cryptography: MbedTLSCryptography())
        return try Fixtures.lowPANFrames().filter { $0.recording == recording }.compactMap { frame in
            // A fragmented message is whole only behind its last fragment.
            let isFragment = frame.payload.first.map { $0 >> 5 == 0b110 || $0 >> 5 == 0b111 } ?? false
            guard let datagram = isFragment ? frame.reassembled : frame.datagram, let origin = frames[frame.number]
            else { return nil }
            var reader = ByteReader(datagram)
            var header = try IPv6Header(parsing: &reader)
            if header.nextHeader == .hopByHop {
                header.nextHeader = try HopByHopOptions(parsing: &reader).nextHeader
            }
            guard header.nextHeader == .udp else { return nil }
            let udp = try UDPHeader(parsing: &reader)
            let content: Content
            switch udp.destinationPort {
            case ThreadPort.mle:
                guard let message = try open(reader.readRemaining(), of: header, &ring) else { return nil }
                content = message
            case ThreadPort.management:
                content = .management(try CoAPMessage(parsing: &reader))
            default:
                return nil
            }
            return RecordedMessage(
                number: frame.number, time: Instant(microseconds: UInt64(origin.time * 1e6)), node: origin.node,
                source: header.source, destination: header.destination, hopLimit: header.hopLimit, content: content)
        }
    }

    /// - Returns: nil for what is not secured by the network's keys: discovery, and announcements.
    private static func open(_ bytes: [UInt8], of header: IPv6Header, _ ring: inout KeyRing) throws -> Content? {
        var reader = ByteReader(bytes)
        guard try reader.readUInt8("security suite") == MLESecuritySuite.ieee802154.rawValue else { return nil }
        let security = try AuxiliarySecurityHeader(parsing: &reader)
        guard case .source4(let sequence, _) = security.keyIdentifier else { return nil }
        var message = bytes
        guard
            let content = MLESecurity.open(
                &message, message: 1..<message.count, header: security, source: header.source,
                destination: header.destination,
                extendedAddress: ExtendedAddress(interfaceIdentifier: header.source.low),
                context: ring.contexts(for: sequence).mle)
        else { return nil }
        var inner = ByteReader(message, in: content)
        return .mle(
            try MLEMessage(parsing: &inner), keySequence: sequence, frameCounter: security.frameCounter)
    }
}
