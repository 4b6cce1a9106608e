import EngineCore
import LinkProfiles
import ThreadWire
import WireCore

/// What a request to another node was for; tells where its answer goes.
enum RequestPurpose: Equatable, Sendable {
    case addressSolicit
    case addressNotification
    case addressRelease
    case addressError
    case serverData
    case datasetGet(DatasetKind)
    case datasetSet(DatasetKind)
    case datasetChanged
    /// Of the client with this number.
    case diagnosticGet(UInt32)
    case diagnosticReset
    case panIDConflict
    /// One part of an answer; the rest follows when this one was acknowledged.
    case diagnosticAnswer(rest: ArraySlice<[UInt8]>)
}

/// A confirmable request that waits for its answer.
struct PendingRequest: Equatable, Sendable {
    var message: CoAPMessage
    var destination: IPv6Address
    var purpose: RequestPurpose
    var transmissions: Int
    var timeout: Duration
    var deadline: Instant
}

/// The answers given lately, so that a repeated request is answered again and not carried out again.
struct AnsweredRequest: Equatable, Sendable {
    var source: IPv6Address
    var messageID: UInt16
    var answer: CoAPMessage
    var until: Instant
}

/// The state of the management framework: requests that wait, and answers that are remembered.
struct ManagementAgent: Equatable, Sendable {
    var pending: [PendingRequest] = []
    var answered: [AnsweredRequest] = []
    let limit: Int

    init(limit: Int) { self.limit = limit }

    @inline(__always)
    var nextDeadline: Instant? {
        var deadline: Instant?
        for index in pending.indices { deadline = earlier(deadline, pending[index].deadline) }
        return deadline
    }

    mutating func removeAll() {
        pending.removeAll()
        answered.removeAll()
    }
}

// Thread's management framework: CoAP over port 61631.
extension ThreadEngine {
    /// For how long an answer is kept for repeated requests.
    /// - Source: RFC 7252 §4.8.2: EXCHANGE_LIFETIME bounds it; a third covers the retransmission span
    private static let answerLifetime = Duration.seconds(93)

    // MARK: Requests

    /// Sends a confirmable request and repeats it until it is answered.
    mutating func request(
        _ path: String, _ tlvs: [TMFTLV], to destination: IPv6Address, purpose: RequestPurpose, hasToken: Bool = true,
        now: Instant
    ) {
        _ = request(
            path, payload: TMFMessage(tlvs: tlvs).bytes, to: destination, purpose: purpose, hasToken: hasToken, now: now
        )
    }

    /// Sends a confirmable request and repeats it until it is answered.
    /// - Returns: false when too many wait already.
    mutating func request(
        _ path: String, payload: [UInt8], to destination: IPv6Address, purpose: RequestPurpose, hasToken: Bool = true,
        now: Instant
    ) -> Bool {
        guard management.pending.count < management.limit else {
            drop(.queueFull)
            return false
        }
        let longest = Duration.microseconds(
            profile.coapAcknowledgementTimeout.microseconds * Int64(profile.coapAcknowledgementRandomPermille) / 1000)
        let timeout = entropy.open.duration(in: profile.coapAcknowledgementTimeout...longest)
        let message = CoAPMessage(
            type: .confirmable, code: .post, messageID: UInt16(truncatingIfNeeded: entropy.open.next()),
            token: hasToken ? token() : [], path: path, payload: payload)
        management.pending.append(
            PendingRequest(
                message: message, destination: destination, purpose: purpose, transmissions: 1, timeout: timeout,
                deadline: now + timeout))
        sendManagement(message, to: destination)
        return true
    }

    /// Sends a request that nobody acknowledges.
    mutating func notify(_ path: String, _ tlvs: [TMFTLV], to destination: IPv6Address, hasToken: Bool = true) {
        notify(path, payload: TMFMessage(tlvs: tlvs).bytes, to: destination, hasToken: hasToken)
    }

    /// Sends a request that nobody acknowledges.
    mutating func notify(_ path: String, payload: [UInt8], to destination: IPv6Address, hasToken: Bool = true) {
        sendManagement(
            CoAPMessage(
                type: .nonConfirmable, code: .post, messageID: UInt16(truncatingIfNeeded: entropy.open.next()),
                token: hasToken ? token() : [], path: path, payload: payload), to: destination)
    }

    private mutating func token() -> [UInt8] {
        let value = entropy.open.next()
        return [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }

    /// - Parameter source: nil for the one that fits the destination.
    private mutating func sendManagement(
        _ message: CoAPMessage, to destination: IPv6Address, from source: IPv6Address? = nil
    ) {
        guard let rlocAddress else { return }
        let isOnLink = destination.isLinkLocalUnicast || destination.multicastScope == 2
        let source = source ?? (isOnLink ? linkLocalAddress : rlocAddress)
        emit(
            .send(
                ThreadDatagram(
                    source: source, destination: destination, port: ThreadPort.management, payload: message.bytes,
                    hopLimit: 64, trafficClass: profile.dialect.managementTrafficClass, isLinkSecured: true,
                    priority: .control)))
    }

    /// Repeats requests and gives up those that were repeated often enough.
    mutating func handleManagementDeadline(now: Instant) {
        guard !management.pending.isEmpty || !management.answered.isEmpty else { return }
        for request in management.pending where request.deadline <= now {
            guard let index = management.pending.firstIndex(of: request) else { continue }
            if request.transmissions > profile.coapMaximumRetransmissions {
                management.pending.remove(at: index)
                finish(request, with: nil, now: now)
                continue
            }
            let timeout = request.timeout + request.timeout
            management.pending[index].transmissions += 1
            management.pending[index].timeout = timeout
            management.pending[index].deadline = now + timeout
            sendManagement(request.message, to: request.destination)
        }
        management.answered.removeAll { $0.until <= now }
    }

    /// A request has its answer, or never will.
    private mutating func finish(_ request: PendingRequest, with answer: CoAPMessage?, now: Instant) {
        switch request.purpose {
        case .addressSolicit:
            handleAddressSolicitResponse(answer.flatMap { try? TMFMessage($0.payload) }, now: now)
        case .addressNotification, .addressRelease, .addressError, .datasetChanged, .diagnosticReset, .panIDConflict:
            break
        case .serverData: finishServerData(isAnswered: answer != nil, now: now)
        case .datasetGet(let kind): handleDatasetAnswer(answer, kind)
        case .datasetSet(let kind): handleDatasetChangeAnswer(answer, kind, now: now)
        case .diagnosticGet(let id): handleDiagnosticResponse(answer, of: id, from: request.destination)
        case .diagnosticAnswer(let rest):
            if answer?.code == .changed { sendDiagnosticAnswer(rest, to: request.destination, now: now) }
        }
    }

    // MARK: Receiving

    mutating func handleManagement(_ datagram: IncomingDatagram, now: Instant) {
        guard datagram.isLinkSecured, role.isAttached else { return drop(.unexpectedTMF) }
        do throws(ParseError) {
            var reader = ByteReader(datagram.payload)
            let message = try CoAPMessage(parsing: &reader)
            if message.code.isRequest {
                try handleRequest(message, datagram, now: now)
            } else {
                handleAnswer(message, from: datagram.source, now: now)
            }
        } catch {
            drop(.malformedTMF)
        }
    }

    private mutating func handleAnswer(_ message: CoAPMessage, from source: IPv6Address, now: Instant) {
        guard
            let index = management.pending.firstIndex(where: {
                // An empty acknowledgement carries no token; one with content must carry the request's.
                $0.message.messageID == message.messageID
                    && (message.code == .empty || $0.message.token == message.token)
            })
        else { return }
        let request = management.pending[index]
        // The leader may be asked by its anycast address and answer by its own.
        guard request.destination == source || request.destination.locator?.isAnycast == true else {
            return drop(.unexpectedTMF)
        }
        management.pending.remove(at: index)
        finish(request, with: message.type == .reset ? nil : message, now: now)
    }

    private mutating func handleRequest(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError)
    {
        if message.type == .confirmable,
            let known = management.answered.first(where: {
                $0.source == datagram.source && $0.messageID == message.messageID
            })
        {
            return sendManagement(known.answer, to: datagram.source, from: datagram.answerSource)
        }
        guard message.code == .post else { return drop(.unexpectedTMF) }
        if let (kind, command) = Self.datasetRequest(path: message.uriPath) {
            let answer = answerDatasetRequest(command, kind, payload: message.payload, now: now)
            return acknowledge(message, payload: answer, to: datagram, now: now)
        }
        if try handleDiagnostics(message, datagram, now: now) { return }
        if try handleCommissionerOrders(message, datagram, now: now) { return }
        let content = try TMFMessage(message.payload)
        switch message.uriPath {
        case TMFPath.addressSolicit:
            guard message.type == .confirmable else { return drop(.unexpectedTMF) }
            guard let answer = handleAddressSolicit(content, from: datagram.source, now: now) else { return }
            acknowledge(message, with: answer, to: datagram, now: now)
        case TMFPath.addressRelease:
            guard message.type == .confirmable else { return drop(.unexpectedTMF) }
            handleAddressRelease(content, now: now)
            acknowledge(message, with: [], to: datagram, now: now)
        case TMFPath.serverData:
            if handleServerData(content, from: datagram.source, now: now) {
                acknowledge(message, with: [], to: datagram, now: now)
            }
        case TMFPath.addressQuery: handleAddressQuery(content, from: datagram.source, now: now)
        case TMFPath.addressNotification:
            if handleAddressNotification(content, now: now) {
                acknowledge(message, with: [], to: datagram, now: now)
            }
        case TMFPath.addressError:
            handleAddressError(content, now: now)
            acknowledge(message, with: [], to: datagram, now: now)
        case TMFPath.datasetChanged: acknowledge(message, with: [], to: datagram, now: now)
        default: drop(.unexpectedTMF)
        }
    }

    /// Answers a confirmable request in its acknowledgement.
    mutating func acknowledge(
        _ request: CoAPMessage, with tlvs: [TMFTLV], to datagram: IncomingDatagram, now: Instant
    ) {
        acknowledge(request, payload: TMFMessage(tlvs: tlvs).bytes, to: datagram, now: now)
    }

    /// Answers a confirmable request in its acknowledgement, from the address that was asked.
    mutating func acknowledge(
        _ request: CoAPMessage, payload: [UInt8], to datagram: IncomingDatagram, now: Instant
    ) {
        guard request.type == .confirmable, !datagram.destination.isMulticast else { return }
        let answer = CoAPMessage(
            type: .acknowledgement, code: .changed, messageID: request.messageID, token: request.token, path: nil,
            payload: payload)
        if management.answered.count >= management.limit { management.answered.removeFirst() }
        management.answered.append(
            AnsweredRequest(
                source: datagram.source, messageID: request.messageID, answer: answer,
                until: now + Self.answerLifetime))
        sendManagement(answer, to: datagram.source, from: datagram.answerSource)
    }
}

extension IncomingDatagram {
    /// Where an answer must come from: where it was asked, which may be the leader's anycast address.
    /// - Source: recording cliref, frame 128
    fileprivate var answerSource: IPv6Address? {
        destination.isMulticast ? nil : destination
    }
}

extension CoAPMessage {
    /// A management message: a path for requests, TLVs as payload.
    init(type: Kind, code: CoAPCode, messageID: UInt16, token: [UInt8], path: String?, payload: [UInt8]) {
        self.init(
            type: type, code: code, messageID: messageID, token: token,
            options: path.map(CoAPMessage.options(path:)) ?? [], payload: payload)
    }
}
