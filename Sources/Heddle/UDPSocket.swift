import IPEngine
import NodeEngine
public import ThreadWire

/// A UDP socket of a mesh; `Mesh.socket()` opens one.
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

    /// Receives from now on what is sent to a port at any address of the node.
    /// - Parameter port: 0 chooses one of 49152 to 65535.
    /// - Returns: the port.
    /// - Throws: `BindError`, `MeshError.closed`.
    @discardableResult
    public func bind(port: UInt16) async throws -> UInt16 {
        try await bind(address: nil, port)
    }

    /// Receives from now on what is sent to a port at one address of the node.
    /// - Parameters:
    ///   - address: one of the node's own, or `::` for all of them.
    ///   - port: 0 chooses one of 49152 to 65535.
    /// - Returns: the port.
    /// - Throws: `BindError`, `MeshError.closed`.
    @discardableResult
    public func bind(address: IPv6Address, port: UInt16) async throws -> UInt16 {
        try await bind(address: address, port)
    }

    private func bind(address: IPv6Address?, _ port: UInt16) async throws -> UInt16 {
        let id = id
        return try await core.perform { node, _ in try node.bind(id, address: address, port: port) }
    }

    /// Sends a datagram, from a port that is chosen now when the socket has none.
    ///
    /// It returns once the node has taken the datagram: whether it arrives nobody tells, as always with UDP.
    /// - Returns: how many bytes of payload are sent.
    /// - Throws: `SendError`, `MeshError.closed`.
    @discardableResult
    public func send(_ payload: [UInt8], to destination: IPv6Address, port: UInt16) async throws -> Int {
        let id = id
        try await core.perform { node, now in
            try node.send(id, to: SocketAddress(destination, port: port), payload: payload, now: now)
        }
        return payload.count
    }

    /// Waits for the next datagram.
    /// - Throws: `ReceiveError.unknownSocket` when the socket is closed, before or meanwhile; `MeshError.closed`;
    ///   `CancellationError`.
    public func receive() async throws -> Datagram {
        try await core.receive(id)
    }

    /// The oldest datagram that waits; nil at once when none does.
    /// - Throws: `ReceiveError.unknownSocket` when the socket is closed; `MeshError.closed`.
    public func receiveIfAvailable() async throws -> Datagram? {
        let id = id
        return try await core.perform { node, _ in try node.receive(id).map { Datagram($0) } }
    }

    /// Closes the socket and frees its port; once more does nothing.
    public func close() async {
        await core.close(id)
    }
}

extension UDPSocket: AsyncSequence {
    /// Waits for one datagram after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let socket: UDPSocket

        /// The next datagram; nil once the socket or the mesh is closed.
        /// - Throws: `CancellationError`.
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
