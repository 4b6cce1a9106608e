import EngineCore
import ThreadWire

/// One conversation across the border, as both of its directions name it.
struct Flow: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case udp
        case tcp
        case echo
        case fragment
    }

    let kind: Kind
    let inside: IPv6Address
    let outside: IPv6Address
    /// The port of the node in the mesh, or the identifier of an echo.
    let insidePort: UInt16
    let outsidePort: UInt16
    /// Of fragments, what they have in common.
    let identification: UInt32

    init(
        _ kind: Kind, _ ends: (inside: IPv6Address, outside: IPv6Address), insidePort: UInt16, outsidePort: UInt16
    ) {
        self.kind = kind
        inside = ends.inside
        outside = ends.outside
        self.insidePort = insidePort
        self.outsidePort = outsidePort
        identification = 0
    }

    init(fragment identification: UInt32, _ ends: (inside: IPv6Address, outside: IPv6Address)) {
        kind = .fragment
        inside = ends.inside
        outside = ends.outside
        insidePort = 0
        outsidePort = 0
        self.identification = identification
    }
}

/// The flags of a TCP header that begin and end a conversation.
/// - Source: RFC 9293 §3.1
struct TCPFlags: OptionSet, Sendable {
    var rawValue: UInt8

    static let finish = TCPFlags(rawValue: 0x01)
    static let synchronize = TCPFlags(rawValue: 0x02)
    static let reset = TCPFlags(rawValue: 0x04)
}

/// The flows across the border, at most so many, each until nothing of it was seen for a while.
struct FlowTable: Sendable {
    enum Direction: Sendable {
        case inward
        case outward
    }

    /// How far a flow has come.
    enum Phase: Equatable, Sendable {
        /// Seen from inside alone.
        case opening
        /// Seen from both sides.
        case open
        /// TCP: one side has ended it.
        case closing
    }

    private struct Entry: Sendable {
        var phase: Phase
        var deadline: Instant
    }

    let limit: Int
    private var entries: [Flow: Entry] = [:]

    init(limit: Int) { self.limit = limit }

    var count: Int { entries.count }

    /// How long a flow is remembered after its last datagram.
    /// - Source: RFC 6092 and RFC 4787 §4.3 for UDP, at least two minutes, better five; RFC 6092 for TCP, at least two
    ///   hours and four minutes when it is open, else four minutes; RFC 5508 §3.2 for echoes; RFC 8200 §4.5 for fragments
    static func lifetime(_ kind: Flow.Kind, _ phase: Phase) -> Duration {
        switch (kind, phase) {
        case (.udp, _): .seconds(300)
        case (.tcp, .open): .seconds(7440)
        case (.tcp, .opening), (.tcp, .closing): .seconds(240)
        case (.echo, _), (.fragment, _): .seconds(60)
        }
    }

    func contains(_ flow: Flow, now: Instant) -> Bool { entries[flow].map { $0.deadline > now } ?? false }

    /// Sees a datagram of a flow, which is new perhaps.
    mutating func note(_ flow: Flow, _ direction: Direction, _ flags: TCPFlags = [], now: Instant) {
        if refresh(flow, direction, flags, now: now) { return }
        if entries[flow] == nil, entries.count >= limit { makeRoom(now: now) }
        let phase: Phase = flags.isDisjoint(with: [.finish, .reset]) ? .opening : .closing
        entries[flow] = Entry(phase: phase, deadline: now + Self.lifetime(flow.kind, phase))
    }

    /// Sees a datagram of a flow that should be known.
    /// - Returns: false when it is not, or not any more.
    mutating func refresh(_ flow: Flow, _ direction: Direction, _ flags: TCPFlags = [], now: Instant) -> Bool {
        guard let entry = entries[flow], entry.deadline > now else { return false }
        let phase = Self.phase(after: entry.phase, direction, flags)
        let deadline = now + Self.lifetime(flow.kind, phase)
        // Nobody may keep a flow alive that is ending, but a new beginning.
        let isEnding = entry.phase == .closing && phase == .closing
        entries[flow] = Entry(phase: phase, deadline: isEnding ? entry.deadline : deadline)
        return true
    }

    static func phase(after phase: Phase, _ direction: Direction, _ flags: TCPFlags) -> Phase {
        if !flags.isDisjoint(with: [.finish, .reset]) { return .closing }
        switch (phase, direction) {
        case (.opening, .inward), (.open, _): return .open
        case (.opening, .outward): return .opening
        case (.closing, .outward): return flags.contains(.synchronize) ? .opening : .closing
        case (.closing, .inward): return .closing
        }
    }

    private mutating func makeRoom(now: Instant) {
        entries = entries.filter { $0.value.deadline > now }
        guard entries.count >= limit else { return }
        var first: (flow: Flow, deadline: Instant)?
        for (flow, entry) in entries where first.map({ entry.deadline < $0.deadline }) ?? true {
            first = (flow, entry.deadline)
        }
        if let first { entries[first.flow] = nil }
    }
}
