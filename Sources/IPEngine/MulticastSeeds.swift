import EngineCore

/// Which multicast datagrams have been seen: for each seed the newest sequence number and the 63 before it.
/// - Source: RFC 7731 §5.4, with a window in place of a buffered message set
struct MulticastSeeds: Sendable {
    private struct Seed: Sendable {
        let id: UInt16
        /// The newest sequence number.
        var newest: UInt8
        /// Bit n stands for the sequence number n before the newest.
        var seen: UInt64
        var deadline: Instant
    }

    enum Novelty: Equatable {
        case new
        case duplicate
        /// The table is full of other seeds.
        case full
    }

    let limit: Int
    let lifetime: Duration
    private var seeds: [Seed] = []

    init(limit: Int, lifetime: Duration) {
        self.limit = limit
        self.lifetime = lifetime
    }

    var count: Int { seeds.count }

    /// Remembers a datagram.
    mutating func insert(id: UInt16, sequence: UInt8, now: Instant) -> Novelty {
        seeds.removeAll { $0.deadline <= now }
        guard let index = seeds.firstIndex(where: { $0.id == id }) else {
            guard seeds.count < limit else { return .full }
            seeds.append(Seed(id: id, newest: sequence, seen: 1, deadline: now + lifetime))
            return .new
        }
        seeds[index].deadline = now + lifetime
        // Serial number arithmetic, RFC 1982: half of the numbers are before the newest, half behind.
        let ahead = Int(Int8(bitPattern: sequence &- seeds[index].newest))
        if ahead > 0 {
            seeds[index].seen = (ahead < 64 ? seeds[index].seen << UInt64(ahead) : 0) | 1
            seeds[index].newest = sequence
            return .new
        }
        guard ahead > -64 else { return .duplicate }
        let bit: UInt64 = 1 << UInt64(-ahead)
        guard seeds[index].seen & bit == 0 else { return .duplicate }
        seeds[index].seen |= bit
        return .new
    }
}
