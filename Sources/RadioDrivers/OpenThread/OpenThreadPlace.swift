public import NIOCore

/// Where a node is in OpenThread's simulation: which of its nodes, and on which air.
/// - Source: OpenThread as observed
public struct OpenThreadPlace: Equatable, Sendable {
    /// Tells the nodes on one air apart.
    /// - Range: 1 to 33
    public let nodeID: UInt8
    /// The port that all nodes of one air listen on; those behind it are the nodes' own. OpenThread's is its
    /// `PORT_BASE` and 34 times its `PORT_OFFSET`.
    /// - Range: 1 to 65502
    public let portBase: UInt16
    /// The address of the loopback interface that carries the air, without a port.
    /// - Range: 127.0.0.0/8
    public let interface: SocketAddress

    /// The group that the air is.
    let group: SocketAddress

    public static let nodeIDs: ClosedRange<UInt8> = 1...33
    /// Those behind which a port is left for every node.
    public static let portBases: ClosedRange<UInt16> = 1...(.max - UInt16(nodeIDs.upperBound))

    /// - Throws: when a number is out of its range, or the interface is not an IPv4 loopback address: what is simulated
    ///   must not leave this computer.
    public init(nodeID: UInt8, portBase: UInt16, interface: String) throws(RadioError) {
        func refused(_ cause: String) -> RadioError {
            RadioError(command: "join OpenThread's simulation", cause: cause)
        }
        guard Self.nodeIDs.contains(nodeID) else { throw refused("node id \(nodeID), there are 1 to 33") }
        guard Self.portBases.contains(portBase) else {
            throw refused("port base \(portBase), it can be 1 to \(Self.portBases.upperBound)")
        }
        guard let group = try? SocketAddress(ipAddress: "224.0.0.116", port: Int(portBase)) else {
            preconditionFailure("224.0.0.116 is an address")
        }
        guard let address = try? SocketAddress(ipAddress: interface, port: 0), address.isLoopback else {
            throw refused("\(interface) is not an IPv4 loopback address such as 127.0.0.1")
        }
        self.nodeID = nodeID
        self.portBase = portBase
        self.interface = address
        self.group = group
    }

    /// The port that this node sends from.
    var ownPort: Int { Int(portBase) + Int(nodeID) }
}

extension SocketAddress {
    /// Whether this is an address of this computer alone that IPv4 has: 127.0.0.0/8.
    /// - Source: RFC 1122 §3.2.1.3 (g)
    var isLoopback: Bool {
        guard case .v4(let address) = self else { return false }
        return UInt32(bigEndian: address.address.sin_addr.s_addr) >> 24 == 127
    }
}
