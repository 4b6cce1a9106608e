import Foundation

/// Measures how fast the node is, alone and by the hundred.
///
///     heddle-bench [--json] [--paths | --simulation | --lora | --simulator]
///     heddle-bench --write docs/performance.md
///
/// The second measures the simulator and puts the table into that page.
///
/// All figures are processor time of one core, the median of five runs. Every run of a simulation has a process of
/// its own, so that its memory can be told from that of the others.
@main
enum HeddleBench {
    /// What a process is called with to run one scenario: its place in `Scenario.all` and the seed.
    private static let childOption = "--scenario"

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == childOption { return try runChild(Array(arguments.dropFirst())) }
        if arguments.first == SimulatorFigures.childOption {
            return try runSimulatorChild(Array(arguments.dropFirst()))
        }
        if arguments.first == "--write" { return writePage(Array(arguments.dropFirst())) }
        let known: Set = ["--json", "--paths", "--simulation", "--lora", "--simulator"]
        if let unknown = arguments.first(where: { !known.contains($0) }) { return fail(BenchError.usage(unknown)) }
        do {
            var report = Report()
            let parts = Set(arguments).subtracting(["--json"])
            func isAsked(_ part: String) -> Bool { parts.isEmpty || parts.contains(part) }
            if isAsked("--paths") { report.frame = try measureFrames() }
            if isAsked("--simulation") { report.scenarios = try Scenario.all.indices.map(measure) }
            if isAsked("--lora") { report.lora = LoRaFigures.measure() }
            if isAsked("--simulator") { report.simulator = try SimulatorFigures.all.map(measure) }
            print(arguments.contains("--json") ? try json(report) : report.text)
        } catch {
            fail(error)
        }
    }

    private static func writePage(_ arguments: [String]) {
        guard arguments.count == 1 else { return fail(BenchError.usage("--write")) }
        do {
            let table = SimulatorFigures.lines(try SimulatorFigures.all.map(measure))
            try PerformancePage.write(
                Array(table.dropLast()), command: "heddle-bench --simulator", into: arguments[0])
        } catch {
            fail(error)
        }
    }

    private static func measureFrames() throws -> Report.FrameCosts {
        let path = try FramePath(seed: 1)
        func median(_ measure: () throws -> Cost) rethrows -> Cost {
            // The first run fills caches and tables and does not count.
            _ = try measure()
            return .median(of: try (0..<Report.repetitions).map { _ in try measure() })
        }
        return Report.FrameCosts(
            frameBytes: path.frameByteCount, receive: try median { try path.receive(acknowledging: false) },
            receiveAndAcknowledge: try median { try path.receive(acknowledging: true) },
            transmit: try median(path.transmit), open: try median(path.open), seal: median(path.seal),
            parse: try median(path.parse), mac: try median(path.mac), lowPAN: try median(path.lowPAN),
            ip: try median(path.ip), threadHooks: try median(path.hooks))
    }

    // MARK: Simulations

    /// Runs a scenario in processes of their own.
    private static func measure(_ index: Int) throws -> Report.ScenarioCosts {
        let name = Scenario.all[index].name
        let runs = try (1...Report.repetitions).map { seed in
            try inProcess(ScenarioRun.self, name, [childOption, "\(index)", "\(seed)"])
        }.sorted { $0.seconds < $1.seconds }
        return Report.ScenarioCosts(
            name: name, median: runs[runs.count / 2], fastest: runs[0].seconds, slowest: runs[runs.count - 1].seconds)
    }

    /// Measures in a process that does nothing else, and takes what it prints.
    private static func inProcess<Figures: Decodable>(
        _ type: Figures.Type, _ name: String, _ arguments: [String]
    ) throws -> Figures {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError.scenarioFailed(name, status: process.terminationStatus)
        }
        return try JSONDecoder().decode(type, from: output)
    }

    /// Runs a city in processes of their own.
    private static func measure(_ city: SimulatorFigures.City) throws -> SimulatorFigures {
        let runs = try (1...(city.nodeCount <= SimulatorFigures.largestRepeated ? SimulatorFigures.repetitions : 1)).map
        { seed in
            try inProcess(
                SimulatorFigures.self, city.name,
                [SimulatorFigures.childOption, "\(city.nodeCount)", city.hasTraffic ? "traffic" : "idle", "\(seed)"])
        }.sorted { $0.nodeSecondsPerSecond < $1.nodeSecondsPerSecond }
        return runs[runs.count / 2]
    }

    private static func runSimulatorChild(_ arguments: [String]) throws {
        guard arguments.count == 3, let count = Int(arguments[0]), (2...2000).contains(count),
            let seed = UInt64(arguments[2])
        else { return fail(BenchError.usage(SimulatorFigures.childOption)) }
        let city = SimulatorFigures.City(nodeCount: count, hasTraffic: arguments[1] == "traffic")
        print(try json(city.measure(seed: seed)))
    }

    private static func runChild(_ arguments: [String]) throws {
        guard arguments.count == 2, let index = Int(arguments[0]), Scenario.all.indices.contains(index),
            let seed = UInt64(arguments[1])
        else { return fail(BenchError.usage(childOption)) }
        print(try json(Scenario.all[index].run(seed: seed)))
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func fail(_ error: any Error) {
        FileHandle.standardError.write(Data("heddle-bench: \(error)\n".utf8))
        exit(1)
    }
}
