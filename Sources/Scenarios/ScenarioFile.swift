import EngineCore
import LoRaPHY
public import NodeConfiguration

/// Reads a scenario from YAML; docs/simulator.md explains every key.
///
/// The whole file is checked before anything runs: nodes that are named exist, times lie within the run, and what
/// asserts connection is connected.
public enum ScenarioFile {
    static let maximumNodes = 2000
    static let maximumDuration = Duration.seconds(7 * 24 * 3600)
    /// Of all flows together.
    static let maximumMessages = 1_000_000

    /// - Throws: all that is wrong with the file.
    public static func read(_ path: String) throws(ConfigurationErrors) -> Scenario {
        try read(try YAMLReader(file: path))
    }

    /// - Parameter file: the name that errors carry, and whose folder relative paths start from.
    public static func read(text: String, file: String) throws(ConfigurationErrors) -> Scenario {
        try read(try YAMLReader(text: text, file: file))
    }

    private static func read(_ reader: YAMLReader) throws(ConfigurationErrors) -> Scenario {
        let root = reader.root
        var imported: CityScenario?
        if let value = root.optional("import"), let path = value.path() {
            // What is wrong with that file is told as such, and nothing here is judged by it.
            imported = try CityScenario.read(path)
        }
        let draft = ScenarioDraft(root, imported: imported)
        return try reader.finish(draft?.scenario)
    }
}

/// A scenario while it is being read.
final class ScenarioDraft {
    private(set) var scenario: Scenario
    private let root: YAMLMapping
    private var propagation = Propagation()
    /// Places of nodes by their names.
    private(set) var numbers: [String: Int] = [:]

    /// Nil only if an error was recorded.
    init?(_ root: YAMLMapping, imported: CityScenario?) {
        self.root = root
        let duration = root.optional("duration")?.duration(in: .seconds(1)...ScenarioFile.maximumDuration)
        let seed = root.optional("seed")?.integer(in: 0...Int.max).map { UInt64($0) }
        if imported == nil, root.optional("duration") == nil {
            _ = root.required("duration", expected: "how long the run lasts, such as 30 min")
        }
        guard let radio = Self.radio(root.optional("radio")?.mapping(), imported: imported) else { return nil }
        scenario = Scenario(
            name: root.optional("name")?.string(bytes: 1...100) ?? imported?.name ?? "scenario", radio: radio,
            air: .modelled(softEdge: Decibels(0)), nodes: [], links: [], traffic: [], events: [],
            duration: duration ?? imported?.duration ?? .seconds(1), startSpread: .zero, warmUp: .zero,
            seed: seed ?? 1, stop: Scenario.Stop(), assertions: Scenario.Assertions(), limits: Scenario.Limits())
        let longest = ScenarioFile.maximumDuration
        scenario.startSpread = root.optional("start-spread")?.duration(in: .zero...longest) ?? .zero
        scenario.warmUp = root.optional("warm-up")?.duration(in: .zero...longest) ?? .zero
        readPropagation()
        if let imported {
            take(imported)
        } else {
            readNodes()
        }
        readLimits()
        checkRegion()
        readTraffic(imported)
        readEvents()
        readStop()
        readAssertions()
    }

    private static func radio(_ mapping: YAMLMapping?, imported: CityScenario?) -> Scenario.Radio? {
        let known = imported?.modulation
        let bandwidths = LoRaModulation.bandwidths.map { "\($0.value)" }
        let bandwidth = mapping?.optional("bandwidth")?.parsed(
            expected: "one of " + bandwidths.joined(separator: ", ") + " Hz"
        ) { text in UInt64(text).flatMap { LoRaModulation.bandwidths.contains(Hertz($0)) ? Hertz($0) : nil } }
        let factor = mapping?.optional("spreading-factor")?.integer(in: 7...12)
        let rate = mapping?.optional("coding-rate")?.integer(in: 5...8)
        let preamble = mapping?.optional("preamble")?.integer(in: 6...65535, unit: "symbols")
        let profile: Scenario.Radio.Profile? = mapping?.optional("profile")?.choice()
        let power = mapping?.optional("power")?.number(in: -9...30, unit: "dBm")
        let names = Region.all.map(\.name).joined(separator: ", ")
        let region = mapping?.optional("region")?.parsed(expected: "one of \(names)") { Region.named($0) }
        let frequency = mapping?.optional("frequency")?.integer(in: 150_000_000...960_000_000, unit: "Hz")
        let modulation = try? LoRaModulation(
            bandwidth: bandwidth ?? known?.bandwidth ?? Hertz(250_000),
            spreadingFactor: factor.map { UInt8($0) } ?? known?.spreadingFactor ?? 7,
            codingRate: rate.map { UInt8($0) } ?? known?.codingRate ?? 5,
            preambleLength: preamble.map { UInt16($0) } ?? known?.preambleLength ?? 8)
        guard let modulation else { return nil }
        return Scenario.Radio(
            profile: profile ?? .lora, modulation: modulation, power: DecibelMilliwatts(power ?? 14), region: region,
            frequency: Hertz(UInt64(frequency ?? 869_525_000)))
    }

    private func checkRegion() {
        do throws(RegionViolation) {
            _ = try scenario.rules()
        } catch {
            let value = root.optional("radio")?.mapping()?.optional("region")
            let _: Never? = value?.refuse(expected: "what the law allows: \(error)")
        }
    }

    private func readPropagation() {
        guard let mapping = root.optional("channel")?.mapping() else { return }
        propagation.exponent = mapping.optional("exponent")?.number(in: 1.5...6) ?? propagation.exponent
        propagation.referenceLoss =
            mapping.optional("reference-loss")?.number(in: 0...100, unit: "dB") ?? propagation.referenceLoss
        propagation.shadowing = mapping.optional("shadowing")?.number(in: 0...20, unit: "dB") ?? 0
        if let edge = mapping.optional("soft-edge")?.number(in: 0...20, unit: "dB") {
            scenario.air = .modelled(softEdge: Decibels(edge))
        }
    }

    private func take(_ imported: CityScenario) {
        scenario.nodes = imported.nodes
        scenario.air = .city(imported.links)
        scenario.startSpread = root.optional("start-spread") == nil ? imported.startSpread : scenario.startSpread
        numbers = Dictionary(uniqueKeysWithValues: imported.nodes.enumerated().map { ($1.name, $0) })
        for key in ["nodes", "links", "topology", "channel"] {
            let _: Never? = root.optional(key)?.refuse(
                found: "\(key) beside an import", expected: "one or the other")
        }
    }

    // MARK: Nodes and links

    private func readNodes() {
        let shape = root.optional("topology")?.mapping()
        let listed = root.optional("nodes")?.sequence()
        if shape == nil, listed == nil { _ = root.required("nodes", expected: "a list of nodes, or `topology`") }
        for value in listed ?? [] { readNode(value) }
        var range: Double?
        var fixed: [Scenario.Link] = []
        let seed = UInt64(shape?.optional("seed")?.integer(in: 0...Int.max) ?? 1)
        if let shape { readShape(shape, seed: seed, range: &range, fixed: &fixed) }
        if scenario.nodes.count > ScenarioFile.maximumNodes {
            let _: Never? = root.optional("nodes")?.refuse(
                found: "\(scenario.nodes.count) nodes", expected: "at most \(ScenarioFile.maximumNodes)")
            return
        }
        let positions = scenario.nodes.map(\.position)
        scenario.links =
            fixed.isEmpty
            ? propagation.links(
                between: positions, powers: scenario.nodes.map { $0.power ?? scenario.radio.power },
                // Twenty decibels below the floor nothing can disturb what is received.
                weakest: scenario.radio.modulation.sensitivity() - Decibels(20), range: range, seed: seed &+ 1)
            : fixed
        for value in root.optional("links")?.sequence() ?? [] { readLink(value) }
    }

    private func readNode(_ value: YAMLValue) {
        guard let mapping = value.mapping() else { return }
        let name = mapping.required("name", expected: "the node's name")?.string(bytes: 1...64)
        let position = mapping.optional("at").flatMap(position)
        let role: Scenario.Node.Role = mapping.optional("role")?.choice() ?? .router
        let power = mapping.optional("power")?.number(in: -9...30, unit: "dBm")
        let poll = mapping.optional("poll-period")?.duration(in: .milliseconds(100)...(.seconds(3600)))
        guard let name else { return }
        guard numbers[name] == nil else {
            let _: Never? = mapping.optional("name")?.refuse(expected: "a name that no other node has")
            return
        }
        numbers[name] = scenario.nodes.count
        scenario.nodes.append(
            Scenario.Node(
                name: name, role: role, position: position, power: power.map { DecibelMilliwatts($0) },
                pollPeriod: poll ?? .seconds(10)))
    }

    private func position(_ value: YAMLValue) -> Scenario.Position? {
        guard let parts = value.sequence() else { return nil }
        guard parts.count == 2 else {
            return value.refuse(found: "\(parts.count) numbers", expected: "metres east and north, such as [120, 340]")
        }
        let coordinates = parts.compactMap { $0.number(in: -1_000_000...1_000_000, unit: "m") }
        guard coordinates.count == 2 else { return nil }
        return Scenario.Position(x: coordinates[0], y: coordinates[1])
    }

    private func readShape(
        _ mapping: YAMLMapping, seed: UInt64, range: inout Double?, fixed: inout [Scenario.Link]
    ) {
        let kinds = TopologyShape.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let kind: TopologyShape.Kind? = mapping.required("shape", expected: "one of \(kinds)")?.choice()
        let count = mapping.required("count", expected: "how many nodes")?.integer(in: 1...ScenarioFile.maximumNodes)
        let prefix = mapping.optional("prefix")?.string(bytes: 1...32) ?? "N"
        func metres(_ key: String, _ default: Double) -> Double {
            mapping.optional(key)?.number(in: 1...1_000_000, unit: "m") ?? `default`
        }
        let shape: TopologyShape
        switch kind {
        case nil: return
        case .line: shape = .line(spacing: metres("spacing", 1000))
        case .grid: shape = .grid(spacing: metres("spacing", 1000))
        case .disc: shape = .disc(radius: metres("radius", 3000))
        case .clustered:
            shape = .clustered(
                clusters: mapping.optional("clusters")?.integer(in: 1...1000) ?? 4, radius: metres("radius", 5000),
                clusterRadius: metres("cluster-radius", 1000))
        case .geometric:
            let reach = metres("range", 2000)
            shape = .geometric(side: metres("side", 6000), range: reach)
            range = reach
        }
        let lossValue = mapping.optional("loss")
        let loss = lossValue?.number(in: 0...300, unit: "dB")
        guard let count else { return }
        let base = scenario.nodes.count
        if base > 0 {
            let _: Never? = root.optional("topology")?.refuse(
                found: "a topology beside a list of nodes", expected: "one or the other")
            return
        }
        for (index, position) in shape.positions(count: count, seed: seed).enumerated() {
            numbers["\(prefix)\(index)"] = scenario.nodes.count
            scenario.nodes.append(
                Scenario.Node(
                    name: "\(prefix)\(index)", role: .router, position: position, power: nil,
                    pollPeriod: .seconds(10)))
        }
        if let loss {
            guard let links = shape.neighborLinks(count: count, loss: Decibels(loss)) else {
                let _: Never? = lossValue?.refuse(
                    found: "one loss for all links", expected: "a line or a grid, whose neighbors are known")
                return
            }
            fixed = links
        }
    }

    private func readLink(_ value: YAMLValue) {
        guard let mapping = value.mapping() else { return }
        let from = node(mapping.required("from", expected: "a node"))
        let to = node(mapping.required("to", expected: "a node"))
        let loss = mapping.required("loss", expected: "the path loss in dB")?.number(in: 0...300, unit: "dB")
        let isOneWay = mapping.optional("one-way")?.boolean() ?? false
        guard let from, let to, let loss else { return }
        guard from != to else {
            let _: Never? = value.refuse(found: "a link from a node to itself", expected: "two nodes")
            return
        }
        // A link that is named takes the place of the one that positions gave.
        scenario.links.removeAll { $0.from == from && $0.to == to || !isOneWay && $0.from == to && $0.to == from }
        scenario.links.append(Scenario.Link(from: from, to: to, loss: Decibels(loss)))
        if !isOneWay { scenario.links.append(Scenario.Link(from: to, to: from, loss: Decibels(loss))) }
    }

    /// The place of a node that is named.
    func node(_ value: YAMLValue?) -> Int? {
        let names = scenario.nodes.prefix(20).map(\.name).joined(separator: ", ")
        let more = scenario.nodes.count > 20 ? ", …" : ""
        return value?.parsed(expected: "one of the nodes: \(names)\(more)") { self.numbers[$0] }
    }

    /// The links of a node that is moved to a place.
    func links(of node: Int, at place: Scenario.Position) -> [Scenario.Link] {
        var positions = [Scenario.Position?](repeating: nil, count: scenario.nodes.count)
        let powers = scenario.nodes.map { $0.power ?? scenario.radio.power }
        var links: [Scenario.Link] = []
        var calm = propagation
        calm.shadowing = 0
        for other in scenario.nodes.indices where other != node && scenario.nodes[other].position != nil {
            positions[other] = scenario.nodes[other].position
            positions[node] = place
            links += calm.links(
                between: positions, powers: powers,
                weakest: scenario.radio.modulation.sensitivity() - Decibels(20), seed: 0)
            positions[other] = nil
        }
        return links
    }

    // MARK: The rest

    private func readLimits() {
        guard let mapping = root.optional("limits")?.mapping() else { return }
        scenario.limits.children = mapping.optional("children")?.integer(in: 1...511)
        scenario.limits.routers = mapping.optional("routers")?.integer(in: 1...62)
        scenario.limits.routerUpgradeThreshold = mapping.optional("router-upgrade-threshold")?.integer(in: 1...62)
        scenario.limits.routerDowngradeThreshold = mapping.optional("router-downgrade-threshold")?.integer(in: 1...62)
    }

    private func readTraffic(_ imported: CityScenario?) {
        let values = root.optional("traffic")?.sequence()
        if let imported, values == nil { scenario.traffic = imported.traffic }
        for (index, value) in (values ?? []).enumerated() {
            guard let flow = FlowReader(draft: self, value: value, number: index + 1).flow() else { continue }
            scenario.traffic.append(flow)
        }
        let count = scenario.traffic.reduce(0) { $0 + $1.schedule.expectedCount }
        if count > ScenarioFile.maximumMessages {
            let _: Never? = root.optional("traffic")?.refuse(
                found: "about \(count) messages", expected: "at most \(ScenarioFile.maximumMessages)")
        }
    }

    private func readEvents() {
        for value in root.optional("events")?.sequence() ?? [] {
            guard let event = EventReader(draft: self, value: value).event() else { continue }
            scenario.events.append(event)
        }
        scenario.events.sort { $0.time < $1.time }
    }

    private func readStop() {
        guard let mapping = root.optional("stop")?.mapping() else { return }
        scenario.stop.whenFormed = mapping.optional("formed")?.boolean() ?? false
        scenario.stop.whenDelivered = mapping.optional("delivered")?.boolean() ?? false
    }

    private func readAssertions() {
        guard let mapping = root.optional("assert")?.mapping() else { return }
        let longest = ScenarioFile.maximumDuration
        scenario.assertions.formedWithin = mapping.optional("formed-within")?.duration(in: .seconds(1)...longest)
        scenario.assertions.convergedWithin =
            mapping.optional("converged-within")?.duration(in: .seconds(1)...longest)
        scenario.assertions.delivery = mapping.optional("delivery")?.number(in: 0...1)
        scenario.assertions.answered = mapping.optional("answered")?.number(in: 0...1)
        scenario.assertions.partitions = mapping.optional("partitions")?.integer(in: 1...ScenarioFile.maximumNodes)
        let value = mapping.optional("connected")
        scenario.assertions.isConnected = value?.boolean() ?? false
        if scenario.assertions.isConnected, let stranded = scenario.firstStranded {
            let _: Never? = value?.refuse(
                found: "no way from \(scenario.nodes[0].name) to \(scenario.nodes[stranded].name)",
                expected: "links over which all nodes can reach each other")
        }
    }
}
