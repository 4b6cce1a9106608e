import EngineCore
import Foundation
import LoRaPHY
import TestSupport
import Testing

@testable import LinkProfiles

/// Every timer of the profile `lora`, on every modulation, against a table that people have read.
@Suite("The timers of LoRa")
struct TimerTableTests {
    /// What does not depend on how long frames are, and why.
    private static let independent = [
        "acknowledgementDelay": "the turnaround of radio and host, which is the same on every modulation",
        "attachBackoffMaximum": "a node without a network tries every twenty minutes on every link",
        "announceInterval": "zero: announcements go to other channels, and a LoRa mesh has one",
        "childUpdateRequestDelay": "gathers what changes at once on the node itself",
        "childLinkRequestMinimumDelay": "children make no such links on LoRa",
        "childLinkRequestMaximumDelay": "children make no such links on LoRa",
        "additionalChildLinkRequestMaximumDelay": "children make no such links on LoRa",
        "additionalChildLinkWait": "children make no such links on LoRa",
        "parentSearchInterval": "looks at what was heard, and sends nothing",
        "parentSearchBackoff": "ten hours between searches on every link",
    ]

    /// Spreading factor and bandwidth in kHz, as a column of the table is called.
    private static let modulations: [(name: String, value: LoRaModulation)] = {
        var all: [(String, LoRaModulation)] = []
        for kilohertz: Double in [62.5, 125, 250, 500] {
            for factor in LoRaModulation.spreadingFactors {
                do {
                    let bandwidth = Hertz(UInt64(kilohertz * 1000))
                    let modulation = try LoRaModulation(bandwidth: bandwidth, spreadingFactor: factor)
                    all.append(("SF\(factor)/\(kilohertz == 62.5 ? "62.5" : "\(Int(kilohertz))")", modulation))
                } catch {
                    preconditionFailure("\(error)")
                }
            }
        }
        return all
    }()

    private static func timers(_ profile: LinkProfile) -> [(name: String, value: Duration)] {
        Mirror(reflecting: profile).children.compactMap { child in
            guard let name = child.label, let value = child.value as? Duration else { return nil }
            return (name, value)
        }
    }

    /// One line a timer, one column a profile, in milliseconds.
    private static var table: String {
        let fixed = [("ieee802154", LinkProfile.ieee802154), ("pymesh", LinkProfile.pymesh)]
        let columns = fixed + modulations.map { ($0.name, LinkProfile.lora($0.value)) }
        let values = columns.map { timers($0.1) }
        var lines = ["timer, ms\t" + columns.map(\.0).joined(separator: "\t")]
        for (row, timer) in values[0].enumerated() {
            let cells = values.map { "\(($0[row].value.microseconds + 500) / 1000)" }
            lines.append("\(timer.name)\t" + cells.joined(separator: "\t"))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// After a change that is wanted: HEDDLE_WRITE_TABLES=1 writes the table anew, to be read before it is committed.
    @Test("Each has the value of the table")
    func values() throws {
        let file = Fixtures.directory.appending(path: "profiles/timers.tsv")
        if ProcessInfo.processInfo.environment["HEDDLE_WRITE_TABLES"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Self.table.write(to: file, atomically: true, encoding: .utf8)
        }
        let wanted = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let found = Self.table.split(separator: "\n")
        #expect(found.count == wanted.count)
        for (one, other) in zip(found, wanted) { #expect(one == other) }
    }

    @Test("Each grows with the time on air, or is one of those that have a reason not to")
    func growth() throws {
        let quickest = try #require(Self.modulations.first { $0.name == "SF5/500" }).value
        let slowest = try #require(Self.modulations.first { $0.name == "SF12/62.5" }).value
        let thread = Self.timers(.ieee802154)
        let (quick, slow) = (Self.timers(.lora(quickest)), Self.timers(.lora(slowest)))
        for index in thread.indices {
            let name = thread[index].name
            if let reason = Self.independent[name] {
                #expect(quick[index].value == slow[index].value, "\(name) is not independent, although: \(reason)")
            } else {
                #expect(slow[index].value > thread[index].value, "\(name) is a constant of 802.15.4")
                #expect(slow[index].value > quick[index].value, "\(name) is the same on all modulations")
            }
        }
        let names = Set(thread.map(\.name))
        for name in Self.independent.keys { #expect(names.contains(name), "there is no timer \(name)") }
    }

    @Test("Advertisements take half of what control traffic may, on every modulation", arguments: [360, 36])
    func budgets(seconds: Int) {
        let budget = Duration.seconds(seconds / 10)
        for (name, modulation) in Self.modulations {
            let profile = LinkProfile.lora(modulation, controlBudget: budget)
            let airtime = modulation.timeOnAir(byteCount: 80)
            let interval = profile.advertisementIntervalMaximumFloor
            let anHour = Double(airtime.microseconds) * 3600e6 / Double(interval.microseconds)
            // One an hour remains, however little is allowed. Intervals are rounded to milliseconds.
            #expect(anHour <= Double(max(budget / 2, airtime).microseconds) * 1.001, "\(name)")
            #expect(profile.neighborAgeMaximum > profile.advertisementIntervalMaximumCeiling * 3, "\(name)")
            // After a change they are as quick as ever.
            #expect(
                profile.advertisementIntervalMinimum == LinkProfile.lora(modulation).advertisementIntervalMinimum)
        }
    }
}
