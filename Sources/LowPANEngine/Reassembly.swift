import EngineCore
import ThreadWire

/// What tells the fragments of one datagram from those of others.
/// - Source: RFC 4944 §5.3
struct ReassemblyKey: Equatable, Sendable {
    var source: LinkAddress
    var destination: LinkAddress
    var tag: UInt16 = 0
    /// The whole datagram's size, in bytes.
    var size = 0
}

/// The datagrams whose fragments have not all come; never more, and never larger together, than configured.
struct ReassemblyTable: Sendable {
    /// One datagram in the making.
    private struct Entry: Sendable {
        let key: ReassemblyKey
        let isSecured: Bool
        var bytes: [UInt8]
        /// What has come, in order, without overlaps; neighbours are not joined, to know a repeated fragment.
        var received: [Range<Int>] = []
        var deadline: Instant

        var isComplete: Bool {
            var end = 0
            for range in received {
                guard range.lowerBound == end else { return false }
                end = range.upperBound
            }
            return end == bytes.count
        }
    }

    enum Added: Equatable {
        case incomplete
        case complete([UInt8])
        case dropped(DropReason)
    }

    let limit: Int
    let byteLimit: Int
    /// How long the next fragment is waited for.
    let timeout: Duration
    private var entries: [Entry] = []

    init(limit: Int, byteLimit: Int, timeout: Duration) {
        self.limit = limit
        self.byteLimit = byteLimit
        self.timeout = timeout
    }

    var count: Int { entries.count }
    var byteCount: Int { entries.reduce(0) { $0 + $1.bytes.count } }

    /// Takes in one fragment's part of its datagram.
    /// - Parameter content: uncompressed.
    mutating func add(
        _ content: [UInt8], at position: Int, key: ReassemblyKey, isSecured: Bool, now: Instant
    ) -> Added {
        let range = position..<position + content.count
        // All but the last fragment have a multiple of eight bytes, and none reaches behind the end.
        guard !range.isEmpty, range.upperBound <= key.size, range.count % 8 == 0 || range.upperBound == key.size else {
            return .dropped(.malformedLowPAN)
        }
        let index: Int
        switch find(key, isSecured: isSecured) {
        case .found(let found):
            index = found
        case .new:
            guard makeRoom(for: key.size, isSecured: isSecured) else { return .dropped(.reassemblyBuffersFull) }
            entries.append(
                Entry(
                    key: key, isSecured: isSecured, bytes: [UInt8](repeating: 0, count: key.size),
                    deadline: now + timeout))
            index = entries.count - 1
        case .refused:
            return .dropped(.unsecuredFrame)
        }
        // The very same fragment again: its acknowledgement was lost.
        if entries[index].received.contains(range) { return .incomplete }
        if entries[index].received.contains(where: { $0.overlaps(range) }) {
            // RFC 4944 §5.3: fragments that overlap discard what has come so far.
            entries.remove(at: index)
            return .dropped(.reassemblyOverlap)
        }
        let place = entries[index].received.firstIndex { $0.lowerBound > range.lowerBound }
        entries[index].received.insert(range, at: place ?? entries[index].received.count)
        entries[index].bytes.replaceSubrange(range, with: content)
        entries[index].deadline = now + timeout
        guard entries[index].isComplete else { return .incomplete }
        return .complete(entries.remove(at: index).bytes)
    }

    private enum Place {
        case found(Int)
        case new
        case refused
    }

    /// Parts of one datagram are all secured, or none is: else a stranger could put his bytes into a secured one.
    private mutating func find(_ key: ReassemblyKey, isSecured: Bool) -> Place {
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return .new }
        if entries[index].isSecured == isSecured { return .found(index) }
        if entries[index].isSecured { return .refused }
        // Neither may a stranger's fragment keep a secured one out.
        entries.remove(at: index)
        return .new
    }

    /// Frees unsecured datagrams for a secured one, the oldest first.
    private mutating func makeRoom(for size: Int, isSecured: Bool) -> Bool {
        func fits() -> Bool { entries.count < limit && byteCount + size <= byteLimit }
        while !fits() {
            guard isSecured, let index = entries.firstIndex(where: { !$0.isSecured }) else { return false }
            entries.remove(at: index)
        }
        return true
    }

    var nextDeadline: Instant? {
        entries.reduce(nil) { earlier($0, $1.deadline) }
    }

    /// - Returns: how many datagrams were given up.
    mutating func expire(now: Instant) -> Int {
        let before = entries.count
        entries.removeAll { $0.deadline <= now }
        return before - entries.count
    }
}
