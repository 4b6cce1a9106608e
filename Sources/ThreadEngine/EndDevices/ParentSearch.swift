public import EngineCore
import LinkProfiles
import ThreadWire

/// An end device's search for a parent that it hears better.
///
///     watching ──interval over, parent heard well──▶ watching
///         └────interval over, parent heard badly──▶ search, resting for long ──▶ watching
enum ParentSearch: Equatable, Sendable {
    /// Not a child, or one that could route.
    case off
    /// At the time the parent's strength is looked at.
    case watching(until: Instant)
    /// It looked for a better parent lately, and leaves it at that.
    case resting(until: Instant)

    var deadline: Instant? {
        switch self {
        case .off: nil
        case .watching(let until), .resting(let until): until
        }
    }
}

// Parent search: children that cannot route hear no other routers, so they look around when their parent gets weak.
extension ThreadEngine {
    /// Looks for a parent that is heard better, and keeps the one that there is if none is.
    /// - Returns: false when this node is no child.
    public mutating func searchForBetterParent(now: Instant) -> Bool {
        guard role == .child else { return false }
        counters.betterParentAttachAttempts &+= 1
        startAttach(.betterParent, now: now)
        return true
    }

    mutating func updateParentSearch(now: Instant) {
        let isWanted = role == .child && configuration.searchesBetterParents
        switch parentSearch {
        case .off: if isWanted { watchParent(now: now) }
        // The rest goes on while the node finds another parent.
        case .watching: if !isWanted { parentSearch = .off }
        case .resting: break
        }
    }

    private mutating func watchParent(now: Instant) {
        parentSearch = .watching(
            until: now + profile.parentSearchInterval + entropy.open.duration(in: .zero...profile.parentSearchJitter))
    }

    mutating func handleParentSearchDeadline(now: Instant) {
        guard let deadline = parentSearch.deadline, deadline <= now else { return }
        guard role == .child, !mode.isFullThreadDevice, configuration.searchesBetterParents, let parent else {
            return parentSearch = .off
        }
        guard attach == .idle, parent.signal.margin < profile.parentSearchMargin else { return watchParent(now: now) }
        parentSearch = .resting(
            until: now + profile.parentSearchBackoff + entropy.open.duration(in: .zero...profile.parentSearchJitter))
        _ = searchForBetterParent(now: now)
    }
}
