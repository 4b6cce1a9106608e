import Foundation

/// Measures how fast the node is, alone and by the hundred.
///
///     heddle-bench [--json] [--paths | --simulation | --lora]
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
        let known: Set = ["--json", "--paths", "--simulation", "--lora"]
        if let unknown = arguments.first(where: { !known.contains($0) }) { return fail(BenchError.usage(unknown)) }
        do {
            var report = Report()
            let parts = Set(arguments).subtracting(["--json"])
            func isAsked(_ part: String) -> Bool { parts.isEmpty || parts.contains(part) }
            if isAsked("--paths") { report.frame = try measureFrames() }
            if isAsked("--simulation") { report.scenarios = try Scenario.all.indices.map(measure) }
            if isAsked("--lora") { report.lora = LoRaFigures.measure() }
            print(arguments.contains("--json") ? try json(report) : report.text)
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
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments = [childOption, "\(index)", "\(seed)"]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw BenchError.scenarioFailed(name, status: process.terminationStatus)
            }
            return try JSONDecoder().decode(ScenarioRun.self, from: output)
        }.sorted { $0.seconds < $1.seconds }
        return Report.ScenarioCosts(
            name: name, median: runs[runs.count / 2], fastest: runs[0].seconds, slowest: runs[runs.count - 1].seconds)
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
