public import EngineCore
import LinkProfiles
import LinkSecurity
public import ThreadWire
import WireCore

/// How a datagram for the Thread engine arrived.
public struct IncomingDatagram: Equatable, Sendable {
    public var source: IPv6Address
    public var destination: IPv6Address
    /// The port it was sent to: 19788 for MLE, 61631 for Thread management.
    public var port: UInt16
    public var payload: [UInt8]
    public var hopLimit: UInt8
    /// Whether the link layer secured it.
    public var isLinkSecured: Bool
    public var rssi: DecibelMilliwatts
    public var snr: Decibels
    /// The PAN that the frame came from; nil when that is not known.
    public var sourcePAN: PANID?

    public init(
        source: IPv6Address, destination: IPv6Address, port: UInt16, payload: [UInt8], hopLimit: UInt8,
        isLinkSecured: Bool, rssi: DecibelMilliwatts, snr: Decibels, sourcePAN: PANID? = nil
    ) {
        self.source = source
        self.destination = destination
        self.port = port
        self.payload = payload
        self.hopLimit = hopLimit
        self.isLinkSecured = isLinkSecured
        self.rssi = rssi
        self.snr = snr
        self.sourcePAN = sourcePAN
    }
}

/// An MLE message after its security was checked.
struct ReceivedMLE {
    var message: MLEMessage
    var source: IPv6Address
    var sender: ExtendedAddress
    var isMulticast: Bool
    var frameCounter: UInt32
    var keySequence: UInt32
    var rssi: DecibelMilliwatts
    var margin: Decibels
}

/// The UDP ports of the Thread protocols.
public enum ThreadPort {
    /// Mesh Link Establishment.
    public static let mle: UInt16 = 19788
    /// The management framework, over CoAP.
    public static let management: UInt16 = 61631
}

// MLE datagrams: secured, checked, numbered.
extension ThreadEngine {
    // MARK: Receiving

    /// Takes a datagram that came to one of the Thread ports.
    public mutating func handle(_ datagram: IncomingDatagram, now: Instant) {
        if datagram.port == ThreadPort.mle, datagram.payload.first == MLESecuritySuite.none.rawValue {
            // Who looks for a network need not have one.
            return handleDiscovery(datagram, now: now)
        }
        guard role != .disabled else { return }
        if datagram.port == ThreadPort.mle {
            handleMLE(datagram, now: now)
        } else {
            handleManagement(datagram, now: now)
        }
    }

    private mutating func handleMLE(_ datagram: IncomingDatagram, now: Instant) {
        guard datagram.source.isLinkLocalUnicast, datagram.hopLimit == 255 else { return drop(.malformedMLE) }
        let sender = ExtendedAddress(interfaceIdentifier: datagram.source.low)
        guard sender != extendedAddress else { return }
        do throws(ParseError) {
            guard let opened = try open(datagram, sender: sender) else { return }
            var reader = opened.content
            let received = ReceivedMLE(
                message: try MLEMessage(parsing: &reader), source: datagram.source, sender: sender,
                isMulticast: datagram.destination.isMulticast, frameCounter: opened.frameCounter,
                keySequence: opened.keySequence, rssi: datagram.rssi,
                margin: profile.linkMargin(rssi: datagram.rssi, snr: datagram.snr))
            let known = neighbor(sender)
            guard Self.isFresh(received, from: known) else {
                return drop(Self.isRepeated(received, from: known) ? .duplicateFrame : .replayedMLE)
            }
            noteHeard(received, now: now)
            if received.keySequence > keyRing.keySequence {
                followKeySequence(received.keySequence, of: sender, .peer, now: now)
            }
            dispatch(received, now: now)
        } catch {
            drop(.malformedMLE)
        }
    }

    /// Decrypts; nil when the message was dropped and counted.
    private mutating func open(_ datagram: IncomingDatagram, sender: ExtendedAddress) throws(ParseError)
        -> (content: ByteReader, frameCounter: UInt32, keySequence: UInt32)?
    {
        var reader = ByteReader(datagram.payload)
        let suite = MLESecuritySuite(rawValue: try reader.readUInt8("security suite"))
        guard suite == .ieee802154 else {
            drop(.unsecuredMLE)
            return nil
        }
        let headerStart = reader.offset
        let header = try AuxiliarySecurityHeader(parsing: &reader)
        guard header.securityLevel == .encryptionWithCode32, case .source4(let sequence, _) = header.keyIdentifier
        else {
            drop(.unsecuredMLE)
            return nil
        }
        guard keyRing.keySequence(for: header.keyIdentifier) == sequence else {
            drop(.unknownKey)
            return nil
        }
        let content = MLESecurity.open(
            copyOf: datagram.payload, message: headerStart..<datagram.payload.count, header: header,
            source: datagram.source, destination: datagram.destination, extendedAddress: sender,
            context: keyRing.contexts(for: sequence).mle, space: &openedMLE)
        guard let content else {
            drop(.messageIntegrityCode)
            return nil
        }
        return (ByteReader(openedMLE, in: content), header.frameCounter, sequence)
    }

    /// Whether a message's frame counter has not been seen from this neighbor before.
    ///
    /// Messages of strangers pass: what they say is believed only with a challenge answered.
    private static func isFresh(_ received: ReceivedMLE, from neighbor: Neighbor?) -> Bool {
        guard let neighbor else { return true }
        if received.keySequence != neighbor.keySequence { return received.keySequence > neighbor.keySequence }
        return received.frameCounter >= neighbor.mleFrameCounter
    }

    /// Whether it is the neighbor's last message once more: its acknowledgement was lost.
    private static func isRepeated(_ received: ReceivedMLE, from neighbor: Neighbor?) -> Bool {
        guard let neighbor else { return false }
        return received.keySequence == neighbor.keySequence && received.frameCounter &+ 1 == neighbor.mleFrameCounter
    }

    /// Remembers counter, strength and time of a neighbor's message.
    private mutating func noteHeard(_ received: ReceivedMLE, now: Instant) {
        modifyNeighbor(received.sender) {
            $0.keySequence = received.keySequence
            $0.mleFrameCounter = received.frameCounter &+ 1
            $0.signal.add(rssi: received.rssi, margin: received.margin)
        }
    }

    private mutating func dispatch(_ received: ReceivedMLE, now: Instant) {
        switch received.message.command {
        case .advertisement: handleAdvertisement(received, now: now)
        case .parentRequest: handleParentRequest(received, now: now)
        case .parentResponse: handleParentResponse(received, now: now)
        case .childIDRequest: handleChildIDRequest(received, now: now)
        case .childIDResponse: handleChildIDResponse(received, now: now)
        case .childUpdateRequest: handleChildUpdateRequest(received, now: now)
        case .childUpdateResponse: handleChildUpdateResponse(received, now: now)
        case .linkRequest: handleLinkRequest(received, now: now)
        case .linkAccept: handleLinkAccept(received, alsoRequests: false, now: now)
        case .linkAcceptAndRequest: handleLinkAccept(received, alsoRequests: true, now: now)
        case .dataRequest: handleDataRequest(received, now: now)
        case .dataResponse: handleDataResponse(received, now: now)
        case .announce: handleAnnounce(received, now: now)
        default: drop(.unexpectedMLE)
        }
    }

    // MARK: Sending

    /// Secures an MLE message and hands it to the IP layer.
    ///
    /// All messages have one priority: one that overtakes another in the queue makes that one look replayed.
    mutating func sendMLE(
        _ command: MLECommand, _ tlvs: [MLETLV], to destination: IPv6Address
    ) {
        guard let payload = sealed(command, tlvs, to: destination) else { return }
        emit(
            .send(
                ThreadDatagram(
                    source: linkLocalAddress, destination: destination, port: ThreadPort.mle, payload: payload,
                    hopLimit: 255, trafficClass: 0, isLinkSecured: false, priority: .attach)))
    }

    /// The payload of a secured MLE message; nil when no frame counter is left for it, which is counted.
    mutating func sealed(_ command: MLECommand, _ tlvs: [MLETLV], to destination: IPv6Address) -> [UInt8]? {
        requestFrameCounters()
        guard mleFrameCounter < mleFrameCounterLimit else {
            drop(.frameCountersExhausted)
            return nil
        }
        let sequence = keyRing.keySequence
        let header = AuxiliarySecurityHeader(
            securityLevel: .encryptionWithCode32,
            keyIdentifier: .source4(sequence, index: KeySchedule.keyIndex(keySequence: sequence)),
            frameCounter: mleFrameCounter)
        mleFrameCounter += 1
        let sealed = MLESecurity.seal(
            MLEMessage(command: command, tlvs: tlvs).bytes, header: header, source: linkLocalAddress,
            destination: destination,
            extendedAddress: extendedAddress, context: keyRing.contexts(for: sequence).mle)
        return [MLESecuritySuite.ieee802154.rawValue] + sealed
    }

    /// Sends to the link-local address of a neighbor.
    mutating func sendMLE(
        _ command: MLECommand, _ tlvs: [MLETLV], to neighbor: ExtendedAddress
    ) {
        sendMLE(command, tlvs, to: IPv6Address(linkLocal: neighbor.interfaceIdentifier))
    }

    func challenge() -> [UInt8] {
        entropy.secret.bytes(8)
    }
}
