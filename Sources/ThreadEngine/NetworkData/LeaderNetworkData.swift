import EngineCore
import ThreadWire
import WireCore

// The leader's procedures: a new partition's network data, registrations, servers that leave, numbers that expire.
extension ThreadEngine {
    /// As a new leader: network data that holds only the commissioning session, as OpenThread's does.
    mutating func startNetworkData(now: Instant) {
        let session = UInt16(truncatingIfNeeded: entropy.open.next())
        // Commissioning Data with a Commissioner Session ID, not stable: recording line_traffic, frame 7.
        networkDatabase.contextExpirations = [:]
        _ = networkDatabase.replace(
            with: NetworkData(tlvs: [
                .commissioningData(CommissioningDataTLV(tlvs: [.commissionerSessionID(session)]))
            ]))
        networkDataChanged(now: now)
    }

    /// A leader that takes up its former partition's network data: what belongs to router ids that are not given out is
    /// gone, and numbers of prefixes that nobody offers begin to expire.
    /// - Source: OpenThread as observed
    mutating func resumeNetworkData(now: Instant) {
        networkDatabase.scheduleContexts(reuseDelay: configuration.contextReuseDelay, now: now)
        let given = routers.ids
        removeServers(now: now) { !given.contains($0.routerID) }
    }

    // MARK: Registrations

    /// A server tells what it offers.
    /// - Returns: whether the message is to be acknowledged.
    mutating func handleServerData(_ message: TMFMessage, from source: IPv6Address, now: Instant) -> Bool {
        // A leader that has restarted does not know yet what others registered (OpenThread as observed).
        guard role == .leader, !mustRetrieveNetworkData, network?.meshLocalPrefix.contains(source) == true,
            let server = source.locator,
            !server.isAnycast
        else {
            drop(.unexpectedTMF)
            return false
        }
        if let former = message.rloc16 { removeServers(now: now) { $0 == former } }
        guard let bytes = message.threadNetworkData else { return true }
        guard let offer = try? NetworkData(bytes) else {
            drop(.malformedTMF)
            return false
        }
        registerServer(offer, from: server, now: now)
        return true
    }

    mutating func registerServer(_ offer: NetworkData, from server: RLOC16, now: Instant) {
        guard routers[server.routerID] != nil else { return drop(.unexpectedTMF) }
        let (change, refusal) = networkDatabase.register(
            offer, from: server, reuseDelay: configuration.contextReuseDelay, now: now)
        if refusal == .invalid { drop(.malformedTMF) } else if refusal != nil { drop(.networkDataFull) }
        noteLeaderChange(change, now: now)
    }

    /// Takes out what servers offer that are gone.
    mutating func removeServers(now: Instant, where isGone: (RLOC16) -> Bool) {
        guard role == .leader, !mustRetrieveNetworkData else { return }
        let change = networkDatabase.removeServers(
            reuseDelay: configuration.contextReuseDelay, now: now, where: isGone)
        noteLeaderChange(change, now: now)
    }

    /// Replaces the part that tells who lets nodes in.
    /// - Returns: false when there is no room for it, or this node is not the leader.
    mutating func setCommissioningData(_ data: CommissioningDataTLV, now: Instant) -> Bool {
        guard role == .leader, let change = networkDatabase.setCommissioningData(data) else { return false }
        noteLeaderChange(change, now: now)
        return true
    }

    mutating func handleContextDeadline(now: Instant) {
        guard role == .leader, let next = networkDatabase.nextContextExpiration, next <= now else { return }
        noteLeaderChange(networkDatabase.removeExpiredContexts(now: now), now: now)
    }

    /// Counts a version on, and lets everybody know.
    /// - Deviation: docs/deviations.md#stable-version
    private mutating func noteLeaderChange(_ change: NetworkDatabase.Change, now: Instant) {
        guard change != .none else { return }
        leaderData?.dataVersion &+= 1
        if change == .stable { leaderData?.stableDataVersion &+= 1 }
        networkDataChanged(now: now)
        sendMulticastDataResponse()
    }
}
