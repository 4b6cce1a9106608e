import EngineCore
import IPEngine
import LinkProfiles
import LowPANEngine
import MACEngine
import ThreadEngine
import ThreadWire
import WireCore

/// A datagram on its way through the MAC engine, one fragment at a time.
struct Transfer {
    var payloads: [[UInt8]]
    var destination: LinkAddress
    var source: SourceAddressKind
    /// The short address that the payloads leave to the link header.
    var impliedSource: ShortAddress?
    var isLinkSecured: Bool
    var priority: TransmitPriority
    /// The datagram; nil for a frame that is only passed on below IP.
    var origin: OutgoingDatagram?
    /// How long each fragment waits after the one before it has reached the next hop.
    var gap = Duration.zero
    var handle: UInt32 = 0
    var next = 0
    /// When the next fragment goes to the MAC engine, while it waits.
    var resumesAt: Instant?
    /// Whether it waits in the MAC engine, whole, for a sleepy child to ask.
    var isIndirect = false
}

/// A datagram that waits until its destination is found.
struct UnresolvedDatagram {
    var target: IPv6Address
    var datagram: OutgoingDatagram
}

// The way down: from a datagram to frames.
extension NodeEngine {
    /// The host's IP stack sent a datagram.
    func handleHostDatagram(_ datagram: [UInt8], now: Instant) {
        guard isInterfaceUp else { return ownDrops.count(.noRoute) }
        ip.receiveFromHost(datagram, now: now)
    }

    func handle(_ output: consuming ThreadOutput, now: Instant) {
        switch consume output {
        case .send(let datagram): send(datagram, now: now)
        case .sendEmpty(to: let destination): sendEmpty(to: destination, now: now)
        case .setPeer(let peer):
            mac.setPeer(
                MACPeer(
                    extendedAddress: peer.extendedAddress, shortAddress: peer.rloc16,
                    linkFrameCounter: peer.linkFrameCounter, keySequence: peer.keySequence,
                    isReceiverOnWhenIdle: peer.isReceiverOnWhenIdle, isChild: peer.isChild))
            synchronizeLinkAddresses()
        case .removePeer(let address):
            mac.removePeer(address)
            synchronizeLinkAddresses()
        case .poll(let parent): poll(parent, now: now)
        case .supervise(let child): supervise(child, now: now)
        case .identityChanged:
            synchronizeIdentity()
            emit(.identityChanged)
        case .networkDataChanged:
            synchronizeContexts()
            emit(.identityChanged)
        case .resolved(let target): flushUnresolved(target, isFound: true, now: now)
        case .unresolved(let target): flushUnresolved(target, isFound: false, now: now)
        case .store(let record): emit(.store(record))
        case .event(let event): emit(.event(event))
        case .diagnostic(let report): emit(.diagnostic(report))
        case .sendOnLink(let message): send(message, now: now)
        case .discovered(let network): emit(.scan(.network(network, channel: mac.currentChannel)))
        case .scanForPANID(let channels): scanForPANID(channels, now: now)
        case .resetLinkCounters: mac.resetCounters()
        }
    }

    /// A datagram of the Thread engine.
    private func send(_ outgoing: ThreadDatagram, now: Instant) {
        do throws(SendError) {
            try ip.send(
                ControlDatagram(
                    source: outgoing.source, sourcePort: outgoing.port,
                    destination: SocketAddress(outgoing.destination, port: outgoing.port), payload: outgoing.payload,
                    hopLimit: outgoing.hopLimit, trafficClass: outgoing.trafficClass, priority: outgoing.priority,
                    isLinkSecured: outgoing.isLinkSecured), now: now)
        } catch {
            ownDrops.count(.noRoute)
        }
    }

    /// A datagram that says by its coming alone where this node is.
    private func sendEmpty(to destination: IPv6Address, now: Instant) {
        guard let source = thread.meshLocalEID else { return }
        var writer = ByteWriter(capacity: IPv6Header.byteCount)
        IPv6Header(payloadLength: 0, nextHeader: .none, hopLimit: 64, source: source, destination: destination)
            .serialize(into: &writer)
        route(OutgoingDatagram(bytes: writer.bytes, priority: .data), now: now)
    }

    // MARK: Routing

    /// Finds the link destination of a datagram and sends it, or lets it wait for its address.
    func route(_ outgoing: OutgoingDatagram, now: Instant) {
        var reader = ByteReader(outgoing.bytes)
        guard let header = try? IPv6Header(parsing: &reader) else { return ownDrops.count(.malformedIPv6) }
        let destination = header.destination
        if destination.isMulticast {
            return transmit(outgoing, header, to: multicastReceiver(outgoing), mesh: nil, now: now)
        }
        if ip.unicastAddresses.contains(where: { $0.address == destination }) {
            return ip.receive(outgoing.bytes, link: .local, now: now)
        }
        if destination.isLinkLocalUnicast {
            let link: LinkAddress =
                destination.locator.map { .short($0) }
                ?? .extended(ExtendedAddress(interfaceIdentifier: destination.low))
            return transmit(outgoing, header, to: link, mesh: nil, now: now)
        }
        let resolution = thread.resolve(
            destination, from: header.source, isPassing: outgoing.isForwarded, now: now)
        if outgoing.isForwarded, !thread.role.isRouting, resolution != .outside { return ownDrops.count(.noRoute) }
        switch resolution {
        case .rloc16(let target): routeInMesh(outgoing, header, to: target, now: now)
        case .pending: hold(outgoing, for: destination)
        case .unreachable: refuse(outgoing, because: .address, now: now)
        case .outside: leaveMesh(outgoing, now: now)
        case .noRoute: refuse(outgoing, because: .noRoute, now: now)
        }
    }

    /// This node leads out of the mesh: its host takes the datagram, unless it came from there; without a host an
    /// application, unless it came from this node.
    private func leaveMesh(_ outgoing: OutgoingDatagram, now: Instant) {
        if !ip.hostReceives, outgoing.isForwarded, ip.deliverToOutsideSocket(outgoing.bytes) {
            ipCounters.transmitSuccess &+= 1
            return
        }
        guard ip.hostReceives, !outgoing.isFromHost else { return refuse(outgoing, because: .noRoute, now: now) }
        ipCounters.transmitSuccess &+= 1
        var datagram = outgoing.bytes
        // Node and host are one router, and the host counts the hop when it sends the datagram on.
        if outgoing.isForwarded { datagram[7] += 1 }
        emit(.deliver(datagram))
    }

    private func routeInMesh(_ outgoing: OutgoingDatagram, _ header: IPv6Header, to target: RLOC16, now: Instant) {
        if target == thread.rloc16 { return ip.receive(outgoing.bytes, link: .local, now: now) }
        guard let nextHop = asking(&thread, { $0.nextHop(to: target) }) else {
            return refuse(outgoing, because: .noRoute, now: now)
        }
        // Beyond the next hop the frame carries its two ends in a mesh header; an end device leaves that to its parent.
        let mesh =
            nextHop == target || !thread.mode.isFullThreadDevice
            ? nil : MeshHeader(hopsLeft: Self.meshHopsLeft, originator: thread.rloc16, finalDestination: target)
        transmit(outgoing, header, to: .short(nextHop), mesh: mesh, now: now)
    }

    /// Tells the sender of a datagram that it cannot be delivered.
    private func refuse(
        _ outgoing: OutgoingDatagram, because code: ICMPv6Message.UnreachableCode, now: Instant
    ) {
        ipCounters.transmitFailed &+= 1
        ip.refuse(outgoing.bytes, because: code, isFromHost: outgoing.isFromHost, now: now)
    }

    /// The hops that a new mesh header allows.
    /// - Source: recording line_traffic, frame 30: the 6-byte form with 19 hops
    static let meshHopsLeft: UInt8 = 19

    private func hold(_ outgoing: OutgoingDatagram, for target: IPv6Address) {
        guard unresolved.count < configuration.unresolvedLimit else {
            ipCounters.transmitFailed &+= 1
            return ownDrops.count(.queueFull)
        }
        unresolved.append(UnresolvedDatagram(target: target, datagram: outgoing))
    }

    private func flushUnresolved(_ target: IPv6Address, isFound: Bool, now: Instant) {
        let waiting = unresolved.filter { $0.target == target }
        unresolved.removeAll { $0.target == target }
        for one in waiting {
            if isFound { route(one.datagram, now: now) } else { refuse(one.datagram, because: .address, now: now) }
        }
    }

    // MARK: Frames

    /// Compresses, fragments and queues.
    func transmit(
        _ outgoing: OutgoingDatagram, _ header: IPv6Header, to destination: LinkAddress, mesh: MeshHeader?, now: Instant
    ) {
        // The link-local address made from the extended address goes with that address, all others with the RLOC16.
        let isExtended = header.source.low == thread.extendedAddress.interfaceIdentifier || thread.rloc16 == .unassigned
        let source: LinkAddress = isExtended ? .extended(thread.extendedAddress) : .short(thread.rloc16)
        do throws(LowPANError) {
            let payloads = try lowPAN.compress(
                datagram: outgoing.bytes, source: source, destination: destination, mesh: mesh,
                room: room(source: source, destination: destination, isLinkSecured: outgoing.isLinkSecured))
            let isLocator = !isExtended && header.source.low == source.interfaceIdentifier
            submit(
                Transfer(
                    payloads: payloads, destination: destination, source: isExtended ? .extended : .short,
                    impliedSource: isLocator ? ShortAddress(rawValue: thread.rloc16.rawValue) : nil,
                    isLinkSecured: outgoing.isLinkSecured, priority: outgoing.priority, origin: outgoing,
                    gap: mesh.map { fragmentGap(to: $0.finalDestination) } ?? .zero), now: now)
        } catch {
            ipCounters.transmitFailed &+= 1
            ownDrops.count(.datagramTooLarge)
        }
    }

    /// How many bytes of 6LoWPAN fit into a frame.
    func room(source: LinkAddress, destination: LinkAddress, isLinkSecured: Bool) -> Int {
        func length(_ address: LinkAddress) -> Int {
            switch address {
            case .none: 0
            case .short: 2
            case .extended: 8
            }
        }
        // Frame control, sequence number, one PAN id; security: control, counter, key index, code.
        let header = 5 + length(source) + length(destination)
        let security = isLinkSecured ? 6 + 4 : 0
        return profile.maximumPSDU - profile.frameCheckSequenceLength - header - security
    }

    func submit(_ transfer: Transfer, now: Instant) {
        var transfer = transfer
        transfer.isIndirect = asking(&thread) { $0.isSleepyChild(transfer.destination) }
        // What waits for sleepy children is limited by the MAC engine, and keeps nothing else from being sent.
        guard transfer.isIndirect || transfers.count(where: { !$0.isIndirect }) < configuration.transferLimit else {
            return ownDrops.count(.queueFull)
        }
        transfer.handle = nextHandle
        nextHandle = nextHandle &+ 1
        transfers.append(transfer)
        submitNext(of: transfer, now: now)
    }

    private func fragmentGap(to destination: LinkAddress) -> Duration {
        guard profile.pacesFragments, case .short(let target) = destination else { return .zero }
        return profile.fragmentGap(hops: asking(&thread) { Int($0.routers.path(to: target.routerID)?.cost ?? 1) })
    }

    /// Goes on with what has waited long enough between two fragments.
    func resumeTransfers(now: Instant) {
        guard let pacing, pacing <= now else { return }
        self.pacing = nil
        for index in transfers.indices {
            guard let resumesAt = transfers[index].resumesAt else { continue }
            if resumesAt <= now {
                transfers[index].resumesAt = nil
                submitNext(of: transfers[index], now: now)
            } else {
                self.pacing = earlier(self.pacing, resumesAt)
            }
        }
    }

    private func submitNext(of transfer: Transfer, now: Instant) {
        mac.submit(
            MACRequest(
                handle: transfer.handle, destination: transfer.destination, source: transfer.source, frameType: .data,
                payload: transfer.payloads[transfer.next],
                following: transfer.isIndirect ? Array(transfer.payloads.dropFirst()) : [],
                security: transfer.isLinkSecured ? .link : .none,
                requestsAcknowledgement: !transfer.destination.isBroadcast, priority: transfer.priority,
                isIndirect: transfer.isIndirect, impliedSource: transfer.impliedSource), now: now)
    }

    /// A fragment was sent or could not be.
    func handleConfirm(_ handle: UInt32, _ outcome: MACOutcome, now: Instant) {
        if handle == Self.pollHandle { return handlePollConfirm(outcome, now: now) }
        if handle == beaconHandle { beaconHandle = nil }
        guard let index = transfers.firstIndex(where: { $0.handle == handle }) else { return }
        let isDelivered: Bool
        switch outcome {
        case .acknowledged, .sent: isDelivered = true
        case .noAcknowledgement, .channelBusy, .queueFull, .indirectTimeout, .radioFailure, .frameCountersExhausted,
            .lifetimeExpired, .airtimeExhausted, .addressChanged:
            isDelivered = false
        }
        noteOutcome(outcome, to: transfers[index].destination, now: now)
        noteAcknowledgement(outcome, of: transfers[index], now: now)
        transfers[index].next += 1
        if isDelivered, !transfers[index].isIndirect, transfers[index].next < transfers[index].payloads.count {
            let gap = transfers[index].gap
            guard gap > .zero else { return submitNext(of: transfers[index], now: now) }
            transfers[index].resumesAt = now + gap
            pacing = earlier(pacing, now + gap)
            return
        }
        let transfer = transfers.remove(at: index)
        guard let datagram = transfer.origin else { return }
        if let neighbor = extendedAddress(of: transfer.destination) {
            thread.noteDatagram(to: neighbor, isDelivered: isDelivered)
        }
        if isDelivered {
            ipCounters.transmitSuccess &+= 1
        } else if !hasOtherWay(transfer, datagram, now: now) {
            ipCounters.transmitFailed &+= 1
        }
    }

    /// Lets the Thread engine know how well a neighbor is reached.
    func noteOutcome(_ outcome: MACOutcome, to destination: LinkAddress, now: Instant) {
        guard let address = extendedAddress(of: destination) else { return }
        switch outcome {
        case .acknowledged: thread.noteTransmission(to: address, isAcknowledged: true, now: now)
        case .noAcknowledgement: thread.noteTransmission(to: address, isAcknowledged: false, now: now)
        case .sent, .channelBusy, .queueFull, .indirectTimeout, .radioFailure, .frameCountersExhausted,
            .lifetimeExpired, .airtimeExhausted, .addressChanged:
            break
        }
    }

    private func extendedAddress(of destination: LinkAddress) -> ExtendedAddress? {
        switch destination {
        case .none: nil
        case .short(let rloc16): asking(&thread) { $0.extendedAddress(of: rloc16) }
        case .extended(let extended): extended
        }
    }

    /// Sends a datagram that did not reach its next hop another way, if there is one by now.
    private func hasOtherWay(_ transfer: Transfer, _ datagram: OutgoingDatagram, now: Instant) -> Bool {
        guard transfer.next <= 1, case .short(let failed) = transfer.destination, transfer.isLinkSecured else {
            return false
        }
        var reader = ByteReader(datagram.bytes)
        guard let header = try? IPv6Header(parsing: &reader), !header.destination.isLinkLocalUnicast,
            !header.destination.isMulticast,
            case .rloc16(let target) = thread.resolve(header.destination, from: header.source, now: now),
            let nextHop = thread.nextHop(to: target), nextHop != failed
        else { return false }
        routeInMesh(datagram, header, to: target, now: now)
        return true
    }
}
