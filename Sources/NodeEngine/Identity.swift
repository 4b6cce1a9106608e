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
        if let network = thread.network {
            mac.panID = network.panID
            mac.channel = network.channel
            tune(to: network.channel)
        }
        synchronizeLinkAddresses()
        ip.isForwarder = thread.role.isRouting
        ip.rloc16 = thread.role.isAttached ? thread.rloc16 : nil
        ip.meshLocalPrefix = thread.network?.meshLocalPrefix
        ip.unicastAddresses = unicastAddresses
        ip.multicastAddresses = Set(groups)
        synchronizeContexts()
    }

    /// Which frames with a mesh header end here: this node's, and those of children that know no mesh headers.
    func synchronizeLinkAddresses() {
        var addresses: [LinkAddress] = [.extended(thread.extendedAddress), .short(thread.rloc16)]
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
            case .children:
                var reader = ByteReader(record.value)
                guard let stored = try? StoredChildren(parsing: &reader) else { continue }
                thread.restore(stored, now: now)
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
