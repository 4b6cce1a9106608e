import EngineCore
import LinkProfiles
import ThreadWire
import WireCore

// Network diagnostics: what this node tells of itself to whoever asks.
extension ThreadEngine {
    /// A part of an answer is sent off once it has this many bytes.
    /// - Source: OpenThread as observed: messages of 800 bytes, 12 of them CoAP's
    private static let answerPartThreshold = 788
    /// - Source: OpenThread as observed
    private static let childTableLimit = 398

    /// Takes a diagnostic message.
    /// - Returns: false when the message is about something else.
    mutating func handleDiagnostics(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError) -> Bool
    {
        switch message.uriPath {
        case TMFPath.diagnosticGet: try handleDiagnosticGet(message, datagram, now: now)
        case TMFPath.diagnosticQuery: try handleDiagnosticQuery(message, datagram, now: now)
        case TMFPath.diagnosticReset: try handleDiagnosticReset(message, datagram, now: now)
        case TMFPath.diagnosticAnswer: try handleDiagnosticAnswer(message, datagram, now: now)
        default: return false
        }
        return true
    }

    // MARK: Requests

    private mutating func handleDiagnosticGet(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError)
    {
        guard message.type == .confirmable else { return drop(.unexpectedTMF) }
        guard let types = try [DiagnosticTLV](reading: message.payload).types else { return drop(.malformedTMF) }
        acknowledge(message, payload: diagnosticResponse(to: types, now: now), to: datagram, now: now)
    }

    private mutating func handleDiagnosticQuery(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError)
    {
        let tlvs = try [DiagnosticTLV](reading: message.payload)
        guard let types = tlvs.types else { return drop(.malformedTMF) }
        acknowledge(message, payload: [], to: datagram, now: now)
        let parts = diagnosticAnswers(to: types, queryID: tlvs.queryID, now: now)
        // Where frames are long, all who heard the query must not answer at once.
        guard datagram.destination.isMulticast, profile.diagnosticAnswerMaximumDelay > .zero else {
            return sendDiagnosticAnswer(parts[...], to: datagram.source, now: now)
        }
        schedule(
            .diagnosticAnswer(parts, to: datagram.source), within: profile.diagnosticAnswerMaximumDelay, now: now)
    }

    private mutating func handleDiagnosticReset(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError)
    {
        guard message.type == .confirmable else { return drop(.unexpectedTMF) }
        guard let types = try [DiagnosticTLV](reading: message.payload).types else { return drop(.malformedTMF) }
        resetDiagnosticCounters(types, now: now)
        acknowledge(message, payload: [], to: datagram, now: now)
    }

    /// Counts from zero again what can be.
    mutating func resetDiagnosticCounters(_ types: [DiagnosticTLVType], now: Instant) {
        if types.contains(.macCounters) { emit(.resetLinkCounters) }
        if types.contains(.mleCounters) { resetCounters(now: now) }
    }

    /// Sends the first part of an answer; the rest follows part by part.
    mutating func sendDiagnosticAnswer(_ parts: ArraySlice<[UInt8]>, to destination: IPv6Address, now: Instant) {
        guard let first = parts.first else { return }
        _ = request(
            TMFPath.diagnosticAnswer, payload: first, to: destination,
            purpose: .diagnosticAnswer(rest: parts.dropFirst()), now: now)
    }

    // MARK: Answers

    /// The answer to a request for one message.
    /// - Deviation: docs/deviations.md#diagnostic-types
    func diagnosticResponse(to types: [DiagnosticTLVType], now: Instant) -> [UInt8] {
        types.unique.compactMap { diagnostic($0, now: now) }.bytes
    }

    /// The answer to a query, in as many messages as it takes.
    /// - Source: recording cliref, frames 548 and 661
    func diagnosticAnswers(to types: [DiagnosticTLVType], queryID: UInt16?, now: Instant) -> [[UInt8]] {
        let head: [DiagnosticTLV] = queryID.map { [.queryID($0)] } ?? []
        var parts: [[UInt8]] = []
        var current = head
        func append(_ tlv: DiagnosticTLV) {
            current.append(tlv)
            guard current.byteCount >= Self.answerPartThreshold else { return }
            current.append(.answer(DiagnosticAnswerPart(index: parts.count, isLast: false)))
            parts.append(current.bytes)
            current = head
        }
        for type in types.unique {
            switch type {
            case .child where mode.isFullThreadDevice:
                for child in children.valid { append(.child(diagnosticChild(child, now: now))) }
                current.append(.child(nil))
            case .childIPv6Addresses where mode.isFullThreadDevice:
                for child in children.valid where !child.addresses.isEmpty {
                    append(
                        .childIPv6Addresses(
                            DiagnosticChildAddresses(rloc16: child.neighbor.rloc16, addresses: child.addresses)))
                }
                current.append(.childIPv6Addresses(nil))
            case .routerNeighbor where mode.isFullThreadDevice:
                for router in routers.routers where router.isLinkValid {
                    append(.routerNeighbor(diagnosticNeighbor(router.neighbor, now: now)))
                }
                current.append(.routerNeighbor(nil))
            default: if let tlv = diagnostic(type, now: now) { append(tlv) }
            }
        }
        current.append(.answer(DiagnosticAnswerPart(index: parts.count, isLast: true)))
        return parts + [current.bytes]
    }

    /// What this node tells of one thing; nil when it has nothing to tell.
    private func diagnostic(_ type: DiagnosticTLVType, now: Instant) -> DiagnosticTLV? {
        let identity = configuration.identity
        switch type {
        case .extendedAddress: return .extendedAddress(extendedAddress)
        case .address16: return .address16(rloc16)
        case .mode: return .mode(mode)
        case .timeout: return mode.isReceiverOnWhenIdle ? nil : .timeout(configuration.childTimeout)
        case .leaderData: return leaderData.map { .leaderData($0) }
        case .networkData: return .networkData(networkData)
        case .ipv6Addresses: return .ipv6Addresses(diagnosticFacts.addresses)
        case .macCounters: return .macCounters(diagnosticFacts.macCounters)
        case .channelPages: return .channelPages([0])
        case .eui64: return identity.eui64.map { .eui64($0.rawValue) }
        case .version: return .version(configuration.version)
        case .vendorName: return .vendorName(identity.vendorName.utf8(atMost: 32))
        case .vendorModel: return .vendorModel(identity.vendorModel.utf8(atMost: 32))
        case .vendorSoftwareVersion: return .vendorSoftwareVersion(identity.vendorSoftwareVersion.utf8(atMost: 16))
        case .stackVersion: return .stackVersion(identity.stackVersion.utf8(atMost: 64))
        case .vendorApplicationURL: return .vendorApplicationURL(identity.vendorApplicationURL.utf8(atMost: 96))
        case .mleCounters: return .mleCounters(counters.diagnosticCounters(now: now))
        default: return mode.isFullThreadDevice ? routerDiagnostic(type) : nil
        }
    }

    /// What only a device tells that could route.
    private func routerDiagnostic(_ type: DiagnosticTLVType) -> DiagnosticTLV? {
        switch type {
        case .connectivity: .connectivity(connectivity)
        case .route64: .route64(diagnosticRoute)
        case .enhancedRoute: role.isRouting ? .enhancedRoute(enhancedRoute) : nil
        case .childTable: role.isRouting ? .childTable(childTableEntries) : nil
        case .maximumChildTimeout:
            role.isRouting
                ? children.valid.filter { !$0.neighbor.mode.isFullThreadDevice }.map { $0.timeout }.max()
                    .map { .maximumChildTimeout($0) } : nil
        default: nil
        }
    }

    // MARK: Values

    /// The routes of this node, for a child those by way of its parent.
    private var diagnosticRoute: Route64 {
        guard role == .child else { return routers.route64(self: rloc16.routerID) }
        let entries = routers.routers.map { router in
            RouteEntry(
                linkQualityOut: router.isLinkValid ? router.neighbor.linkQualityOut.rawValue : 0,
                linkQualityIn: router.isLinkValid ? router.neighbor.signal.linkQuality.rawValue : 0,
                routeCost: path(to: router.id.rloc16)?.cost ?? 0)
        }
        return Route64(idSequence: routers.idSequence, routerIDMask: routers.ids, entries: entries)
    }

    private var enhancedRoute: EnhancedRoute {
        let entries = routers.routers.map { router -> EnhancedRouteEntry in
            guard router.id != rloc16.routerID else { return .own }
            let neighbor = router.neighbor
            return EnhancedRouteEntry(
                link: router.isLinkValid
                    ? (out: neighbor.linkQualityOut.rawValue, in: neighbor.signal.linkQuality.rawValue) : nil,
                nextHop: router.nextHop, nextHopCost: router.nextHop == nil ? 0 : router.cost)
        }
        return EnhancedRoute(routerIDMask: routers.ids, entries: entries)
    }

    private var childTableEntries: [DiagnosticChildTableEntry] {
        children.valid.prefix(Self.childTableLimit).map { child in
            DiagnosticChildTableEntry(
                timeoutExponent: DiagnosticChildTableEntry.timeoutExponent(seconds: child.timeout),
                linkQuality: child.neighbor.signal.linkQuality.rawValue, childID: child.neighbor.rloc16.childID,
                mode: child.neighbor.mode)
        }
    }

    private func diagnosticChild(_ child: Child, now: Instant) -> DiagnosticChild {
        let neighbor = child.neighbor
        return DiagnosticChild(
            mode: neighbor.mode, tracksErrors: true, rloc16: neighbor.rloc16,
            extendedAddress: neighbor.extendedAddress, version: neighbor.version, timeout: child.timeout,
            age: UInt32(clamping: now.since(neighbor.lastHeard).wholeSeconds),
            connectionTime: UInt32(clamping: now.since(neighbor.connectedAt).wholeSeconds),
            supervisionInterval: neighbor.mode.isReceiverOnWhenIdle ? 0 : child.supervisionInterval,
            link: neighbor.diagnosticLink, queuedMessageCount: diagnosticFacts.queuedMessages[neighbor.rloc16] ?? 0)
    }

    private func diagnosticNeighbor(_ neighbor: Neighbor, now: Instant) -> DiagnosticRouterNeighbor {
        DiagnosticRouterNeighbor(
            tracksErrors: true, rloc16: neighbor.rloc16, extendedAddress: neighbor.extendedAddress,
            version: neighbor.version,
            connectionTime: UInt32(clamping: now.since(neighbor.connectedAt).wholeSeconds),
            link: neighbor.diagnosticLink)
    }
}

extension Neighbor {
    fileprivate var diagnosticLink: DiagnosticLink {
        func whole(_ rssi: DecibelMilliwatts?) -> Int8 { rssi.map { Int8(clamping: Int($0.value.rounded())) } ?? 127 }
        return DiagnosticLink(
            margin: UInt8(clamping: Int(signal.margin.value.rounded())), averageRSSI: whole(signal.averageRSSI),
            lastRSSI: whole(signal.lastRSSI), frameErrorRate: frameFailures.share,
            messageErrorRate: datagramFailures.share)
    }
}

extension String {
    fileprivate func utf8(atMost limit: Int) -> [UInt8] { Array(utf8.prefix(limit)) }
}

extension [DiagnosticTLVType] {
    /// Each type once, where it stands first.
    fileprivate var unique: [DiagnosticTLVType] {
        var seen: Set<DiagnosticTLVType> = []
        return filter { seen.insert($0).inserted }
    }
}

extension [DiagnosticTLV] {
    init(reading bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader)
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.bytes
    }

    /// The types that are asked for.
    var types: [DiagnosticTLVType]? {
        for tlv in self { if case .typeList(let types) = tlv { return types } }
        return nil
    }

    var queryID: UInt16? {
        for tlv in self { if case .queryID(let id) = tlv { return id } }
        return nil
    }
}
