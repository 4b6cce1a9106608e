import EngineCore
import LoRaChannel
import NodeEngine
import Simulator
import ThreadEngine

/// All that was measured in one run, for machines; `text` has it for people.
///
/// Times are in seconds, shares from 0 to 1. The same scenario and seed give the same report, to the last digit.
public struct RunReport: Codable, Equatable, Sendable {
    public var scenario: String
    public var seed: UInt64
    /// Whether the run was ended before its time.
    public var isPartial: Bool
    public var simulatedSeconds: Double
    /// Identifies what happened in the run; two runs with the same hash did the same.
    public var hash: String
    public var loggedEvents: Int
    public var nodes: [Node]
    public var flows: [Flow]
    public var messages: [Message]
    public var purposes: [Purpose]
    /// All nodes together, after the warm-up.
    public var measuredAirtimeSeconds: Double
    /// Frames that did not arrive at a node in reach, by reason.
    public var losses: [String: Int]
    /// When every group of nodes that hear each other was one partition with all ways; nil if never.
    public var formedSeconds: Double?
    public var recoveries: [Recovery]
    public var timeline: [Moment]
    public var links: [Link]
    public var assertions: [Assertion]

    public struct Node: Codable, Equatable, Sendable {
        public var name: String
        public var x: Double?
        public var y: Double?
        /// At the end.
        public var role: String
        public var framesSent: Int
        public var framesReceived: Int
        public var bytesSent: Int
        public var airtimeSeconds: Double
        /// Of the run.
        public var airtimeShare: Double
        /// Seconds on the air by purpose.
        public var airtimeByPurpose: [String: Double]
        public var losses: [String: Int]
        /// How often a frame had to wait because the region's air time was used up.
        public var airtimeWaits: Int
        /// How many frames were given up over it.
        public var airtimeGivenUp: Int
        /// Charge that the radio took.
        /// - Units: mAh
        public var charge: Double
        /// - Units: mA
        public var averageCurrent: Double
    }

    public struct Flow: Codable, Equatable, Sendable {
        public var name: String
        public var kind: String
        /// Messages that have had their time; those sent last may still be under way and do not count.
        public var sent: Int
        public var underWay: Int
        public var refused: Int
        /// Of a multicast the share of its receivers, on average.
        public var delivery: Double?
        public var answered: Double?
        public var latency: Percentiles?
        public var roundTrip: Percentiles?
        public var hops: Double?
        public var attempts: Double?
    }

    public struct Percentiles: Codable, Equatable, Sendable {
        public var p50: Double
        public var p90: Double
        public var p99: Double
        public var maximum: Double

        /// Nil of nothing.
        init?(_ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            /// The smallest value that so many are not above.
            func percentile(_ share: Double) -> Double {
                sorted[min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))]
            }
            p50 = percentile(0.5)
            p90 = percentile(0.9)
            p99 = percentile(0.99)
            maximum = sorted[sorted.count - 1]
        }
    }

    public struct Message: Codable, Equatable, Sendable {
        public var flow: String
        public var from: String
        public var to: String?
        public var sentSeconds: Double
        public var attempts: Int
        public var delivered: Int
        public var receivers: Int
        public var latency: Double?
        public var roundTrip: Double?
        public var hops: Int?
    }

    public struct Purpose: Codable, Equatable, Sendable {
        public var name: String
        public var frames: Int
        public var airtimeSeconds: Double
    }

    public struct Recovery: Codable, Equatable, Sendable {
        public var event: String
        public var atSeconds: Double
        /// Nil when not all ways were there again by the end.
        public var tookSeconds: Double?
    }

    public struct Moment: Codable, Equatable, Sendable {
        public var atSeconds: Double
        public var partitions: Int
        public var routers: Int
        public var children: Int
        public var detached: Int
    }

    public struct Link: Codable, Equatable, Sendable {
        public var from: String
        public var to: String
        /// How far the signal is above the demodulation floor.
        /// - Units: dB
        public var margin: Double
    }

    public struct Assertion: Codable, Equatable, Sendable {
        public var name: String
        public var expected: String
        public var found: String
        public var holds: Bool
    }

    /// Whether all that the scenario asserts came true.
    public var holds: Bool { assertions.allSatisfy(\.holds) }
    /// The share of all messages that arrived, each kind counted alike.
    public var delivery: Double? { Self.mean(flows.compactMap { flow in flow.delivery.map { ($0, flow.sent) } }) }
    public var answered: Double? { Self.mean(flows.compactMap { flow in flow.answered.map { ($0, flow.sent) } }) }
    public var airtimeSeconds: Double { purposes.reduce(0) { $0 + $1.airtimeSeconds } }

    static func mean(_ values: [(value: Double, weight: Int)]) -> Double? {
        let weight = values.reduce(0) { $0 + $1.weight }
        guard weight > 0 else { return nil }
        return values.reduce(0) { $0 + $1.value * Double($1.weight) } / Double(weight)
    }
}

extension Duration {
    /// - Units: s
    var seconds: Double { Double(microseconds) / 1_000_000 }
}

extension RunReport {
    init(_ run: ScenarioRun) {
        let now = run.network.now
        scenario = run.scenario.name
        seed = run.seed
        isPartial = run.isPartial
        simulatedSeconds = now.since(.zero).seconds
        hash = run.log.text
        loggedEvents = run.log.count
        nodes = run.scenario.nodes.indices.map { Self.node($0, run) }
        // Flows of one name are one row, as the many messages of an import are.
        var rows: [(name: String, flows: [Int])] = []
        for (index, flow) in run.scenario.traffic.enumerated() {
            if let row = rows.firstIndex(where: { $0.name == flow.name }) {
                rows[row].flows.append(index)
            } else {
                rows.append((flow.name, [index]))
            }
        }
        flows = rows.map { Self.flow($0.name, Set($0.flows), run) }
        messages = run.book.messages.map { Self.message($0, run) }
        let ledger = run.ledger
        purposes = ledger.purposes.indices.map { place in
            Purpose(
                name: ledger.purposes[place], frames: ledger.frames[place],
                airtimeSeconds: Double(ledger.microseconds(of: place)) / 1_000_000)
        }.sorted { ($0.airtimeSeconds, $1.name) > ($1.airtimeSeconds, $0.name) }
        measuredAirtimeSeconds = ledger.measuredAirtime.seconds
        losses = Self.named(ledger.losses)
        formedSeconds = run.watch.formedAt?.since(.zero).seconds
        recoveries = run.watch.recoveries.map { recovery in
            Recovery(
                event: run.scenario.events[recovery.event].text, atSeconds: recovery.since.since(.zero).seconds,
                tookSeconds: recovery.recoveredAt?.since(recovery.since).seconds)
        }
        timeline = run.watch.timeline.map {
            Moment(
                atSeconds: $0.time.since(.zero).seconds, partitions: $0.state.partitions,
                routers: $0.state.routers + $0.state.leaders, children: $0.state.children, detached: $0.state.detached)
        }
        links = Self.links(run)
        assertions = []
        assertions = judged(run)
    }

    private static func named(_ losses: [LossReason: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: losses.map { ($0.key.rawValue, $0.value) })
    }

    private static func node(_ index: Int, _ run: ScenarioRun) -> Node {
        let (node, account) = (run.network.nodes[index], run.ledger.accounts[index])
        let settings = run.scenario.nodes[index]
        let total = run.network.now.since(.zero)
        let off = run.off[index] + (run.offSince[index].map { run.network.now.since($0) } ?? .zero)
        let slept = run.slept[index] + (node.isOn ? node.engine.radioTimes.sleeping(now: run.network.now) : .zero)
        let listening = max(.zero, total - off - slept - account.airtime)
        let charge =
            (account.airtime.seconds * RadioCurrents.transmitting(at: settings.power ?? run.scenario.radio.power)
                + listening.seconds * RadioCurrents.receiving + slept.seconds * RadioCurrents.sleeping) / 3600
        let byPurpose = account.microseconds.enumerated().filter { $0.element > 0 }.map {
            (run.ledger.purposes[$0.offset], Double($0.element) / 1_000_000)
        }
        return Node(
            name: settings.name, x: settings.position?.x, y: settings.position?.y,
            role: node.isOn ? "\(node.engine.thread.role)" : "off", framesSent: account.frames,
            framesReceived: account.received, bytesSent: account.bytes, airtimeSeconds: account.airtime.seconds,
            airtimeShare: total > .zero ? account.airtime.seconds / total.seconds : 0,
            airtimeByPurpose: Dictionary(uniqueKeysWithValues: byPurpose), losses: named(account.losses),
            airtimeWaits: Int(run.airtimeWaits[index].waits + (node.isOn ? node.engine.mac.airtimeWaits : 0)),
            airtimeGivenUp: Int(
                run.airtimeWaits[index].givenUp + (node.isOn ? node.engine.drops[.airtimeExhausted] : 0)),
            charge: charge, averageCurrent: total > .zero ? charge * 3600 / total.seconds : 0)
    }

    private static func flow(_ name: String, _ members: Set<Int>, _ run: ScenarioRun) -> Flow {
        let all = run.book.messages.filter { members.contains($0.flow) }
        func isDone(_ message: MessageBook.Message) -> Bool {
            let flow = run.scenario.traffic[message.flow]
            if message.deliveries.count == flow.to.count, flow.kind != .request || message.answeredAt != nil {
                return true
            }
            let patience = flow.timeout * flow.attempts
            let isLastAttempt = flow.kind != .request || message.attempts >= flow.attempts
            return message.isRefused && isLastAttempt || run.network.now.since(message.sentAt) >= patience
        }
        let done = all.filter(isDone)
        let kind = members.first.map { run.scenario.traffic[$0].kind } ?? .udp
        let shares = done.map { Double($0.deliveries.count) / Double(max(1, run.scenario.traffic[$0.flow].to.count)) }
        let latencies = done.flatMap { message in message.deliveries.map { $0.time.since(message.sentAt).seconds } }
        let roundTrips = done.compactMap { message in message.answeredAt?.since(message.sentAt).seconds }
        let hops = done.flatMap { $0.deliveries.compactMap(\.hops) }
        func share(_ sum: Double, of count: Int) -> Double? { count > 0 ? sum / Double(count) : nil }
        return Flow(
            name: name, kind: kind.rawValue, sent: done.count, underWay: all.count - done.count,
            refused: done.count { $0.isRefused }, delivery: share(shares.reduce(0, +), of: done.count),
            answered: kind == .request ? share(Double(roundTrips.count), of: done.count) : nil,
            latency: Percentiles(latencies), roundTrip: Percentiles(roundTrips),
            hops: share(Double(hops.reduce(0, +)), of: hops.count),
            attempts: kind == .request ? share(Double(done.reduce(0) { $0 + $1.attempts }), of: done.count) : nil)
    }

    private static func message(_ message: MessageBook.Message, _ run: ScenarioRun) -> Message {
        let flow = run.scenario.traffic[message.flow]
        let first = message.deliveries.first
        return Message(
            flow: flow.name, from: run.scenario.nodes[flow.from].name,
            to: flow.kind == .multicast ? nil : flow.to.first.map { run.scenario.nodes[$0].name },
            sentSeconds: message.sentAt.since(.zero).seconds, attempts: message.attempts,
            delivered: message.deliveries.count, receivers: flow.to.count,
            latency: first.map { $0.time.since(message.sentAt).seconds },
            roundTrip: message.answeredAt?.since(message.sentAt).seconds, hops: first?.hops)
    }

    private static func links(_ run: ScenarioRun) -> [Link] {
        let floor = run.scenario.radio.modulation.demodulationFloor
        func link(_ from: Int, _ to: Int, _ margin: Decibels) -> Link? {
            guard from < to, margin.value >= 0 else { return nil }
            return Link(
                from: run.scenario.nodes[from].name, to: run.scenario.nodes[to].name,
                margin: (margin.value * 100).rounded() / 100)
        }
        switch run.scenario.air {
        case .city(let links): return links.compactMap { link($0.from, $0.to, $0.snr - floor) }
        case .modelled:
            let sensitivity = run.scenario.radio.modulation.sensitivity()
            return run.scenario.links.compactMap { each in
                let power = run.scenario.nodes[each.from].power ?? run.scenario.radio.power
                return link(each.from, each.to, power - each.loss - sensitivity)
            }
        }
    }

    private func judged(_ run: ScenarioRun) -> [Assertion] {
        let wanted = run.scenario.assertions
        var judged: [Assertion] = []
        func judge(_ name: String, _ expected: String, _ found: String, _ holds: Bool) {
            judged.append(Assertion(name: name, expected: expected, found: found, holds: holds))
        }
        if let limit = wanted.formedWithin {
            judge(
                "formed-within", "at most \(limit.seconds) s", formedSeconds.map { "\($0) s" } ?? "never",
                formedSeconds.map { $0 <= limit.seconds } ?? false)
        }
        if let least = wanted.delivery {
            judge("delivery", "at least \(least)", delivery.map { "\($0)" } ?? "nothing sent", delivery ?? 0 >= least)
        }
        if let least = wanted.answered {
            judge("answered", "at least \(least)", answered.map { "\($0)" } ?? "nothing asked", answered ?? 0 >= least)
        }
        if let count = wanted.partitions {
            let found = NetworkState(run.network).partitions
            judge("partitions", "\(count)", "\(found)", found == count)
        }
        if let limit = wanted.convergedWithin {
            let slowest = recoveries.map { $0.tookSeconds ?? .infinity }.max()
            judge(
                "converged-within", "at most \(limit.seconds) s",
                slowest.map { $0.isFinite ? "\($0) s" : "never after an event" } ?? "no event",
                slowest.map { $0 <= limit.seconds } ?? true)
        }
        return judged
    }
}
