public import Foundation

// A report as a folder of files.
extension RunReport {
    /// Everything, each table by itself for spreadsheets, and the summary.
    public func files() throws -> [(name: String, data: Data)] {
        [
            ("report.json", try json()), ("summary.txt", Data((text + "\n").utf8)),
            ("run.csv", Data((Self.csvHeader + "\n" + csvRow + "\n").utf8)), ("nodes.csv", Data(nodeTable.utf8)),
            ("airtime.csv", Data(airtimeTable.utf8)), ("flows.csv", Data(flowTable.utf8)),
            ("messages.csv", Data(messageTable.utf8)),
        ]
    }

    private static func csv(_ rows: [[String]]) -> String {
        rows.map { $0.map(quoted).joined(separator: ",") }.joined(separator: "\n") + "\n"
    }

    private static func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

    private var nodeTable: String {
        let reasons = losses.keys.sorted()
        let header = [
            "node", "x_m", "y_m", "role", "frames_sent", "bytes_sent", "frames_received", "airtime_s", "airtime_share",
            "airtime_waits", "airtime_given_up", "charge_mah", "average_ma",
        ]
        return Self.csv(
            [header + reasons.map { "lost_\($0)" }]
                + nodes.map { node in
                    [
                        node.name, Self.text(node.x), Self.text(node.y), node.role, "\(node.framesSent)",
                        "\(node.bytesSent)", "\(node.framesReceived)", "\(node.airtimeSeconds)",
                        "\(node.airtimeShare)", "\(node.airtimeWaits)", "\(node.airtimeGivenUp)", "\(node.charge)",
                        "\(node.averageCurrent)",
                    ] + reasons.map { "\(node.losses[$0] ?? 0)" }
                })
    }

    /// Seconds on the air, a row each node, a column each purpose.
    private var airtimeTable: String {
        let names = purposes.map(\.name)
        return Self.csv(
            [["node"] + names]
                + nodes.map { node in [node.name] + names.map { "\(node.airtimeByPurpose[$0] ?? 0)" } })
    }

    private var flowTable: String {
        let header = [
            "flow", "kind", "sent", "under_way", "refused", "delivery", "answered", "latency_p50_s", "latency_p90_s",
            "latency_p99_s", "latency_max_s", "round_trip_p50_s", "round_trip_p90_s", "hops", "attempts",
        ]
        return Self.csv(
            [header]
                + flows.map { flow in
                    [
                        flow.name, flow.kind, "\(flow.sent)", "\(flow.underWay)", "\(flow.refused)",
                        Self.text(flow.delivery), Self.text(flow.answered), Self.text(flow.latency?.p50),
                        Self.text(flow.latency?.p90), Self.text(flow.latency?.p99), Self.text(flow.latency?.maximum),
                        Self.text(flow.roundTrip?.p50), Self.text(flow.roundTrip?.p90), Self.text(flow.hops),
                        Self.text(flow.attempts),
                    ]
                })
    }

    private var messageTable: String {
        let header = [
            "flow", "from", "to", "sent_s", "attempts", "delivered", "receivers", "latency_s", "round_trip_s", "hops",
        ]
        return Self.csv(
            [header]
                + messages.map { message in
                    [
                        message.flow, message.from, message.to ?? "", "\(message.sentSeconds)", "\(message.attempts)",
                        "\(message.delivered)", "\(message.receivers)", Self.text(message.latency),
                        Self.text(message.roundTrip), message.hops.map { "\($0)" } ?? "",
                    ]
                })
    }
}
