/// Every command that works.
enum CommandTable {
    /// The commands by what they are about: the order of the documentation's table.
    static let families = [
        CommandFamily("Role, protocol and interface", stateCommands),
        CommandFamily("Addresses and groups", addressCommands),
        CommandFamily("Datasets", datasetCommands),
        CommandFamily("Network parameters", networkCommands),
        CommandFamily("Keys", keyCommands),
        CommandFamily("Partition and leader", partitionCommands),
        CommandFamily("Routers", routerCommands),
        CommandFamily("Neighbors and parent", neighborCommands),
        CommandFamily("Children and polling", childCommands),
        CommandFamily("Address cache", addressCacheCommands),
        CommandFamily("Tunables of roles", tunableCommands),
        CommandFamily("Network data", networkDataCommands),
        CommandFamily("What this node offers", serverCommands),
        CommandFamily("Backbone router", backboneCommands),
        CommandFamily("Ping", pingCommands),
        CommandFamily("UDP", datagramCommands),
        CommandFamily("Buffers and sockets", bufferCommands),
        CommandFamily("Diagnostics", diagnosticCommands),
        CommandFamily("Scan and discovery", scanCommands),
        CommandFamily("Counters", counterCommands),
        CommandFamily("Filter", filterCommands),
        CommandFamily("Radio and link", radioCommands),
        CommandFamily("Device", deviceCommands),
        CommandFamily("Program", systemCommands),
        CommandFamily("Names of 2018 (Pymesh)", formerCommands),
    ]

    /// In the order in which `help` lists them.
    static let all: [Command] = families.flatMap(\.commands).sorted { $0.name < $1.name }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    static func command(_ name: String) -> Command? { byName[name] }

    /// The command of a name.
    /// - Throws: what OpenThread says where it is built without the command.
    static func lookUp(_ name: String) throws(CommandError) -> Command {
        if let command = name == "help" ? help : byName[name] { return command }
        throw AbsentCommand.all.first { $0.name == name }?.error ?? .invalidCommand
    }

    /// Prints what there is, or how one command is used.
    ///
    /// It is not in its own list, and an unknown name gets the whole list, both as in OpenThread.
    static let help = Command("help", ["help", "help COMMAND"]) { invocation throws(CommandError) in
        if let name = invocation.arguments.first, let command = command(name) {
            invocation.print(command.usage)
        } else {
            invocation.print(all.map(\.name))
        }
    }
}
