import ArgumentParser
import ControlService
import Glibc

/// `heddle cli`: gives commands to a running node.
struct CLICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cli",
        abstract: "Give a running node OpenThread commands.",
        usage: "heddle cli [--control <path>] [<command> ...]",
        discussion: """
            With a command, its answer is printed; the exit status is 1 when it ends with an error. Without one, \
            commands are read from standard input: on a terminal with history (arrow keys) and completion (tab), \
            else line by line, and the exit status is 1 when any of them ended with an error. `help` lists the \
            commands.
            """)

    /// Where a node listens that was told nothing else.
    static let defaultControlPath = "/run/heddle/heddle.sock"

    @Option(
        help: ArgumentHelp(
            "The node's control socket. Default: $HEDDLE_CONTROL, else \(defaultControlPath).", valueName: "path"))
    var control: String?

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The command with its arguments, such as: ping fd00::1", valueName: "command"))
    var command: [String] = []

    func run() async throws {
        // Options are no longer looked for once the command has begun, so `--help` in its place is not one of them.
        if let first = command.first, ["--help", "-h"].contains(first) {
            print(Self.helpMessage())
            return
        }
        let session = CLISession(client: try ControlClient(path: Self.controlPath(control)), output: StandardOutput())
        let succeeded: Bool
        if !command.isEmpty {
            succeeded = try session.run(command: Self.line(of: command))
        } else if let terminal = Terminal(descriptor: STDIN_FILENO), isatty(STDOUT_FILENO) == 1 {
            try session.interact(on: terminal)
            succeeded = true
        } else {
            succeeded = try session.runLines(of: STDIN_FILENO)
        }
        if !succeeded { throw ExitCode.failure }
    }

    /// The control socket to use: as asked for, as the environment says, or the usual one.
    static func controlPath(_ asked: String?) -> String {
        let environment = getenv("HEDDLE_CONTROL").map { String(cString: $0) }
        return asked ?? environment.flatMap { $0.isEmpty ? nil : $0 } ?? defaultControlPath
    }

    /// The words of a command as one line. What a shell has kept together stays together: OpenThread's command line
    /// takes a space behind a backslash as part of a word.
    static func line(of words: [String]) -> String {
        // A single word with spaces is a whole command in quotation marks: heddle cli "ping fd00::1".
        guard words.count > 1 else { return words.first ?? "" }
        return words.map { word in
            var escaped = ""
            for character in word {
                if character == " " || character == "\t" || character == "\\" { escaped.append("\\") }
                escaped.append(character)
            }
            return escaped
        }.joined(separator: " ")
    }
}
