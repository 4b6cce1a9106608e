import EngineCore
import LinkProfiles
public import ThreadWire
import WireCore

/// A Data Request that waits for its answer.
struct DataRequest: Equatable, Sendable {
    var neighbor: ExtendedAddress
    var transmissions: Int
    var deadline: Instant
}

// How the network data reach every router and child.
extension ThreadEngine {
    /// The network data as they came.
    public var networkData: [UInt8] { networkDatabase.bytes }

    /// Counts the most bytes that there have been anew.
    public mutating func resetLongestNetworkData() { networkDatabase.resetLongest() }

    /// The prefix of a compression context: 0 is the mesh-local one, others stand in the network data.
    public func contextPrefix(_ id: UInt8) -> IPv6Prefix? {
        if id == 0 { return network?.meshLocalPrefix }
        return networkDatabase.contexts.first { $0.id == id }?.prefix
    }

    /// Which version a device with a mode is to have.
    public func networkDataVersion(for mode: DeviceMode) -> UInt8 {
        guard let leaderData else { return 0 }
        return mode.requestsFullNetworkData ? leaderData.dataVersion : leaderData.stableDataVersion
    }

    /// Takes over what a parent or router sent: all of it, or what this device asked for.
    /// - Returns: false when it cannot be read; then what was known stays.
    mutating func adoptNetworkData(_ bytes: [UInt8], now: Instant) -> Bool {
        guard bytes.count <= NetworkData.maximumLength, let data = try? NetworkData(bytes) else {
            drop(.malformedMLE)
            return false
        }
        let wanted = mode.requestsFullNetworkData ? data : data.stableSubset
        if networkDatabase.replace(with: wanted) != .none { networkDataChanged(now: now) }
        return true
    }

    /// The network data are others now: what follows from them is made anew.
    mutating func networkDataChanged(now: Instant) {
        emit(.networkDataChanged)
        autoconfigureAddresses(now: now)
        updateAnycastAddresses(now: now)
        synchronizeServerData(now: now)
        // A minimal device shows its parent which network data it has.
        // Source: recording prefix, frames 190, 192, 210 and 348
        if role == .child, !mode.isFullThreadDevice { scheduleChildUpdate(now: now) }
    }

    // MARK: Telling

    /// Tells all neighbors the network data.
    mutating func sendMulticastDataResponse() {
        guard role.isRouting else { return }
        // Nobody asked for a dataset here, so the time of its delay does not matter.
        let tlvs = dataResponse(for: [.networkData], mode: .fullThreadDevice, now: .zero)
        sendMLE(.dataResponse, tlvs, to: .linkLocalAllNodes)
    }

    private func dataResponse(for requested: [MLETLVType], mode: DeviceMode, now: Instant) -> [MLETLV] {
        guard let leaderData else { return [] }
        var tlvs: [MLETLV] = [.sourceAddress(rloc16), .leaderData(leaderData)] + timestampTLVs
        for type in requested {
            switch type {
            case .networkData: tlvs.append(.networkData(networkDatabase.bytes(for: mode)))
            case .route64 where role.isRouting: tlvs.append(.route64(routers.route64(self: rloc16.routerID)))
            default:
                if let tlv = datasetTLV(type, now: now) { tlvs.append(tlv) }
            }
        }
        return tlvs
    }

    mutating func handleDataRequest(_ received: ReceivedMLE, now: Instant) {
        guard role.isRouting, let neighbor = neighbor(received.sender) else { return drop(.unexpectedMLE) }
        guard let requested = received.message.tlvRequest else { return drop(.malformedMLE) }
        let types = requested.prefix(Self.requestedTLVLimit) + missingDatasets(of: received.message)
        sendMLE(.dataResponse, dataResponse(for: Array(types), mode: neighbor.mode, now: now), to: received.sender)
    }

    // MARK: Asking

    /// Whether leader data tell of network data that this device wants and has not.
    func isNewer(_ theirs: LeaderData, than own: LeaderData) -> Bool {
        let difference =
            mode.requestsFullNetworkData
            ? theirs.dataVersion &- own.dataVersion : theirs.stableDataVersion &- own.stableDataVersion
        return Int8(bitPattern: difference) > 0
    }

    /// Asks a neighbor for newer network data.
    mutating func requestNetworkData(from neighbor: ExtendedAddress, now: Instant) {
        guard dataRequest == nil else { return }
        sendDataRequest(DataRequest(neighbor: neighbor, transmissions: 0, deadline: now), now: now)
    }

    private mutating func sendDataRequest(_ request: DataRequest, now: Instant) {
        var next = request
        next.transmissions += 1
        next.deadline = now + profile.childUpdateRequestWait
        dataRequest = next
        sendMLE(.dataRequest, [.tlvRequest([.networkData])] + timestampTLVsOfRequest, to: request.neighbor)
        polling.pollFast(now: now)
    }

    mutating func handleDataRequestDeadline(now: Instant) {
        guard let request = dataRequest, request.deadline <= now else { return }
        dataRequest = nil
        guard request.transmissions < profile.mleMaximumTransmissions else { return }
        sendDataRequest(request, now: now)
    }

    // MARK: Learning

    mutating func handleDataResponse(_ received: ReceivedMLE, now: Instant) {
        if role == .detached { return noteRouterWhileDetached(received, now: now) }
        guard role.isAttached, role != .leader || mustRetrieveNetworkData, let own = leaderData,
            neighbor(received.sender) != nil
        else { return }
        let message = received.message
        guard let theirs = message.leaderData else { return drop(.malformedMLE) }
        guard theirs.partitionID == own.partitionID else { return drop(.foreignPartition) }
        if role == .child, received.sender != parent?.extendedAddress { return }
        learnNetworkData(of: message, from: received.sender, now: now)
    }

    /// Takes over the network data of a message, if they are newer, and the datasets beside them; asks for what is
    /// missing.
    mutating func learnNetworkData(of message: MLEMessage, from sender: ExtendedAddress, now: Instant) {
        guard let own = leaderData, let theirs = message.leaderData else { return }
        guard let data = message.networkData else { return adoptLeaderData(theirs, from: sender, now: now) }
        dataRequest = nil
        polling.endFastPolls(now: now)
        guard isNewer(theirs, than: own) || mustRetrieveNetworkData else { return }
        guard bringsDatasets(message) else { return requestNetworkData(from: sender, now: now) }
        mustRetrieveNetworkData = false
        // The versions go with the content: what follows from it must see both.
        leaderData = theirs
        guard adoptNetworkData(data, now: now) else {
            leaderData = own
            return
        }
        adoptDatasets(of: message, now: now)
        if role == .leader { return resumeNetworkData(now: now) }
        // A router passes on what is new, after a moment, for its own neighbors.
        if role.isRouting {
            schedule(.dataResponse, within: profile.unsolicitedDataResponseMaximumDelay, now: now)
        }
    }
}
