public import EngineCore
import IPEngine
public import NodeEngine
public import ThreadEngine
import ThreadWire

/// One program that uses a node: its sockets, its echo requests, what it offers to the mesh.
///
/// It is used where its node is used, on one event loop. When the program goes, `close` frees everything.
public final class MeshSession {
    /// How much one program may have of a node.
    public struct Limits: Equatable, Sendable {
        /// How many sockets it may have open at once. Pymesh has three.
        /// - Range: 1 to 64
        public var sockets = 3
        /// How many echo requests may wait for their answers; the oldest is forgotten for a new one.
        public var echoRequests = 64

        public init() {}
    }

    public let limits: Limits
    /// In the order in which they were opened.
    private(set) var sockets: [SocketID] = []
    private(set) var offeredPrefixes: [IPv6Prefix] = []
    var watchesRole = false
    let echoIdentifier: UInt16
    private var nextEchoSequence: UInt16 = 1
    private var echoRequests: [(sequence: UInt16, sentAt: Instant)] = []

    /// - Parameter echoIdentifier: tells answers to this program's requests from those to others'.
    public init(limits: Limits = Limits(), echoIdentifier: UInt16) {
        self.limits = limits
        self.echoIdentifier = echoIdentifier
    }

    /// What has become of the node that this program wants to know.
    public func notice(of output: NodeEngine.Output, now: Instant) -> MeshNotice? {
        switch output {
        case .readable(let socket):
            return sockets.contains(socket) ? .readable(socket: socket.rawValue) : nil
        case .echoReply(let reply):
            guard reply.identifier == echoIdentifier,
                let index = echoRequests.firstIndex(where: { $0.sequence == reply.sequence })
            else { return nil }
            let sentAt = echoRequests.remove(at: index).sentAt
            return .echo(request: reply.sequence, microseconds: max(0, now.since(sentAt).microseconds))
        case .event(.roleChanged(_, let role)): return watchesRole ? .role(role) : nil
        default: return nil
        }
    }

    /// Closes the program's sockets and takes back what it offered.
    public func close(on node: NodeEngine, now: Instant) {
        for socket in sockets { node.close(socket) }
        sockets = []
        for prefix in offeredPrefixes { try? node.removePrefix(prefix) }
        if !offeredPrefixes.isEmpty { node.registerServerData(now: now) }
        offeredPrefixes = []
    }

    // MARK: Sockets

    func open(on node: NodeEngine) throws(BindError) -> SocketID {
        guard sockets.count < limits.sockets else { throw .socketLimit(limits.sockets) }
        let socket = try node.openSocket()
        sockets.append(socket)
        if isBorderRouter { try node.setReceivesOutside(socket, true) }
        return socket
    }

    /// The socket with a number, if it is this program's.
    func socket(_ number: UInt32) -> SocketID? {
        sockets.first { $0.rawValue == number }
    }

    func close(_ socket: SocketID, on node: NodeEngine) {
        node.close(socket)
        sockets.removeAll { $0 == socket }
    }

    // MARK: Echo requests

    func nextEchoRequest(now: Instant) -> UInt16 {
        let sequence = nextEchoSequence
        nextEchoSequence &+= 1
        if echoRequests.count >= limits.echoRequests { echoRequests.removeFirst() }
        echoRequests.append((sequence, now))
        return sequence
    }

    func forgetEchoRequest(_ sequence: UInt16) {
        echoRequests.removeAll { $0.sequence == sequence }
    }

    // MARK: Border router

    /// Whether this program takes what leaves the mesh at its node.
    private var isBorderRouter: Bool { !offeredPrefixes.isEmpty }

    func noteOffered(_ prefix: IPv6Prefix, on node: NodeEngine) {
        if !offeredPrefixes.contains(prefix) { offeredPrefixes.append(prefix) }
        updateSockets(on: node)
    }

    func noteRemoved(_ prefix: IPv6Prefix, on node: NodeEngine) {
        offeredPrefixes.removeAll { $0 == prefix }
        updateSockets(on: node)
    }

    private func updateSockets(on node: NodeEngine) {
        // A socket of this list is open: only `close` takes it off.
        for socket in sockets { try? node.setReceivesOutside(socket, isBorderRouter) }
    }
}

/// Something that has happened to a node, for a program that uses it.
public enum MeshNotice: Equatable, Sendable {
    /// One datagram more waits at a socket.
    case readable(socket: UInt32)
    /// An echo request was answered.
    case echo(request: UInt16, microseconds: Int64)
    /// The node has another role.
    case role(Role)
    /// The connection ends.
    case closing(reason: String)
}

extension MeshNotice: Codable {
    private enum CodingKeys: String, CodingKey {
        case notice, socket, request, microseconds, role, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .notice) {
        case "readable": self = .readable(socket: try container.decode(UInt32.self, forKey: .socket))
        case "echo":
            self = .echo(
                request: try container.decode(UInt16.self, forKey: .request),
                microseconds: try container.decode(Int64.self, forKey: .microseconds))
        case "role": self = .role(try container.decode(Role.self, forKey: .role))
        case "closing": self = .closing(reason: try container.decode(String.self, forKey: .reason))
        case let name:
            throw DecodingError.dataCorruptedError(
                forKey: .notice, in: container, debugDescription: "\(name) is no notice")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .readable(let socket):
            try container.encode("readable", forKey: .notice)
            try container.encode(socket, forKey: .socket)
        case .echo(let request, let microseconds):
            try container.encode("echo", forKey: .notice)
            try container.encode(request, forKey: .request)
            try container.encode(microseconds, forKey: .microseconds)
        case .role(let role):
            try container.encode("role", forKey: .notice)
            try container.encode(role, forKey: .role)
        case .closing(let reason):
            try container.encode("closing", forKey: .notice)
            try container.encode(reason, forKey: .reason)
        }
    }
}
