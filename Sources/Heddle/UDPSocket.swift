import IPEngine
public import NodeService
public import ThreadWire

/// A UDP socket of a mesh; `Mesh.socket()` opens one. Pymesh: the socket of `socket.AF_LORA`.
///
/// At most 16 datagrams wait in it; a new one then displaces the oldest. Several tasks may read: each datagram goes to
/// the one that waits longest. As a sequence it is the datagrams that arrive until the socket or the mesh is closed:
///
///     for try await datagram in socket { … }
public final class UDPSocket: Sendable {
    private let id: SocketID
    private let core: MeshCore

    init(id: SocketID, core: MeshCore) {
        self.id = id
        self.core = core
    }

    /// Receives from now on what is sent to a port at any address of the node. Pymesh: `bind(port)`.
    ///
    /// A socket that is bound already gets the new name in place of the old one.
    /// - Parameter port: 1024 to 63535, or 0 for one of 49152 to 65535 of the node's choice.
    /// - Returns: the port.
    /// - Throws: `BindError`, `MeshError.closed`.
    @discardableResult
    public func bind(port: UInt16) async throws -> UInt16 {
        try await core.perform(BindCall(socket: id.rawValue, port: port))
    }

    /// Receives from now on what is sent to a port at one address of the node. Pymesh: `bind((address, port))`.
    ///
    /// A socket that is bound already gets the new name in place of the old one.
    /// - Parameters:
    ///   - address: one of the node's own, or `::` for all of them.
    ///   - port: 1024 to 63535, or 0 for one of 49152 to 65535 of the node's choice.
    /// - Returns: the port.
    /// - Throws: `BindError`, `MeshError.closed`.
    @discardableResult
    public func bind(address: IPv6Address, port: UInt16) async throws -> UInt16 {
        try await core.perform(BindCall(socket: id.rawValue, address: address, port: port))
    }

    /// Sends a datagram, from a port that is chosen now when the socket has none. Pymesh: `sendto(bytes, (ip, port))`.
    ///
    /// It returns once the node has taken the datagram: whether it arrives nobody tells, as always with UDP.
    /// - Returns: how many bytes of payload are sent.
    /// - Throws: `SendError`, `MeshError.closed`.
    @discardableResult
    public func send(_ payload: [UInt8], to destination: IPv6Address, port: UInt16) async throws -> Int {
        // More than any datagram holds would not fit into a request to a daemon either.
        guard payload.count <= Self.payloadLimit else {
            throw SendError.payloadTooLarge(byteCount: payload.count, limit: Self.payloadLimit)
        }
        return try await core.perform(
            SendCall(socket: id.rawValue, payload: payload, address: destination, port: port))
    }

    /// What is left of an IPv6 datagram of 1280 bytes behind its header and that of UDP.
    /// - Source: RFC 8200 §3 and §5, RFC 768
    private static let payloadLimit = 1232

    /// Waits for the next datagram.
    /// - Throws: `ReceiveError.unknownSocket` when the socket is closed, before or meanwhile; `MeshError.closed`;
    ///   `CancellationError`.
    public func receive() async throws -> Datagram {
        try await core.receive(id)
    }

    /// Waits for the next datagram and takes so much of it as a buffer holds; the rest is lost. Pymesh:
    /// `recvfrom(size)`, but that one does not wait.
    /// - Parameter byteCount: the buffer's size, 1 or more.
    /// - Throws: `ReceiveError`, `MeshError.closed`, `CancellationError`.
    public func receive(atMost byteCount: Int) async throws -> Datagram {
        guard byteCount > 0 else { throw ReceiveError.invalidSize(byteCount) }
        return try await core.receive(id).cut(to: byteCount)
    }

    /// The oldest datagram that waits; nil at once when none does.
    /// - Throws: `ReceiveError.unknownSocket` when the socket is closed; `MeshError.closed`.
    public func receiveIfAvailable() async throws -> Datagram? {
        try await core.receiveIfAvailable(id)
    }

    /// So much of the oldest datagram that waits as a buffer holds; the rest is lost. Pymesh: `recvfrom(size)`.
    /// - Parameter byteCount: the buffer's size, 1 or more.
    /// - Returns: nil at once when no datagram waits.
    /// - Throws: `ReceiveError`, `MeshError.closed`.
    public func receiveIfAvailable(atMost byteCount: Int) async throws -> Datagram? {
        guard byteCount > 0 else { throw ReceiveError.invalidSize(byteCount) }
        return try await core.receiveIfAvailable(id)?.cut(to: byteCount)
    }

    /// Closes the socket and frees its port; once more does nothing. Pymesh: `close()`.
    public func close() async {
        await core.close(id)
    }
}

extension UDPSocket: Hashable {
    /// Whether both are the same socket of the same mesh.
    public static func == (left: UDPSocket, right: UDPSocket) -> Bool {
        left.id == right.id && left.core === right.core
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension UDPSocket: AsyncSequence {
    /// Waits for one datagram after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let socket: UDPSocket

        /// The next datagram; nil once the socket or the mesh is closed.
        /// - Throws: `CancellationError`; `MeshError.daemonGone` where the daemon ended it.
        public mutating func next() async throws -> Datagram? {
            do {
                return try await socket.receive()
            } catch is ReceiveError {
                return nil
            } catch MeshError.closed {
                return nil
            }
        }
    }

    /// The datagrams from now on.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(socket: self) }
}
