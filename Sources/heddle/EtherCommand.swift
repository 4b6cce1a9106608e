import ArgumentParser
import Dispatch
import EtherService
import Foundation
import Logging

/// `heddle ether`: lets processes on this host hear each other as LoRa radios would.
struct EtherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ether",
        abstract: "Run a virtual LoRa channel for nodes on this host.",
        discussion: """
            Nodes whose radio is of type `ether` connect to it under a name of the topology file. The command prints \
            `listening on ADDRESS` once it can be used, and what each node sent, received and lost when it is ended \
            with SIGINT or SIGTERM.
            """
    )

    @Option(help: ArgumentHelp("Who hears whom, in YAML; see config/topology.", valueName: "file"))
    var topology: String

    @Option(help: ArgumentHelp("A loopback address; port 0 lets the system choose.", valueName: "address:port"))
    var listen = "127.0.0.1:7000"

    @Option(help: ArgumentHelp("Write all frames to this pcap file.", valueName: "file.pcap"))
    var capture: String?

    @Option(help: ArgumentHelp("Decides what is random in the channel.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Write the nodes' statistics to this file in the end.", valueName: "file.json"))
    var statistics: String?

    func run() async throws {
        let ending = EndingSignals()
        let configuration = Ether.Configuration(
            topology: try TopologyFile.read(topology), listen: try ListenAddress(listen), captureFile: capture,
            seed: seed)
        var logger = Logger(label: "ether", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .info
        let ether = try await Ether.start(configuration, logger: logger)
        if let address = await ether.address() { say("listening on \(address.typed)\n") }
        await ending.first()
        let counted = await ether.statistics()
        await ether.stop()
        say(counted.table)
        if let statistics { try write(counted.json, to: statistics) }
    }

    /// Writes to standard output at once, also into a pipe.
    private func say(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw EtherError.cannotWrite(path: path, cause: error.localizedDescription)
        }
    }
}

/// The signals that ask a program to end, from the moment on that this is made.
private struct EndingSignals {
    private let sources: [any DispatchSourceSignal]
    private let signals: AsyncStream<Int32>

    init() {
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.signals = signals
        sources = [SIGINT, SIGTERM].map { number in
            // Otherwise the signal ends the process before its source sees it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    func first() async {
        for await _ in signals { break }
        for source in sources { source.cancel() }
    }
}
