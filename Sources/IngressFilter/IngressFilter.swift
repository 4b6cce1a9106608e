public import EngineCore
public import ThreadWire

/// Decides what passes between a mesh and the world outside of its border router.
///
/// Everything may leave but what has no business outside: mesh-local and link-local addresses. What comes in must be
/// an answer to something that left, an echo request, or for a port that is opened by name. The border router's own
/// host speaks freely from the addresses that it has as a node of the mesh.
/// - Source: RFC 6092, the model of a simple stateful filter that lets the inside begin conversations
public struct IngressFilter: Sendable {
    /// What may come in without having been asked for.
    public struct Policy: Equatable, Sendable {
        /// Whether anybody may ping the nodes of the mesh.
        public var allowsEchoRequests = true
        /// The UDP ports of nodes that everybody reaches.
        public var udpPorts: [ClosedRange<UInt16>] = []
        /// The TCP ports of nodes that everybody reaches.
        public var tcpPorts: [ClosedRange<UInt16>] = []
        /// How many flows are known at once; beyond it the one that would be forgotten first makes room.
        /// - Range: 1 and more
        public var flowLimit = 1024

        public init() {}
    }

    /// Which addresses belong where; whoever drives the filter keeps it up to date.
    public struct Site: Equatable, Sendable {
        /// Addresses that mean nothing outside of the mesh.
        public var meshLocalPrefix: IPv6Prefix?
        /// The prefixes whose addresses are on the mesh and nowhere else.
        public var onMeshPrefixes: [IPv6Prefix] = []
        /// The addresses of the border router's own host in the mesh.
        public var hostAddresses: Set<IPv6Address> = []

        public init() {}
    }

    public enum Verdict: Equatable, Sendable {
        case pass
        case discard(FilterReason)
    }

    public let policy: Policy
    public var site = Site()
    /// What happened so far.
    public private(set) var counters = FilterCounters()
    private var flows: FlowTable
    /// The datagrams whose first fragment came in; a table of their own, since outsiders fill it.
    private var fragmented = FlowTable(limit: 64)

    public init(policy: Policy = Policy()) {
        self.policy = policy
        flows = FlowTable(limit: policy.flowLimit)
    }

    /// How many flows are known, those included that are about to be forgotten.
    public var flowCount: Int { flows.count }

    /// Judges a datagram that the host sends into the mesh.
    public mutating func enter(_ datagram: [UInt8], now: Instant) -> Verdict {
        if let reason = objectionToEntering(datagram, now: now) {
            counters.count(reason)
            return .discard(reason)
        }
        counters.entered &+= 1
        return .pass
    }

    /// Judges a datagram that the mesh hands to the host, and remembers the flow that it belongs to.
    public mutating func leave(_ datagram: [UInt8], now: Instant) -> Verdict {
        if let reason = objectionToLeaving(datagram, now: now) {
            counters.count(reason)
            return .discard(reason)
        }
        counters.left &+= 1
        return .pass
    }

    // MARK: Outward

    private mutating func objectionToLeaving(_ datagram: [UInt8], now: Instant) -> FilterReason? {
        guard let facts = PacketFacts(datagram) else { return .malformed }
        // What is for the host itself stays within the mesh.
        if site.hostAddresses.contains(facts.destination) || facts.destination.isMulticast { return nil }
        if isMeshLocal(facts.source) || isMeshLocal(facts.destination) { return .meshLocal }
        if facts.source.isLinkLocalUnicast || facts.destination.isLinkLocalUnicast { return .linkLocal }
        let ends = (inside: facts.source, outside: facts.destination)
        switch facts.content {
        case .udp(let source, let destination):
            flows.note(Flow(.udp, ends, insidePort: source, outsidePort: destination), .outward, now: now)
        case .tcp(let source, let destination, let flags):
            flows.note(Flow(.tcp, ends, insidePort: source, outsidePort: destination), .outward, flags, now: now)
        case .echoRequest(let identifier), .echoReply(let identifier):
            flows.note(Flow(.echo, ends, insidePort: identifier, outsidePort: 0), .outward, now: now)
        case .error, .otherMessage, .laterFragment, .other:
            break
        }
        return nil
    }

    // MARK: Inward

    private mutating func objectionToEntering(_ datagram: [UInt8], now: Instant) -> FilterReason? {
        guard let facts = PacketFacts(datagram) else { return .malformed }
        if site.hostAddresses.contains(facts.source) { return nil }
        if let reason = objectionToAddresses(facts) { return reason }
        let ends = (inside: facts.destination, outside: facts.source)
        if let reason = objectionToContent(facts, ends, now: now) { return reason }
        // The other fragments have no ports: they follow the first one.
        if let identification = facts.fragment {
            fragmented.note(Flow(fragment: identification, ends), .inward, now: now)
        }
        return nil
    }

    private func objectionToAddresses(_ facts: PacketFacts) -> FilterReason? {
        let (source, destination) = (facts.source, facts.destination)
        if destination.isMulticast { return .multicast }
        if [source, destination].contains(where: { $0.isUnspecified || $0 == .loopback }) || source.isMulticast {
            return .invalidAddress
        }
        if source.isLinkLocalUnicast || destination.isLinkLocalUnicast { return .linkLocal }
        if isMeshLocal(source) || isMeshLocal(destination) { return .meshLocal }
        if site.onMeshPrefixes.contains(where: { $0.contains(source) }) { return .spoofedSource }
        return nil
    }

    private mutating func objectionToContent(
        _ facts: PacketFacts, _ ends: (inside: IPv6Address, outside: IPv6Address), now: Instant
    ) -> FilterReason? {
        switch facts.content {
        case .udp(let source, let destination):
            let flow = Flow(.udp, ends, insidePort: destination, outsidePort: source)
            if flows.refresh(flow, .inward, now: now) { return nil }
            return policy.udpPorts.contains { $0.contains(destination) } ? nil : .udpPort
        case .tcp(let source, let destination, let flags):
            let flow = Flow(.tcp, ends, insidePort: destination, outsidePort: source)
            if flows.refresh(flow, .inward, flags, now: now) { return nil }
            return policy.tcpPorts.contains { $0.contains(destination) } ? nil : .tcpPort
        case .echoRequest:
            return policy.allowsEchoRequests ? nil : .echoRequest
        case .echoReply(let identifier):
            let flow = Flow(.echo, ends, insidePort: identifier, outsidePort: 0)
            return flows.refresh(flow, .inward, now: now) ? nil : .unaskedReply
        case .error(let about):
            // Routers on the way report under addresses of their own: what they report about counts.
            guard let about, about.inside == facts.destination, flows.contains(about, now: now) else {
                return .unrelatedError
            }
            return nil
        case .laterFragment(let identification):
            return fragmented.contains(Flow(fragment: identification, ends), now: now) ? nil : .orphanFragment
        case .otherMessage:
            return .messageType
        case .other:
            return .protocolNumber
        }
    }

    private func isMeshLocal(_ address: IPv6Address) -> Bool { site.meshLocalPrefix?.contains(address) ?? false }
}
