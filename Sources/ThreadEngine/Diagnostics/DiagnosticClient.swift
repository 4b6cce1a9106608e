public import EngineCore
import LinkProfiles
public import ThreadWire
import WireCore

/// What a diagnostic request of this node brought.
public struct DiagnosticReport: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        /// A message with the elements of a `[DiagnosticTLV]`.
        case answer([UInt8], from: IPv6Address)
        /// Nothing more will come.
        /// - Parameter isComplete: false when the answer was not, or not wholly, there in time.
        case ended(isComplete: Bool)
    }

    /// The number that the request was given.
    public var id: UInt32
    public var content: Content
}

/// A request of this node whose answers are waited for.
struct OpenDiagnostic: Equatable, Sendable {
    var id: UInt32
    var destination: IPv6Address
    /// Nil for a request that is answered in its acknowledgement.
    var queryID: UInt16?
    var deadline: Instant
}

/// The diagnostic requests of this node.
struct DiagnosticClient: Equatable, Sendable {
    var open: [OpenDiagnostic] = []
    var nextID: UInt32 = 1
    /// Where the numbers of queries have come to; nil before the first.
    var lastQueryID: UInt16?

    @inline(__always)
    var nextDeadline: Instant? {
        var deadline: Instant?
        for index in open.indices { deadline = earlier(deadline, open[index].deadline) }
        return deadline
    }
}

// Network diagnostics: what this node asks others.
extension ThreadEngine {
    /// Asks one node in a message that is acknowledged with the answer, or a group in a query.
    /// - Returns: the number of the request under which `.diagnostic` reports; nil when this node is not attached or
    ///   has too many requests open.
    public mutating func startDiagnosticGet(
        _ types: [DiagnosticTLVType], from destination: IPv6Address, now: Instant
    ) -> UInt32? {
        if destination.isMulticast { return startDiagnosticQuery(types, to: destination, now: now) }
        guard let id = openDiagnostic(to: destination, queryID: nil, now: now) else { return nil }
        if isOwn(destination) {
            report(id, .answer(diagnosticResponse(to: types, now: now), from: destination))
            endDiagnostic(id, isComplete: true)
        } else if !request(
            TMFPath.diagnosticGet, payload: Self.typeList(types), to: destination, purpose: .diagnosticGet(id),
            now: now)
        {
            closeDiagnostic(id)
            return nil
        }
        return id
    }

    /// Asks a node or a group for what may take several messages to tell. It ends when its time is over or
    /// `closeDiagnostic` is called.
    /// - Returns: as `startDiagnosticGet`.
    public mutating func startDiagnosticQuery(
        _ types: [DiagnosticTLVType], to destination: IPv6Address, now: Instant
    ) -> UInt32? {
        let queryID = (diagnosticClient.lastQueryID ?? UInt16(truncatingIfNeeded: entropy.open.next())) &+ 1
        guard let id = openDiagnostic(to: destination, queryID: queryID, now: now) else { return nil }
        diagnosticClient.lastQueryID = queryID
        let isOwn = isOwn(destination)
        if !isOwn {
            var payload = Self.typeList(types)
            payload += [DiagnosticTLV.queryID(queryID)].bytes
            notify(TMFPath.diagnosticQuery, payload: payload, to: destination)
        }
        if isOwn || isMember(of: destination) {
            let isOnLink = destination.multicastScope == 2 || destination.isLinkLocalUnicast
            let source = isOwn ? destination : isOnLink ? linkLocalAddress : rlocAddress ?? linkLocalAddress
            for part in diagnosticAnswers(to: types, queryID: queryID, now: now) {
                report(id, .answer(part, from: source))
            }
        }
        return id
    }

    /// Lets a node count from zero again: MAC counters, MLE counters.
    /// - Returns: false when this node is not attached or too many requests wait.
    public mutating func sendDiagnosticReset(
        _ types: [DiagnosticTLVType], to destination: IPv6Address, now: Instant
    ) -> Bool {
        guard role.isAttached, !destination.isMulticast else { return false }
        if isOwn(destination) {
            resetDiagnosticCounters(types, now: now)
            return true
        }
        return request(
            TMFPath.diagnosticReset, payload: Self.typeList(types), to: destination, purpose: .diagnosticReset,
            now: now)
    }

    /// Ends a request without a report.
    public mutating func closeDiagnostic(_ id: UInt32) {
        diagnosticClient.open.removeAll { $0.id == id }
        management.pending.removeAll { $0.purpose == .diagnosticGet(id) }
    }

    // MARK: Answers

    /// A node answered, or never will.
    mutating func handleDiagnosticResponse(_ answer: CoAPMessage?, of id: UInt32, from source: IPv6Address) {
        guard diagnosticClient.open.contains(where: { $0.id == id }) else { return }
        if let answer, answer.code == .changed {
            report(id, .answer(answer.payload, from: source))
            endDiagnostic(id, isComplete: true)
        } else {
            endDiagnostic(id, isComplete: false)
        }
    }

    mutating func handleDiagnosticAnswer(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError)
    {
        guard message.type == .confirmable else { return drop(.unexpectedTMF) }
        let queryID = try [DiagnosticTLV](reading: message.payload).queryID
        acknowledge(message, payload: [], to: datagram, now: now)
        guard
            let index = diagnosticClient.open.firstIndex(where: {
                queryID != nil && $0.queryID == queryID
                    && ($0.destination.isMulticast || $0.destination.locator?.isAnycast == true
                        || $0.destination == datagram.source)
            })
        else { return drop(.unexpectedTMF) }
        // A long answer may take longer than one wait, as long as it goes on.
        if !diagnosticClient.open[index].destination.isMulticast {
            diagnosticClient.open[index].deadline = now + profile.diagnosticResponseWait
        }
        report(diagnosticClient.open[index].id, .answer(message.payload, from: datagram.source))
    }

    mutating func handleDiagnosticDeadline(now: Instant) {
        for request in diagnosticClient.open where request.deadline <= now {
            endDiagnostic(request.id, isComplete: request.destination.isMulticast)
        }
    }

    /// The protocol stops: nothing more will be heard.
    mutating func endAllDiagnostics() {
        for request in diagnosticClient.open { endDiagnostic(request.id, isComplete: false) }
    }

    // MARK: Helpers

    private mutating func openDiagnostic(to destination: IPv6Address, queryID: UInt16?, now: Instant) -> UInt32? {
        guard role.isAttached else { return nil }
        guard diagnosticClient.open.count < configuration.diagnosticRequestLimit else {
            drop(.queueFull)
            return nil
        }
        let id = diagnosticClient.nextID
        diagnosticClient.nextID &+= 1
        diagnosticClient.open.append(
            OpenDiagnostic(
                id: id, destination: destination, queryID: queryID, deadline: now + profile.diagnosticResponseWait))
        return id
    }

    private mutating func endDiagnostic(_ id: UInt32, isComplete: Bool) {
        closeDiagnostic(id)
        report(id, .ended(isComplete: isComplete))
    }

    private mutating func report(_ id: UInt32, _ content: DiagnosticReport.Content) {
        emit(.diagnostic(DiagnosticReport(id: id, content: content)))
    }

    private static func typeList(_ types: [DiagnosticTLVType]) -> [UInt8] {
        types.isEmpty ? [] : [DiagnosticTLV.typeList(types)].bytes
    }

    private func isOwn(_ address: IPv6Address) -> Bool {
        address == rlocAddress || address == leaderAnycastAddress || ownAddresses.contains(address)
            || diagnosticFacts.addresses.contains(address)
    }

    /// Whether this node hears what is sent to a group.
    private func isMember(of group: IPv6Address) -> Bool {
        switch group {
        case .linkLocalAllNodes, .realmLocalAllNodes: true
        case .linkLocalAllRouters, .realmLocalAllRouters: mode.isFullThreadDevice
        default: false
        }
    }
}
