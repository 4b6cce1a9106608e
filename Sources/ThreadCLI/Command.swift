import EngineCore
import NodeEngine

/// One command of the command line: its name, how it is used, what it does.
struct Command: Sendable {
    let name: String
    /// A line for each form; `help NAME` prints them.
    let usage: [String]
    /// What becomes of words behind a whole command.
    let surplus: Surplus
    let run: @Sendable (inout Invocation) throws(CommandError) -> Void
    private let forms: [Usage]

    /// How a command takes more words than it has a use for.
    enum Surplus: Sendable {
        /// They are refused with `InvalidArgs` before anything is done.
        case refused
        /// They do no harm, as with a few of OpenThread's commands.
        case ignored
        /// The command itself looks at them, since it has another answer.
        case judged
    }

    init(
        _ name: String, _ usage: [String] = [], surplus: Surplus = .refused,
        run: @escaping @Sendable (inout Invocation) throws(CommandError) -> Void
    ) {
        self.name = name
        self.usage = usage
        self.surplus = surplus
        self.run = run
        forms = usage.map(Usage.init)
    }

    /// Refuses a line with more words than any form of the command has, before anything is done.
    /// - Parameter words: the whole line, the name included.
    /// - Throws: `.invalidArguments`
    /// - Deviation: docs/deviations.md#surplus-words
    func refuseSurplus(_ words: [String]) throws(CommandError) {
        guard surplus == .refused else { return }
        // A form that others begin with says nothing about the words behind it: they may be meant for those.
        let candidates = forms.filter { form in
            form.matches(words) && !forms.contains { $0.isLonger(than: form) }
        }
        guard !candidates.isEmpty, candidates.allSatisfy({ $0.isExceeded(by: words) }) else { return }
        throw .invalidArguments
    }
}

/// Commands that belong together: a file of commands, a row of the documentation's table.
struct CommandFamily: Sendable {
    let title: String
    let commands: [Command]

    init(_ title: String, _ commands: [Command]) {
        self.title = title
        self.commands = commands
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
    /// Set by a command after which nobody is there to print an end.
    var isSilent = false

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

    /// Prints `Enabled` or `Disabled`, or sets it when there is an argument.
    mutating func getOrSetFlag(_ current: Bool, set: (Bool) throws(CommandError) -> Void) throws(CommandError) {
        guard !arguments.isEmpty else { return print(enabledText(current)) }
        let isEnabled = try arguments.enableOrDisable()
        try arguments.requireEnd()
        try set(isEnabled)
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
