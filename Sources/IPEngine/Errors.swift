/// Why a socket could not be opened, bound or connected.
public enum BindError: Error, Equatable, Sendable {
    case socketLimit(Int)
    case unknownSocket(SocketID)
    case portInUse(UInt16)
    case portReserved(UInt16)
    case portOutOfRange(UInt16)
    case addressNotOurs(String)
    case alreadyBound(UInt16)
    case noFreePort
    case invalidRemote
}

extension BindError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .socketLimit(let limit):
            "All \(limit) sockets are open: close one, or raise the socket limit in the configuration."
        case .unknownSocket(let socket): "Socket \(socket.rawValue) is not open: open one first."
        case .portInUse(let port): "Port \(port) is bound by another socket: choose another port or close that socket."
        case .portReserved(let port): "Port \(port) belongs to the Thread protocol: choose another port."
        case .portOutOfRange(let port): "Port \(port) is out of range: choose one of 1024 to 63535, or 0 for any."
        case .addressNotOurs(let address): "\(address) is not an address of this node: bind to one of its own or to ::."
        case .alreadyBound(let port): "The socket is bound to port \(port) already: close it and open another."
        case .noFreePort: "No port is free: close a socket, or bind to a port of your choice."
        case .invalidRemote:
            "Nobody can be reached there: connect to an address that is not :: and a port that is not 0."
        }
    }
}

/// Why a datagram could not be sent.
public enum SendError: Error, Equatable, Sendable {
    case unknownSocket(SocketID)
    case noDestination
    case invalidDestination(String)
    case payloadTooLarge(byteCount: Int, limit: Int)
    case noSourceAddress
    case sourceNotOurs(String)
    case notAttached
    case stopped
    case noFreePort
}

extension SendError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownSocket(let socket): "Socket \(socket.rawValue) is not open: open one first."
        case .noDestination: "The socket is not connected: connect it, or name a destination."
        case .invalidDestination(let destination): "\(destination) cannot be sent to: name another address and port."
        case .payloadTooLarge(let byteCount, let limit):
            "The payload has \(byteCount) bytes, the limit is \(limit): send less at once."
        case .noSourceAddress: "The node has no address that reaches there: wait until it is attached."
        case .sourceNotOurs(let address): "\(address) is not an address of this node: send from one of its own."
        case .stopped: "The node is stopped: start it, on the command line with `ifconfig up` and `thread start`."
        case .notAttached: "The node has no short address yet: wait until it is attached."
        case .noFreePort: "No port is free: close a socket, or bind this one to a port of your choice."
        }
    }
}

/// Why a socket cannot be read.
public enum ReceiveError: Error, Equatable, Sendable {
    case unknownSocket(SocketID)
    case invalidSize(Int)
}

extension ReceiveError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownSocket(let socket): "Socket \(socket.rawValue) is not open: open one first."
        case .invalidSize(let size): "A buffer of \(size) bytes holds nothing: give 1 or more."
        }
    }
}
