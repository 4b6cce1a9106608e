import EngineCore
import ThreadWire

/// Recognises unsecured frames that their sender repeated because our acknowledgement was lost.
///
/// Secured frames do not come here: their counters tell, and a forged frame must not make a real one look repeated.
/// A sender waits for each acknowledgement before it goes on, so its last sequence number is enough.
struct DuplicateFilter {
    private struct Entry {
        var source: LinkAddress
        var sequenceNumber: UInt8
        var until: Instant
    }

    private let limit: Int
    /// How long after a frame its repetition may come. Afterwards the same number means another frame.
    private let window: Duration
    private var entries: [Entry] = []
    /// The next place to be overwritten once all are taken.
    private var oldest = 0

    init(limit: Int, window: Duration) {
        self.limit = limit
        self.window = window
    }

    /// Whether a frame was here before; it is remembered in any case.
    mutating func isDuplicate(source: LinkAddress, sequenceNumber: UInt8, now: Instant) -> Bool {
        for index in entries.indices where entries[index].source == source {
            let isRepeated = entries[index].sequenceNumber == sequenceNumber && now < entries[index].until
            entries[index].sequenceNumber = sequenceNumber
            entries[index].until = now + window
            return isRepeated
        }
        let entry = Entry(source: source, sequenceNumber: sequenceNumber, until: now + window)
        if entries.count < limit {
            entries.append(entry)
        } else if limit > 0 {
            entries[oldest] = entry
            oldest = (oldest + 1) % limit
        }
        return false
    }
}
