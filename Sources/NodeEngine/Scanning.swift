public import EngineCore
import IPEngine
import LinkProfiles
import LowPANEngine
public import MACEngine
public import ThreadEngine
import ThreadWire
import WireCore

/// What a scan found.
public enum ScanReport: Equatable, Sendable {
    case beacon(BeaconReport)
    case network(DiscoveredNetwork, channel: UInt8)
    /// All channels were visited.
    case ended
}

/// Who wants to know what a scan finds.
enum ScanPurpose: Equatable {
    case beacons
    /// - Parameter isPANBorrowed: whether the node has no network and took a PAN id at random for the time of the scan.
    case networks(isPANBorrowed: Bool)
    /// A commissioner, which asked whether a PAN id is in use.
    case panID
}

// Looking for other networks.
extension NodeEngine {
    /// The channels that can be visited: where the number does not tune the radio, only the node's own.
    public var scannableChannels: [UInt8] { profile.tunesChannels ? ChannelMask.all : [mac.channel] }

    /// Whether a scan goes on.
    public var isScanning: Bool { mac.isScanning }

    /// Asks for beacons on each channel; they come out as `.scan`, and at the end `.scan(.ended)`.
    /// - Parameters:
    ///   - channels: others than `scannableChannels` are left out; nil for all of them.
    ///   - duration: for each channel; nil for the usual one.
    /// - Returns: false while another scan goes on or the interface is down.
    public func startScan(channels: [UInt8]? = nil, duration: Duration? = nil, now: Instant) -> Bool {
        defer { settle(now: now) }
        return startScan(.beacons, channels: channels, duration: duration, probe: .beaconRequest, now: now)
    }

    /// Asks for Thread networks on each channel.
    /// - Returns: as `startScan`.
    public func startDiscovery(channels: [UInt8]? = nil, now: Instant) -> Bool {
        guard isInterfaceUp, !mac.isScanning else { return false }
        defer { settle(now: now) }
        guard let payload = linkPayload(thread.discoveryDatagram, to: .broadcast, isHere: false) else { return false }
        // Answers are sent to the PAN that the request came from, so there must be one.
        let isPANBorrowed = mac.panID == .broadcast
        if isPANBorrowed { mac.panID = PANID(rawValue: UInt16(truncatingIfNeeded: entropy.open.next() % 0xffff)) }
        let hasBegun = startScan(
            .networks(isPANBorrowed: isPANBorrowed), channels: channels, duration: nil, probe: .broadcast(payload),
            now: now)
        thread.isDiscovering = hasBegun
        return hasBegun
    }

    func startScan(
        _ purpose: ScanPurpose, channels: [UInt8]?, duration: Duration?, probe: ScanRequest.Probe, now: Instant
    ) -> Bool {
        guard isInterfaceUp, !mac.isScanning else { return false }
        scanPurpose = purpose
        let chosen = scannableChannels.filter { channels?.contains($0) ?? true }
        return mac.startScan(
            ScanRequest(channels: chosen, duration: duration ?? profile.scanDuration, probe: probe), now: now)
    }

    /// A beacon was heard.
    func handle(_ beacon: BeaconReport) {
        switch scanPurpose {
        case .beacons: emit(.scan(.beacon(beacon)))
        case .panID: thread.notePAN(beacon.panID, on: beacon.channel)
        case .networks, nil: break
        }
    }

    func endScan(now: Instant) {
        let purpose = scanPurpose
        scanPurpose = nil
        thread.isDiscovering = false
        switch purpose {
        case .beacons: emit(.scan(.ended))
        case .networks(let isPANBorrowed):
            if isPANBorrowed, thread.network == nil { mac.panID = .broadcast }
            emit(.scan(.ended))
        case .panID: thread.endPANScan(now: now)
        case nil: break
        }
    }

    /// Looks for a PAN id, as a commissioner asked.
    func scanForPANID(_ channels: [UInt8], now: Instant) {
        guard !startScan(.panID, channels: channels, duration: nil, probe: .beaconRequest, now: now) else { return }
        thread.endPANScan(now: now)
    }

    // MARK: Being found

    /// Answers a beacon request, if this node is one to attach to. One beacon that waits answers all.
    /// - Source: recording scan, frames 22 and 23
    func answerBeaconRequest(now: Instant) {
        guard thread.role.isAttached, thread.mode.isFullThreadDevice,
            thread.role.isRouting || thread.configuration.isRouterEligible, beaconHandle == nil
        else { return }
        beaconHandle = nextHandle
        nextHandle = nextHandle &+ 1
        mac.submit(
            MACRequest(
                handle: beaconHandle ?? 0, destination: .none, source: .extended, frameType: .beacon, payload: [],
                security: .none, requestsAcknowledgement: false, priority: .control), now: now)
    }

    // MARK: Messages for nodes in reach

    /// Sends a message that no route applies to.
    func send(_ message: LinkMessage, now: Instant) {
        let destination: LinkAddress =
            message.datagram.destination.isMulticast
            ? .broadcast : .extended(ExtendedAddress(interfaceIdentifier: message.datagram.destination.low))
        guard
            let payload = linkPayload(
                message.datagram, to: destination,
                isHere: message.destinationPAN == nil && !message.isWellKnownKeyUsed)
        else { return ownDrops.count(.datagramTooLarge) }
        let handle = nextHandle
        nextHandle = nextHandle &+ 1
        mac.submit(
            MACRequest(
                handle: handle, destination: destination, source: .extended, payload: payload,
                security: message.isWellKnownKeyUsed ? .wellKnown : .none,
                requestsAcknowledgement: !destination.isBroadcast, priority: message.datagram.priority,
                destinationPAN: message.destinationPAN, channel: message.channel), now: now)
    }

    /// A datagram compressed into one frame; nil when it does not fit.
    /// - Parameter isHere: whether the frame is for this PAN and not secured, which leaves more room.
    private func linkPayload(_ datagram: ThreadDatagram, to destination: LinkAddress, isHere: Bool) -> [UInt8]? {
        let source = LinkAddress.extended(thread.extendedAddress)
        var writer = ByteWriter()
        IPv6Header(
            trafficClass: datagram.trafficClass,
            payloadLength: UInt16(clamping: UDPHeader.byteCount + datagram.payload.count), nextHeader: .udp,
            hopLimit: datagram.hopLimit, source: datagram.source, destination: datagram.destination
        ).serialize(into: &writer)
        UDPHeader.serialize(
            payload: datagram.payload, sourcePort: datagram.port, destinationPort: datagram.port,
            source: datagram.source, destination: datagram.destination, into: &writer)
        // Elsewhere two PAN ids, two extended addresses, and the longest security header with its code.
        let room =
            isHere
            ? room(source: source, destination: destination, isLinkSecured: false)
            : profile.maximumPSDU - profile.frameCheckSequenceLength - 23 - 14
        guard
            let payloads = try? lowPAN.compress(
                datagram: writer.bytes, source: source, destination: destination, mesh: nil, room: room),
            payloads.count == 1
        else { return nil }
        return payloads[0]
    }
}
