import EngineCore
import Testing

@testable import Simulator

@Suite("The queue of deadlines")
struct DeadlineQueueTests {
    @Test("Whatever is set and removed, the first is the earliest of what is there", arguments: [1, 2, 3] as [UInt64])
    func order(seed: UInt64) {
        var entropy = OpenEntropy(seed: seed)
        var queue = DeadlineQueue()
        var known: [Int: DeadlineQueue.Entry] = [:]
        for sequence in 0..<5000 as Range<UInt64> {
            let node = Int(entropy.next() % 40)
            if entropy.next() % 4 == 0 {
                queue.remove(node: node)
                known[node] = nil
            } else {
                // Few different times, so that many are equal.
                let time = Instant.zero + .milliseconds(Int64(entropy.next() % 10))
                let entry = DeadlineQueue.Entry(time: time, sequence: sequence, node: node)
                queue.set(entry)
                known[node] = entry
            }
            let first = known.values.min { ($0.time, $0.sequence) < ($1.time, $1.sequence) }
            #expect(queue.first == first)
        }
        while let entry = queue.first {
            queue.remove(node: entry.node)
            #expect(known.removeValue(forKey: entry.node) == entry)
        }
        #expect(known.isEmpty)
    }
}
