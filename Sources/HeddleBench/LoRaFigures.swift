import CryptoProviders
import EngineCore
import IPEngine
import LinkProfiles
import LoRaChannel
import LoRaPHY
import NodeEngine
import Simulator
import ThreadEngine
import ThreadWire
import WireCore

/// What a mesh on LoRa reaches in virtual time, beside what physics and the law allow.
struct LoRaFigures: Codable {
    struct Ping: Codable {
        var modulation: String
        var hops: Int
        var answered: Int
        var sent: Int
        /// - Units: milliseconds
        var median: Double
        /// The times on air of the frames that must be sent until the answer is there, acknowledgements included.
        /// - Units: milliseconds
        var limit: Double
    }

    struct Stream: Codable {
        var modulation: String
        var hops: Int
        /// What arrived.
        /// - Units: bits a second, of what the application sent
        var goodput: Double
        /// What could arrive, if no two frames were ever on the air within two hops, and nothing else.
        var limit: Double
    }

    /// From switching on until a node is what it will be, medians of nine seeds.
    /// - Units: seconds
    struct ColdStart: Codable {
        var modulation: String
        /// Alone.
        var leader: Double
        /// Beside a leader.
        var router: Double
    }

    /// A mesh without traffic, all in range of each other, under the law of one of EU868's sub-bands.
    struct Quiet: Codable {
        var modulation: String
        /// What the law allows of the time.
        /// - Units: percent
        var dutyCycle: Int
        var nodes: Int
        var routers: Int
        /// From switching all on at once until there is one partition.
        /// - Units: minutes
        var formation: Double
        /// What a node sends in an hour, on average and the busiest one.
        /// - Units: percent of what control traffic may take, a tenth of what the law allows
        var meanShare: Double
        var highestShare: Double
    }

    struct Budget: Codable {
        /// What is offered, in percent of what the law allows in an hour.
        var offered: Int
        var sent: Int
        var delivered: Int
        var givenUp: Int
        /// What the busiest node used of the hour.
        /// - Units: percent of the budget
        var used: Double
    }

    var pings: [Ping] = []
    var streams: [Stream] = []
    var coldStarts: [ColdStart] = []
    var quiet: [Quiet] = []
    var budgets: [Budget] = []

    static let modulations: [(name: String, value: LoRaModulation)] = {
        func modulation(_ factor: UInt8, _ kilohertz: UInt64) -> LoRaModulation {
            do {
                return try LoRaModulation(bandwidth: Hertz(kilohertz * 1000), spreadingFactor: factor)
            } catch {
                preconditionFailure("\(error)")
            }
        }
        return [
            ("SF7/125", modulation(7, 125)), ("SF7/500", modulation(7, 500)), ("SF9/125", modulation(9, 125)),
            ("SF12/125", modulation(12, 125)),
        ]
    }()

    static func measure() -> LoRaFigures {
        var figures = LoRaFigures()
        for (name, modulation) in modulations.prefix(3) {
            figures.coldStarts.append(coldStart(name, modulation))
            for hops in [1, 3] { figures.pings.append(ping(name, modulation, hops: hops)) }
            for hops in 1...4 { figures.streams.append(stream(name, modulation, hops: hops)) }
        }
        for (name, modulation) in [modulations[0], modulations[2], modulations[3]] {
            for rules in [Region.eu868.subBands[4], Region.eu868.subBands[2]] {
                for count in [4, 16, 32] { figures.quiet.append(quiet(name, modulation, rules, count: count)) }
            }
        }
        figures.budgets = [50, 80, 95].map(budget)
        return figures
    }

    // MARK: Networks

    private static func network(
        _ modulation: LoRaModulation, count: Int, isLine: Bool, seed: UInt64, rules: SubBand? = nil,
        controlBudget: Duration? = nil
    ) -> VirtualNetwork {
        let names = (0..<count).map { "N\($0)" }
        var links: [Topology.Link] = []
        for first in names.indices {
            for second in names.indices where second > first && (!isLine || second == first + 1) {
                links.append(Topology.Link(from: names[first], to: names[second], loss: Decibels(90)))
            }
        }
        do {
            return VirtualNetwork(
                topology: try Topology(nodes: names, links: links),
                profile: .lora(modulation, controlBudget: controlBudget), seed: seed,
                cryptography: MbedTLSCryptography(),
                secretEntropy: { seed in
                    var writer = ByteWriter()
                    for index in 0..<4 { writer.write(seed &+ UInt64(index)) }
                    return SodiumEntropy(seed: writer.bytes)
                }, configure: { _, configuration in configuration.mac.airtimeRules = rules })
        } catch {
            preconditionFailure("a topology of the benchmark's own: \(error)")
        }
    }

    /// Switches all on at once and waits until all have decided what they are.
    private static func form(_ network: VirtualNetwork) -> Duration {
        network.start(MeasuredNetwork.dataset)
        let limit = Duration.seconds(3600)
        let formed = network.run(
            until: { network in
                network.isOnePartition
                    && network.nodes.allSatisfy { $0.engine.thread.role.isRouting || network.nodes.count > 16 }
            }, within: limit)
        return formed ?? limit
    }

    // MARK: Measurements

    private static func ping(_ name: String, _ modulation: LoRaModulation, hops: Int) -> Ping {
        let network = network(modulation, count: hops + 1, isLine: true, seed: 1)
        _ = form(network)
        network.run(for: .seconds(300))
        let (source, target) = (network.nodes[0], network.nodes[hops])
        var times: [Duration] = []
        var onAir = Duration.zero
        var least = Duration.seconds(3600)
        for node in network.nodes {
            node.observer = { output, _ in
                if case .transmit(let bytes) = output { onAir += network.profile.phy.timeOnAir(byteCount: bytes.count) }
            }
        }
        let rounds = 21
        for round in 0..<rounds {
            let (start, answers) = (network.now, source.echoReplies.count)
            onAir = .zero
            guard let address = target.engine.thread.meshLocalEID else { continue }
            network.with(source) { engine, now in
                // A refusal counts as an echo that was not answered.
                try? engine.sendEcho(
                    to: address, identifier: 1, sequence: UInt16(round), payload: [UInt8](repeating: 1, count: 16),
                    now: now)
            }
            if network.run(until: { _ in source.echoReplies.count > answers }, within: .seconds(60)) != nil {
                times.append(network.now.since(start))
                least = min(least, onAir)
            }
            network.run(for: .seconds(20))
        }
        times.sort()
        return Ping(
            modulation: name, hops: hops, answered: times.count, sent: rounds,
            median: times.isEmpty ? 0 : Double(times[times.count / 2].microseconds) / 1000,
            limit: Double(least.microseconds) / 1000)
    }

    private static let payload = [UInt8](repeating: 7, count: 100)

    private static func stream(_ name: String, _ modulation: LoRaModulation, hops: Int) -> Stream {
        let network = network(modulation, count: hops + 1, isLine: true, seed: 2)
        _ = form(network)
        network.run(for: .seconds(300))
        let (source, target) = (network.nodes[0], network.nodes[hops])
        guard let address = target.engine.thread.meshLocalEID, let sockets = openPair(network, source, target) else {
            preconditionFailure("a formed network has addresses and sockets")
        }
        var largest = 0
        source.observer = { output, _ in
            if case .transmit(let bytes) = output { largest = max(largest, bytes.count) }
        }
        var (sent, arrived) = (0, 0)
        var lastArrival = network.now
        let (start, length) = (network.now, Duration.seconds(600))
        while network.now.since(start) < length {
            // Two on their way: more would only wait. What was lost is given up after a while.
            if sent - arrived < 2 || network.now.since(lastArrival) > .seconds(10) {
                if network.now.since(lastArrival) > .seconds(10) {
                    sent = arrived
                    lastArrival = network.now
                }
                network.with(source) { engine, now in
                    try? engine.send(
                        sockets.0, to: SocketAddress(address, port: 5000), payload: payload, now: now)
                }
                sent += 1
            }
            network.run(for: .milliseconds(5))
            while let _ = network.with(target, { engine, _ in try? engine.receive(sockets.1) }) ?? nil {
                arrived += 1
                lastArrival = network.now
            }
        }
        let bits = Double(payload.count * 8)
        let phy = network.profile.phy
        let exchange = phy.timeOnAir(byteCount: largest) + phy.timeOnAir(byteCount: 3)
        return Stream(
            modulation: name, hops: hops, goodput: Double(arrived) * bits / Double(length.wholeSeconds),
            limit: bits / (Double(exchange.microseconds) / 1e6) / Double(min(hops, 3)))
    }

    private static func openPair(
        _ network: VirtualNetwork, _ source: VirtualNetwork.Node, _ target: VirtualNetwork.Node
    ) -> (SocketID, SocketID)? {
        func open(_ node: VirtualNetwork.Node) -> SocketID? {
            network.with(node) { engine, _ in
                guard let socket = try? engine.openSocket(), (try? engine.bind(socket, port: 5000)) != nil else {
                    return nil
                }
                return socket
            }
        }
        guard let first = open(source), let second = open(target) else { return nil }
        return (first, second)
    }

    private static func coldStart(_ name: String, _ modulation: LoRaModulation) -> ColdStart {
        var (leaders, routers): ([Double], [Double]) = ([], [])
        for seed: UInt64 in 1...9 {
            let network = network(modulation, count: 2, isLine: true, seed: seed)
            func start(_ index: Int, until role: Role) -> Double {
                network.start(MeasuredNetwork.dataset, nodes: [network.nodes[index]])
                let time = network.run(
                    until: { $0.nodes[index].engine.thread.role == role }, within: .seconds(3600))
                return time.map { Double($0.milliseconds) / 1000 } ?? .infinity
            }
            leaders.append(start(0, until: .leader))
            routers.append(start(1, until: .router))
        }
        return ColdStart(modulation: name, leader: leaders.sorted()[4], router: routers.sorted()[4])
    }

    private static func quiet(
        _ name: String, _ modulation: LoRaModulation, _ rules: SubBand, count: Int
    ) -> Quiet {
        guard let allowed = rules.hourlyBudget else { preconditionFailure("this sub-band has a budget") }
        let controlBudget = Duration.microseconds(allowed.microseconds / 10)
        let network = network(
            modulation, count: count, isLine: false, seed: 3, rules: rules, controlBudget: controlBudget)
        network.start(MeasuredNetwork.dataset)
        let formation = network.run(until: \.isOnePartition, within: .seconds(48 * 3600))
        network.run(for: .seconds(12 * 3600))
        let before = network.nodes.map(\.airtime)
        network.run(for: .seconds(12 * 3600))
        let used = zip(network.nodes, before).map {
            Double(($0.airtime - $1).microseconds) / 12 / Double(controlBudget.microseconds) * 100
        }
        return Quiet(
            modulation: name, dutyCycle: (rules.dutyCycle.map(Int.init) ?? 10_000) / 100, nodes: count,
            routers: network.nodes.count { $0.engine.thread.role.isRouting },
            formation: formation.map { Double($0.wholeSeconds) / 60 } ?? .infinity,
            meanShare: used.reduce(0, +) / Double(count), highestShare: used.max() ?? 0)
    }

    /// One hop at 10 %: datagrams of 100 bytes, evenly over an hour, at SF7/125.
    private static func budget(_ offered: Int) -> Budget {
        let rules = Region.eu868.subBands[4]
        let modulation = modulations[0].value
        let network = network(modulation, count: 2, isLine: true, seed: 4, rules: rules)
        _ = form(network)
        network.run(for: .seconds(300))
        let (source, target) = (network.nodes[0], network.nodes[1])
        guard let address = target.engine.thread.meshLocalEID, let sockets = openPair(network, source, target),
            let allowed = rules.hourlyBudget
        else { preconditionFailure("a formed network has addresses and sockets, and this sub-band a budget") }
        // 140 bytes are what such a datagram takes with all headers.
        let each = network.profile.phy.timeOnAir(byteCount: 140)
        let count = Int(allowed.microseconds / each.microseconds) * offered / 100
        let gap = Duration.seconds(3600) / count
        var (arrived, highest) = (0, 0.0)
        for _ in 0..<count {
            network.with(source) { engine, now in
                try? engine.send(
                    sockets.0, to: SocketAddress(address, port: 5000), payload: payload, now: now)
            }
            network.run(for: gap)
            while let _ = network.with(target, { engine, _ in try? engine.receive(sockets.1) }) ?? nil { arrived += 1 }
            if let ledger = source.engine.mac.airtime {
                highest = max(
                    highest,
                    Double(ledger.used(at: network.now).microseconds) / Double(allowed.microseconds) * 100)
            }
        }
        return Budget(
            offered: offered, sent: count, delivered: arrived,
            givenUp: Int(source.engine.drops[.airtimeExhausted]), used: highest)
    }
}

extension LoRaFigures {
    var lines: [String] {
        var lines = ["LoRa in virtual time, link profile lora", ""]
        lines += Report.table(
            [["ping of 16 bytes", "hops", "answered", "median, ms", "limit, ms", "ratio"]]
                + pings.map {
                    [
                        $0.modulation, "\($0.hops)", "\($0.answered)/\($0.sent)", Report.fixed($0.median, 0),
                        Report.fixed($0.limit, 0), Report.fixed($0.median / $0.limit, 2),
                    ]
                })
        lines.append("")
        lines += Report.table(
            [["UDP stream, 100 bytes each", "hops", "bit/s", "limit, bit/s", "share"]]
                + streams.map {
                    [
                        $0.modulation, "\($0.hops)", Report.fixed($0.goodput, 0), Report.fixed($0.limit, 0),
                        Report.fixed($0.goodput / $0.limit, 2),
                    ]
                })
        lines.append("")
        lines += Report.table(
            [["switched on", "leader, s", "router beside a leader, s"]]
                + coldStarts.map { [$0.modulation, Report.fixed($0.leader, 1), Report.fixed($0.router, 1)] })
        lines.append("")
        lines += Report.table(
            [
                [
                    "quiet, all in range", "law, %", "nodes", "routers", "one partition, min", "of the share, %",
                    "highest, %",
                ]
            ]
                + quiet.map {
                    [
                        $0.modulation, "\($0.dutyCycle)", "\($0.nodes)", "\($0.routers)",
                        Report.fixed($0.formation, 1), Report.fixed($0.meanShare, 0), Report.fixed($0.highestShare, 0),
                    ]
                })
        lines.append("")
        lines += Report.table(
            [["offered of EU868's 10 %", "sent", "delivered", "given up", "most used, %"]]
                + budgets.map {
                    [
                        "\($0.offered) %", "\($0.sent)", "\($0.delivered)", "\($0.givenUp)", Report.fixed($0.used, 1),
                    ]
                })
        return lines
    }
}
