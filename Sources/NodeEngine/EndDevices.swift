public import EngineCore
import IPEngine
import LinkProfiles
import LowPANEngine
import MACEngine
import ThreadEngine
public import ThreadWire
import WireCore

// Sleepy end devices: this node as one, and as the parent of some.
extension NodeEngine {
    /// Data polls are no transfers; they all have this handle.
    static let pollHandle: UInt32 = 0

    // MARK: This node sleeps

    /// Asks the parent for what waits there.
    /// - Source: recording sleepy, frames 14 and 19
    func poll(_ parent: LinkAddress, now: Instant) {
        let source: SourceAddressKind =
            switch parent {
            case .extended: .extended
            case .short, .none: .short
            }
        mac.submit(
            MACRequest(
                handle: Self.pollHandle, destination: parent, source: source, frameType: .macCommand,
                payload: [MACCommandIdentifier.dataRequest.rawValue], security: .link, requestsAcknowledgement: true,
                priority: .control), now: now)
        polled = parent
    }

    func handlePollConfirm(_ outcome: MACOutcome, now: Instant) {
        noteOutcome(outcome, to: polled, now: now)
        switch outcome {
        case .acknowledged(let isFramePending, _, _):
            thread.notePoll(.acknowledged(isFramePending: isFramePending), now: now)
        case .noAcknowledgement: thread.notePoll(.unacknowledged, now: now)
        case .sent, .channelBusy, .queueFull, .indirectTimeout, .radioFailure, .frameCountersExhausted,
            .lifetimeExpired, .airtimeExhausted, .addressChanged:
            thread.notePoll(.notSent, now: now)
        }
    }

    /// The parent may say in any acknowledgement that something waits.
    func noteAcknowledgement(_ outcome: MACOutcome, of transfer: Transfer, now: Instant) {
        guard case .acknowledged(let isFramePending, _, _) = outcome, transfer.isLinkSecured else { return }
        thread.noteAcknowledgement(isFramePending: isFramePending, now: now)
    }

    // MARK: Its children sleep

    /// Sends a sleepy child an empty frame, unless something else waits for it.
    func supervise(_ child: ExtendedAddress, now: Instant) {
        guard !mac.hasIndirect(for: child), let rloc16 = thread.children[child]?.neighbor.rloc16 else { return }
        submit(
            Transfer(
                payloads: [[]], destination: .short(rloc16), source: .short, isLinkSecured: true, priority: .data,
                origin: nil), now: now)
    }

    /// Who gets a multicast frame: all around, or for an end device its parent, which sends it on.
    /// - Source: OpenThread as observed
    func multicastReceiver(_ outgoing: OutgoingDatagram) -> LinkAddress {
        guard thread.role == .child, outgoing.isLinkSecured, let parent = thread.parent else { return .broadcast }
        return .short(parent.rloc16)
    }

    /// Keeps a multicast for the sleepy children that it is for, which do not hear it on the air.
    func keepForSleepyChildren(_ outgoing: OutgoingDatagram, now: Instant) {
        var reader = ByteReader(outgoing.bytes)
        guard let header = try? IPv6Header(parsing: &reader) else { return ownDrops.count(.malformedIPv6) }
        for child in thread.sleepyListeners(to: header.destination) {
            transmit(outgoing, header, to: .short(child), mesh: nil, now: now)
        }
    }

    // MARK: Groups

    /// Lets this node receive what is sent to a group.
    /// - Returns: false when it receives as many as it may.
    public func subscribe(_ group: IPv6Address, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.subscribe(group, now: now)
    }

    /// - Returns: false when it was not subscribed to.
    public func unsubscribe(_ group: IPv6Address, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.unsubscribe(group, now: now)
    }

    /// The groups that this node receives, in the order of OpenThread's `ipmaddr`: the newest first.
    /// - Source: recording sleepy, `ipmaddr`
    public var groups: [IPv6Address] {
        guard isInterfaceUp else { return [] }
        var groups = thread.subscribedGroups + thread.networkGroups
        // A child that could route hears what routers are asked, too: it answers for its own addresses.
        // One that has no place yet counts who else looks for one.
        let isCounting = profile.asksHeardRouter && thread.role == .detached
        if thread.role.isAttached || isCounting, thread.mode.isFullThreadDevice {
            groups += [.linkLocalAllRouters, .realmLocalAllRouters]
        }
        return groups + [.linkLocalAllNodes, .realmLocalAllNodes, .realmLocalAllMPLForwarders]
    }

    // MARK: What the user wants

    /// Sets how long a sleepy node waits between polls; nil for as long as its timeout allows.
    /// - Returns: false when it is shorter than the link allows.
    public func setPollPeriod(_ period: Duration?, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.setPollPeriod(period, now: now)
    }

    /// Sets after how long without a word its parent forgets this node.
    /// - Units: seconds
    public func setChildTimeout(_ timeout: UInt32, now: Instant) {
        thread.setChildTimeout(timeout, now: now)
        settle(now: now)
    }

    /// Sets how often the parent is to show that it is there.
    /// - Units: seconds; 0 for never
    public func setSupervisionInterval(_ interval: UInt16, now: Instant) {
        thread.setSupervisionInterval(interval, now: now)
        settle(now: now)
    }

    /// Sets after how long without a frame of the parent it is asked.
    /// - Units: seconds; 0 for never
    public func setSupervisionCheckTimeout(_ timeout: UInt16, now: Instant) {
        thread.setSupervisionCheckTimeout(timeout, now: now)
        settle(now: now)
    }

    /// Looks for a parent that is heard better.
    /// - Returns: false when this node is no child.
    public func searchForBetterParent(now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.searchForBetterParent(now: now)
    }

    public func resetSupervisionFailures() { thread.resetSupervisionFailures() }
}
