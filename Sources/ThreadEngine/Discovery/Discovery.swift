import EngineCore
import LinkProfiles
import ThreadWire
import WireCore

// MLE Discovery: looking for networks, and telling of one's own to those who look. All of it is unsecured.
extension ThreadEngine {
    // MARK: Asking

    /// A Discovery Request.
    /// - Source: recording scan, frame 39
    public var discoveryDatagram: ThreadDatagram {
        let request = DiscoveryRequest(version: UInt8(clamping: configuration.version), isJoiner: false)
        return linkDatagram(unsecured(.discoveryRequest, [.discoveryRequest(request)]), to: .linkLocalAllRouters)
    }

    private func unsecured(_ command: MLECommand, _ tlvs: [MeshCoPTLV]) -> [UInt8] {
        [MLESecuritySuite.none.rawValue] + MLEMessage(command: command, tlvs: [.threadDiscovery(tlvs)]).bytes
    }

    // MARK: Receiving

    /// Takes an unsecured MLE message: only discovery may come so.
    mutating func handleDiscovery(_ datagram: IncomingDatagram, now: Instant) {
        guard datagram.source.isLinkLocalUnicast, datagram.hopLimit == 255 else { return drop(.malformedMLE) }
        let sender = ExtendedAddress(interfaceIdentifier: datagram.source.low)
        guard sender != extendedAddress else { return }
        guard datagram.payload.count > 1 else { return drop(.malformedMLE) }
        let command = MLECommand(rawValue: datagram.payload[1])
        guard command == .discoveryRequest || command == .discoveryResponse else { return drop(.unsecuredMLE) }
        do throws(ParseError) {
            let message = try MLEMessage(Array(datagram.payload.dropFirst()))
            switch message.command {
            case .discoveryRequest: handleDiscoveryRequest(message, datagram, now: now)
            case .discoveryResponse: handleDiscoveryResponse(message, datagram, from: sender)
            default: drop(.unsecuredMLE)
            }
        } catch {
            drop(.malformedMLE)
        }
    }

    private mutating func handleDiscoveryRequest(
        _ message: MLEMessage, _ datagram: IncomingDatagram, now: Instant
    ) {
        guard role.isAttached, configuration.isRouterEligible, mode.isFullThreadDevice, let identity = networkIdentity,
            let sourcePAN = datagram.sourcePAN
        else { return drop(.unexpectedMLE) }
        guard let tlvs = message.threadDiscovery else { return drop(.malformedMLE) }
        for tlv in tlvs {
            switch tlv {
            // Who names a network has it already.
            case .extendedPANID(identity.extendedPANID): return
            case .discoveryRequest(let request):
                if request.isJoiner, !isJoiningAllowed { return drop(.unexpectedMLE) }
            default: break
            }
        }
        let waiting = delayed.count { if case .discoveryResponse = $0.content { true } else { false } }
        guard waiting < configuration.discoveryResponseLimit else { return drop(.queueFull) }
        schedule(
            .discoveryResponse(to: datagram.source, pan: sourcePAN), within: profile.discoveryResponseMaximumDelay,
            now: now)
    }

    /// Whether a commissioner lets nodes in: the network data tell whom, and where it is.
    private var isJoiningAllowed: Bool {
        let types = commissioningTLVs.map { $0.type }
        return types.contains(.steeringData) && types.contains(.borderAgentLocator)
    }

    private var commissioningTLVs: [MeshCoPTLV] {
        ((try? NetworkData(networkData)) ?? NetworkData()).commissioningData?.tlvs ?? []
    }

    /// - Source: recordings scan, frame 44, and joiner, frame 17
    mutating func sendDiscoveryResponse(to destination: IPv6Address, pan: PANID) {
        guard role.isAttached, let identity = networkIdentity else { return }
        var tlvs: [MeshCoPTLV] = [
            .discoveryResponse(
                DiscoveryResponse(version: UInt8(clamping: configuration.version), permitsNativeCommissioner: false)),
            .extendedPANID(identity.extendedPANID), .networkName(identity.name),
        ]
        tlvs += commissioningTLVs.filter { $0.type == .steeringData }
        tlvs.append(.joinerUDPPort(configuration.joinerPort))
        emit(
            .sendOnLink(
                LinkMessage(
                    datagram: linkDatagram(unsecured(.discoveryResponse, tlvs), to: destination), destinationPAN: pan,
                    channel: nil, isWellKnownKeyUsed: false)))
    }

    /// An MLE datagram for nodes in reach.
    func linkDatagram(_ payload: [UInt8], to destination: IPv6Address) -> ThreadDatagram {
        ThreadDatagram(
            source: linkLocalAddress, destination: destination, port: ThreadPort.mle, payload: payload, hopLimit: 255,
            trafficClass: 0, isLinkSecured: false, priority: .attach)
    }

    private mutating func handleDiscoveryResponse(
        _ message: MLEMessage, _ datagram: IncomingDatagram, from sender: ExtendedAddress
    ) {
        guard isDiscovering else { return drop(.unexpectedMLE) }
        guard let tlvs = message.threadDiscovery, let pan = datagram.sourcePAN else { return drop(.malformedMLE) }
        var name: NetworkName?
        var extendedPANID: ExtendedPANID?
        var version: UInt8?
        var steeringData: [UInt8] = []
        for tlv in tlvs {
            switch tlv {
            case .networkName(let value): name = value
            case .extendedPANID(let value): extendedPANID = value
            case .discoveryResponse(let response): version = response.version
            case .unknown(.steeringData, let value): steeringData = value
            default: break
            }
        }
        guard let name, let extendedPANID, let version else { return drop(.malformedMLE) }
        emit(
            .discovered(
                DiscoveredNetwork(
                    identity: NetworkIdentity(name: name, extendedPANID: extendedPANID, channels: []), panID: pan,
                    extendedAddress: sender, rssi: datagram.rssi, version: version, steeringData: steeringData)))
    }
}
