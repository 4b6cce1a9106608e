/// Every command that works.
enum CommandTable {
    /// In the order in which `help` lists them.
    static let all: [Command] =
        (stateCommands + addressCommands + partitionCommands + routerCommands + neighborCommands + childCommands
        + addressCacheCommands + datasetCommands + networkCommands + keyCommands + tunableCommands + counterCommands
        + filterCommands + pingCommands + datagramCommands + networkDataCommands + serverCommands
        + diagnosticCommands + scanCommands + systemCommands)
        .sorted { $0.name < $1.name }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    static func command(_ name: String) -> Command? { byName[name] }

    /// Prints what there is, or how one command is used.
    ///
    /// It is not in its own list, and an unknown name gets the whole list, both as in OpenThread.
    static let help = Command("help", ["help [COMMAND]"]) { invocation throws(CommandError) in
        if let name = invocation.arguments.first, let command = command(name) {
            invocation.print(command.usage)
        } else {
            invocation.print(all.map(\.name))
        }
    }
}
