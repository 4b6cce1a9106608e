import EngineCore
import LinkSecurity
import ThreadWire
import WireCore

/// A key sequence that is about to be used.
struct NextKeySequence: Equatable, Sendable {
    var sequence: UInt32
    /// Whether its first counters are to be asked for again: the store could not write.
    var isRefused = false
}

// Frame counters are reserved in the store ahead of their use, so that a crash skips some and repeats none.
//
// A reservation counts only once the driver has confirmed that it is written: a full disk stops new counters from
// being used, and nothing else. A new key sequence is used from the moment on at which its first counters are reserved.
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
        let isRefused = nextKeySequence?.isRefused == true
        guard mle != mleFrameCounterRequested || link != linkFrameCounterRequested || isRefused else { return }
        nextKeySequence?.isRefused = false
        mleFrameCounterRequested = mle
        linkFrameCounterRequested = link
        storeNetworkState()
    }

    /// What a restart needs to know of the keys: the key sequence in use, or the one that is about to be.
    func reservation() -> (keySequence: UInt32, mle: UInt32, link: UInt32) {
        let sequence = latestKeySequence
        var mle = mleFrameCounterRequested
        var link = linkFrameCounterRequested
        if nextKeySequence != nil {
            mle = keyUsage.firstCounter(of: sequence)
            if mle <= .max - Self.frameCounterBlock { mle += Self.frameCounterBlock }
            link = mle
        }
        return (sequence, mle, link)
    }

    /// The driver has written a record: the counters that it reserves may be used, and the key sequence.
    public mutating func confirmStored(_ record: StoredRecord) {
        guard record.name == .networkState else { return }
        var reader = ByteReader(record.value)
        guard let state = try? StoredNetworkState(parsing: &reader), state.keyUsage.networkKey == keyUsage.networkKey
        else { return }
        if state.keySequence == nextKeySequence?.sequence { takeUpKeySequence(state.keySequence) }
        guard state.keySequence == keyRing.keySequence else { return }
        mleFrameCounterRequested = max(mleFrameCounterRequested, state.mleFrameCounterLimit)
        linkFrameCounterRequested = max(linkFrameCounterRequested, state.linkFrameCounterLimit)
        mleFrameCounterLimit = max(mleFrameCounterLimit, state.mleFrameCounterLimit)
        linkFrameCounterLimit = max(linkFrameCounterLimit, state.linkFrameCounterLimit)
        keyUsage.reserve(state.keySequence, below: max(state.mleFrameCounterLimit, state.linkFrameCounterLimit))
    }

    /// The driver could not write: the same counters are asked for again with the next message.
    public mutating func refuseStored(_ record: StoredRecord) {
        guard record.name == .networkState else { return }
        nextKeySequence?.isRefused = true
        mleFrameCounterRequested = mleFrameCounterLimit
        linkFrameCounterRequested = linkFrameCounterLimit
    }

    // MARK: Keys

    /// The key sequence in use, or the one that is about to be.
    var latestKeySequence: UInt32 { nextKeySequence?.sequence ?? keyRing.keySequence }

    /// Goes on to another key sequence as soon as its first counters are reserved; until then this node sends under the
    /// former one, which its neighbors still take.
    mutating func goOn(toKeySequence sequence: UInt32) {
        nextKeySequence = NextKeySequence(sequence: sequence)
        storeNetworkState()
    }

    private mutating func takeUpKeySequence(_ sequence: UInt32) {
        let first = keyUsage.firstCounter(of: sequence)
        nextKeySequence = nil
        keyRing.setKeySequence(sequence)
        startCounters(at: first)
        emit(.event(.keySequenceChanged(sequence)))
    }

    /// Takes a network key into use. The key sequence starts anew with it, and so do the neighbors' counters.
    mutating func useNetworkKey(_ key: [UInt8]) {
        guard key != keyRing.networkKey || keyGeneration == 0 else { return }
        let fingerprint = cryptography.sha256(key).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if keyUsage.use(fingerprint) {
            keyRing = KeyRing(networkKey: key, keySequence: keyRing.keySequence, cryptography: cryptography)
            keyGeneration &+= 1
            return
        }
        nextKeySequence = nil
        keyRing = KeyRing(networkKey: key, keySequence: 0, cryptography: cryptography)
        forgetNeighborCounters()
        startCounters(at: keyUsage.counterCeiling)
        requestFrameCounters()
        emit(.event(.keySequenceChanged(0)))
    }

    /// Under another key this node's own counters go on from here, and none is reserved yet.
    private mutating func startCounters(at first: UInt32) {
        mleFrameCounter = first
        mleFrameCounterLimit = first
        mleFrameCounterRequested = first
        linkFrameCounter = first
        linkFrameCounterLimit = first
        linkFrameCounterRequested = first
        keyGeneration &+= 1
    }

    /// What neighbors used under the former network key says nothing of the new one.
    private mutating func forgetNeighborCounters() {
        let addresses =
            children.children.map { $0.neighbor.extendedAddress }
            + routers.routers.filter { $0.link != .none }.map { $0.neighbor.extendedAddress }
            + (parent.map { [$0.extendedAddress] } ?? [])
        for address in addresses {
            modifyNeighbor(address) {
                $0.keySequence = 0
                $0.mleFrameCounter = 0
                $0.linkKeySequence = 0
                $0.linkFrameCounter = 0
            }
        }
    }
}
