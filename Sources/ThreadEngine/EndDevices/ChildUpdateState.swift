import EngineCore

/// What a child has to tell its parent, and when.
///
///     idle ──attached, something changed──▶ scheduled ──due──▶ awaiting ⟲ ──answer──▶ idle or scheduled
///                                                                 │ no answer ──▶ the parent is lost
///     restoring ⟲ ──answer──▶ idle or scheduled      (after a restart)
///         │ no answer ──▶ attach anew
enum ChildUpdateState: Equatable, Sendable {
    /// Nothing to tell: not a child, or one that shows by its polls that it is there.
    case idle
    /// The next sign of life, or changes that are collected for a moment.
    case scheduled(at: Instant)
    /// A request is out.
    /// - isOutdated: what changed since must be told afterwards.
    case awaiting(attempt: Int, challenge: [UInt8]?, isOutdated: Bool, until: Instant)
    /// After a restart: asks the former parent whether it still keeps this node's place.
    case restoring(attempt: Int, challenge: [UInt8], until: Instant)

    @inline(__always)
    var deadline: Instant? {
        switch self {
        case .idle: nil
        case .scheduled(let at): at
        case .awaiting(_, _, _, let until), .restoring(_, _, let until): until
        }
    }

    var isRestoring: Bool {
        if case .restoring = self { true } else { false }
    }

    var isAwaitingAnswer: Bool {
        switch self {
        case .idle, .scheduled: false
        case .awaiting, .restoring: true
        }
    }

    /// What the last request asked back; nil when it asked nothing.
    var challenge: [UInt8]? {
        switch self {
        case .idle, .scheduled: nil
        case .awaiting(_, let challenge, _, _): challenge
        case .restoring(_, let challenge, _): challenge
        }
    }

    /// How many requests are out without an answer.
    var attempts: Int {
        switch self {
        case .idle, .scheduled: 0
        case .awaiting(let attempt, _, _, _), .restoring(let attempt, _, _): attempt
        }
    }

    /// Something changed that the parent must know at a time at the latest.
    mutating func changed(tellAt time: Instant) {
        switch self {
        case .idle: self = .scheduled(at: time)
        case .scheduled(let at): self = .scheduled(at: min(at, time))
        case .awaiting(let attempt, let challenge, _, let until):
            self = .awaiting(attempt: attempt, challenge: challenge, isOutdated: true, until: until)
        // Who takes up its old place tells everything then.
        case .restoring: break
        }
    }
}
