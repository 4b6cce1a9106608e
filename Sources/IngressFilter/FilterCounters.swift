/// Why the filter discarded a datagram.
public enum FilterReason: String, CaseIterable, Sendable {
    /// No IPv6 datagram, or its headers are cut short.
    case malformed
    /// Groups are not reached from outside, whatever their scope.
    case multicast
    /// An address that cannot be on the wire there.
    case invalidAddress
    /// A link-local address means nothing beyond its link.
    case linkLocal
    /// A mesh-local address means nothing beyond the mesh.
    case meshLocal
    /// It says to come from the mesh, and comes from outside.
    case spoofedSource
    /// Neither an answer nor for an open UDP port.
    case udpPort
    /// Neither an answer nor for an open TCP port.
    case tcpPort
    /// Pings from outside are switched off.
    case echoRequest
    /// An echo reply that nobody asked for.
    case unaskedReply
    /// An ICMPv6 error about nothing that left the mesh.
    case unrelatedError
    /// An ICMPv6 message that does not pass routers, or of a type that no node needs.
    case messageType
    /// A later fragment whose first one was not let in.
    case orphanFragment
    /// Neither UDP, TCP nor ICMPv6.
    case protocolNumber
}

/// How many datagrams passed, and how often each reason occurred.
public struct FilterCounters: Equatable, Sendable {
    /// Datagrams that passed into the mesh.
    public internal(set) var entered: UInt64 = 0
    /// Datagrams that passed out of the mesh.
    public internal(set) var left: UInt64 = 0
    private var counts: [FilterReason: UInt64] = [:]

    public init() {}

    public subscript(reason: FilterReason) -> UInt64 { counts[reason] ?? 0 }

    mutating func count(_ reason: FilterReason) { counts[reason, default: 0] &+= 1 }

    /// The reasons that occurred, in the order of their declaration.
    public var nonzero: [(reason: FilterReason, count: UInt64)] {
        FilterReason.allCases.compactMap { reason in self[reason] > 0 ? (reason, self[reason]) : nil }
    }
}
