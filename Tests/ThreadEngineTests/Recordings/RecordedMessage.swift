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
        /// Unsecured, between nodes that need not share a network.
        case discovery(MLEMessage)
        case management(CoAPMessage)
    }

    /// The frame's number in the recording.
    let number: Int
    let time: Instant
    let channel: Int
    /// The node that put it on the air: A, B, ...
    let node: String
    let source: IPv6Address
    let destination: IPv6Address
    let hopLimit: UInt8
    let content: Content

    /// What it says as a secured message of MLE.
    var mleMessage: MLEMessage? {
        if case .mle(let message, _, _) = content { message } else { nil }
    }

    /// What it is called in a list of differences.
    var name: String {
        switch content {
        case .mle(let message, _, _), .discovery(let message): "frame \(number), \(message.command)"
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
        let messages = try Fixtures.lowPANFrames().filter { $0.recording == recording }.compactMap { frame -> Self? in
            // A fragmented message is whole only behind its last fragment.
            guard let datagram = frame.reassembled ?? frame.datagram, let origin = frames[frame.number] else {
                return nil
            }
            var reader = ByteReader(datagram)
            var header = try IPv6Header(parsing: &reader)
            guard Int(header.payloadLength) == reader.remaining else { return nil }
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
                number: frame.number, time: Instant(microseconds: UInt64(origin.time * 1e6)),
                channel: origin.channel, node: origin.node, source: header.source, destination: header.destination,
                hopLimit: header.hopLimit, content: content)
        }
        return inOrder(messages)
    }

    /// Now and then the recorder took an answer before its question, microseconds apart.
    private static func inOrder(_ messages: [RecordedMessage]) -> [RecordedMessage] {
        var messages = messages
        for (first, second) in zip(messages.indices, messages.indices.dropFirst())
        where messages[first].isAnswer(to: messages[second]) {
            messages.swapAt(first, second)
        }
        return messages
    }

    private static let recorderJitter = Duration.microseconds(100)

    /// Whether this cannot have been said before another message that stands behind it.
    private func isAnswer(to later: RecordedMessage) -> Bool {
        guard node != later.node, later.time.since(time) < Self.recorderJitter else { return false }
        switch (content, later.content) {
        case (.management(let answer), .management(let question)):
            return !answer.code.isRequest && question.code.isRequest && answer.messageID == question.messageID
        case (.mle(let answer, _, _), .mle(let question, _, _)):
            if let response = answer.response, response == question.challenge { return true }
            return answer.command == .childIDResponse && question.command == .childIDRequest
                && destination == later.source
        // A new router asks for links when it has its id.
        case (.mle(let request, _, _), .management(let id)):
            return request.command == .linkRequest && destination.isMulticast && !id.code.isRequest
        default: return false
        }
    }

    /// - Returns: nil for announcements, which are not secured by the network's keys.
    private static func open(_ bytes: [UInt8], of header: IPv6Header, _ ring: inout KeyRing) throws -> Content? {
        var reader = ByteReader(bytes)
        guard try reader.readUInt8("security suite") == MLESecuritySuite.ieee802154.rawValue else {
            return .discovery(try MLEMessage(parsing: &reader))
        }
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

extension [RecordedMessage] {
    /// Without the copies of management messages that nodes on their way passed on: of those to one node the last copy
    /// is left, which has arrived; of a node's own, and of multicast, the first.
    func withoutCopies(for node: String) -> [RecordedMessage] {
        /// Within this the same message id is the same message.
        let lifetime = Duration.seconds(2)
        func isCopy(_ one: RecordedMessage, of other: RecordedMessage) -> Bool {
            guard one.number != other.number, case .management(let first) = one.content,
                case .management(let second) = other.content
            else { return false }
            return one.source == other.source && one.destination == other.destination
                && first.messageID == second.messageID && first.code == second.code
        }
        return filter { message in
            let keepsFirst = message.node == node || message.destination.isMulticast
            return !contains { other in
                guard isCopy(other, of: message) else { return false }
                let isEarlier = other.number < message.number
                let gap = isEarlier ? message.time.since(other.time) : other.time.since(message.time)
                return gap < lifetime && isEarlier == keepsFirst
            }
        }
    }
}
