import EngineCore
import ThreadWire
import WireCore

// Frame counters are reserved in the store ahead of their use, so that a crash skips some and repeats none.
//
// A reservation counts only once the driver has confirmed that it is written: a full disk stops new counters from
// being used, and nothing else.
extension ThreadEngine {
    /// How many frame counters are reserved at a time.
    static let frameCounterBlock: UInt32 = 1000

    /// Asks for more counters, of MLE and of the link layer, while half a block of them is still left.
    public mutating func requestFrameCounters() {
        let half = Self.frameCounterBlock / 2
        func wanted(_ counter: UInt32, _ requested: UInt32) -> UInt32 {
            requested &- counter > half || counter > .max - 2 * Self.frameCounterBlock
                ? requested : counter + Self.frameCounterBlock
        }
        let mle = wanted(mleFrameCounter, mleFrameCounterRequested)
        let link = wanted(linkFrameCounter, linkFrameCounterRequested)
        guard mle != mleFrameCounterRequested || link != linkFrameCounterRequested else { return }
        mleFrameCounterRequested = mle
        linkFrameCounterRequested = link
        storeNetworkState()
    }

    /// The driver has written a record: the counters that it reserves may be used.
    public mutating func confirmStored(_ record: StoredRecord) {
        guard record.name == .networkState else { return }
        var reader = ByteReader(record.value)
        guard let state = try? StoredNetworkState(parsing: &reader) else { return }
        mleFrameCounterLimit = max(mleFrameCounterLimit, state.mleFrameCounterLimit)
        linkFrameCounterLimit = max(linkFrameCounterLimit, state.linkFrameCounterLimit)
    }

    /// The driver could not write: the same counters are asked for again with the next message.
    public mutating func refuseStored(_ record: StoredRecord) {
        guard record.name == .networkState else { return }
        mleFrameCounterRequested = mleFrameCounterLimit
        linkFrameCounterRequested = linkFrameCounterLimit
    }
}
