public import EngineCore
import IPEngine
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
        mac.isReceiverOnWhenIdle = thread.mode.isReceiverOnWhenIdle
        if let network = thread.network {
            mac.panID = network.panID
            mac.channel = network.channel
            // After a scan or a frame elsewhere the MAC engine returns to the channel that it is told here.
            if mac.isAtHome { tune(to: network.channel) }
        }
        lowPAN.ownAddresses = [.extended(thread.extendedAddress), .short(thread.rloc16)]
        ip.isForwarder = thread.role.isRouting
        ip.rloc16 = thread.role.isAttached ? thread.rloc16 : nil
        ip.meshLocalPrefix = thread.network?.meshLocalPrefix
        ip.unicastAddresses = unicastAddresses
        ip.multicastAddresses = multicastAddresses
        synchronizeContexts()
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
        for context in thread.contexts {
            table.set(
                LowPANContext(id: context.id, prefix: context.prefix, isCompressible: context.isCompressible))
        }
        lowPAN.contexts = table
    }

    /// The addresses of this node in the order of OpenThread's `ipaddr`: the newest role's first.
    var unicastAddresses: [UnicastAddress] {
        guard isInterfaceUp else { return [] }
        var addresses: [UnicastAddress] = []
        func add(_ address: IPv6Address?, _ origin: UnicastAddress.Origin) {
            guard let address else { return }
            addresses.append(
                UnicastAddress(address, origin: origin))
        }
        add(thread.leaderAnycastAddress, .thread)
        add(thread.rlocAddress, .thread)
        for address in thread.additionalAddresses { add(address, .manual) }
        add(thread.meshLocalEID, .thread)
        add(thread.linkLocalAddress, .thread)
        return addresses
    }

    var multicastAddresses: Set<IPv6Address> {
        guard isInterfaceUp else { return [] }
        var groups: Set<IPv6Address> = [.linkLocalAllNodes, .realmLocalAllNodes, .realmLocalAllMPLForwarders]
        // A child that could route hears what routers are asked, too: it answers for its own addresses.
        if thread.role.isAttached, thread.mode.isFullThreadDevice {
            groups.formUnion([.linkLocalAllRouters, .realmLocalAllRouters])
        }
        return groups
    }

    // MARK: Operation

    /// Brings the IPv6 interface up or down; down also stops the protocol.
    public func setInterface(isUp: Bool, now: Instant) {
        guard isInterfaceUp != isUp else { return }
        if !isUp { thread.stop(now: now) }
        isInterfaceUp = isUp
        synchronizeIdentity()
        emit(.identityChanged)
        settle(now: now)
    }

    /// Starts the Thread protocol.
    /// - Returns: false when the interface is down or there is no active dataset.
    public func startThread(now: Instant) -> Bool {
        guard isInterfaceUp, thread.network != nil else { return false }
        thread.start(now: now)
        settle(now: now)
        return true
    }

    public func stopThread(now: Instant) {
        thread.stop(now: now)
        settle(now: now)
    }

    /// Takes an active dataset into use.
    /// - Returns: false when it lacks the network key, PAN id, channel or mesh-local prefix.
    public func setActiveDataset(_ dataset: OperationalDataset, now: Instant) -> Bool {
        guard let key = dataset.networkKey, let panID = dataset.panID, let channel = dataset.channel,
            let prefix = dataset.meshLocalPrefix
        else { return false }
        self.dataset = dataset
        emit(.store(StoredRecord(name: .activeDataset, value: dataset.bytes)))
        if let name = dataset.networkName, let extendedPANID = dataset.extendedPANID {
            thread.networkIdentity = NetworkIdentity(
                name: name, extendedPANID: extendedPANID,
                channels: dataset.channelMask.map { ChannelMask(channels: $0).channelNumbers } ?? ChannelMask.all)
        }
        mac.setNetworkKey(key, keySequence: thread.keySequence)
        thread.setNetwork(
            ThreadEngine.Network(
                networkKey: key, panID: panID, channel: UInt8(clamping: channel), meshLocalPrefix: prefix,
                activeTimestamp: dataset.activeTimestamp ?? Timestamp(seconds: 1)),
            keySequence: thread.keySequence, now: now)
        settle(now: now)
        return true
    }

    /// Takes over what a store kept; before anything else is asked of the node.
    public func restore(_ records: [StoredRecord], now: Instant) {
        for record in records {
            switch record.name {
            case .networkState:
                var reader = ByteReader(record.value)
                guard let state = try? StoredNetworkState(parsing: &reader) else { continue }
                thread.restore(state)
                mac.frameCounter = state.linkFrameCounterLimit
                mac.frameCounterLimit = state.linkFrameCounterLimit
            case .activeDataset:
                guard let dataset = try? OperationalDataset(record.value) else { continue }
                _ = setActiveDataset(dataset, now: now)
            case .settings: break
            }
        }
        synchronizeIdentity()
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

    /// Whether datagrams for which this node has no use of its own go to the host.
    public func setHostReceives(_ receives: Bool, now: Instant) {
        ip.hostReceives = receives
    }
}
