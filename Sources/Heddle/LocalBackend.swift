import NIOCore
import NodeRuntime
import NodeService
import ThreadCLI

/// A node in this process. Unchecked, because its state is confined to the runtime's event loop.
final class LocalBackend: MeshBackend, @unchecked Sendable {
    private let runtime: NodeRuntime
    private let session: MeshSession
    private let commands: CommandRunner
    private var running: [RunningCommand] = []

    private struct RunningCommand {
        var lines: [String] = []
        let promise: EventLoopPromise<[String]>
    }

    init(runtime: NodeRuntime, session: MeshSession) {
        self.runtime = runtime
        self.session = session
        commands = CommandRunner(runtime: runtime, configuration: CommandInterpreter.Configuration())
    }

    var eventLoop: any EventLoop { runtime.eventLoop }

    func attach(
        notices: @escaping @Sendable (MeshNotice) -> Void, ended: @escaping @Sendable (MeshError) -> Void
    ) {
        commands.attach()
        runtime.observe { [weak self] output, _, now in
            guard let self, let notice = self.session.notice(of: output, now: now) else { return }
            // Not at once: who is told may call the node, whose outputs are just being drained.
            self.eventLoop.execute { notices(notice) }
        }
    }

    func call<Call: MeshCall>(_ call: Call) -> EventLoopFuture<Call.Answer> {
        eventLoop.makeCompletedFuture {
            try runtime.withNode { node, now in try call.carryOut(for: session, on: node, now: now) }
        }
    }

    func execute(_ command: String) -> EventLoopFuture<[String]> {
        let promise = eventLoop.makePromise(of: [String].self)
        running.append(RunningCommand(promise: promise))
        commands.execute(command, session: 1) { [weak self] said in
            guard let self else { return }
            self.take(said)
        }
        return promise.futureResult
    }

    /// Commands of a session end in their order.
    private func take(_ said: CommandRunner.CommandOutput) {
        guard !running.isEmpty else { return }
        switch said {
        case .line(let text): running[0].lines.append(text)
        case .asynchronous: break
        case .end(let result):
            let command = running.removeFirst()
            switch result {
            case .done, .silent: command.promise.succeed(command.lines)
            case .failed(let error):
                command.promise.fail(MeshError.command(code: Int(error.rawValue), name: error.name))
            }
        }
    }

    func close() -> EventLoopFuture<Void> {
        runtime.withNode { node, now in session.close(on: node, now: now) }
        commands.stop()
        for command in running { command.promise.fail(MeshError.closed) }
        running = []
        return runtime.stop()
    }
}
