import ArgumentParser
import ControlService

/// `heddle status`: how a running node is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell how a running node is: role, addresses, neighbors, counters.")

    @Option(
        help: ArgumentHelp(
            "The node's control socket. Default: $HEDDLE_CONTROL, else \(CLICommand.defaultControlPath).",
            valueName: "path"))
    var control: String?

    @Flag(help: "For programs: one line of JSON.")
    var json = false

    func run() async throws {
        let client = try ControlClient(path: CLICommand.controlPath(control))
        let status = try client.execute(json ? "status json" : "status") { message in
            if case .line(let text) = message { print(text) }
        }
        guard status == .done else { throw ExitCode.failure }
    }
}
