import NodeEngine
import ThreadEngine
import WireCore

/// Commands under the names that they had in 2018, when Pymesh's engine was made: what `mesh.cli()` calls go on to work.
/// - Deviation: docs/deviations.md#former-names
let formerCommands = [
    // Whether the node starts by itself is for its configuration file to say.
    Command("autostart", ["autostart"], surplus: .judged) { invocation throws(CommandError) in
        guard invocation.arguments.isEmpty else { throw .notImplemented }
        invocation.print(invocation.interpreter.configuration.startsByItself ? "true" : "false")
    },
    renamed("counter", from: counterCommands[0]),
    Command("leaderpartitionid", ["leaderpartitionid", "leaderpartitionid ID"]) { invocation throws(CommandError) in
        try invocation.preferredPartitionID()
    },
    renamed("masterkey", from: networkKeyCommand),
    Command("netdataregister", ["netdataregister"]) { invocation in
        invocation.node.registerServerData(now: invocation.now)
    },
    Command("netdatashow", ["netdatashow"]) { invocation in
        invocation.print(hexadecimal(invocation.node.thread.networkDatabase.data.bytes))
    },
    renamed("routerrole", from: routerEligibleCommand),
]

/// The same command under another name.
private func renamed(_ name: String, from command: Command) -> Command {
    let usage = command.usage.map { line in name + line.dropFirst(command.name.utf8.count) }
    return Command(name, usage, surplus: command.surplus, run: command.run)
}
