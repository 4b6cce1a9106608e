public import ThreadWire

/// The number of an open socket; never used again after it is closed.
public struct SocketID: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// An open socket, as a command line would list it.
public struct SocketState: Equatable, Sendable {
    public let id: SocketID
    /// Nil receives at every address of the node.
    public internal(set) var localAddress: IPv6Address?
    /// Nil until it is bound, or sends for the first time.
    public internal(set) var localPort: UInt16?
    /// Nil unless connected.
    public internal(set) var remote: SocketAddress?
    /// Whether it takes what this node leads out of the mesh.
    public internal(set) var receivesOutside = false
    var queue: [UDPDatagram] = []

    /// How many datagrams wait to be read.
    public var waiting: Int { queue.count }

    /// How well the socket fits a datagram; nil when not at all.
    func match(_ datagram: UDPDatagram) -> Int? {
        guard localPort == datagram.destination.port else { return nil }
        if let remote, remote != datagram.source { return nil }
        if let localAddress, localAddress != datagram.destination.address { return nil }
        return (remote == nil ? 0 : 2) + (localAddress == nil ? 0 : 1)
    }
}

/// The sockets of a node and what waits in them.
struct SocketTable: Sendable {
    /// The range from which a socket gets a port that asks for none.
    /// - Source: RFC 6335 §6
    static let dynamicPorts: ClosedRange<UInt16> = 49152...65535

    let limit: Int
    let queueLimit: Int
    /// The ports of the Thread protocol itself.
    let reservedPorts: [UInt16]
    private(set) var sockets: [SocketState] = []
    private var nextID: UInt32 = 1
    private var nextDynamicPort = SocketTable.dynamicPorts.lowerBound

    init(limit: Int, queueLimit: Int, reservedPorts: [UInt16]) {
        self.limit = limit
        self.queueLimit = queueLimit
        self.reservedPorts = reservedPorts
    }

    private func index(_ id: SocketID) -> Int? { sockets.firstIndex { $0.id == id } }

    subscript(id: SocketID) -> SocketState? { index(id).map { sockets[$0] } }

    mutating func open() throws(BindError) -> SocketID {
        guard sockets.count < limit else { throw .socketLimit(limit) }
        let id = SocketID(rawValue: nextID)
        nextID += 1
        sockets.append(SocketState(id: id))
        return id
    }

    /// - Returns: whether the socket was open.
    mutating func close(_ id: SocketID) -> Bool {
        guard let index = index(id) else { return false }
        sockets.remove(at: index)
        return true
    }

    /// - Parameter port: 0 chooses one.
    mutating func bind(_ id: SocketID, address: IPv6Address?, port: UInt16) throws(BindError) -> UInt16 {
        guard let index = index(id) else { throw .unknownSocket(id) }
        if let bound = sockets[index].localPort { throw .alreadyBound(bound) }
        let chosen: UInt16
        if port == 0 {
            chosen = try freePort()
        } else {
            guard !reservedPorts.contains(port) else { throw .portReserved(port) }
            let isTaken = sockets.contains { other in
                other.localPort == port
                    && (address == nil || other.localAddress == nil || other.localAddress == address)
            }
            guard !isTaken else { throw .portInUse(port) }
            chosen = port
        }
        sockets[index].localAddress = address
        sockets[index].localPort = chosen
        return chosen
    }

    /// Gives a bound socket another name; what waits in it stays.
    /// - Returns: the port. A name that cannot be had leaves the old one.
    mutating func rebind(_ id: SocketID, address: IPv6Address?, port: UInt16) throws(BindError) -> UInt16 {
        guard let index = index(id) else { throw .unknownSocket(id) }
        let (oldAddress, oldPort) = (sockets[index].localAddress, sockets[index].localPort)
        sockets[index].localPort = nil
        do throws(BindError) {
            return try bind(id, address: address, port: port)
        } catch {
            sockets[index].localAddress = oldAddress
            sockets[index].localPort = oldPort
            throw error
        }
    }

    private mutating func freePort() throws(BindError) -> UInt16 {
        for _ in Self.dynamicPorts {
            let port = nextDynamicPort
            nextDynamicPort = port == Self.dynamicPorts.upperBound ? Self.dynamicPorts.lowerBound : port + 1
            if !reservedPorts.contains(port), !sockets.contains(where: { $0.localPort == port }) { return port }
        }
        throw .noFreePort
    }

    mutating func setReceivesOutside(_ id: SocketID, _ receives: Bool) throws(BindError) {
        guard let index = index(id) else { throw .unknownSocket(id) }
        sockets[index].receivesOutside = receives
    }

    /// Whether a socket takes what leaves the mesh.
    var hasOutsideReceiver: Bool { outsideReceiver != nil }

    /// The first bound socket that takes what leaves the mesh, else the first that does.
    private var outsideReceiver: Int? {
        sockets.firstIndex { $0.receivesOutside && $0.localPort != nil } ?? sockets.firstIndex { $0.receivesOutside }
    }

    mutating func connect(_ id: SocketID, to remote: SocketAddress?) throws(BindError) {
        guard let index = index(id) else { throw .unknownSocket(id) }
        sockets[index].remote = remote
    }

    /// A socket that has a datagram now.
    struct Delivery: Equatable {
        let socket: SocketID
        /// Whether an older datagram made room.
        let hasDisplaced: Bool
    }

    /// Puts a datagram into the first of the sockets that fit it best.
    /// - Returns: nil when none fits.
    mutating func deliver(_ datagram: UDPDatagram) -> Delivery? {
        var best: (index: Int, match: Int)?
        for index in sockets.indices {
            guard let match = sockets[index].match(datagram), match > best?.match ?? -1 else { continue }
            best = (index, match)
        }
        return best.map { put(datagram, at: $0.index) }
    }

    /// Puts a datagram that was sent to a group into every socket that it fits.
    mutating func deliver(toAll datagram: UDPDatagram) -> [Delivery] {
        var deliveries: [Delivery] = []
        for index in sockets.indices where sockets[index].match(datagram) != nil {
            deliveries.append(put(datagram, at: index))
        }
        return deliveries
    }

    /// Puts a datagram for the outside of the mesh into the socket that takes such.
    /// - Returns: nil when none does.
    mutating func deliver(outside datagram: UDPDatagram) -> Delivery? {
        outsideReceiver.map { put(datagram, at: $0) }
    }

    private mutating func put(_ datagram: UDPDatagram, at index: Int) -> Delivery {
        // The newest tells more than the oldest.
        let isFull = sockets[index].queue.count >= queueLimit
        if isFull { sockets[index].queue.removeFirst() }
        sockets[index].queue.append(datagram)
        return Delivery(socket: sockets[index].id, hasDisplaced: isFull)
    }

    mutating func receive(_ id: SocketID) throws(ReceiveError) -> UDPDatagram? {
        guard let index = index(id) else { throw .unknownSocket(id) }
        return sockets[index].queue.isEmpty ? nil : sockets[index].queue.removeFirst()
    }
}
