import ArgumentParser
import Logging
import NIOPosix
import NodeConfiguration
import RadioSetup
import ServiceLifecycle

/// The daemon: one node on one radio, in the foreground.
@main
struct Heddled: AsyncParsableCommand {
    /// The version of this source tree.
    static let version = "0.1.0"
    /// What `version` prints, and what diagnostics tell of the protocol's implementation.
    static let stackVersion = "HEDDLE/\(version); LINUX"

    static let configuration = CommandConfiguration(
        commandName: "heddled",
        abstract: "Runs a Heddle node in the foreground; logs to standard error, stops on SIGTERM and SIGINT.",
        version: version)

    @Option(help: ArgumentHelp("The configuration file; config/heddled.yaml documents every key.", valueName: "FILE"))
    var config: String

    @Flag(help: "Check the configuration and exit.")
    var check = false

    func run() async throws {
        let settings: NodeConfiguration
        do {
            settings = try NodeConfiguration(file: config)
        } catch {
            throw failure("\(error)")
        }
        let logger = Logging.logger(settings.log)
        for warning in settings.warnings { logger.warning("\(warning)") }
        if check {
            do {
                try settings.radio.checkDevices(eventLoop: MultiThreadedEventLoopGroup.singleton.next())
            } catch {
                throw failure("\(error)")
            }
            print("\(config) is valid")
            return
        }
        let daemon: Daemon
        do {
            daemon = try Daemon(settings, logger: logger)
        } catch {
            throw failure("\(error)")
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            throw failure("\(error)")
        }
        if daemon.mustRestart { throw failure("cannot start anew: \(Restarting.replaceProgram())") }
    }

    /// One sentence on standard error and a status that is not zero.
    private func failure(_ text: String) -> any Error {
        FileDescriptorOutput.standardError.write("heddled: \(text)\n")
        return ExitCode.failure
    }
}
