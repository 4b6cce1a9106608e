import ArgumentParser
import Dispatch
import EngineCore
import Foundation
import NodeConfiguration
import Scenarios
import Synchronization

/// `heddle sim`: runs a scenario in virtual time.
struct SimCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sim",
        abstract: "Simulate a network: the real engines on a modelled air, in virtual time.",
        discussion: """
            The scenario says who is where, what they send and what befalls them. The same scenario and seed give the \
            same run everywhere. SIGINT ends a run with a report of what there is by then. The status is 1 when an \
            assertion of the scenario fails.
            """
    )

    @Argument(help: ArgumentHelp("The scenario, in YAML.", valueName: "scenario.yaml"))
    var file: String

    @Option(help: ArgumentHelp("Of all that is random; instead of the scenario's.", valueName: "number"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Run with each of these seeds, such as 1..20 or 1,5,9.", valueName: "list"))
    var seeds: String?

    @Option(
        help: ArgumentHelp(
            "Run with each of these values: sf, cr or power, such as sf=7..10; may be repeated.", valueName: "what=list"
        ))
    var sweep: [String] = []

    @Option(help: ArgumentHelp("How many runs go on at once.", valueName: "number"))
    var jobs = 1

    @Option(help: ArgumentHelp("Write the report, of a sweep all reports, to this file.", valueName: "file.json"))
    var json: String?

    @Option(help: ArgumentHelp("Write a table, one line a run, to this file.", valueName: "file.csv"))
    var csv: String?

    @Option(
        help: ArgumentHelp(
            "Write all of the report to files in this folder, of which scripts/plot-scenario makes plots.",
            valueName: "folder"))
    var report: String?

    @Option(help: ArgumentHelp("Write the frames to this pcap file.", valueName: "file.pcap"))
    var pcap: String?

    @Option(help: ArgumentHelp("Only the frames that this node sends or receives.", valueName: "name"))
    var node: String?

    @Flag(help: "Print nothing while it runs.")
    var quiet = false

    func validate() throws {
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs takes a number from 1 to 64, not \(jobs).") }
        if node != nil, pcap == nil { throw ValidationError("--node says whose frames --pcap writes: give both.") }
        if seed != nil, seeds != nil { throw ValidationError("Give --seed or --seeds, not both.") }
        if report != nil, isSweep { throw ValidationError("--report takes one run, not a sweep: use --json.") }
        if pcap != nil, isSweep { throw ValidationError("--pcap takes one run, not a sweep.") }
    }

    private var isSweep: Bool { seeds != nil || !sweep.isEmpty }

    func run() throws {
        let scenario = try ScenarioFile.read(file)
        let stop = StopRequest()
        let signals = StoppingSignals(stop)
        defer { signals.cancel() }
        if isSweep {
            try runSweep(scenario, stop)
        } else {
            try runOnce(scenario, stop)
        }
    }

    private func runOnce(_ scenario: Scenario, _ stop: StopRequest) throws {
        var choice = CaptureChoice.nothing
        if pcap != nil {
            choice = .air
            if let node {
                guard let index = scenario.nodes.firstIndex(where: { $0.name == node }) else {
                    throw ValidationError("--node: \(file) has no node \(node).")
                }
                choice = .node(index)
            }
        }
        let run = ScenarioRun(scenario, seed: seed, capture: choice)
        let line = ProgressLine(isShown: !quiet && isatty(STDERR_FILENO) == 1)
        let report = run.run { progress in
            line.show(progress)
            return !stop.isAsked
        }
        line.clear()
        print(report.text)
        if let json { try write(report.json(), to: json) }
        if let csv { try write(Data((RunReport.csvHeader + "\n" + report.csvRow + "\n").utf8), to: csv) }
        if let pcap { try write(Data(run.capturedFrames), to: pcap) }
        if let folder = self.report { try write(report, toFolder: folder) }
        if !report.holds { throw ExitCode(1) }
    }

    private func runSweep(_ scenario: Scenario, _ stop: StopRequest) throws {
        let plan = try SweepPlan(scenario, axes: sweep, seeds: seeds ?? "\(seed ?? scenario.seed)")
        let isShown = !quiet && isatty(STDERR_FILENO) == 1
        let results = plan.run(jobs: jobs) { done, total in
            if isShown { FileHandle.standardError.write(Data("\r\(done) of \(total) runs".utf8)) }
            return !stop.isAsked
        }
        if isShown { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
        print(results.text)
        if let json { try write(results.json(), to: json) }
        if let csv { try write(Data(results.csv.utf8), to: csv) }
        if !results.holds { throw ExitCode(1) }
    }

    private func write(_ report: RunReport, toFolder folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ValidationError("\(folder) cannot be made: \(error.localizedDescription)")
        }
        for (name, data) in try report.files() { try write(data, to: folder + "/" + name) }
    }

    private func write(_ data: Data, to path: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ValidationError("\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}

/// Whether somebody has asked for the end.
private final class StopRequest: Sendable {
    private let asked = Mutex(false)

    var isAsked: Bool { asked.withLock { $0 } }

    func ask() { asked.withLock { $0 = true } }
}

/// Turns SIGINT and SIGTERM into a request to stop, for as long as it lives.
private struct StoppingSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ request: StopRequest) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { request.ask() }
            source.resume()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}

/// How far a run is, on one line of a terminal.
private final class ProgressLine {
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?

    init(isShown: Bool) { self.isShown = isShown }

    /// Writes at most five times a second.
    func show(_ progress: ScenarioRun.Progress) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let last, last.duration(to: now) < .milliseconds(200) { return }
        last = now
        let wall = Double(start.duration(to: now).microseconds) / 1_000_000
        let simulated = Double(progress.simulated.microseconds) / 1_000_000
        let total = Double(progress.total.microseconds) / 1_000_000
        let text =
            "\rsimulated \(Int(simulated)) of \(Int(total)) s, \(Int(simulated / max(wall, 0.001))) times real time, "
            + "\(progress.delivered) of \(progress.sent) messages arrived\u{1b}[K"
        FileHandle.standardError.write(Data(text.utf8))
    }

    func clear() {
        if isShown, last != nil { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
    }
}
