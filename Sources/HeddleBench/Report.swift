/// All that was measured, as numbers for machines; `text` has it for people.
struct Report: Codable {
    /// How often each figure was measured; every figure is the middle one.
    static let repetitions = 5

    struct FrameCosts: Codable {
        /// - Units: bytes, checksum included
        var frameBytes: Int
        /// From the radio to the socket, and out of it.
        var receive: Cost
        /// The same, and the acknowledgement that the sender asked for.
        var receiveAndAcknowledge: Cost
        /// From the socket to the radio, until the acknowledgement has come.
        var transmit: Cost
        /// AES-CCM of the same bytes by the same provider, alone.
        var open: Cost
        var seal: Cost
        var parse: Cost
        var mac: Cost
        var lowPAN: Cost
        var ip: Cost
        var threadHooks: Cost
    }

    struct ScenarioCosts: Codable {
        var name: String
        /// The run whose time is the middle one.
        var median: ScenarioRun
        var fastest: Double
        var slowest: Double
    }

    var frame: FrameCosts?
    var scenarios: [ScenarioCosts] = []
    var lora: LoRaFigures?
    var simulator: [SimulatorFigures] = []

    var text: String {
        let parts = [
            frame.map(Self.lines) ?? [], scenarios.isEmpty ? [] : Self.lines(scenarios), lora?.lines ?? [],
            simulator.isEmpty ? [] : SimulatorFigures.lines(simulator),
        ]
        return parts.flatMap { $0 }.joined(separator: "\n")
    }

    private static func lines(_ frame: FrameCosts) -> [String] {
        let aes = frame.open.nanoseconds
        func line(_ name: String, _ cost: Cost) -> [String] {
            [
                name, fixed(cost.nanoseconds, 0), fixed(cost.perSecond / 1000, 0), fixed(cost.nanoseconds / aes, 2),
                fixed(cost.allocations, 2), fixed(cost.allocatedBytes, 0),
            ]
        }
        let layers = frame.mac.nanoseconds + frame.lowPAN.nanoseconds + frame.ip.nanoseconds
        let rest = frame.receive.nanoseconds - layers - frame.threadHooks.nanoseconds
        let rows = [
            ["", "ns", "thousand/s", "of AES-CCM", "allocations", "bytes"],
            line("receive", frame.receive), line("receive and acknowledge", frame.receiveAndAcknowledge),
            line("transmit, with acknowledgement", frame.transmit),
            line("AES-CCM alone, opening", frame.open), line("AES-CCM alone, sealing", frame.seal),
            line("  checksum and header", frame.parse), line("  MAC engine, AES-CCM included", frame.mac),
            line("  6LoWPAN", frame.lowPAN), line("  IPv6, UDP, socket", frame.ip),
            line("  Thread hooks", frame.threadHooks),
            ["  passing on between engines", fixed(rest, 0), "", fixed(rest / aes, 2), "", ""],
        ]
        return ["A UDP datagram of 64 bytes in a frame of \(frame.frameBytes) bytes", ""] + table(rows) + [""]
    }

    private static func lines(_ scenarios: [ScenarioCosts]) -> [String] {
        let header = [
            "600 s simulated", "s", "fastest", "slowest", "forming, s", "sent", "received", "replies", "roles",
            "peak MB", "kB/node", "heap kB/node",
        ]
        let rows = scenarios.map { scenario in
            let run = scenario.median
            return [
                scenario.name, fixed(run.seconds, 3), fixed(scenario.fastest, 3), fixed(scenario.slowest, 3),
                fixed(run.formingSeconds, 3), "\(run.transmitted)", "\(run.received)",
                run.pings > 0 ? "\(run.replies)/\(run.pings)" : "–",
                "\(run.leaders)+\(run.routers)+\(run.children)" + (run.isOnePartition ? "" : " SPLIT"),
                fixed(Double(run.peakBytes) / 1e6, 1), fixed(Double(run.bytesPerNode) / 1e3, 1),
                fixed(Double(run.heapBytesPerNode) / 1e3, 1),
            ]
        }
        return table([header] + rows) + [""]
    }

    /// The first column to the left, the others to the right.
    static func table(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                let padding = String(repeating: " ", count: widths[column] - text.count)
                return column == 0 ? text + padding : padding + text
            }.joined(separator: "  ")
        }
    }

    /// A number with so many decimal places.
    static func fixed(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((abs(value) * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + "\(scaled)" }
        let fraction = String(scaled % Int(scale))
        return sign + "\(scaled / Int(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
