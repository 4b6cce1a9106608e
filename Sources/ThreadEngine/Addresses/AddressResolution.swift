public import EngineCore
import LinkProfiles
public import ThreadWire

/// What is known of the way to an address.
public enum Resolution: Equatable, Sendable {
    /// It is a node's with this locator.
    case rloc16(RLOC16)
    /// The partition is being asked; `ThreadOutput.resolved` or `.unresolved` will follow.
    case pending
    /// Nobody has it, or this node is not attached.
    case unreachable
    /// It is outside of the mesh, and this node is the way to it.
    case outside
    /// It is outside of the mesh, and no border router leads there.
    case noRoute
}

// From an address to a place: locators, children, the cache, and Address Query to all routers.
extension ThreadEngine {
    /// Where to send a datagram for a unicast address.
    /// - Parameters:
    ///   - source: its source, which decides who takes it out of the mesh.
    ///   - isPassing: whether another node sent it here.
    public mutating func resolve(
        _ target: IPv6Address, from source: IPv6Address = .unspecified, isPassing: Bool = false, now: Instant
    ) -> Resolution {
        guard role.isAttached, let network else { return .unreachable }
        if network.meshLocalPrefix.contains(target), let locator = target.locator {
            guard locator.isAnycast else { return .rloc16(locator) }
            // Only those with all of the network data know who serves what.
            if role == .child, !mode.isFullThreadDevice { return parent.map { .rloc16($0.rloc16) } ?? .unreachable }
            return place(ofAnycast: locator).map { .rloc16($0) } ?? .unreachable
        }
        if let child = children.children.first(where: { $0.isValid && $0.addresses.contains(target) }) {
            return .rloc16(child.neighbor.rloc16)
        }
        // An end device leaves all of that to its parent, but for what it takes out of the mesh itself.
        if role == .child, !mode.isFullThreadDevice {
            let isServer = !serverData.data.tlvs.isEmpty && !isOnMesh(target)
            if isServer, resolveOutside(target, from: source, isPassing: isPassing, now: now) == .outside {
                return .outside
            }
            return parent.map { .rloc16($0.rloc16) } ?? .unreachable
        }

        guard isOnMesh(target) else { return resolveOutside(target, from: source, isPassing: isPassing, now: now) }
        let entry = resolver.entry(target)
        switch entry?.state {
        case .resolved(let rloc16, _, _):
            if nextHop(to: rloc16) != nil || entry?.freshUntil.map({ $0 > now }) == true {
                resolver.touch(target)
                return .rloc16(rloc16)
            }
        case .querying: return .pending
        case .waiting(let until):
            if until > now { return .unreachable }
            return query(target, retryDelay: retryDelay(entry?.retryDelay, idleFor: now.since(until)), now: now)
        case nil: break
        }
        return query(target, retryDelay: profile.addressQueryInitialRetryDelay, now: now)
    }

    /// The wait after the next failure becomes shorter again while nobody asks.
    /// - Source: OpenThread as observed: halved each time that the longest wait has passed
    private func retryDelay(_ known: Duration?, idleFor idle: Duration) -> Duration {
        var delay = known ?? profile.addressQueryInitialRetryDelay
        var steps = idle.microseconds / profile.addressQueryMaximumRetryDelay.microseconds
        while steps > 0, delay > profile.addressQueryInitialRetryDelay {
            delay = .microseconds(delay.microseconds / 2)
            steps -= 1
        }
        return max(delay, profile.addressQueryInitialRetryDelay)
    }

    /// Whether an address is one of the mesh.
    func isOnMesh(_ address: IPv6Address) -> Bool {
        network?.meshLocalPrefix.contains(address) == true || networkDatabase.isOnMesh(address)
    }

    /// Whether a server can be reached, as far as this node knows.
    ///
    /// Of a neighbor that went silent others may still tell routes, which lead back here, until their costs have counted
    /// up to infinity.
    private func isReachable(_ server: RLOC16, now: Instant) -> Bool {
        guard server != rloc16 else { return true }
        guard nextHop(to: server) != nil else { return false }
        let id = server.routerID
        guard let silence = silentRouters[id], routers[id]?.link != .valid else { return true }
        return now.since(silence) > profile.neighborAgeMaximum
    }

    private func resolveOutside(
        _ target: IPv6Address, from source: IPv6Address, isPassing: Bool, now: Instant
    ) -> Resolution {
        let former = additionalAddresses.first { $0.deprecatedUntil != nil && $0.address == source }
        // docs/deviations.md#transit: who is of no prefix of the mesh is beyond a border router.
        let isBeyond = !source.isUnspecified && !source.isLinkLocalUnicast && !isOnMesh(source)
        // Who sent it here has chosen this node, knowing better perhaps that another is dead; but for children that leave
        // the choice to their parent.
        let isChosen = isPassing && !children.children.contains { $0.isValid && $0.addresses.contains(source) }
        let ways = NetworkDatabase.Ways(
            chosen: isChosen ? rloc16 : nil,
            isReachable: { isReachable($0, now: now) }, isNearer: { isNearer($0, than: $1) })
        let router = networkDatabase.borderRouter(
            from: source, to: target, sourceDomain: former?.domainID ?? (isBeyond ? 0 : nil), ways: ways)
        guard let router else { return .noRoute }
        return router == rloc16 ? .outside : .rloc16(router)
    }

    /// Asks all routers.
    private mutating func query(_ target: IPv6Address, retryDelay: Duration, now: Instant) -> Resolution {
        let entry = AddressCache.Entry(
            target: target, state: .querying(until: now + profile.addressQueryTimeout), retryDelay: retryDelay)
        guard resolver.update(entry) else { return .unreachable }
        sendAddressQuery(target)
        return .pending
    }

    private mutating func sendAddressQuery(_ target: IPv6Address) {
        notify(
            TMFPath.addressQuery, [.targetEID(target)], to: .realmLocalAllRouters,
            hasToken: profile.dialect.hasAddressTokens)
    }

    /// Ends queries that nobody answered; the next one must wait, longer each time.
    mutating func ageAddressCache(now: Instant) {
        resolver.age(now: now)
        for entry in resolver.entries {
            guard case .querying(let until) = entry.state, until <= now else { continue }
            if entry.repetitions < profile.addressQueryRepetitions {
                // docs/deviations.md#query-repetition
                var repeated = entry
                repeated.repetitions += 1
                repeated.state = .querying(until: now + profile.addressQueryTimeout)
                _ = resolver.update(repeated)
                sendAddressQuery(entry.target)
                continue
            }
            var failed = entry
            failed.repetitions = 0
            failed.state = .waiting(until: now + entry.retryDelay)
            failed.retryDelay = min(entry.retryDelay + entry.retryDelay, profile.addressQueryMaximumRetryDelay)
            _ = resolver.update(failed)
            emit(.unresolved(entry.target))
        }
    }

    /// Forgets everything, when this node leaves its place: what waited for an address is lost.
    mutating func forgetAddresses() {
        for entry in resolver.entries {
            if case .querying = entry.state { emit(.unresolved(entry.target)) }
        }
        resolver.removeAll()
    }

    // MARK: Messages

    /// Answers for this node's addresses and those of children that cannot answer themselves.
    mutating func handleAddressQuery(_ message: TMFMessage, from source: IPv6Address, now: Instant) {
        guard let target = message.targetEID else { return drop(.malformedTMF) }
        var tlvs: [TMFTLV]
        if ownAddresses.contains(target) {
            tlvs = [
                .targetEID(target), .meshLocalEID(meshLocalInterfaceIdentifier), .rloc16(rloc16),
            ]
        } else if let child = children.children.first(where: {
            $0.isValid && !$0.neighbor.mode.isFullThreadDevice && $0.addresses.contains(target)
        }), let meshLocal = child.addresses.first(where: { network?.meshLocalPrefix.contains($0) == true }) {
            let silence = now.since(child.neighbor.lastHeard).wholeSeconds
            tlvs = [
                .targetEID(target), .meshLocalEID(meshLocal.low), .rloc16(rloc16),
                .timeSinceLastTransaction(UInt32(clamping: silence)),
            ]
        } else {
            return
        }
        request(
            TMFPath.addressNotification, tlvs, to: source, purpose: .addressNotification,
            hasToken: profile.dialect.hasAddressTokens, now: now)
    }

    /// An address was found.
    /// - Returns: whether the notification was expected.
    mutating func handleAddressNotification(_ message: TMFMessage, now: Instant) -> Bool {
        guard let target = message.targetEID, let rloc16 = message.rloc16,
            let identifier = message.meshLocalEID
        else {
            drop(.malformedTMF)
            return false
        }
        guard var entry = resolver.entry(target) else {
            drop(.unexpectedTMF)
            return false
        }
        let time = message.timeSinceLastTransaction ?? 0
        if case .resolved(_, let known?, let knownTime) = entry.state {
            if known != identifier {
                // Two nodes claim one address: all routers are told, and the one that is wrong gives it up.
                notify(
                    TMFPath.addressError, [.targetEID(target), .meshLocalEID(identifier)],
                    to: .realmLocalAllRouters)
                return true
            }
            // The parent that heard the child last is right.
            guard time < knownTime ?? .max else { return true }
        }
        entry.state = .resolved(rloc16, meshLocalInterfaceIdentifier: identifier, lastTransactionTime: time)
        entry.retryDelay = profile.addressQueryInitialRetryDelay
        entry.freshUntil = now + Self.freshTime
        entry.isSnooped = false
        entry.protectedUntil = nil
        _ = resolver.update(entry)
        emit(.resolved(target))
        return true
    }

    /// For how long an answer is believed although no way leads to the place.
    /// - Source: OpenThread as observed: 3 s
    private static let freshTime = Duration.seconds(3)

    /// For how long an overheard place does not give way.
    /// - Source: OpenThread as observed: 3 s
    private static let snoopProtection = Duration.seconds(3)

    /// Somebody found an address twice.
    mutating func handleAddressError(_ message: TMFMessage, now: Instant) {
        guard let target = message.targetEID, let identifier = message.meshLocalEID else {
            return drop(.malformedTMF)
        }
        resolver.remove(target)
        if identifier != meshLocalInterfaceIdentifier { handleDuplicate(target, now: now) }
        for child in children.valid where child.addresses.contains(target) && !child.neighbor.mode.isFullThreadDevice {
            let meshLocal = child.addresses.first { network?.meshLocalPrefix.contains($0) == true }
            if let meshLocal, meshLocal.low != identifier {
                children.modify(child.neighbor.extendedAddress) { $0.addresses.removeAll { $0 == target } }
                guard let destination = locatorAddress(child.neighbor.rloc16) else { continue }
                request(
                    TMFPath.addressError, [.targetEID(target), .meshLocalEID(identifier)], to: destination,
                    purpose: .addressError, now: now)
            }
        }
    }

    /// A router could not deliver to an address: where it was thought to be, it is not.
    public mutating func forgetAddress(_ target: IPv6Address) {
        guard resolver.entry(target)?.rloc16 != nil else { return }
        resolver.remove(target)
    }

    // MARK: Next hops

    /// The neighbor to hand a frame for a locator to.
    /// - Returns: nil when there is no way.
    public func nextHop(to target: RLOC16) -> RLOC16? {
        guard role.isAttached, target != rloc16 else { return nil }
        if role == .child {
            // An end device hands everything to its parent, also where it has other links.
            return parent?.rloc16
        }
        if target.routerID == rloc16.routerID { return children[target].map { $0.neighbor.rloc16 } }
        return routers.path(to: target.routerID)?.nextHop.rloc16
    }

    /// A frame came from the neighbor that it would be sent to: each of the two takes the other for the way. The route
    /// is forgotten, and the neighbor hears of that soon.
    /// - Source: OpenThread as observed
    public mutating func breakLoop(to target: RLOC16, through neighbor: RLOC16, now: Instant) {
        guard role.isRouting, target.routerID != rloc16.routerID, let router = routers[target.routerID],
            router.nextHop == neighbor.routerID, nextHop(to: target) == neighbor, neighbor != router.id.rloc16
        else { return }
        routers.modify(target.routerID) { $0.nextHop = nil }
        resetAdvertisement(now: now)
    }

    /// The extended address of a neighbor with this locator.
    public func extendedAddress(of rloc16: RLOC16) -> ExtendedAddress? {
        if role == .child, parent?.rloc16 == rloc16 { return parent?.extendedAddress }
        if let child = children[rloc16] { return child.neighbor.extendedAddress }
        guard rloc16.isRouter, let router = routers[rloc16.routerID], router.isLinkValid else { return nil }
        return router.neighbor.extendedAddress
    }

    /// Learns from a datagram that was delivered here where its sender is.
    /// - Source: OpenThread as observed (snooped cache entries)
    public mutating func snoop(_ source: IPv6Address, at rloc16: RLOC16, now: Instant) {
        guard let network, mode.isFullThreadDevice, role.isAttached, rloc16 != self.rloc16, rloc16 != .unassigned,
            isOnMesh(source), !network.meshLocalPrefix.contains(source) || source.locator == nil
        else { return }
        switch resolver.entry(source)?.state {
        case .resolved(let known, let identifier, let time):
            guard known != rloc16, var entry = resolver.entry(source) else { return }
            entry.state = .resolved(rloc16, meshLocalInterfaceIdentifier: identifier, lastTransactionTime: time)
            _ = resolver.update(entry)
        case .querying, .waiting:
            guard var entry = resolver.entry(source) else { return }
            entry.state = .resolved(rloc16, meshLocalInterfaceIdentifier: nil, lastTransactionTime: nil)
            entry.repetitions = 0
            _ = resolver.update(entry)
            emit(.resolved(source))
        case nil:
            // A child's place is known, and changes when it leaves.
            guard children[rloc16].map({ !$0.neighbor.mode.isFullThreadDevice }) != true else { return }
            resolver.snoop(
                source, at: rloc16, retryDelay: profile.addressQueryInitialRetryDelay,
                until: now + Self.snoopProtection)
        }
    }
}
