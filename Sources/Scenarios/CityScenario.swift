import EngineCore
import LoRaPHY
import NodeConfiguration
import Simulator

/// A scenario of the public study of a city mesh: its links, its schedule and its channel's rules.
///
/// A direct message becomes a request whose answer is the acknowledgement that the study counts; a channel message
/// becomes a multicast that all companions are to receive.
/// - Source: the study's scenario files
/// - Deviation: docs/deviations.md#city-scenarios
struct CityScenario {
    var name: String
    var nodes: [Scenario.Node] = []
    var links: [CityMedium.Link] = []
    var modulation: LoRaModulation
    var duration: Duration
    var traffic: [Scenario.Flow] = []
    /// The study staggers the nodes' clocks over this span.
    let startSpread = Duration.seconds(120)

    /// Of all frames of the study.
    static let preambleLength: UInt16 = 16
    /// What an acknowledgement has as payload.
    /// - Units: bytes
    static let acknowledgementByteCount = 8

    /// - Throws: the first thing that is wrong with the file.
    static func read(_ file: String) throws(ConfigurationErrors) -> CityScenario {
        try CityScenario(JSONReader(file: file))
    }

    private init(_ root: JSONReader) throws(ConfigurationErrors) {
        name = root.file.split(separator: "/").last.map { String($0.prefix { $0 != "." }) } ?? root.file
        let simulation = try root.required("simulation", expected: "the duration and the radio")
        duration = .milliseconds(
            try simulation.required("duration_ms", expected: "milliseconds").integer(in: 1000...604_800_000))
        modulation = try Self.modulation(try simulation.required("radio", expected: "sf, bw and cr"))
        var numbers: [String: Int] = [:]
        var companions: [Int] = []
        let list = try root.required("nodes", expected: "a list of nodes")
        guard (1...ScenarioFile.maximumNodes).contains(try list.list().count) else {
            throw list.error(expected: "1 to \(ScenarioFile.maximumNodes) nodes")
        }
        for node in try list.list() {
            let name = try node.required("name", expected: "the node's name")
            let role = try node.required("role", expected: "repeater or companion")
            guard numbers.updateValue(nodes.count, forKey: try name.text()) == nil else {
                throw name.error(expected: "a name that no other node has")
            }
            switch try role.text() {
            case "repeater": break
            case "companion": companions.append(nodes.count)
            default: throw role.error(expected: "repeater or companion")
            }
            nodes.append(
                Scenario.Node(
                    name: try name.text(), role: .router, position: try Self.position(node), power: nil,
                    pollPeriod: .seconds(10)))
        }
        func number(_ entry: JSONReader, _ key: String) throws(ConfigurationErrors) -> Int {
            let value = try entry.required(key, expected: "a node's name")
            guard let number = numbers[try value.text()] else { throw value.error(expected: "one of the nodes") }
            return number
        }
        let topology = try root.required("topology", expected: "the links")
        var linked: Set<[Int]> = []
        for entry in try topology.required("links", expected: "a list of links").list() {
            try addLink(entry, from: try number(entry, "from"), to: try number(entry, "to"), besides: &linked)
        }
        for entry in try root.optional("message_schedule")?.list() ?? [] {
            let (from, to) = (try number(entry, "from"), try number(entry, "to"))
            traffic.append(
                Scenario.Flow(
                    name: "direct", kind: .request, from: from, to: [to],
                    byteCount: try Self.byteCount(entry, "message"), answerByteCount: Self.acknowledgementByteCount,
                    schedule: try schedule(entry), attempts: 1, timeout: .seconds(60)))
        }
        for entry in try root.optional("channel_schedule")?.list() ?? [] {
            let from = try number(entry, "from")
            traffic.append(
                Scenario.Flow(
                    name: "channel", kind: .multicast, from: from, to: companions.filter { $0 != from },
                    byteCount: try Self.byteCount(entry, "message"), answerByteCount: Self.acknowledgementByteCount,
                    schedule: try schedule(entry), attempts: 1, timeout: .seconds(60)))
        }
    }

    private static func modulation(_ radio: JSONReader) throws(ConfigurationErrors) -> LoRaModulation {
        let bandwidth = try radio.required("bw", expected: "the bandwidth in Hz")
        let factor = try radio.required("sf", expected: "the spreading factor").integer(in: 7...12)
        let rate = try radio.required("cr", expected: "1 to 4 for 4/5 to 4/8").integer(in: 1...4)
        do {
            return try LoRaModulation(
                bandwidth: Hertz(UInt64(try bandwidth.integer(in: 1...1_000_000))), spreadingFactor: UInt8(factor),
                codingRate: UInt8(rate + 4), preambleLength: preambleLength)
        } catch let errors as ConfigurationErrors {
            throw errors
        } catch {
            throw bandwidth.error(expected: "a bandwidth of LoRa in Hz")
        }
    }

    /// Metres east and north of 47.6° N, 122.3° W, about where the study's city is; nil without coordinates.
    private static func position(_ node: JSONReader) throws(ConfigurationErrors) -> Scenario.Position? {
        guard let latitude = try node.optional("lat"), let longitude = try node.optional("lon") else { return nil }
        // A degree of latitude is 111.2 km long; of longitude, at 47.6°, 75.0 km.
        return Scenario.Position(
            x: (try longitude.number(in: -180...180) + 122.3) * 75_000,
            y: (try latitude.number(in: -90...90) - 47.6) * 111_200)
    }

    private mutating func addLink(
        _ entry: JSONReader, from: Int, to: Int, besides linked: inout Set<[Int]>
    ) throws(ConfigurationErrors) {
        guard from != to else { throw entry.error(found: "a link from a node to itself", expected: "two nodes") }
        let link = CityMedium.Link(
            from: from, to: to,
            snr: Decibels(try entry.required("snr", expected: "the mean ratio in dB").number(in: -200...200)),
            rssi: DecibelMilliwatts(try entry.required("rssi", expected: "the strength in dBm").number(in: -300...100)),
            deviation: Decibels(try entry.optional("snr_std_dev")?.number(in: 0...50) ?? 0),
            erasure: try entry.optional("loss")?.number(in: 0...1) ?? 0)
        let isBothWays = try entry.optional("bidir")?.boolean() ?? true
        let isNew = linked.insert([from, to]).inserted
        guard isNew, !isBothWays || linked.insert([to, from]).inserted else {
            throw entry.error(found: "a second link between these nodes", expected: "one for each direction")
        }
        links.append(link)
        guard isBothWays else { return }
        var back = link
        back.from = to
        back.to = from
        links.append(back)
    }

    private static func byteCount(_ entry: JSONReader, _ key: String) throws(ConfigurationErrors) -> Int {
        let text = try entry.required(key, expected: "the message's text")
        let count = try text.text().utf8.count
        guard count <= FlowReader.byteCounts.upperBound else { throw text.error(expected: "at most 1000 bytes") }
        return max(count, FlowReader.byteCounts.lowerBound)
    }

    private func schedule(_ entry: JSONReader) throws(ConfigurationErrors) -> Scenario.Schedule {
        let last = Int(duration.milliseconds)
        let start = try entry.required("start_ms", expected: "milliseconds").integer(in: 0...last)
        let count = try entry.optional("count")?.integer(in: 1...10_000) ?? 1
        let interval = try entry.optional("interval_ms")?.integer(in: 0...last) ?? 0
        return .times((0..<count).map { .milliseconds(start + $0 * interval) }.filter { $0 <= duration })
    }
}
