public import EngineCore
import LinkProfiles
public import ThreadWire

/// How far the leader has been told what this node offers.
struct ServerRegistration: Equatable, Sendable {
    /// A message to the leader is under way.
    var isWaiting = false
    /// When the network data are compared with what is offered, whether or not they changed.
    var deadline: Instant?
    /// Nothing is sent before the deadline, because the last message had its answer.
    var isResting = false
    /// How long to rest behind the answer to the message under way.
    var rest = Duration.zero
    /// Where the leader knows this node's offers from, when it was told before.
    var registeredAs: RLOC16?
}

// The server's side: what this node offers, told to the leader until the network data show it.
extension ThreadEngine {
    // MARK: Offers

    /// Offers a prefix to the mesh; `registerServerData` tells the leader.
    public mutating func addOnMeshPrefix(_ offer: OnMeshPrefix) throws(ServerDataError) {
        try serverData.add(offer, meshLocal: network?.meshLocalPrefix)
    }

    /// Offers a way out of the mesh; `registerServerData` tells the leader.
    public mutating func addExternalRoute(_ offer: ExternalRoute) throws(ServerDataError) {
        try serverData.add(offer, meshLocal: network?.meshLocalPrefix)
    }

    /// Offers nothing of a prefix any more; `registerServerData` tells the leader.
    public mutating func removePrefix(_ prefix: IPv6Prefix) throws(ServerDataError) {
        try serverData.remove(prefix)
    }

    /// Offers a service; `registerServerData` tells the leader.
    public mutating func addService(_ offer: MeshService) throws(ServerDataError) {
        try serverData.add(offer)
    }

    /// Offers a service no longer; `registerServerData` tells the leader.
    public mutating func removeService(enterpriseNumber: UInt32, serviceData: [UInt8]) throws(ServerDataError) {
        try serverData.remove(enterpriseNumber: enterpriseNumber, serviceData: serviceData)
    }

    /// Tells the leader what this node offers, at once if it is attached.
    public mutating func registerServerData(now: Instant) {
        registration.isResting = false
        synchronizeServerData(now: now)
    }

    // MARK: Registration

    /// This node has another place: what it serves has other names.
    mutating func placeChanged(now: Instant) {
        updateAnycastAddresses(now: now)
        serversChanged(now: now)
    }

    /// What the leader knows must be looked at again.
    mutating func serversChanged(now: Instant) {
        registration.isResting = false
        synchronizeServerData(now: now)
    }

    /// Compares the network data with what this node and its children offer, and tells the leader of a difference.
    /// - Source: OpenThread as observed: recordings prefix and cliref, Server Data
    mutating func synchronizeServerData(now: Instant) {
        guard role.isAttached, !registration.isWaiting, !registration.isResting else { return }
        if role == .leader { return synchronizeAsLeader(now: now) }
        if let child = lostServers.first {
            return sendServerData(nil, formerly: child, rest: profile.staleChildRest, now: now)
        }
        let offered = serverData.data(at: rloc16)
        guard Set(offered.serverEntries) != offersKnown else { return }
        // A child that is about to be a router would have to say it all again.
        let decides = canRoute && routers.count < configuration.routerUpgradeThreshold && routerSelectionDeadline != nil
        if role == .child, decides || solicitation != nil {
            let decision = routerSelectionDeadline.map { $0.since(now) } ?? .zero
            return wait(decision + profile.coapAcknowledgementTimeout, now: now)
        }
        let former = registration.registeredAs == rloc16 ? nil : registration.registeredAs
        sendServerData(offered, formerly: former, rest: profile.serverDataRest, now: now)
        if registration.isWaiting { registration.registeredAs = rloc16 }
    }

    /// What the network data say that this node offers, without what the leader adds: a service's number, and the
    /// domain that the first to offer a prefix gave it.
    private var offersKnown: Set<ServerEntry> {
        var known: Set<ServerEntry> = []
        for entry in networkDatabase.entries(of: rloc16) {
            switch entry {
            case .onMeshPrefix(var prefix):
                prefix.domainID = 0
                known.insert(.onMeshPrefix(prefix))
            case .externalRoute(var route):
                route.domainID = 0
                known.insert(.externalRoute(route))
            case .service(var service):
                service.serviceID = 0
                known.insert(.service(service))
            }
        }
        return known
    }

    /// Servers that were this router's children and are not any more.
    private var lostServers: [RLOC16] {
        guard role.isRouting else { return [] }
        return networkDatabase.servers.filter {
            $0.childID != 0 && $0.routerID == rloc16.routerID && children[$0] == nil
        }.sorted { $0.rawValue < $1.rawValue }
    }

    private mutating func sendServerData(
        _ offered: NetworkData?, formerly former: RLOC16?, rest: Duration, now: Instant
    ) {
        guard let destination = locatorAddress(.leaderAnycast) else { return }
        var tlvs: [TMFTLV] = []
        if let offered { tlvs.append(.threadNetworkData(offered.bytes)) }
        if let former { tlvs.append(.rloc16(former)) }
        guard management.pending.count < management.limit else {
            return wait(profile.coapAcknowledgementTimeout, now: now)
        }
        registration.deadline = nil
        registration.isWaiting = true
        registration.rest = rest
        request(TMFPath.serverData, tlvs, to: destination, purpose: .serverData, now: now)
    }

    private mutating func wait(_ duration: Duration, now: Instant) {
        registration.deadline = now + duration
    }

    /// The leader has answered, or never will: then the next attempt follows at once, for the requests themselves were
    /// repeated with longer and longer waits.
    mutating func finishServerData(isAnswered: Bool, now: Instant) {
        guard registration.isWaiting else { return }
        registration.isWaiting = false
        guard isAnswered else { return synchronizeServerData(now: now) }
        registration.isResting = true
        registration.deadline = now + registration.rest
    }

    mutating func handleServerRegistrationDeadline(now: Instant) {
        guard let deadline = registration.deadline, deadline <= now else { return }
        registration.deadline = nil
        registration.isResting = false
        synchronizeServerData(now: now)
    }

    /// Without a place there is nobody to tell.
    mutating func abandonServerRegistration() {
        registration = ServerRegistration(registeredAs: registration.registeredAs)
    }

    // MARK: The leader among the servers

    private mutating func synchronizeAsLeader(now: Instant) {
        guard !mustRetrieveNetworkData else { return }
        let own = rloc16
        let lost = Set(lostServers)
        if !lost.isEmpty { removeServers(now: now) { lost.contains($0) } }
        guard Set(serverData.data(at: own).serverEntries) != offersKnown else { return }
        registerServer(serverData.data(at: own), from: own, now: now)
        registration.registeredAs = own
    }
}
