import CryptoProviders
import EngineCore
import HeapModule
import IPEngine
import LinkProfiles
import LoRaChannel
import LoRaPHY
import NodeEngine
import Simulator
import ThreadEngine
import ThreadWire
import WireCore

/// One run of a scenario: the real engines in virtual time, and everything that is measured of them.
///
/// Nothing is shared between runs, so that many may go on at once, each on a thread of its own.
public final class ScenarioRun {
    /// What is to be done at a time; the order keeps tasks of one time as they were planned.
    struct Task: Comparable {
        enum Kind {
            case start(node: Int)
            case send(flow: Int)
            case retry(message: Int)
            case event(Int)
            case check
        }

        var time: Instant
        var order: Int
        var kind: Kind

        static func == (left: Task, right: Task) -> Bool { left.order == right.order }
        static func < (left: Task, right: Task) -> Bool {
            left.time == right.time ? left.order < right.order : left.time < right.time
        }
    }

    /// How far a run is.
    public struct Progress: Sendable {
        public var simulated: Duration
        public var total: Duration
        public var sent: Int
        public var delivered: Int
    }

    static let port: UInt16 = 4711
    static let networkKey = bytes(hexadecimal: "0134c0de1ab51234c0de1ab5ca1a110f") ?? []
    static let checkInterval = Duration.seconds(1)

    public let scenario: Scenario
    public let seed: UInt64
    let network: VirtualNetwork
    /// When flows and events begin to count.
    let origin: Instant
    let end: Instant
    var agenda = Heap<Task>()
    private var order = 0
    /// How many tasks of flows are still to come.
    var sendsToCome = 0
    var entropy: OpenEntropy
    var ledger: AirLedger
    var purposes: FramePurposes
    var book = MessageBook()
    var log = EventLog()
    var sockets: [SocketID?]
    var watch: ConvergenceWatch
    /// Sleeping times of engines that are no more, and times without power.
    var slept: [Duration]
    /// How often engines that are no more had to wait for air time, and how many frames they gave up over it.
    var airtimeWaits: [(waits: UInt64, givenUp: UInt64)]
    var off: [Duration]
    var offSince: [Instant?]
    /// Links that a partition has cut.
    var severed: [(from: Int, to: Int, loss: Decibels)] = []
    var capture: AirCapture?
    private(set) var isPartial = false

    /// - Parameters:
    ///   - seed: nil for the scenario's own.
    ///   - capture: which frames are kept as a pcap.
    public init(_ scenario: Scenario, seed: UInt64? = nil, capture: CaptureChoice = .nothing) {
        self.scenario = scenario
        self.seed = seed ?? scenario.seed
        origin = .zero + scenario.warmUp
        end = origin + scenario.duration
        entropy = OpenEntropy(seed: self.seed ^ 0x5ced_a710)
        let count = scenario.nodes.count
        let profile = scenario.radio.linkProfile
        network = Self.network(scenario, seed: self.seed, profile: profile)
        ledger = AirLedger(nodeCount: count)
        purposes = FramePurposes(
            nodeCount: count, networkKey: Self.networkKey, meshLocalPrefix: Self.meshLocalPrefix,
            frameCheckSequenceLength: profile.frameCheckSequenceLength, cryptography: MbedTLSCryptography())
        sockets = [SocketID?](repeating: nil, count: count)
        slept = [Duration](repeating: .zero, count: count)
        off = slept
        airtimeWaits = [(waits: UInt64, givenUp: UInt64)](repeating: (0, 0), count: count)
        offSince = [Instant?](repeating: nil, count: count)
        watch = ConvergenceWatch(scenario)
        self.capture = AirCapture(capture, hasFrameCheckSequence: profile.frameCheckSequenceLength > 0)
        plan()
        observe()
    }

    static let meshLocalPrefix = IPv6Prefix(IPv6Address(high: 0xfdde_ad00_beef_0000, low: 0), length: 64)

    private static var dataset: OperationalDataset {
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 15
        dataset.panID = PANID(rawValue: 0x1234)
        dataset.extendedPANID = ExtendedPANID(rawValue: 0xdead_00be_ef00_cafe)
        dataset.networkName = NetworkName("heddle")
        dataset.networkKey = networkKey
        dataset.meshLocalPrefix = meshLocalPrefix
        return dataset
    }

    private static func network(_ scenario: Scenario, seed: UInt64, profile: LinkProfile) -> VirtualNetwork {
        let roles = Dictionary(uniqueKeysWithValues: scenario.nodes.map { ($0.name, $0) })
        let rules = Self.rules(of: scenario)
        return VirtualNetwork(
            names: scenario.nodes.map(\.name), profile: profile, seed: seed, cryptography: MbedTLSCryptography(),
            secretEntropy: { seed in
                var writer = ByteWriter()
                for index in 0..<4 { writer.write(seed &+ UInt64(index)) }
                return SodiumEntropy(seed: writer.bytes)
            },
            configure: { name, configuration in
                configuration.mac.airtimeRules = rules
                if let limit = scenario.limits.children {
                    configuration.thread.childLimit = limit
                    configuration.mac.peerLimit = max(configuration.mac.peerLimit, limit + 64)
                }
                if let limit = scenario.limits.routers { configuration.thread.routerLimit = limit }
                if let threshold = scenario.limits.routerUpgradeThreshold {
                    configuration.thread.routerUpgradeThreshold = threshold
                }
                if let threshold = scenario.limits.routerDowngradeThreshold {
                    configuration.thread.routerDowngradeThreshold = threshold
                }
                switch roles[name]?.role {
                case .router, nil: break
                case .endDevice: configuration.thread.isRouterEligible = false
                case .sleepy:
                    configuration.thread.isRouterEligible = false
                    configuration.thread.pollPeriod = roles[name]?.pollPeriod
                }
            }
        ) { seed in medium(scenario, seed: seed, profile: profile) }
    }

    private static func rules(of scenario: Scenario) -> SubBand? {
        do throws(RegionViolation) {
            return try scenario.rules()
        } catch {
            preconditionFailure("a scenario that was checked breaks the law: \(error)")
        }
    }

    private static func medium(_ scenario: Scenario, seed: UInt64, profile: LinkProfile) -> any Medium {
        switch scenario.air {
        case .city(let links):
            return CityMedium(
                nodeCount: scenario.nodes.count, links: links, modulation: scenario.radio.modulation,
                transmitPower: scenario.radio.power, seed: seed)
        case .modelled(let softEdge):
            var parameters = ChannelParameters()
            parameters.softEdge = softEdge
            let links = scenario.links.map { ChannelLink(from: $0.from, to: $0.to, loss: $0.loss) }
            return LoRaMedium(
                links: links, profile: profile, transmitPowers: scenario.nodes.map { $0.power ?? scenario.radio.power },
                parameters: parameters, seed: seed)
        }
    }

    // MARK: Plans

    func schedule(_ kind: Task.Kind, at time: Instant) {
        order += 1
        agenda.insert(Task(time: time, order: order, kind: kind))
    }

    private func plan() {
        for node in scenario.nodes.indices {
            schedule(.start(node: node), at: .zero + entropy.duration(in: .zero...scenario.startSpread))
        }
        for (index, event) in scenario.events.enumerated() { schedule(.event(index), at: origin + event.time) }
        for (index, flow) in scenario.traffic.enumerated() {
            for time in times(of: flow.schedule) {
                sendsToCome += 1
                schedule(.send(flow: index), at: origin + time)
            }
        }
        schedule(.check, at: .zero + Self.checkInterval)
    }

    private func times(of schedule: Scenario.Schedule) -> [Duration] {
        switch schedule {
        case .times(let times): return times
        case .every(let step, let start, let end):
            return Array(stride(from: start.microseconds, through: end.microseconds, by: Int(step.microseconds)))
                .map { .microseconds($0) }
        case .poisson(let mean, let start, let end):
            var times: [Duration] = []
            var time = start + entropy.exponential(mean: mean)
            while time <= end {
                times.append(time)
                time += entropy.exponential(mean: mean)
            }
            return times
        }
    }

    private func observe() {
        network.airObserver = { [unowned self] event, now in note(event, at: now) }
        for node in network.nodes {
            let index = node.index
            node.observer = { [unowned self] output, now in
                switch output {
                case .readable(let socket): read(socket, at: index, now: now)
                case .event(.roleChanged), .event(.partitionChanged): watch.hasChanged = true
                default: break
                }
            }
        }
    }

    private func note(_ event: VirtualNetwork.AirEvent, at now: Instant) {
        switch event {
        case .transmitted(let node, let bytes, let airtime):
            let thread = network.nodes[node].engine.thread
            let purpose = purposes.purpose(
                of: bytes, from: node, address: thread.extendedAddress, keySequence: thread.keySequence)
            ledger.noteTransmission(
                by: node, byteCount: bytes.count, airtime: airtime, purpose: purpose, isMeasured: now >= origin)
            log.note(.transmitted, at: now, node, bytes.count, bytes: bytes)
            capture?.noteTransmission(by: node, bytes, at: now)
        case .received(let node, let frame):
            ledger.noteReception(at: node)
            log.note(.received, at: now, node, frame.bytes.count)
            capture?.noteReception(at: node, frame.bytes, at: now)
        case .lost(let node, let sender, let reason):
            ledger.noteLoss(at: node, reason)
            log.note(.lost, at: now, node, sender)
        }
    }

    // MARK: Running

    /// Runs to the end, or until somebody asks to stop.
    /// - Parameter goOn: is told how far the run is, now and then; false ends it with what there is by then.
    public func run(_ goOn: (Progress) -> Bool = { _ in true }) -> RunReport {
        while let task = agenda.min, task.time <= end {
            agenda.removeMin()
            network.run(for: task.time.since(network.now))
            if case .check = task.kind {
                schedule(.check, at: network.now + Self.checkInterval)
                check()
                if isOver { return RunReport(self) }
                guard goOn(progress) else {
                    isPartial = true
                    return RunReport(self)
                }
            } else {
                perform(task.kind)
            }
        }
        network.run(for: end.since(network.now))
        check()
        return RunReport(self)
    }

    /// The frames that were kept, as a pcap; empty when nothing was asked for.
    public var capturedFrames: [UInt8] { capture?.bytes ?? [] }

    private var progress: Progress {
        Progress(
            simulated: network.now.since(.zero), total: end.since(.zero), sent: book.messages.count,
            delivered: book.deliveredCount)
    }

    private var isOver: Bool {
        if scenario.stop.whenFormed, watch.formedAt != nil { return true }
        guard scenario.stop.whenDelivered, sendsToCome == 0 else { return false }
        return book.messages.allSatisfy { message in
            let flow = scenario.traffic[message.flow]
            return flow.kind == .request
                ? message.answeredAt != nil : message.deliveries.count == flow.to.count
        }
    }

    private func perform(_ kind: Task.Kind) {
        switch kind {
        case .start(let index): start(index)
        case .send(let flow):
            sendsToCome -= 1
            send(flow)
        case .retry(let message): retry(message)
        case .event(let index):
            log.note(.befell, at: network.now, index)
            watch.begin(index, at: network.now)
            apply(scenario.events[index].action)
        case .check: break
        }
    }

    private func start(_ index: Int) {
        let node = network.nodes[index]
        setMode(of: node)
        network.start(Self.dataset, nodes: [node])
        openSocket(of: index)
    }

    func setMode(of node: VirtualNetwork.Node) {
        guard scenario.nodes[node.index].role == .sleepy else { return }
        _ = network.with(node) { engine, now in
            engine.setMode(
                DeviceMode(isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false),
                now: now)
        }
    }

    private func check() {
        watch.check(network, log: &log)
    }
}
