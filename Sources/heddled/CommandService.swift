import ControlService
import NIOCore
import NodeEngine
import NodeRuntime
import ThreadCLI

/// Connects the control socket's clients with the command line of the node; lives on the runtime's event loop.
final class CommandService: ControlHandler, @unchecked Sendable {
    private let runtime: NodeRuntime
    private let interpreter: CommandInterpreter
    private let restart: @Sendable (_ isFactoryReset: Bool) -> Void
    private var clients: [CommandInterpreter.Session: @Sendable (ControlOutput) -> Void] = [:]
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - configuration: what the command line tells about this program.
    ///   - restart: lets the program start anew.
    init(
        runtime: NodeRuntime, configuration: CommandInterpreter.Configuration,
        restart: @escaping @Sendable (_ isFactoryReset: Bool) -> Void
    ) {
        self.runtime = runtime
        self.restart = restart
        interpreter = CommandInterpreter(configuration: configuration)
    }

    /// Sees the node's outputs from now on: answers to pings, datagrams at sockets.
    func attach() {
        runtime.observe { [weak self] output, node, now in
            guard let self else { return }
            self.interpreter.handle(output, on: node, now: now)
            self.drain()
        }
    }

    func execute(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
        runtime.eventLoop.preconditionInEventLoop()
        let session = CommandInterpreter.Session(rawValue: client.number)
        clients[session] = output
        runtime.withNode { node, now in interpreter.execute(line, session: session, on: node, now: now) }
        drain()
    }

    func clientClosed(_ client: ClientID) {
        runtime.eventLoop.preconditionInEventLoop()
        let session = CommandInterpreter.Session(rawValue: client.number)
        clients[session] = nil
        runtime.withNode { node, now in interpreter.sessionClosed(session, on: node, now: now) }
    }

    private func drain() {
        while let output = interpreter.pollOutput() {
            switch output {
            case .line(let session, let text): clients[session]?(.line(text))
            case .asynchronous(let session, let text): clients[session]?(.asynchronous(text))
            case .end(let session, .done), .end(let session, .silent): clients[session]?(.done)
            case .end(let session, .failed(let error)):
                clients[session]?(.error(code: Int(error.rawValue), name: error.name))
            case .restart(let isFactoryReset): restart(isFactoryReset)
            }
        }
        reschedule()
    }

    private func reschedule() {
        timer?.cancel()
        timer = nil
        guard let deadline = interpreter.nextDeadline else { return }
        let wait = max(deadline.since(runtime.now).microseconds, 0)
        timer = runtime.eventLoop.scheduleTask(in: .microseconds(wait)) { [weak self] in
            guard let self else { return }
            self.runtime.withNode { node, now in self.interpreter.handleDeadline(on: node, now: now) }
            self.drain()
        }
    }
}
