/// Whether a peer's protected frames are new, by their counters. One check a peer and protocol (link frames, MLE).
///
/// The newest key sequence seen and the one before have a counter each, so that frames that were under way while
/// the peer changed its keys still count. Older sequences are refused for good.
/// - Deviation: docs/deviations.md#previous-key-sequence (OpenThread refuses the sequence before, too)
public struct FrameCounterCheck: Equatable, Sendable {
    /// What a counter tells.
    public enum Verdict: Equatable, Sendable {
        case fresh
        /// The very counter accepted last: a repetition of the same frame.
        case duplicate
        /// Too old: a replay, or a sequence that the peer has left.
        case replayed
    }

    /// The newest key sequence that the peer has used.
    public private(set) var keySequence: UInt32
    /// The lowest counter that is new; beyond 32 bits when the peer has used them all.
    private var lowestFresh: UInt64
    /// The same for the sequence before; nil when nothing of it was ever accepted.
    private var lowestFreshBefore: UInt64?

    /// - Parameter frameCounter: The lowest counter to accept, as a Link Frame Counter TLV tells it.
    public init(keySequence: UInt32, frameCounter: UInt32) {
        self.keySequence = keySequence
        lowestFresh = UInt64(frameCounter)
    }

    /// The lowest counter of the newest sequence that would be accepted; the highest of all when none is left.
    public var frameCounter: UInt32 { UInt32(clamping: lowestFresh) }

    /// Judges a counter without taking it: first the message integrity code has to be right.
    public func verdict(keySequence sequence: UInt32, frameCounter: UInt32) -> Verdict {
        let lowest: UInt64
        if sequence > keySequence {
            return .fresh
        } else if sequence == keySequence {
            lowest = lowestFresh
        } else if keySequence - sequence == 1, let before = lowestFreshBefore {
            lowest = before
        } else {
            return .replayed
        }
        if UInt64(frameCounter) >= lowest { return .fresh }
        return UInt64(frameCounter) + 1 == lowest ? .duplicate : .replayed
    }

    /// Takes a counter whose frame was fresh and proved authentic.
    public mutating func accept(keySequence sequence: UInt32, frameCounter: UInt32) {
        let next = UInt64(frameCounter) + 1
        if sequence > keySequence {
            lowestFreshBefore = sequence - keySequence == 1 ? lowestFresh : nil
            keySequence = sequence
            lowestFresh = next
        } else if sequence == keySequence {
            lowestFresh = max(lowestFresh, next)
        } else if keySequence - sequence == 1, let before = lowestFreshBefore {
            lowestFreshBefore = max(before, next)
        }
    }
}
