import NIOCore
import NodeService

/// The node that a daemon owns, over its control socket. Unchecked, because its state is confined to its event loop.
///
/// Calls and commands have a connection each: a command may take seconds, and nothing is to wait for it.
final class RemoteBackend: MeshBackend, @unchecked Sendable {
    let eventLoop: any EventLoop
    private let path: String
    private let calls: ControlConnection
    private var commands: EventLoopFuture<ControlConnection>?

    /// - Throws: `MeshError`.
    static func connect(to path: String, on eventLoop: any EventLoop) async throws -> RemoteBackend {
        let connection = try await eventLoop.flatSubmit { ControlConnection.connect(to: path, on: eventLoop) }.get()
        return RemoteBackend(path: path, calls: connection)
    }

    private init(path: String, calls: ControlConnection) {
        self.path = path
        self.calls = calls
        eventLoop = calls.eventLoop
    }

    func attach(
        notices: @escaping @Sendable (MeshNotice) -> Void, ended: @escaping @Sendable (MeshError) -> Void
    ) {
        calls.attach(notices: notices, ended: ended)
    }

    func call<Call: MeshCall>(_ call: Call) -> EventLoopFuture<Call.Answer> {
        calls.request { CallLine.request(call, id: $0) }.flatMapThrowing {
            try CallLine.answer(to: Call.self, in: $0)
        }.flatMapErrorThrowing { [path] error in
            // An answer that cannot be read is none of this protocol's.
            throw error is DecodingError ? MeshError.notADaemon(path: path) : error
        }
    }

    func execute(_ command: String) -> EventLoopFuture<[String]> {
        commandConnection().flatMap { [path] connection in
            connection.request { CommandLine.request(command, id: $0) }.flatMapThrowing {
                try CommandLine.answer(in: $0, path: path)
            }
        }
    }

    /// The connection for commands, made when the first one comes and again when it was lost.
    private func commandConnection() -> EventLoopFuture<ControlConnection> {
        let current = commands ?? eventLoop.makeFailedFuture(MeshError.closed)
        let next = current.flatMapThrowing { connection in
            guard connection.isOpen else { throw MeshError.closed }
            return connection
        }.flatMapError { [path, eventLoop] _ in ControlConnection.connect(to: path, on: eventLoop) }
        commands = next
        return next
    }

    func close() -> EventLoopFuture<Void> {
        commands?.whenSuccess { $0.close() }
        return calls.close()
    }
}
