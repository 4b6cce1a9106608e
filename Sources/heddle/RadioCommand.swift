import ArgumentParser
import NIOCore
import NIOPosix
import NodeConfiguration
import RadioDrivers
import RadioSetup

/// `heddle radio`: tools for the radio of a node that does not run.
struct RadioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "radio", abstract: "Try the radio of a node that does not run.", subcommands: [ProbeCommand.self])
}

/// `heddle radio probe`: what is wired wrongly.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Bring the radio up, listen, and say what is wrong with it. Sends nothing unless it is told to.")

    @Option(help: ArgumentHelp("The node's configuration file.", valueName: "file"))
    var config: String

    @Flag(help: "Also send one frame, with the power and on the frequency of the configuration.")
    var transmit = false

    @Option(help: ArgumentHelp("How long to listen, 1 to 3600.", valueName: "seconds"))
    var listen: Int = 5

    func validate() throws {
        guard (1...3600).contains(listen) else {
            throw ValidationError("--listen is \(listen), expected 1 to 3600 seconds")
        }
    }

    func run() async throws {
        let settings = try NodeConfiguration(file: config)
        let radio = settings.radio
        let profile = radio.linkProfile(try radio.modulation)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        print(radio.law)
        let (transmit, listen) = (transmit, listen)
        let isSound = try await eventLoop.flatSubmit {
            eventLoop.makeCompletedFuture {
                RadioProbe(
                    try radio.makeRadio(profile: profile, eventLoop: eventLoop), transmits: transmit,
                    listeningTime: .seconds(Int64(listen))
                ) { print($0) }
            }.flatMap { $0.run() }
        }.get()
        guard isSound else { throw ExitCode.failure }
    }
}
