public import EngineCore
import IPEngine
public import NodeEngine
public import ThreadWire

// UDP sockets of a program.

/// Opens a UDP socket; the answer is its number.
public struct OpenCall: MeshCall {
    public static let name = "open"

    public init() {}

    /// - Throws: `BindError.socketLimit`.
    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> UInt32 {
        try session.open(on: node).rawValue
    }
}

/// Gives a socket a port, and with an address only what is sent to that address; the answer is the port.
public struct BindCall: MeshCall {
    public static let name = "bind"
    /// The ports that a program may ask for.
    /// - Source: Pymesh's page of its API
    static let ports: ClosedRange<UInt16> = 1024...63535

    private let socket: UInt32
    private let address: IPv6Address?
    private let port: UInt16

    /// - Parameters:
    ///   - address: one of the node's own; nil or `::` for all of them.
    ///   - port: 1024 to 63535, or 0 for one of the node's choice.
    public init(socket: UInt32, address: IPv6Address? = nil, port: UInt16) {
        self.socket = socket
        self.address = address
        self.port = port
    }

    /// A socket that has a name already gets the new one, as on Pymesh's page.
    /// - Throws: `BindError`.
    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> UInt16 {
        guard let socket = session.socket(socket) else {
            throw BindError.unknownSocket(SocketID(rawValue: self.socket))
        }
        guard port == 0 || Self.ports.contains(port) else { throw BindError.portOutOfRange(port) }
        return try node.rebind(socket, address: address, port: port)
    }
}

/// Sends a datagram from a socket; the answer is how many bytes it carries.
public struct SendCall: MeshCall {
    public static let name = "send"

    private let socket: UInt32
    private let address: IPv6Address
    private let port: UInt16
    private let payload: HexadecimalBytes

    public init(socket: UInt32, payload: [UInt8], address: IPv6Address, port: UInt16) {
        self.socket = socket
        self.address = address
        self.port = port
        self.payload = HexadecimalBytes(payload)
    }

    /// - Throws: `SendError`; `.stopped` and `.notAttached` where the datagram could go nowhere.
    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> Int {
        guard let socket = session.socket(socket) else {
            throw SendError.unknownSocket(SocketID(rawValue: self.socket))
        }
        try node.requireWay(to: address)
        try node.send(socket, to: SocketAddress(address, port: port), payload: payload.bytes, now: now)
        return payload.bytes.count
    }
}

/// Takes the oldest datagram that waits in a socket; the answer is nil when none does.
public struct ReceiveCall: MeshCall {
    public static let name = "receive"

    private let socket: UInt32

    public init(socket: UInt32) {
        self.socket = socket
    }

    /// - Throws: `ReceiveError.unknownSocket`.
    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> Datagram? {
        guard let socket = session.socket(socket) else {
            throw ReceiveError.unknownSocket(SocketID(rawValue: self.socket))
        }
        return try node.receive(socket).map { Datagram($0) }
    }
}

/// Closes a socket; one that is closed already stays so.
public struct CloseCall: MeshCall {
    public static let name = "close"

    private let socket: UInt32

    public init(socket: UInt32) {
        self.socket = socket
    }

    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) -> Nothing {
        if let socket = session.socket(socket) { session.close(socket, on: node) }
        return Nothing()
    }
}

/// Sends an echo request; a notice tells of the first answer.
public struct EchoCall: MeshCall {
    public static let name = "echo"

    /// An echo request on its way.
    public struct Answer: Codable, Equatable, Sendable {
        /// What the notice calls it.
        public let request: UInt16
        /// How long to wait for the answer on this link.
        public let timeoutMicroseconds: Int64
    }

    private let address: IPv6Address
    private let size: Int
    private let hopLimit: UInt8?

    /// - Parameters:
    ///   - size: how many bytes it carries; 0 or more.
    ///   - hopLimit: nil for the usual one, 64.
    public init(to address: IPv6Address, size: Int, hopLimit: UInt8? = nil) {
        self.address = address
        self.size = size
        self.hopLimit = hopLimit
    }

    /// - Throws: `SendError`.
    public func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> Answer {
        try node.requireWay(to: address)
        let limit = node.ip.configuration.datagramLimit
        guard (0...limit).contains(size) else { throw SendError.payloadTooLarge(byteCount: size, limit: limit) }
        let sequence = session.nextEchoRequest(now: now)
        do {
            try node.sendEcho(
                to: address, identifier: session.echoIdentifier, sequence: sequence,
                payload: [UInt8](repeating: 0, count: size), hopLimit: hopLimit, now: now)
        } catch {
            session.forgetEchoRequest(sequence)
            throw error
        }
        // As the command line waits: what a frame of 64 bytes takes eight hops and back, sent twice on each.
        let timeout = max(.seconds(3), node.profile.airtime(of: 64) * 32)
        return Answer(request: sequence, timeoutMicroseconds: timeout.microseconds)
    }
}

extension NodeEngine {
    /// - Throws: `.stopped` or `.notAttached` when nobody but this node itself or, where it looks for a parent, the
    ///   nodes beside it can be reached.
    fileprivate func requireWay(to destination: IPv6Address) throws(SendError) {
        if ip.unicastAddresses.contains(where: { $0.address == destination }) { return }
        guard isInterfaceUp, thread.role != .disabled else { throw .stopped }
        let staysOnLink = destination.isLinkLocalUnicast || destination.multicastScope == 2
        guard thread.role.isAttached || staysOnLink else { throw .notAttached }
    }
}
