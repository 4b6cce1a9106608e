import ThreadWire
import WireCore

// What leaves the mesh at this node by way of an application instead of a host: Pymesh's border router.

extension IPEngine {
    /// Lets a socket take the UDP datagrams that leave the mesh at this node, or not any more.
    ///
    /// Of several the first takes them, of those that have a port.
    public mutating func setReceivesOutside(_ socket: SocketID, _ receives: Bool) throws(BindError) {
        try socketTable.setReceivesOutside(socket, receives)
    }

    /// Hands a datagram that leaves the mesh to the socket that takes such; its destination stays what it was.
    ///
    /// How it came by radio is known no more by then.
    /// - Returns: false when no socket does, or it is no whole UDP datagram.
    public mutating func deliverToOutsideSocket(_ datagram: [UInt8]) -> Bool {
        guard socketTable.hasOutsideReceiver else { return false }
        var reader = ByteReader(datagram)
        guard let header = try? IPv6Header(parsing: &reader), header.nextHeader == .udp,
            let udp = try? UDPHeader(parsing: &reader, source: header.source, destination: header.destination)
        else { return false }
        var leaving = UDPDatagram(
            source: SocketAddress(header.source, port: udp.sourcePort),
            destination: SocketAddress(header.destination, port: udp.destinationPort),
            payload: reader.readRemaining(), hopLimit: header.hopLimit, link: .local)
        leaving.isForOutside = true
        guard let delivery = socketTable.deliver(outside: leaving) else { return false }
        announce(delivery)
        return true
    }
}
