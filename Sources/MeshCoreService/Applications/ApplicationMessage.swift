import Foundation
import MeshCoreEngine
import MeshCoreWire

/// What an application asks for in a datagram: one JSON object on one line.
/// - Source: docs/meshcore-applications.md
enum ApplicationRequest: Equatable {
    /// Send what comes in from now on: of one channel, of one contact, or everything.
    case subscribe(Topic?)
    case unsubscribe
    case channelText(channel: Int, text: String)
    /// - Parameter prefix: the first bytes of the contact's key.
    case contactText(prefix: [UInt8], text: String)

    /// Of what an application wants to hear.
    enum Topic: Equatable, Hashable {
        case channel(Int)
        case contact([UInt8])
    }

    /// A datagram that asks for nothing that there is.
    struct Malformed: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    private struct Line: Decodable {
        var type: String
        var channel: Int?
        var contact: String?
        var text: String?
    }

    /// - Throws: what is wrong with it, in a sentence for the application.
    init(_ bytes: [UInt8]) throws(Malformed) {
        let line: Line
        do { line = try JSONDecoder().decode(Line.self, from: Data(bytes)) } catch {
            throw Malformed(description: "no JSON object with a type and what belongs to it")
        }
        let topic = try Self.topic(line)
        switch line.type {
        case "subscribe": self = .subscribe(topic)
        case "unsubscribe": self = .unsubscribe
        case "send":
            guard let text = line.text, !text.isEmpty else { throw Malformed(description: "text is missing") }
            switch topic {
            case .channel(let channel): self = .channelText(channel: channel, text: text)
            case .contact(let prefix): self = .contactText(prefix: prefix, text: text)
            case nil: throw Malformed(description: "channel or contact is missing")
            }
        default: throw Malformed(description: "type is subscribe, unsubscribe or send")
        }
    }

    private static func topic(_ line: Line) throws(Malformed) -> Topic? {
        switch (line.channel, line.contact) {
        case (nil, nil): return nil
        case (.some, .some): throw Malformed(description: "either channel or contact, not both")
        case (let channel?, nil):
            guard (0...255).contains(channel) else { throw Malformed(description: "channel is 0 to 255") }
            return .channel(channel)
        case (nil, let contact?):
            let digits = Array(contact.utf8)
            let bytes = stride(from: 0, to: digits.count - digits.count % 2, by: 2).compactMap {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: Unicode.UTF8.self), radix: 16)
            }
            guard (8...64).contains(digits.count), bytes.count * 2 == digits.count else {
                throw Malformed(description: "contact is the beginning of a key, 8 to 64 hexadecimal digits")
            }
            return .contact(bytes)
        }
    }
}

/// What the node tells an application: one JSON object on one line.
struct ApplicationLine: Encodable, Equatable {
    /// channel, contact, acknowledged, ok or error.
    var type: String
    var channel: Int?
    /// The contact's key, 64 hexadecimal digits.
    var contact: String?
    var name: String?
    var text: String?
    /// - Units: seconds since 1970, by the sender's clock
    var timestamp: UInt32?
    /// What acknowledges a message: 8 hexadecimal digits.
    var acknowledgement: String?
    var error: String?

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }

    /// The line; nothing can be wrong with it.
    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("texts and numbers are JSON") }
        return [UInt8](data) + [0x0a]
    }

    /// What an event tells, and to whom; nil when it is nothing for applications.
    static func of(_ event: MeshCoreEvent) -> (topic: ApplicationRequest.Topic, line: ApplicationLine)? {
        switch event {
        case .channelMessage(let channel, let message, _):
            let text = String(decoding: message.text, as: UTF8.self)
            return (
                .channel(channel),
                ApplicationLine(type: "channel", channel: channel, text: text, timestamp: message.timestamp)
            )
        case .message(let contact, let message, _):
            return (
                .contact(contact.key.bytes),
                ApplicationLine(
                    type: "contact", contact: hexadecimal(contact.key.bytes),
                    name: String(decoding: contact.name, as: UTF8.self),
                    text: String(decoding: message.text, as: UTF8.self), timestamp: message.timestamp)
            )
        case .acknowledged(let hash, let contact, _):
            return (
                .contact(contact.bytes),
                ApplicationLine(
                    type: "acknowledged", contact: hexadecimal(contact.bytes),
                    acknowledgement: hexadecimal(hash.bytes))
            )
        default: return nil
        }
    }
}
