import EngineCore
import NIOCore
import NodeEngine
public import NodeRuntime
public import ThreadCLI

/// Carries out OpenThread's commands on a node that runs; lives on the runtime's event loop.
public final class CommandRunner: @unchecked Sendable {
    /// Takes what a session's commands say.
    public typealias Output = @Sendable (CommandOutput) -> Void

    /// What a command says while it runs and when it ends.
    public enum CommandOutput: Equatable, Sendable {
        /// A line of its answer.
        case line(String)
        /// Something that arrived on its own.
        case asynchronous(String)
        /// The command has ended; nothing but `.asynchronous` follows.
        case end(CommandResult)
    }

    private let runtime: NodeRuntime
    private let interpreter: CommandInterpreter
    private let restart: @Sendable (_ isFactoryReset: Bool) -> Void
    private var sessions: [CommandInterpreter.Session: Output] = [:]
    private var timer: Scheduled<Void>?

    /// - Parameter restart: lets the program start anew; called only when the configuration says that it can.
    public init(
        runtime: NodeRuntime, configuration: CommandInterpreter.Configuration,
        restart: @escaping @Sendable (_ isFactoryReset: Bool) -> Void = { _ in }
    ) {
        self.runtime = runtime
        self.restart = restart
        interpreter = CommandInterpreter(configuration: configuration)
    }

    /// Sees the node's outputs from now on: answers to pings, datagrams at sockets.
    public func attach() {
        runtime.observe { [weak self] output, node, now in
            guard let self else { return }
            self.interpreter.handle(output, on: node, now: now)
            self.drain()
        }
    }

    /// Carries out a command, behind those of its session that have not ended.
    /// - Parameter output: takes what all of the session's commands say from now on.
    public func execute(_ line: String, session number: UInt64, output: @escaping Output) {
        runtime.eventLoop.preconditionInEventLoop()
        let session = CommandInterpreter.Session(rawValue: number)
        sessions[session] = output
        runtime.withNode { node, now in interpreter.execute(line, session: session, on: node, now: now) }
        drain()
    }

    /// Ends what still runs for a session.
    public func sessionClosed(_ number: UInt64) {
        runtime.eventLoop.preconditionInEventLoop()
        let session = CommandInterpreter.Session(rawValue: number)
        sessions[session] = nil
        runtime.withNode { node, now in interpreter.sessionClosed(session, on: node, now: now) }
    }

    private func drain() {
        while let output = interpreter.pollOutput() {
            switch output {
            case .line(let session, let text): sessions[session]?(.line(text))
            case .asynchronous(let session, let text): sessions[session]?(.asynchronous(text))
            case .end(let session, let result): sessions[session]?(.end(result))
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

    /// Ends everything, so that no timer outlives the node.
    public func stop() {
        runtime.eventLoop.preconditionInEventLoop()
        timer?.cancel()
        timer = nil
        for session in sessions.keys {
            runtime.withNode { node, now in interpreter.sessionClosed(session, on: node, now: now) }
        }
        sessions = [:]
    }
}
