public import EngineCore
import LinkProfiles
public import ThreadWire

// Neighbors of all kinds: the parent, children, routers with a valid link.
extension ThreadEngine {
    /// The neighbor with an extended address whose link is valid.
    @inline(__always)
    public func neighbor(_ address: ExtendedAddress) -> Neighbor? {
        if let parent, parent.extendedAddress == address { return parent }
        return children.validNeighbor(address) ?? routers.linkedNeighbor(address)
    }

    /// All neighbors with a valid link: children first, then routers, the parent among them for a child.
    public var neighbors: [(neighbor: Neighbor, isChild: Bool)] {
        var all = children.valid.map { (neighbor: $0.neighbor, isChild: true) }
        if let parent, role == .child { all.append((neighbor: parent, isChild: false)) }
        for router in routers.routers where router.isLinkValid {
            if role == .child, router.neighbor.extendedAddress == parent?.extendedAddress { continue }
            all.append((neighbor: router.neighbor, isChild: false))
        }
        return all
    }

    /// Changes a neighbor wherever it is kept.
    mutating func modifyNeighbor(_ address: ExtendedAddress, _ change: (inout Neighbor) -> Void) {
        if var changed = parent, changed.extendedAddress == address {
            change(&changed)
            parent = changed
        }
        children.modify(address) { change(&$0.neighbor) }
        routers.modify(address) { change(&$0.neighbor) }
    }

    /// Tells the MAC engine of a neighbor.
    mutating func publishPeer(_ neighbor: Neighbor, isChild: Bool) {
        emit(
            .setPeer(
                LinkPeer(
                    extendedAddress: neighbor.extendedAddress,
                    rloc16: neighbor.rloc16 == .unassigned ? nil : neighbor.rloc16,
                    linkFrameCounter: neighbor.linkFrameCounter, keySequence: neighbor.linkKeySequence,
                    isReceiverOnWhenIdle: neighbor.mode.isReceiverOnWhenIdle, isChild: isChild)))
    }

    /// Withdraws a neighbor from the MAC engine unless it is still one in another way.
    mutating func withdrawPeer(_ address: ExtendedAddress) {
        guard neighbor(address) == nil else { return }
        emit(.removePeer(address))
    }

    /// The MAC engine heard a secured frame of a neighbor.
    public mutating func noteHeard(
        _ address: ExtendedAddress, rssi: DecibelMilliwatts, snr: Decibels, now: Instant
    ) {
        let margin = profile.linkMargin(rssi: rssi, snr: snr)
        modifyNeighbor(address) {
            $0.signal.add(rssi: rssi, margin: margin)
            $0.linkFailures = 0
        }
        // A router proves that it is alive by advertisements only: data alone may come over a link that fails one way.
        children.modify(address) { $0.neighbor.lastHeard = now }
        if role == .child, parent?.extendedAddress == address {
            parent?.lastHeard = now
            noteParentHeard(now: now)
        }
    }
}

extension ThreadEngine {
    /// Whether a link address is that of a child that sleeps, for which frames must wait.
    public func isSleepyChild(_ address: LinkAddress) -> Bool {
        let child: Child? =
            switch address {
            case .none: nil
            case .short(let rloc16): children.settledChild(rloc16)
            case .extended(let extended): children[extended]
            }
        guard let child, child.isValid || child.isRestored else { return false }
        return !child.neighbor.mode.isReceiverOnWhenIdle
    }
}
