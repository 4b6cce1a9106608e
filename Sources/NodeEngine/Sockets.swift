public import EngineCore
public import IPEngine
public import ThreadWire

// What applications and the command line do with the IP engine.
extension NodeEngine {
    /// - Throws: `.socketLimit` when all sockets are open.
    public func openSocket() throws(BindError) -> SocketID {
        try ip.open()
    }

    /// Gives a socket a port, and with an address only what is sent to that address.
    /// - Returns: the port.
    public func bind(
        _ socket: SocketID, address: IPv6Address? = nil, port: UInt16 = 0
    ) throws(BindError) -> UInt16 {
        try ip.bind(socket, address: address, port: port)
    }

    /// Gives a bound socket another port or address; what waits in it stays.
    /// - Returns: the port.
    public func rebind(
        _ socket: SocketID, address: IPv6Address? = nil, port: UInt16 = 0
    ) throws(BindError) -> UInt16 {
        try ip.rebind(socket, address: address, port: port)
    }

    /// Whether a socket takes the UDP datagrams that this node leads out of the mesh, where no host takes them.
    public func setReceivesOutside(_ socket: SocketID, _ receives: Bool) throws(BindError) {
        try ip.setReceivesOutside(socket, receives)
    }

    /// Lets a socket send to one peer without naming it, and receive from that peer alone.
    public func connect(_ socket: SocketID, to remote: SocketAddress?) throws(BindError) {
        try ip.connect(socket, to: remote)
    }

    /// Sends a UDP datagram.
    /// - Parameter isLinkSecured: without link security only a neighbor hears it, at a port that it opened for that.
    public func send(
        _ socket: SocketID, to destination: SocketAddress? = nil, payload: [UInt8], hopLimit: UInt8? = nil,
        isLinkSecured: Bool = true, now: Instant
    ) throws(SendError) {
        try ip.send(
            socket, to: destination, payload: payload, hopLimit: hopLimit, isLinkSecured: isLinkSecured, now: now)
        settle(now: now)
    }

    /// Takes the oldest datagram that waits in a socket; nil when none does.
    public func receive(_ socket: SocketID) throws(ReceiveError) -> UDPDatagram? {
        try ip.receive(socket)
    }

    /// - Returns: whether the socket was open.
    @discardableResult
    public func close(_ socket: SocketID) -> Bool {
        ip.close(socket)
    }

    /// Sends an echo request; answers come out as `.echoReply`.
    public func sendEcho(
        to destination: IPv6Address, from source: IPv6Address? = nil, identifier: UInt16, sequence: UInt16,
        payload: [UInt8], hopLimit: UInt8? = nil, now: Instant
    ) throws(SendError) {
        try ip.sendEcho(
            identifier: identifier, sequence: sequence, payload: payload, to: destination, from: source,
            hopLimit: hopLimit, now: now)
        settle(now: now)
    }
}
