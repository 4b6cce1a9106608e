import EngineCore

/// When each node wants to be called next: at most one time a node, so that a time that is given up leaves nothing
/// behind.
///
/// A binary heap that knows where each node's entry is.
struct DeadlineQueue {
    struct Entry: Equatable {
        var time: Instant
        /// Among equal times the smaller one is first.
        var sequence: UInt64
        var node: Int

        @inline(__always)
        func isBefore(_ other: Entry) -> Bool {
            time == other.time ? sequence < other.sequence : time < other.time
        }
    }

    private var entries: [Entry] = []
    /// Where each node's entry is; nil for those that have none.
    private var places: [Int?] = []

    var first: Entry? { entries.first }

    /// Sets a node's time, whether it had one or not.
    mutating func set(_ entry: Entry) {
        while places.count <= entry.node { places.append(nil) }
        if let place = places[entry.node] {
            entries[place] = entry
            rise(sink(place))
        } else {
            entries.append(entry)
            rise(entries.count - 1)
        }
    }

    /// Forgets a node's time.
    mutating func remove(node: Int) {
        guard node < places.count, let place = places[node] else { return }
        places[node] = nil
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        rise(sink(place))
    }

    private mutating func rise(_ start: Int) {
        let entry = entries[start]
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry.isBefore(entries[parent]) else { break }
            entries[place] = entries[parent]
            places[entries[place].node] = place
            place = parent
        }
        entries[place] = entry
        places[entry.node] = place
    }

    /// - Returns: where the entry is now.
    private mutating func sink(_ start: Int) -> Int {
        let entry = entries[start]
        var place = start
        while true {
            var child = 2 * place + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) { child += 1 }
            guard entries[child].isBefore(entry) else { break }
            entries[place] = entries[child]
            places[entries[place].node] = place
            place = child
        }
        entries[place] = entry
        places[entry.node] = place
        return place
    }
}
