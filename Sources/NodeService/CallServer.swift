import EngineCore
import NIOCore
import NodeEngine
public import NodeRuntime

/// Carries out the calls of other programs on a node; lives on the runtime's event loop.
///
/// Each program has a session of its own, from its first call until it goes: it sees and closes only its own sockets,
/// and none of them outlives it.
public final class CallServer: @unchecked Sendable {
    /// What a program is told, one line of JSON.
    public enum Output: Equatable, Sendable {
        /// The answer to its call.
        case answer(String)
        /// Something that happened; it belongs to no call.
        case notice(String)
    }

    private struct Client {
        let session: MeshSession
        let output: @Sendable (Output) -> Void
    }

    private let runtime: NodeRuntime
    private let limits: MeshSession.Limits
    private let newIdentifier: () -> UInt16
    private var clients: [UInt64: Client] = [:]

    /// - Parameter newIdentifier: draws the number that tells a program's echo requests from others'.
    public init(runtime: NodeRuntime, limits: MeshSession.Limits, newIdentifier: @escaping () -> UInt16) {
        self.runtime = runtime
        self.limits = limits
        self.newIdentifier = newIdentifier
    }

    /// Sees the node's outputs from now on.
    public func attach() {
        runtime.observe { [weak self] output, _, now in
            guard let self else { return }
            for client in self.clients.values {
                guard let notice = client.session.notice(of: output, now: now) else { continue }
                client.output(.notice(WireJSON.text(notice)))
            }
        }
    }

    /// Carries out one call.
    /// - Parameters:
    ///   - client: whose it is; never used again for another program.
    ///   - output: takes the one answer before this returns, and what happens later.
    public func execute(_ line: String, client number: UInt64, output: @escaping @Sendable (Output) -> Void) {
        runtime.eventLoop.preconditionInEventLoop()
        let (id, parsed) = CallRequest.parse(line)
        let client =
            clients[number]
            ?? Client(session: MeshSession(limits: limits, echoIdentifier: newIdentifier()), output: output)
        clients[number] = client
        runtime.withNode { node, now in
            // The answer goes out before the node's outputs are drained: notices of what the call began come behind it.
            do {
                output(.answer(try Self.answer(to: try parsed.get(), id, client.session, node, now)))
            } catch {
                output(.answer(CallAnswer.line(error, id: id)))
            }
        }
    }

    private static func answer(
        to call: some MeshCall, _ id: RequestID?, _ session: MeshSession, _ node: NodeEngine, _ now: Instant
    ) throws -> String {
        CallAnswer.line(try call.carryOut(for: session, on: node, now: now), id: id)
    }

    /// A program has gone: its sockets are closed, its prefixes taken back.
    public func clientClosed(_ number: UInt64) {
        runtime.eventLoop.preconditionInEventLoop()
        guard let client = clients.removeValue(forKey: number) else { return }
        runtime.withNode { node, now in client.session.close(on: node, now: now) }
    }

    /// How a program is told that its connection ends, and why.
    public static func closingNotice(_ reason: String) -> String {
        WireJSON.text(MeshNotice.closing(reason: reason))
    }
}
