import EngineCore
import LinkProfiles
import ThreadWire
import WireCore

/// Announcements that go out one channel after the other.
struct AnnounceCycle: Equatable, Sendable {
    /// Visited in turn, beginning with the first.
    var channels: [UInt8]
    var index = 0
    /// How many times each channel is still to be visited.
    var rounds: Int
    var period: Duration
    var jitter: Duration
    var deadline: Instant
}

/// A network of the same key on another channel or PAN, with a newer dataset.
struct AnnouncedPlace: Equatable, Sendable {
    var channel: UInt8
    var panID: PANID
    var timestamp: Timestamp
}

/// Where a node is with following an announcement.
enum AnnounceFollowing: Equatable, Sendable {
    case idle
    /// Others may announce something newer still.
    case waiting(AnnouncedPlace, until: Instant)
    /// It looks for a parent there; the place that it came from is remembered.
    case attaching(AnnouncedPlace, previous: AnnouncedPlace)
}

/// What a node does with announcements.
struct AnnounceState: Equatable, Sendable {
    var following = AnnounceFollowing.idle
    /// The announcements that are going out.
    var cycle: AnnounceCycle?
    /// The interval of the periodic ones; nil while there are none.
    var interval: AnnounceInterval?
    /// When an announcement of others may be answered next.
    var nextAnswer = Instant.zero
    /// A place where nobody took this node in, and until when it is not tried again.
    var refused: (place: AnnouncedPlace, until: Instant)?

    static func == (left: Self, right: Self) -> Bool {
        left.following == right.following && left.cycle == right.cycle && left.interval == right.interval
            && left.nextAnswer == right.nextAnswer && left.refused?.place == right.refused?.place
    }

    @inline(__always)
    var nextDeadline: Instant? {
        var deadline = earlier(cycle?.deadline, interval?.deadline)
        if case .waiting(_, let until) = following { deadline = earlier(deadline, until) }
        return deadline
    }
}

/// One interval of the periodic announcements: in its second half a node announces, unless enough others did.
struct AnnounceInterval: Equatable, Sendable {
    /// Nil once it was decided.
    var decision: Instant?
    var end: Instant
    var heard = 0

    var deadline: Instant { decision ?? end }
}

// MLE Announce: nodes of one key that are spread over channels find each other.
//
// - Source: OpenThread as observed: recording steady, frames 229 to 245
extension ThreadEngine {
    /// How many announcements of others make this node's own needless.
    /// - Source: OpenThread as observed
    private static let announceRedundancy = 8
    /// - Source: OpenThread as observed
    private static let announceJitter = Duration.milliseconds(500)

    // MARK: Sending

    /// Tells on a channel where this network is.
    mutating func sendAnnounce(on channel: UInt8) {
        guard let network, profile.tunesChannels || channel == network.channel,
            let payload = sealed(
                .announce,
                [
                    .channel(ChannelTLV(channel: UInt16(network.channel))),
                    .activeTimestamp(activeTimestamp), .panID(network.panID),
                ], to: .linkLocalAllNodes)
        else { return }
        emit(
            .sendOnLink(
                LinkMessage(
                    datagram: linkDatagram(payload, to: .linkLocalAllNodes), destinationPAN: .broadcast,
                    channel: channel, isWellKnownKeyUsed: true)))
    }

    /// Announces on several channels, or more often on those that are visited already.
    mutating func startAnnouncing(
        on channels: [UInt8], rounds: Int, period: Duration, jitter: Duration = .zero, now: Instant
    ) {
        guard !channels.isEmpty, rounds > 0 else { return }
        if let running = announce.cycle {
            announce.cycle?.rounds = min(running.rounds + rounds, Int(UInt8.max))
            return
        }
        announce.cycle = AnnounceCycle(
            channels: channels, rounds: min(rounds, Int(UInt8.max)), period: max(period, profile.announceMinimumDelay),
            jitter: jitter, deadline: now + entropy.open.duration(in: .zero...jitter))
    }

    private mutating func continueAnnouncing(now: Instant) {
        guard var cycle = announce.cycle, cycle.deadline <= now else { return }
        sendAnnounce(on: cycle.channels[cycle.index])
        cycle.index += 1
        if cycle.index == cycle.channels.count {
            cycle.index = 0
            cycle.rounds -= 1
        }
        // Around the period, not behind it, so that a round takes the time that it should.
        let drift = entropy.open.duration(in: .zero...cycle.jitter + cycle.jitter)
        cycle.deadline = now + max(cycle.period + drift - cycle.jitter, profile.announceMinimumDelay)
        announce.cycle = cycle.rounds > 0 ? cycle : nil
    }

    // MARK: Periodic announcements

    /// Whether this node announces now and then.
    private var announcesPeriodically: Bool {
        profile.announceInterval > .zero
            && (role.isRouting
                || role == .child && configuration.isRouterEligible && mode.isFullThreadDevice
                    && mode.isReceiverOnWhenIdle)
    }

    /// The role has changed.
    mutating func updateAnnounceInterval(now: Instant) {
        guard announcesPeriodically else {
            announce.interval = nil
            announce.cycle = nil
            return
        }
        if announce.interval == nil { startAnnounceInterval(now: now) }
    }

    private mutating func startAnnounceInterval(now: Instant) {
        let half = profile.announceInterval / 2
        announce.interval = AnnounceInterval(
            decision: now + half + entropy.open.duration(in: .zero...half), end: now + profile.announceInterval)
    }

    private mutating func handleAnnounceInterval(now: Instant) {
        guard let interval = announce.interval, interval.deadline <= now else { return }
        guard interval.decision != nil else { return startAnnounceInterval(now: now) }
        announce.interval?.decision = nil
        guard interval.heard < Self.announceRedundancy, let network else { return }
        let channels = networkIdentity?.channels ?? [network.channel]
        // The network's own channel comes first.
        let start = channels.firstIndex(of: network.channel) ?? 0
        startAnnouncing(
            on: Array(channels[start...] + channels[..<start]), rounds: 1,
            period: profile.announceInterval / 2 / max(1, channels.count),
            jitter: Self.announceJitter, now: now)
    }

    // MARK: Receiving

    mutating func handleAnnounce(_ received: ReceivedMLE, now: Instant) {
        guard let network, role != .disabled else { return }
        guard let channel = received.message.channel.flatMap({ UInt8(exactly: $0.channel) }),
            let timestamp = received.message.activeTimestamp, let panID = received.message.panID
        else { return drop(.malformedMLE) }
        let isHere = channel == network.channel && panID == network.panID
        if timestamp.isOrphan || timestamp < activeTimestamp {
            if timestamp.isOrphan, isHere { return }
            answerAnnounce(on: channel, now: now)
        } else if timestamp > activeTimestamp {
            consider(AnnouncedPlace(channel: channel, panID: panID, timestamp: timestamp), isHere: isHere, now: now)
        } else {
            announce.interval?.heard += 1
        }
    }

    /// A node is behind: it hears of this network where it is. Repeated announcements, perhaps recorded by a stranger,
    /// do not make this node leave its channel time and again.
    private mutating func answerAnnounce(on channel: UInt8, now: Instant) {
        guard ChannelMask.all.contains(channel), role.isAttached else { return drop(.malformedMLE) }
        guard announce.nextAnswer <= now else { return drop(.replayedMLE) }
        announce.nextAnswer = now + profile.announceProcessDelay
        sendAnnounce(on: channel)
    }

    private mutating func consider(_ place: AnnouncedPlace, isHere: Bool, now: Instant) {
        // Who is not attached finds what is here without further ado.
        guard ChannelMask.all.contains(place.channel), !(isHere && role == .detached) else { return }
        if let refused = announce.refused, refused.place == place, refused.until > now { return drop(.replayedMLE) }
        switch announce.following {
        case .attaching: return
        case .waiting(let known, _) where known.timestamp >= place.timestamp: return
        case .idle, .waiting:
            announce.following = .waiting(place, until: now + profile.announceProcessDelay)
        }
    }

    // MARK: Following

    private mutating func followAnnounce(now: Instant) {
        guard case .waiting(let place, let until) = announce.following, until <= now, let network else { return }
        let previous = AnnouncedPlace(
            channel: network.channel, panID: network.panID, timestamp: activeTimestamp)
        stop(now: now)
        move(to: place)
        announce.following = .attaching(place, previous: previous)
        start(now: now)
    }

    private mutating func move(to place: AnnouncedPlace) {
        var values = OperationalDataset()
        values.channel = UInt16(place.channel)
        values.panID = place.panID
        apply(values)
    }

    /// This node found a parent: whoever is left where it came from should hear of it.
    mutating func announceAttached(now: Instant) {
        guard case .attaching(_, let previous) = announce.following else { return }
        announce.following = .idle
        startAnnouncing(on: [previous.channel], rounds: 3, period: .seconds(1), now: now)
    }

    /// Nobody took this node in.
    /// - Returns: whether it had followed an announcement, and goes back now.
    mutating func announceAttachFailed(now: Instant) -> Bool {
        guard case .attaching(let place, let previous) = announce.following else { return false }
        announce.refused = (place, now + profile.networkIDTimeout)
        announce.following = .idle
        stop(now: now)
        move(to: previous)
        start(now: now)
        return true
    }

    mutating func handleAnnounceDeadlines(now: Instant) {
        continueAnnouncing(now: now)
        handleAnnounceInterval(now: now)
        followAnnounce(now: now)
    }
}

extension Timestamp {
    /// A node that has no complete dataset announces with this.
    /// - Source: OpenThread as observed
    var isOrphan: Bool { seconds == 0 && ticks == 0 && isAuthoritative }
}
