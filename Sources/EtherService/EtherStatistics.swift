import EngineCore
import Foundation
import LoRaChannel

/// What the ether has counted for one node.
public struct NodeStatistics: Codable, Equatable, Sendable {
    /// The frames that the node has sent.
    public var framesSent = 0
    /// The bytes of these frames.
    public var bytesSent = 0
    /// How long these frames were on the air.
    public var airtimeMilliseconds = 0.0
    /// The frames that reached the node.
    public var framesReceived = 0
    /// The frames that came over one of the node's links on its channel and were lost, by reason.
    public var framesLost: [String: Int] = [:]

    public init() {
        for reason in LossReason.allCases { framesLost[reason.rawValue] = 0 }
    }

    mutating func countSent(byteCount: Int, airtime: Duration) {
        framesSent += 1
        bytesSent += byteCount
        airtimeMilliseconds += Double(airtime.microseconds) / 1000
    }

    mutating func countLost(_ reason: LossReason) {
        framesLost[reason.rawValue, default: 0] += 1
    }

    /// The statistics as a JSON object in one line.
    var json: String { EtherStatistics.encoded(self, isPretty: false) }
}

/// What the ether has counted for all nodes.
public struct EtherStatistics: Codable, Equatable, Sendable {
    /// The nodes of the topology by name.
    public var nodes: [String: NodeStatistics]

    public init(nodes: [String: NodeStatistics]) {
        self.nodes = nodes
    }

    /// The statistics as JSON, keys sorted.
    public var json: String { Self.encoded(self, isPretty: true) + "\n" }

    /// A line for each node, for people.
    public var table: String {
        let header = ["node", "sent", "bytes", "airtime ms", "received"] + LossReason.allCases.map(\.rawValue)
        var rows = [header]
        for name in nodes.keys.sorted() {
            guard let node = nodes[name] else { continue }
            let counts = [
                "\(node.framesSent)", "\(node.bytesSent)", "\(Int(node.airtimeMilliseconds.rounded()))",
                "\(node.framesReceived)",
            ]
            rows.append([name] + counts + LossReason.allCases.map { "\(node.framesLost[$0.rawValue] ?? 0)" })
        }
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + padding : padding + cell.0
            }.joined(separator: "  ")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func encoded(_ value: some Encodable, isPretty: Bool) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = isPretty ? [.sortedKeys, .prettyPrinted] : [.sortedKeys]
        guard let data = try? encoder.encode(value) else { preconditionFailure("counters that JSON cannot hold") }
        return String(decoding: data, as: UTF8.self)
    }
}
