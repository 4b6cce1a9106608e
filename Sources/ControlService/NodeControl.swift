import LinuxDevices
public import NodeRuntime
public import NodeService
public import ThreadCLI

/// Gives the control socket's clients the command line and the calls of a node; lives on the runtime's event loop.
public final class NodeControl: ControlHandler, @unchecked Sendable {
    private let runner: CommandRunner
    private let calls: CallServer

    /// - Parameters:
    ///   - commands: what the command line tells about the program.
    ///   - limits: of each client that makes calls.
    ///   - restart: lets the program start anew, where the command line says that it can.
    public init(
        runtime: NodeRuntime, commands: CommandInterpreter.Configuration, limits: MeshSession.Limits,
        restart: @escaping @Sendable (_ isFactoryReset: Bool) -> Void = { _ in }
    ) {
        runner = CommandRunner(runtime: runtime, configuration: commands, restart: restart)
        let entropy = KernelEntropy()
        calls = CallServer(
            runtime: runtime, limits: limits, newIdentifier: { UInt16(truncatingIfNeeded: entropy.seed()) })
    }

    /// Sees the node's outputs from now on: answers to pings, datagrams at sockets.
    public func attach() {
        runner.attach()
        calls.attach()
    }

    public func execute(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
        runner.execute(line, session: client.number) { said in
            switch said {
            case .line(let text): output(.line(text))
            case .asynchronous(let text): output(.asynchronous(text))
            case .end(.done), .end(.silent): output(.done)
            case .end(.failed(let error)): output(.error(code: Int(error.rawValue), name: error.name))
            }
        }
    }

    public func call(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
        calls.execute(line, client: client.number) { said in
            switch said {
            case .answer(let text): output(.answer(text))
            case .notice(let text): output(.notice(text))
            }
        }
    }

    public func clientClosed(_ client: ClientID) {
        runner.sessionClosed(client.number)
        calls.clientClosed(client.number)
    }
}
