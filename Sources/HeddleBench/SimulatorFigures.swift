import EngineCore
import Scenarios

/// How fast and how large a simulated LoRa mesh is: nodes anywhere in a square, eight in range of each on average.
struct SimulatorFigures: Codable {
    struct City {
        var nodeCount: Int
        /// Whether each node sends a message of 32 bytes every ten minutes on average.
        var hasTraffic: Bool

        var name: String { "\(nodeCount) nodes, \(hasTraffic ? "under traffic" : "idle")" }
    }

    static let childOption = "--simulator-run"
    /// How often each figure is measured, each time with another seed; every figure is the middle one.
    static let repetitions = 3
    /// Of more nodes than this each is measured once.
    static let largestRepeated = 100
    static let all = [32, 100, 500, 1000].flatMap { count in
        [City(nodeCount: count, hasTraffic: false), City(nodeCount: count, hasTraffic: true)]
    }

    /// Nodes form for this long, and are measured for as long again.
    static let formationMinutes = 15
    static let measuredMinutes = 15

    var nodeCount: Int
    var hasTraffic: Bool
    /// Processor time of forming, and of the part that is measured.
    var formingSeconds: Double
    var seconds: Double
    /// In the part that is measured.
    var nodeSecondsPerSecond: Double
    /// Of the whole run.
    var framesSent: Int
    var framesReceived: Int
    var partitions: Int
    var routers: Int
    /// The most that the process had, less what it had before the run, over the nodes; the report's tables included.
    var bytesPerNode: Int
    var heapBytesPerNode: Int
}

extension SimulatorFigures.City {
    private var text: String {
        // In a square of this side eight others lie within a kilometre of a node that is not at the edge.
        let side = Int((Double(nodeCount) * 3.1416 / 8).squareRoot() * 1000)
        let flows = (hasTraffic ? 0..<nodeCount : 0..<0).map { node in
            // Everybody talks with somebody else, near or far.
            let other = (node * 7919 + 1) % nodeCount
            return
                "  - { kind: udp, from: N\(node), to: N\(other == node ? (node + 1) % nodeCount : other), mean: 10 min }"
        }
        return """
            name: \(name)
            warm-up: \(SimulatorFigures.formationMinutes) min
            duration: \(SimulatorFigures.measuredMinutes) min
            topology: { shape: geometric, count: \(nodeCount), side: \(side), range: 1000 }
            traffic:\(flows.isEmpty ? " []" : "")
            \(flows.joined(separator: "\n"))
            """
    }

    /// Runs it once. The figures of memory mean something only in a process that did nothing else before.
    func measure(seed: UInt64) throws -> SimulatorFigures {
        let scenario = try ScenarioFile.read(text: text, file: name)
        let (memoryBefore, heapBefore) = (peakMemory(), heapInUse())
        let start = processorTime()
        let run = Scenarios.ScenarioRun(scenario, seed: seed)
        var formed = start
        let report = run.run { progress in
            if progress.simulated <= scenario.warmUp { formed = processorTime() }
            return true
        }
        let end = processorTime()
        let heap = heapInUse() - heapBefore
        return SimulatorFigures(
            nodeCount: nodeCount, hasTraffic: hasTraffic, formingSeconds: formed - start, seconds: end - formed,
            nodeSecondsPerSecond: Double(nodeCount * SimulatorFigures.measuredMinutes * 60) / (end - formed),
            framesSent: report.nodes.reduce(0) { $0 + $1.framesSent },
            framesReceived: report.nodes.reduce(0) { $0 + $1.framesReceived },
            partitions: report.timeline.last?.partitions ?? 0, routers: report.timeline.last?.routers ?? 0,
            bytesPerNode: (peakMemory() - memoryBefore) / nodeCount, heapBytesPerNode: heap / nodeCount)
    }
}

extension SimulatorFigures {
    static func lines(_ figures: [SimulatorFigures]) -> [String] {
        let header = [
            "simulator, lora SF7/250, 15 min", "node-s per s", "s", "forming, s", "sent", "received", "partitions",
            "routers", "kB/node", "heap kB/node",
        ]
        let rows = figures.map { figure in
            [
                City(nodeCount: figure.nodeCount, hasTraffic: figure.hasTraffic).name,
                Report.fixed(figure.nodeSecondsPerSecond, 0), Report.fixed(figure.seconds, 2),
                Report.fixed(figure.formingSeconds, 2), "\(figure.framesSent)", "\(figure.framesReceived)",
                "\(figure.partitions)", "\(figure.routers)", Report.fixed(Double(figure.bytesPerNode) / 1e3, 1),
                Report.fixed(Double(figure.heapBytesPerNode) / 1e3, 1),
            ]
        }
        return Report.table([header] + rows) + [""]
    }
}
