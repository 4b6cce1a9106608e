import EngineCore

/// The multicast datagrams that wait to be sent again: each interval holds one transmission at a random moment.
/// - Source: RFC 7731 §5.5; the intervals and counts are OpenThread's as observed: recording line_seq, the frames of
///   an Address Query
struct MulticastForwarder: Sendable {
    private struct Entry: Sendable {
        let datagram: OutgoingDatagram
        /// How many transmissions are left.
        var left: UInt8
        /// Whether one has been made.
        var isRetransmission: Bool
        var moment: Instant
        var intervalEnd: Instant
    }

    let limit: Int
    let interval: Duration
    private var entries: [Entry] = []

    init(limit: Int, interval: Duration) {
        self.limit = limit
        self.interval = interval
    }

    var count: Int { entries.count }

    /// Takes a datagram in, to be sent `transmissions` times.
    /// - Parameter wasSent: whether it has just been sent for the first time by this node.
    /// - Returns: false when there is no room.
    mutating func add(
        _ datagram: OutgoingDatagram, transmissions: UInt8, wasSent: Bool, now: Instant,
        using entropy: inout OpenEntropy
    ) -> Bool {
        guard transmissions > 0 else { return true }
        guard entries.count < limit else { return false }
        entries.append(
            Entry(
                datagram: datagram, left: transmissions, isRetransmission: wasSent,
                moment: now + entropy.duration(in: .zero...interval), intervalEnd: now + interval))
        return true
    }

    var nextDeadline: Instant? {
        entries.reduce(nil) { earlier($0, $1.moment) }
    }

    /// The datagrams whose moment has come, in the order of their moments.
    mutating func due(now: Instant, using entropy: inout OpenEntropy) -> [OutgoingDatagram] {
        guard !entries.isEmpty else { return [] }
        var due: [(moment: Instant, datagram: OutgoingDatagram)] = []
        for index in entries.indices where entries[index].moment <= now {
            var datagram = entries[index].datagram
            datagram.isMulticastRetransmission = entries[index].isRetransmission
            due.append((entries[index].moment, datagram))
            entries[index].isRetransmission = true
            entries[index].left -= 1
            entries[index].moment = entries[index].intervalEnd + entropy.duration(in: .zero...interval)
            entries[index].intervalEnd += interval
        }
        entries.removeAll { $0.left == 0 }
        due.sort { $0.moment < $1.moment }
        return due.map { $0.datagram }
    }
}
