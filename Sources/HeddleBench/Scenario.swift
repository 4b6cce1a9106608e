import EngineCore
import Simulator
import ThreadEngine

/// Many nodes in virtual time, on the terms of OpenThread's in-process simulator: form, settle for 180 s, then 600 s
/// that are timed.
struct Scenario: Equatable {
    let nodeCount: Int
    let reach: IdealMedium.Reach
    /// Whether every node pings the last one once a second.
    let isPinging: Bool

    static let all = [
        Scenario(nodeCount: 16, reach: .all, isPinging: false), Scenario(nodeCount: 32, reach: .all, isPinging: false),
        Scenario(nodeCount: 200, reach: .all, isPinging: false),
        Scenario(nodeCount: 500, reach: .all, isPinging: false),
        Scenario(nodeCount: 32, reach: .grid(width: 6), isPinging: true),
    ]

    static let formation = Duration.seconds(13)
    static let settling = Duration.seconds(180)
    static let timedSeconds = 600
    static let payload = [UInt8](repeating: 0x78, count: 64)

    var name: String {
        let shape =
            switch reach {
            case .all: "all in range"
            case .grid(let width): "grid, \(width) wide"
            }
        return "\(nodeCount) nodes, \(shape), \(isPinging ? "pinging" : "quiet")"
    }

    /// Runs it once. The figures of memory mean something only in a process that did nothing else before.
    func run(seed: UInt64) -> ScenarioRun {
        let memoryBefore = peakMemory()
        let heapBefore = heapInUse()
        let start = processorTime()
        let network = MeasuredNetwork.make(nodeCount: nodeCount, reach: reach, seed: seed)
        let nodes = network.nodes
        network.start(MeasuredNetwork.dataset, nodes: Array(nodes.prefix(1)))
        network.run(for: Self.formation)
        network.start(MeasuredNetwork.dataset, nodes: Array(nodes.dropFirst()))
        network.run(for: Self.settling)
        let formed = processorTime()
        let framesBefore = nodes.reduce(0) { $0 + $1.transmittedFrames }
        let receivedBefore = nodes.reduce(0) { $0 + $1.engine.mac.counters.receiveTotal }
        var sent = 0
        for second in 0..<Self.timedSeconds {
            if isPinging { sent += pingLast(network, sequence: UInt16(truncatingIfNeeded: second)) }
            network.run(for: .seconds(1))
        }
        let end = processorTime()
        return ScenarioRun(
            seconds: end - formed, formingSeconds: formed - start,
            transmitted: nodes.reduce(0) { $0 + $1.transmittedFrames } - framesBefore,
            received: Int(nodes.reduce(0) { $0 + $1.engine.mac.counters.receiveTotal } - receivedBefore),
            pings: sent, replies: nodes.reduce(0) { $0 + $1.echoReplies.count },
            leaders: nodes.count { $0.engine.thread.role == .leader },
            routers: nodes.count { $0.engine.thread.role == .router },
            children: nodes.count { $0.engine.thread.role == .child },
            isOnePartition: network.isOnePartition, peakBytes: peakMemory(),
            bytesPerNode: (peakMemory() - memoryBefore) / nodeCount,
            heapBytesPerNode: (heapInUse() - heapBefore) / nodeCount)
    }

    /// - Returns: how many pings were sent.
    private func pingLast(_ network: VirtualNetwork, sequence: UInt16) -> Int {
        guard let target = network.nodes.last?.engine.thread.meshLocalEID else { return 0 }
        return network.nodes.dropLast().count { node in
            network.with(node) { engine, now in
                (try? engine.sendEcho(
                    to: target, identifier: UInt16(node.index), sequence: sequence, payload: Self.payload, now: now))
                    != nil
            }
        }
    }
}

/// What one run of a scenario gave.
struct ScenarioRun: Codable {
    /// The processor time of the 600 simulated seconds.
    var seconds: Double
    /// The processor time of making, forming and settling.
    var formingSeconds: Double
    /// Frames in the timed part, acknowledgements and repetitions among them.
    var transmitted: Int
    /// Frames in the timed part that nodes took in, acknowledgements left out.
    var received: Int
    var pings: Int
    var replies: Int
    var leaders: Int
    var routers: Int
    var children: Int
    var isOnePartition: Bool
    /// The most memory that the process had.
    var peakBytes: Int
    /// What of that came after the start, divided by the nodes.
    var bytesPerNode: Int
    /// What is on the heap at the end, divided by the nodes.
    var heapBytesPerNode: Int
}
