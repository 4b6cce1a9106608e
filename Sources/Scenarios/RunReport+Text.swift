public import Foundation

// Reports for people, and for spreadsheets.
extension RunReport {
    /// A summary of a screen or so.
    public var text: String {
        var lines = [
            "\(scenario), seed \(seed): \(fixed(simulatedSeconds, 0)) s simulated" + (isPartial ? ", ended early" : "")
        ]
        let end = timeline.last
        lines.append(
            "  formed " + (formedSeconds.map { "after \(fixed($0, 0)) s" } ?? "never, not whole")
                + (end.map {
                    "; at the end \($0.partitions) partitions, \($0.routers) routers, \($0.children) children, \($0.detached) detached"
                } ?? ""))
        if !flows.isEmpty { lines += [""] + flowLines }
        lines += [""] + airLines
        if !recoveries.isEmpty {
            lines += ["", "After events"]
            for recovery in recoveries {
                lines.append(
                    "  \(fixed(recovery.atSeconds, 0)) s  \(recovery.event): "
                        + (recovery.tookSeconds.map { "all ways after \(fixed($0, 0)) s" } ?? "not all ways by the end")
                )
            }
        }
        if !assertions.isEmpty {
            lines += ["", "Assertions"]
            for assertion in assertions {
                lines.append(
                    "  \(assertion.holds ? "holds " : "FAILS ") \(assertion.name): \(assertion.expected), found \(assertion.found)"
                )
            }
        }
        lines += ["", "event log \(hash) (\(loggedEvents) events)"]
        return lines.joined(separator: "\n")
    }

    private var flowLines: [String] {
        var rows = [["", "sent", "arrived", "answered", "median", "90 %", "99 %", "hops", "refused"]]
        for flow in flows {
            rows.append([
                flow.name, "\(flow.sent)", percent(flow.delivery), percent(flow.answered), seconds(flow.latency?.p50),
                seconds(flow.latency?.p90), seconds(flow.latency?.p99), flow.hops.map { fixed($0, 1) } ?? "–",
                "\(flow.refused)",
            ])
        }
        return table(rows)
    }

    private var airLines: [String] {
        let total = airtimeSeconds
        var rows = [["On the air", "frames", "seconds", "share"]]
        for purpose in purposes.prefix(12) {
            rows.append([
                purpose.name, "\(purpose.frames)", fixed(purpose.airtimeSeconds, 1),
                percent(total > 0 ? purpose.airtimeSeconds / total : nil),
            ])
        }
        rows.append(["all", "\(purposes.reduce(0) { $0 + $1.frames })", fixed(total, 1), ""])
        let busiest = nodes.max { $0.airtimeSeconds < $1.airtimeSeconds }
        var lines = table(rows)
        if let busiest {
            lines.append(
                "  busiest \(busiest.name): \(percent(busiest.airtimeShare)) of the time on the air, "
                    + "\(fixed(busiest.averageCurrent, 1)) mA on average")
        }
        let waits = nodes.reduce(0) { $0 + $1.airtimeWaits }
        let givenUp = nodes.reduce(0) { $0 + $1.airtimeGivenUp }
        if waits + givenUp > 0 {
            lines.append("  the region's air time: \(waits) waits, \(givenUp) frames given up")
        }
        if !losses.isEmpty {
            let list = losses.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map { "\($0.key) \($0.value)" }
            lines.append("  not received: " + list.joined(separator: ", "))
        }
        return lines
    }

    private func percent(_ share: Double?) -> String { share.map { "\(fixed($0 * 100, 1)) %" } ?? "–" }
    private func seconds(_ value: Double?) -> String { value.map { "\(fixed($0, 2)) s" } ?? "–" }
    private func fixed(_ value: Double, _ places: Int) -> String { Self.fixed(value, places) }

    static func fixed(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((abs(value) * scale).rounded())
        let whole = "\(scaled / Int(scale))"
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + whole }
        let fraction = String(scaled % Int(scale))
        return sign + whole + "." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    private func table(_ rows: [[String]]) -> [String] { Self.table(rows) }

    /// The first column to the left, the others to the right.
    static func table(_ rows: [[String]]) -> [String] {
        guard let first = rows.first else { return [] }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                let padding = String(repeating: " ", count: widths[column] - text.count)
                return column == 0 ? text + padding : padding + text
            }.joined(separator: "  ")
        }
    }

    /// The report as JSON, keys in order, so that equal reports are equal bytes.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }

    // MARK: CSV

    /// The columns of `csvRow`.
    public static let csvHeader =
        "scenario,seed,partial,simulated_s,formed_s,sent,delivery,answered,latency_p50_s,latency_p90_s,latency_p99_s,"
        + "hops,airtime_s,measured_airtime_s,frames,collisions,routers,children,detached,partitions,max_airtime_share,airtime_waits,airtime_given_up,charge_mah,hash"

    /// The run in one line.
    public var csvRow: String {
        let latencies = Percentiles(messages.compactMap(\.latency))
        let hops = messages.compactMap(\.hops)
        let end = timeline.last
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        return [
            Self.quoted(scenario), "\(seed)", "\(isPartial)", "\(simulatedSeconds)", text(formedSeconds),
            "\(flows.reduce(0) { $0 + $1.sent })", text(delivery), text(answered), text(latencies?.p50),
            text(latencies?.p90), text(latencies?.p99),
            hops.isEmpty ? "" : "\(Double(hops.reduce(0, +)) / Double(hops.count))", "\(airtimeSeconds)",
            "\(measuredAirtimeSeconds)",
            "\(purposes.reduce(0) { $0 + $1.frames })", "\(losses["collision"] ?? 0)", "\(end?.routers ?? 0)",
            "\(end?.children ?? 0)", "\(end?.detached ?? 0)", "\(end?.partitions ?? 0)",
            "\(nodes.map(\.airtimeShare).max() ?? 0)", "\(nodes.reduce(0) { $0 + $1.airtimeWaits })",
            "\(nodes.reduce(0) { $0 + $1.airtimeGivenUp })", "\(nodes.reduce(0) { $0 + $1.charge })", hash,
        ].joined(separator: ",")
    }

    /// A text as a field of a comma-separated file.
    /// - Source: RFC 4180 §2
    static func quoted(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
