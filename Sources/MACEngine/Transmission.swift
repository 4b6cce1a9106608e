import EngineCore
import ThreadWire

/// A request under way, from its arrival to its confirmation.
struct Transmission {
    private(set) var request: MACRequest
    /// When it may no longer be begun; nil for never.
    let expiresAt: Instant?
    /// The child that it waits for; nil for what is sent directly.
    let child: ExtendedAddress?
    /// The frame as sent, once it was: repetitions are the same bytes, counter and sequence number included.
    var sealed: SealedFrame?
    /// How often the channel was busy in this attempt.
    var backoffs = 0
    /// How many attempts came before this one.
    var retries = 0
    /// How many times it was sent to a child that asked.
    var polledAttempts = 0

    init(request: MACRequest, expiresAt: Instant?, child: ExtendedAddress? = nil) {
        self.request = request
        self.expiresAt = expiresAt
        self.child = child
    }

    /// Goes on with the next fragment, if there is one.
    /// - Returns: false when all have been sent.
    mutating func advance() -> Bool {
        guard !request.following.isEmpty else { return false }
        request.payload = request.following.removeFirst()
        sealed = nil
        backoffs = 0
        retries = 0
        polledAttempts = 0
        return true
    }

    /// What goes first. A child that asked listens for a short time only, so its answer goes before all else.
    var precedence: TransmitPriority { child == nil ? request.priority : .acknowledgement }

    var isAcknowledgementRequested: Bool {
        request.requestsAcknowledgement && !request.destination.isBroadcast && request.destination != .none
            && request.frameType != .beacon
    }

    /// Whether it takes a frame counter when it is sent.
    var needsCounter: Bool { request.security == .link && sealed == nil }

    func isExpired(at now: Instant) -> Bool {
        guard let expiresAt, sealed == nil else { return false }
        return expiresAt <= now
    }
}

/// A frame ready for the air.
struct SealedFrame {
    let bytes: [UInt8]
    let sequenceNumber: UInt8
}

/// What waits to be sent directly: the most urgent first, and of equals the oldest.
struct TransmitQueue {
    let limit: Int
    private(set) var entries: [Transmission] = []

    init(limit: Int) {
        self.limit = limit
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Puts a transmission behind all that are at least as urgent.
    /// - Returns: what found no place: the newest of the least urgent.
    mutating func insert(_ transmission: Transmission) -> Transmission? {
        var position = entries.count
        while position > 0, entries[position - 1].precedence > transmission.precedence { position -= 1 }
        entries.insert(transmission, at: position)
        return entries.count > limit ? entries.removeLast() : nil
    }

    /// Puts a transmission back that was begun, before all that are not more urgent.
    mutating func putBack(_ transmission: Transmission) {
        var position = 0
        while position < entries.count, entries[position].precedence < transmission.precedence { position += 1 }
        entries.insert(transmission, at: position)
    }

    /// Takes the first that satisfies a condition.
    mutating func takeFirst(where condition: (Transmission) -> Bool) -> Transmission? {
        for index in entries.indices where condition(entries[index]) { return entries.remove(at: index) }
        return nil
    }

    /// Takes all that may no longer be sent.
    mutating func takeExpired(at now: Instant) -> [Transmission] {
        guard entries.contains(where: { $0.isExpired(at: now) }) else { return [] }
        let expired = entries.filter { $0.isExpired(at: now) }
        entries.removeAll { $0.isExpired(at: now) }
        return expired
    }
}
