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

// The network data: the leader's own, and how it reaches every router and child.
extension ThreadEngine {
    // MARK: The leader

    /// As a new leader: network data that holds only the commissioning session, as OpenThread's does.
    mutating func startNetworkData() {
        let session = UInt16(truncatingIfNeeded: entropy.open.next())
        // Commissioning Data (type 4) with a Commissioner Session ID (type 11), not stable: recording line_traffic,
        // frame 7.
        setNetworkData([
            0x08, 0x04, 0x0b, 0x02, UInt8(truncatingIfNeeded: session >> 8), UInt8(truncatingIfNeeded: session),
        ])
    }

    /// Takes over network data and lets the layers below know of its contexts.
    mutating func setNetworkData(_ bytes: [UInt8]) {
        guard networkData != bytes else { return }
        networkData = bytes
        emit(.networkDataChanged)
    }

    /// The prefix of a compression context: 0 is the mesh-local one, others stand in the network data.
    public func contextPrefix(_ id: UInt8) -> IPv6Prefix? {
        if id == 0 { return network?.meshLocalPrefix }
        return contexts.first { $0.id == id }?.prefix
    }

    /// The compression contexts of the network data.
    public var contexts: [(id: UInt8, prefix: IPv6Prefix, isCompressible: Bool)] {
        var reader = ByteReader(networkData)
        guard let data = try? NetworkData(parsing: &reader) else { return [] }
        return data.prefixes.compactMap { prefix in
            prefix.context.map { (id: $0.contextID, prefix: prefix.prefix, isCompressible: $0.isCompressible) }
        }
    }

    // MARK: Propagation

    /// Tells all neighbors the network data.
    mutating func sendMulticastDataResponse() {
        guard role.isRouting else { return }
        sendMLE(.dataResponse, dataResponse(for: [.networkData]), to: .linkLocalAllNodes)
    }

    private func dataResponse(for requested: [MLETLVType]) -> [MLETLV] {
        guard let leaderData else { return [] }
        var tlvs: [MLETLV] = [.sourceAddress(rloc16), .leaderData(leaderData)]
        if let network { tlvs.append(.activeTimestamp(network.activeTimestamp)) }
        for type in requested {
            switch type {
            case .networkData: tlvs.append(.networkData(networkData))
            case .route64 where role.isRouting: tlvs.append(.route64(routers.route64(self: rloc16.routerID)))
            default: break
            }
        }
        return tlvs
    }

    mutating func handleDataRequest(_ received: ReceivedMLE, now: Instant) {
        guard role.isRouting, neighbor(received.sender) != nil else { return drop(.unexpectedMLE) }
        guard let requested = received.message.tlvRequest else { return drop(.malformedMLE) }
        sendMLE(.dataResponse, dataResponse(for: requested), to: received.sender)
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
        var tlvs: [MLETLV] = [.tlvRequest([.networkData])]
        if let network { tlvs.append(.activeTimestamp(network.activeTimestamp)) }
        sendMLE(.dataRequest, tlvs, to: request.neighbor)
        polling.pollFast(now: now)
    }

    mutating func handleDataRequestDeadline(now: Instant) {
        guard let request = dataRequest, request.deadline <= now else { return }
        dataRequest = nil
        guard request.transmissions < profile.mleMaximumTransmissions else { return }
        sendDataRequest(request, now: now)
    }

    mutating func handleDataResponse(_ received: ReceivedMLE, now: Instant) {
        if role == .detached { return noteRouterWhileDetached(now: now) }
        guard role.isAttached, role != .leader || mustRetrieveNetworkData, let own = leaderData,
            neighbor(received.sender) != nil
        else { return }
        let message = received.message
        guard let theirs = message.leaderData else { return drop(.malformedMLE) }
        guard theirs.partitionID == own.partitionID else { return drop(.foreignPartition) }
        if role == .child, received.sender != parent?.extendedAddress { return }
        guard let data = message.networkData else {
            return adoptLeaderData(theirs, from: received.sender, now: now)
        }
        dataRequest = nil
        polling.endFastPolls(now: now)
        let difference = Int8(bitPattern: theirs.dataVersion &- own.dataVersion)
        guard difference > 0 || mustRetrieveNetworkData else { return }
        mustRetrieveNetworkData = false
        leaderData = theirs
        setNetworkData(data)
        // A router passes on what is new, after a moment, for its own neighbors.
        if role.isRouting {
            schedule(.dataResponse, within: profile.unsolicitedDataResponseMaximumDelay, now: now)
        }
    }
}
