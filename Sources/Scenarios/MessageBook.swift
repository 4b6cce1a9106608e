import EngineCore
import WireCore

/// Every message that was sent, and what became of it.
struct MessageBook {
    struct Message {
        let flow: Int
        let from: Int
        let sentAt: Instant
        /// How often it was sent.
        var attempts = 0
        /// Whether the sender had no way to send it at all.
        var isRefused = false
        /// When each of the receivers got it first.
        var deliveries: [(node: Int, time: Instant, hops: Int?)] = []
        var answeredAt: Instant?
    }

    enum Kind: UInt8 {
        case message
        case answer
    }

    private(set) var messages: [Message] = []
    /// How many have arrived at one receiver at least.
    private(set) var deliveredCount = 0

    /// - Returns: the message's number.
    mutating func add(flow: Int, from: Int, at now: Instant) -> Int {
        messages.append(Message(flow: flow, from: from, sentAt: now))
        return messages.count - 1
    }

    mutating func noteAttempt(_ number: Int, isRefused: Bool) {
        messages[number].attempts += 1
        messages[number].isRefused = isRefused && (messages[number].attempts == 1 || messages[number].isRefused)
    }

    /// - Returns: whether the node had not got it before.
    mutating func noteDelivery(_ number: Int, to node: Int, at now: Instant, hops: Int?) -> Bool {
        guard !messages[number].deliveries.contains(where: { $0.node == node }) else { return false }
        if messages[number].deliveries.isEmpty { deliveredCount += 1 }
        messages[number].deliveries.append((node, now, hops))
        return true
    }

    /// - Returns: whether it was not answered before.
    mutating func noteAnswer(_ number: Int, at now: Instant) -> Bool {
        guard messages[number].answeredAt == nil else { return false }
        messages[number].answeredAt = now
        return true
    }

    // MARK: Payloads

    /// Number and kind in front, the rest a pattern.
    static func payload(_ number: Int, _ kind: Kind, byteCount: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        writer.write(UInt32(truncatingIfNeeded: number))
        writer.write(kind.rawValue)
        while writer.count < byteCount { writer.write(UInt8(truncatingIfNeeded: writer.count)) }
        return writer.bytes
    }

    /// Nil for what is no message of this run.
    func parse(_ payload: [UInt8]) -> (number: Int, kind: Kind)? {
        var reader = ByteReader(payload)
        guard let number = try? reader.readUInt32("number"), let code = try? reader.readUInt8("kind"),
            let kind = Kind(rawValue: code), Int(number) < messages.count
        else { return nil }
        return (Int(number), kind)
    }
}
