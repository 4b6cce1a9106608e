// A report as Prometheus reads it.
// - Source: Prometheus' "Exposition formats", text format 0.0.4
extension NodeReport {
    /// The content type of ``prometheusText``.
    public static let prometheusContentType = "text/plain; version=0.0.4; charset=utf-8"

    public var prometheusText: String {
        var text = PrometheusText()
        text.add(
            "heddle_info", .gauge, "What runs here.",
            [(["version": version, "extended_address": network.extendedAddress], 1)])
        text.add("heddle_uptime_seconds", .gauge, "How long the daemon runs.", [([:], uptime)])
        text.add(
            "heddle_role", .gauge, "1 for the role that the node is in.",
            ["disabled", "detached", "child", "router", "leader"].map { (["role": $0], $0 == network.role ? 1 : 0) })
        text.add(
            "heddle_neighbors", .gauge, "Nodes that this one has a link to.",
            [
                (["kind": "child"], Double(network.children)), (["kind": "router"], Double(network.linkedRouters)),
            ])
        text.add("heddle_partition_routers", .gauge, "Routers in the partition.", [([:], Double(network.routers))])
        text.add(
            "heddle_state_written", .gauge, "1 unless the state could not be written when it was last to be.",
            [([:], isStateWritten ? 1 : 0)])
        text.add(
            "heddle_radio_frames_total", .counter, "Frames that the radio sent and received.",
            [
                (["direction": "sent"], Double(radio.framesSent)),
                (["direction": "received"], Double(radio.framesReceived)),
            ])
        text.add(
            "heddle_radio_airtime_seconds_total", .counter, "Time on air of the frames sent.", [([:], radio.airtime)])
        if let legalAirtime, let budget = legalAirtime.budget {
            text.add(
                "heddle_legal_airtime_seconds", .gauge, "Air time of the last hour, and what the law allows in one.",
                [(["kind": "used"], legalAirtime.used), (["kind": "budget"], budget)])
            text.add(
                "heddle_legal_airtime_waits_total", .counter, "Frames that waited for air time.",
                [([:], Double(legalAirtime.waits))])
        }
        text.add(
            "heddle_ip_datagrams_total", .counter, "IPv6 datagrams by what became of them.",
            [
                (["direction": "sent", "outcome": "success"], Double(datagrams.sent)),
                (["direction": "sent", "outcome": "failure"], Double(datagrams.sentInVain)),
                (["direction": "received", "outcome": "success"], Double(datagrams.received)),
                (["direction": "received", "outcome": "failure"], Double(datagrams.receivedInVain)),
            ])
        text.add(
            "heddle_drops_total", .counter, "Frames and datagrams discarded, by reason.",
            drops.sorted { $0.key < $1.key }.map { (["reason": $0.key], Double($0.value)) })
        guard let border else { return text.text }
        text.add(
            "heddle_border_datagrams_total", .counter, "Datagrams that the border router's filter let pass.",
            [(["direction": "in"], Double(border.entered)), (["direction": "out"], Double(border.left))])
        text.add(
            "heddle_border_discarded_total", .counter, "Datagrams that the filter discarded, by reason.",
            border.discarded.sorted { $0.key < $1.key }.map { (["reason": $0.key], Double($0.value)) })
        text.add("heddle_border_flows", .gauge, "Conversations that the filter knows.", [([:], Double(border.flows))])
        return text.text
    }
}

/// Families of samples, one after the other.
struct PrometheusText {
    enum Kind: String {
        case counter
        case gauge
    }

    private(set) var text = ""

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [String: String], Double)]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in samples {
            let list = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
            text += name + (list.isEmpty ? "" : "{\(list.joined(separator: ","))}") + " \(Self.number(value))\n"
        }
    }

    /// Whole numbers without a fraction, as far as a double holds them exactly.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 9_007_199_254_740_992 ? "\(Int64(value))" : "\(value)"
    }

    static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
