import EngineCore
import ThreadWire

/// Echo requests on their way, and what came back.
///
/// Each identifier belongs to one ping; the time of each request is remembered by its sequence number, so that an
/// answer counts for the request that it answers.
struct Ping {
    /// What was asked for.
    struct Request: Equatable {
        /// Nil lets the node choose.
        var source: IPv6Address?
        var destination: IPv6Address
        /// - Units: bytes of data
        var size = 8
        var count: UInt16 = 1
        var interval = Duration.seconds(1)
        /// Nil takes the node's usual one.
        var hopLimit: UInt8?
        /// How long to wait for answers after the last request.
        var timeout: Duration
        /// Whether the session goes on meanwhile.
        var isAsynchronous = false
    }

    let request: Request
    let identifier: UInt16
    /// When the next request is due or, after the last one, when waiting ends.
    private(set) var deadline: Instant
    private(set) var sentCount: UInt32 = 0
    private var requestsLeft: UInt16
    private(set) var receivedCount: UInt32 = 0
    private var lastSequence: UInt16?
    private var roundTripTotal: UInt64 = 0
    private var roundTripMinimum = UInt64.max
    private var roundTripMaximum: UInt64 = 0
    /// When recent requests were sent, the oldest first.
    private var sent: [(sequence: UInt16, at: Instant)] = []

    /// How many requests an answer may still be credited to.
    private static let rememberedRequests = 256

    init(_ request: Request, identifier: UInt16, now: Instant) {
        self.request = request
        self.identifier = identifier
        requestsLeft = request.count
        deadline = now
    }

    /// Whether requests are left to send.
    var hasRequestsLeft: Bool { requestsLeft > 0 }

    /// The next request goes out now: the one after it is due after the interval, the end after the last one's
    /// timeout.
    mutating func beginRequest(sequence: UInt16, now: Instant) {
        guard hasRequestsLeft else { return }
        requestsLeft -= 1
        lastSequence = sequence
        if sent.count == Self.rememberedRequests { sent.removeFirst() }
        sent.append((sequence, now))
        deadline = now + (hasRequestsLeft ? request.interval : request.timeout)
    }

    /// The request could be sent.
    mutating func countRequest() {
        sentCount += 1
    }

    /// Counts an answer.
    /// - Returns: the round-trip time in milliseconds; nil when no such request is remembered.
    mutating func noteReply(sequence: UInt16, now: Instant) -> UInt64? {
        guard let request = sent.last(where: { $0.sequence == sequence }) else { return nil }
        let time = UInt64(max(0, now.since(request.at).milliseconds))
        receivedCount &+= 1
        roundTripTotal &+= time
        roundTripMinimum = min(roundTripMinimum, time)
        roundTripMaximum = max(roundTripMaximum, time)
        return time
    }

    /// Whether an answer to this request is the last to wait for; from a group there may always be more.
    func isLast(sequence: UInt16) -> Bool {
        !request.destination.isMulticast && !hasRequestsLeft && sequence == lastSequence
    }

    /// The line that sums it up. Loss is told for unicast only, since a group's answers cannot be counted against it.
    var statistics: String {
        var text = "\(sentCount) packets transmitted, \(receivedCount) packets received."
        if sentCount > 0, !request.destination.isMulticast, receivedCount <= sentCount {
            let loss = 1000 * UInt64(sentCount - receivedCount) / UInt64(sentCount)
            text += " Packet loss = \(loss / 10).\(loss % 10)%."
        }
        if receivedCount > 0 {
            let average = roundTripTotal &* 1000 / UInt64(receivedCount)
            let decimals = zeroPadded(Int64(average % 1000), digits: 3)
            text +=
                " Round-trip min/avg/max = \(roundTripMinimum)/\(average / 1000).\(decimals)/\(roundTripMaximum) ms."
        }
        return text
    }
}
