import ArgumentParser

/// The command line `heddle`: one subcommand a tool.
@main
struct HeddleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heddle",
        abstract: "Tools for Heddle, an IPv6 mesh node service for LoRa.",
        subcommands: [
            CLICommand.self, StatusCommand.self, DecodeCommand.self, EtherCommand.self, SimCommand.self,
            RadioCommand.self,
        ])
}
