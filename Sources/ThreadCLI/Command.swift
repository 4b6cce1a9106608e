import EngineCore
import NodeEngine

/// One command of the command line: its name, how it is used, what it does.
struct Command: Sendable {
    let name: String
    /// A line for each form; `help NAME` prints them.
    let usage: [String]
    let run: @Sendable (inout Invocation) throws(CommandError) -> Void

    init(
        _ name: String, _ usage: [String], run: @escaping @Sendable (inout Invocation) throws(CommandError) -> Void
    ) {
        self.name = name
        self.usage = usage
        self.run = run
    }
}

/// A command being carried out: by whom, on what, with which words.
struct Invocation {
    let interpreter: CommandInterpreter
    let node: NodeEngine
    let session: CommandInterpreter.Session
    let now: Instant
    var arguments: Arguments
    /// Set by a command that ends later, such as `ping`.
    var isPending = false

    /// Prints one line of the answer.
    func print(_ line: String) {
        interpreter.print(line, to: session)
    }

    func print(_ lines: [String]) {
        for line in lines { print(line) }
    }

    /// Prints a number, or sets it when there is an argument: the form of most tunables.
    mutating func getOrSet<Number: FixedWidthInteger & UnsignedInteger>(
        _ current: Number, set: (Number) throws(CommandError) -> Void
    ) throws(CommandError) {
        guard !arguments.isEmpty else { return print("\(current)") }
        let value = try arguments.unsigned(Number.self)
        try arguments.requireEnd()
        try set(value)
    }

    /// Carries out the command of a family that the next word names.
    /// Without a word it prints their names and fails, with `help` it prints them.
    mutating func runSubcommand(of family: [Command]) throws(CommandError) {
        guard let name = arguments.first, name != "help" else {
            print(family.map(\.name))
            if arguments.isEmpty { throw .invalidCommand }
            return
        }
        guard let command = family.first(where: { $0.name == name }) else { throw .invalidCommand }
        _ = arguments.take(name)
        try command.run(&self)
    }
}
