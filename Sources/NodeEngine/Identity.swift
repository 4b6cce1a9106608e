public import EngineCore
import IPEngine
import LoRaPHY
import LowPANEngine
import MACEngine
public import ThreadEngine
public import ThreadWire
import WireCore

// What the engines must agree upon: addresses, PAN, keys, contexts.
extension NodeEngine {
    /// Carries role, addresses and PAN from the Thread engine to the others.
    func synchronizeIdentity() {
        mac.extendedAddress = thread.extendedAddress
        mac.shortAddress = thread.rloc16
        mac.formerShortAddress = thread.formerRLOC16
        synchronizeKeys()
        if let network = thread.network {
            mac.panID = network.panID
            mac.channel = network.channel
            // After a scan or a frame elsewhere the MAC engine returns to the channel that it is told here.
            if mac.isAtHome { tune(to: network.channel) }
        }
        synchronizeLinkAddresses()
        ip.isForwarder = thread.role.isRouting
        ip.rloc16 = thread.role.isAttached ? thread.rloc16 : nil
        ip.meshLocalPrefix = thread.network?.meshLocalPrefix
        ip.unicastAddresses = unicastAddresses
        ip.multicastAddresses = groups
        synchronizeContexts()
    }

    /// Which frames with a mesh header end here: this node's, and those of children that know no mesh headers.
    func synchronizeLinkAddresses() {
        var addresses: [LinkAddress] = [.extended(thread.extendedAddress), .short(thread.rloc16)]
        if let former = thread.formerRLOC16 { addresses.append(.short(former)) }
        for child in thread.children.children where child.isValid && !child.neighbor.mode.isFullThreadDevice {
            addresses.append(.short(child.neighbor.rloc16))
        }
        lowPAN.ownAddresses = addresses
        ip.hasSleepyChildren = thread.hasSleepyChildren
    }

    /// Lets the radio change its channel, if it is on another.
    func tune(to channel: UInt8) {
        guard channel != tunedChannel else { return }
        tunedChannel = channel
        emit(.setChannel(channel))
    }

    func synchronizeContexts() {
        var table = LowPANContextTable()
        if let prefix = thread.network?.meshLocalPrefix {
            table.set(LowPANContext(id: 0, prefix: prefix, isCompressible: true))
        }
        for context in thread.networkDatabase.contexts { table.set(context) }
        lowPAN.contexts = table
    }

    /// The addresses of this node in the order of OpenThread's `ipaddr`: the newest role's first.
    var unicastAddresses: [UnicastAddress] {
        guard isInterfaceUp else { return [] }
        var addresses: [UnicastAddress] = []
        func add(_ address: IPv6Address?) {
            guard let address else { return }
            addresses.append(UnicastAddress(address, origin: .thread))
        }
        for address in thread.additionalAddresses {
            addresses.append(
                UnicastAddress(
                    address.address, prefixLength: address.prefixLength, isPreferred: address.isPreferred,
                    origin: Self.origin(address.origin)))
        }
        add(thread.leaderAnycastAddress)
        add(thread.rlocAddress)
        add(thread.meshLocalEID)
        add(thread.linkLocalAddress)
        return addresses
    }

    private static func origin(_ origin: NodeAddress.Origin) -> UnicastAddress.Origin {
        switch origin {
        case .manual: .manual
        case .autoconfigured: .slaac
        case .anycast: .thread
        }
    }

    // MARK: Operation

    /// Brings the IPv6 interface up or down; down also stops the protocol.
    public func setInterface(isUp: Bool, now: Instant) {
        guard isInterfaceUp != isUp else { return }
        if !isUp { thread.stop(now: now) }
        isInterfaceUp = isUp
        noteRadioState(now: now)
        // Who takes part does not listen to everything.
        if isUp { mac.isPromiscuous = false }
        synchronizeIdentity()
        emit(.identityChanged)
        settle(now: now)
    }

    /// Starts the Thread protocol.
    /// - Returns: false when the interface is down or there is no active dataset.
    public func startThread(now: Instant) -> Bool {
        guard isInterfaceUp, thread.network != nil else { return false }
        thread.start(now: now)
        synchronizeIdentity()
        settle(now: now)
        return true
    }

    public func stopThread(now: Instant) {
        thread.stop(now: now)
        settle(now: now)
    }

    /// Says good-bye to parent or leader, then stops the protocol: `roleChanged` tells when.
    public func detachGracefully(now: Instant) {
        thread.detachGracefully(now: now)
        settle(now: now)
    }

    /// Sets the last 64 bits of the mesh-local address.
    /// - Returns: false while the protocol runs.
    public func setMeshLocalInterfaceIdentifier(_ identifier: UInt64, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.setMeshLocalInterfaceIdentifier(identifier)
    }

    /// Takes over what a store kept; before anything else is asked of the node.
    public func restore(_ records: [StoredRecord], now: Instant) {
        func value(_ name: StoredRecord.Name) -> [UInt8]? {
            records.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
        }
        func dataset(_ name: StoredRecord.Name) -> OperationalDataset? {
            value(name).flatMap { try? OperationalDataset($0) }
        }
        if let bytes = value(.networkState) {
            var reader = ByteReader(bytes)
            if let state = try? StoredNetworkState(parsing: &reader) { thread.restore(state) }
        }
        if let secret = records.last(where: { $0.name == .interfaceIdentifierSecret }) {
            _ = thread.restoreInterfaceIdentifierSecret(secret)
        }
        if let settings = records.last(where: { $0.name == .settings }) { thread.restoreSettings(settings) }
        thread.restoreDatasets(
            parameters: dataset(.parameters), active: dataset(.activeDataset), pending: dataset(.pendingDataset))
        if let bytes = value(.children) {
            var reader = ByteReader(bytes)
            if let stored = try? StoredChildren(parsing: &reader) { thread.restore(stored, now: now) }
        }
        if let bytes = value(.routers) {
            var reader = ByteReader(bytes)
            if let stored = try? StoredRouters(parsing: &reader) { thread.restore(stored) }
        }
        if let bytes = value(.airtime) {
            var reader = ByteReader(bytes)
            if let stored = try? StoredAirtime(parsing: &reader) { mac.restoreAirtime(stored, now: now) }
        }
        synchronizeIdentity()
        settle(now: now)
    }

    /// Gives a device that was made without an EUI-64 one at random, which it keeps; after `restore`.
    public func ensureEUI64(now: Instant) {
        thread.ensureEUI64()
        settle(now: now)
    }

    /// Sets the link-layer address; only while the protocol is stopped.
    /// - Returns: false when it runs.
    public func setExtendedAddress(_ address: ExtendedAddress, now: Instant) -> Bool {
        defer { settle(now: now) }
        return thread.setExtendedAddress(address)
    }
}

// The host's share in the node.
extension NodeEngine {
    /// The addresses that the host may use as its own: all that stay while the topology changes.
    public var hostAddresses: [IPv6Address] {
        unicastAddresses.map { $0.address }.filter { !$0.isLinkLocalUnicast && $0.locator == nil }
    }

    /// The networks that the host reaches through the mesh: those of its nodes, and those behind other border routers.
    /// Ways to everywhere are not among them, for the host has its own.
    public var hostRoutes: [IPv6Prefix] {
        let own = thread.serverData.data.externalRoutes.map { $0.prefix }
        var routes: [IPv6Prefix] = []
        for prefix in onMeshPrefixes + thread.networkDatabase.data.externalRoutes.map({ $0.prefix })
        where prefix.length > 0 && !own.contains(prefix) && !routes.contains(prefix) {
            routes.append(prefix)
        }
        return routes
    }

    /// The prefixes whose addresses are on the mesh and nowhere else, but for the mesh-local one.
    public var onMeshPrefixes: [IPv6Prefix] { thread.networkDatabase.meshPrefixes }

    /// Whether datagrams for which this node has no use of its own go to the host.
    public func setHostReceives(_ receives: Bool, now: Instant) {
        ip.hostReceives = receives
    }
}
