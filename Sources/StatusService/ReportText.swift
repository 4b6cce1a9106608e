import Foundation

// A report for people and for programs.
extension NodeReport {
    /// A few lines for a terminal.
    public var lines: [String] {
        var lines: [String] = []
        func line(_ name: String, _ value: String) {
            lines.append(name.padding(toLength: 12, withPad: " ", startingAt: 0) + value)
        }
        line("node", "\(network.extendedAddress), heddled \(version), up \(Self.time(uptime))")
        let place = network.partition.map { ", RLOC16 \(network.rloc16) in partition \($0)" } ?? ""
        line("role", network.role + place)
        if let name = network.name, let panID = network.panID, let channel = network.channel {
            line("network", "\(name), PAN \(panID), channel \(channel)")
        } else {
            line("network", "none: there is no dataset")
        }
        line(
            "neighbors",
            "\(network.children) children, \(network.linkedRouters) routers; \(network.routers) routers in all")
        for (index, address) in network.addresses.enumerated() { line(index == 0 ? "addresses" : "", address) }
        line(
            "radio",
            "\(radio.framesSent) frames sent in \(Self.seconds(radio.airtime)) s on the air, "
                + "\(radio.framesReceived) received")
        if let legalAirtime { line("air time", Self.text(legalAirtime, drops["airtimeExhausted"] ?? 0)) }
        line(
            "datagrams",
            "\(datagrams.sent) sent, \(datagrams.sentInVain) in vain; \(datagrams.received) received, "
                + "\(datagrams.receivedInVain) in vain")
        if let border {
            line("border", "\(border.entered) in, \(border.left) out, \(border.flows) conversations")
            if !border.discarded.isEmpty { line("discarded", Self.counts(border.discarded)) }
        }
        if !drops.isEmpty { line("drops", Self.counts(drops)) }
        line("state", isStateWritten ? "written" : "NOT WRITTEN: is the disk full?")
        return lines
    }

    /// One line of JSON with sorted keys.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers, texts and what is made of them can always be encoded.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private static func text(_ airtime: AirtimeReport, _ givenUp: UInt64) -> String {
        guard let budget = airtime.budget else { return "not limited from \(airtime.band)" }
        let share = Int((airtime.used / budget * 100).rounded())
        return "\(seconds(airtime.used)) of \(seconds(budget)) s of this hour used (\(share) %) from \(airtime.band); "
            + "\(airtime.waits) frames waited, \(givenUp) were given up"
    }

    private static func counts(_ counts: [String: UInt64]) -> String {
        counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
            .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    private static func seconds(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(seconds)
        let (days, hours, minutes) = (whole / 86400, whole / 3600 % 24, whole / 60 % 60)
        if days > 0 { return "\(days) d \(hours) h" }
        if hours > 0 { return "\(hours) h \(minutes) min" }
        return minutes > 0 ? "\(minutes) min \(whole % 60) s" : "\(whole) s"
    }
}
