public import EngineCore
public import IPEngine
import HeapModule
public import LinkProfiles
public import LinkSecurity
public import LoRaChannel
import LoRaPHY
public import NodeEngine
import PcapWire
public import ThreadEngine
public import ThreadWire
import WireCore

/// Many nodes on one channel in virtual time: the real engines, a seeded radio channel, no waiting.
///
/// The time jumps from one event to the next. A run is a pure function of topology, profile and seed.
public final class VirtualNetwork {
    /// One node and what it told its driver.
    public final class Node {
        public let index: Int
        public let name: String
        // What every event looks at is not watched for overlapping accesses: only observers call back, and they are
        // called while nothing is being changed.
        /// The node's engine; another one after a restart.
        @exclusivity(unchecked) public internal(set) var engine: NodeEngine
        /// Whether the node has power.
        @exclusivity(unchecked) public internal(set) var isOn = true
        /// Events with their times, the newest last.
        public internal(set) var events: [(time: Instant, event: ThreadEvent)] = []
        /// Answers to pings.
        public internal(set) var echoReplies: [EchoReply] = []
        /// Datagrams that went to the host.
        public internal(set) var delivered: [[UInt8]] = []
        /// What the node has asked to be stored: the newest of each name.
        public internal(set) var stored: [StoredRecord.Name: StoredRecord] = [:]
        /// Whether the node's store takes nothing now, as on a full disk.
        public var isStoreFull = false
        /// Frames sent and their time on air.
        @exclusivity(unchecked) public internal(set) var transmittedFrames = 0
        @exclusivity(unchecked) public internal(set) var transmittedBytes = 0
        @exclusivity(unchecked) public internal(set) var airtime = Duration.zero
        /// Sees what the node tells its driver, as a service beside the node would.
        @exclusivity(unchecked) public var observer: ((NodeEngine.Output, Instant) -> Void)?
        var addresses: RadioAddresses?
        @exclusivity(unchecked) var scheduled: Instant?
        /// Counts the restarts: what a radio answers to an engine that is no more goes to nobody.
        var life: UInt64 = 0

        init(index: Int, name: String, engine: NodeEngine) {
            self.index = index
            self.name = name
            self.engine = engine
        }
    }

    /// What happens on the air.
    public enum AirEvent {
        /// A node begins to send.
        case transmitted(node: Int, bytes: [UInt8], airtime: Duration)
        /// A frame has arrived whole.
        case received(node: Int, frame: ReceivedFrame)
        /// A frame within reach of a node did not arrive.
        case lost(node: Int, sender: Int, reason: LossReason)
    }

    /// What is to happen at a time; the sequence keeps events of one time in the order they were planned.
    private struct Event: Comparable {
        enum Kind {
            case assessment(node: Int, life: UInt64)
        }

        var time: Instant
        var sequence: UInt64
        var kind: Kind

        static func == (left: Event, right: Event) -> Bool { left.sequence == right.sequence }
        static func < (left: Event, right: Event) -> Bool {
            left.time == right.time ? left.sequence < right.sequence : left.time < right.time
        }
    }

    public let profile: LinkProfile
    /// Sees what happens on the air, before the nodes are told.
    @exclusivity(unchecked) public var airObserver: ((AirEvent, Instant) -> Void)?
    @exclusivity(unchecked) public private(set) var now = Instant.zero
    @exclusivity(unchecked) public private(set) var nodes: [Node] = []
    /// How many frames were lost, by reason.
    public private(set) var losses: [LossReason: Int] = [:]
    /// Every frame sent, as a pcap, when recording was asked for.
    public private(set) var capture: [UInt8] = []

    let medium: any Medium
    private let phy: PhysicalLayer
    @exclusivity(unchecked) private var queue = Heap<Event>()
    @exclusivity(unchecked) var deadlines = DeadlineQueue()
    @exclusivity(unchecked) private var sequence: UInt64 = 0
    /// When the next frame on the air ends.
    @exclusivity(unchecked) private var channelDeadline: (time: Instant, sequence: UInt64)?
    private let isCapturing: Bool
    private let pcap: PcapFileHeader
    private let cryptography: any LinkCryptography
    private let secretEntropy: (UInt64) -> any SecretEntropy
    /// Where the seeds of engines come from.
    private var seeds: OpenEntropy

    /// A network on the modelled air of its link profile.
    /// - Parameters:
    ///   - topology: the nodes and who hears whom.
    ///   - transmitPower: of all nodes.
    ///   - seed: of everything that is random.
    ///   - configure: may change a node's configuration, by its name.
    public convenience init(
        topology: Topology, profile: LinkProfile, transmitPower: DecibelMilliwatts = DecibelMilliwatts(14),
        seed: UInt64, isCapturing: Bool = false, cryptography: any LinkCryptography,
        secretEntropy: @escaping (UInt64) -> any SecretEntropy,
        configure: (String, inout NodeEngine.Configuration) -> Void = { _, _ in }
    ) {
        self.init(
            names: topology.nodes, profile: profile, seed: seed, isCapturing: isCapturing, cryptography: cryptography,
            secretEntropy: secretEntropy, configure: configure
        ) { seed in
            LoRaMedium(topology: topology, profile: profile, transmitPower: transmitPower, seed: seed)
        }
    }

    /// - Parameters:
    ///   - names: of the nodes, in the order of their numbers in the medium.
    ///   - seed: of everything that is random.
    ///   - configure: may change a node's configuration, by its name.
    ///   - makeMedium: makes the air from a seed of its own.
    public init(
        names: [String], profile: LinkProfile, seed: UInt64, isCapturing: Bool = false,
        cryptography: any LinkCryptography, secretEntropy: @escaping (UInt64) -> any SecretEntropy,
        configure: (String, inout NodeEngine.Configuration) -> Void = { _, _ in },
        medium makeMedium: (UInt64) -> any Medium
    ) {
        self.profile = profile
        phy = profile.phy
        self.isCapturing = isCapturing
        self.cryptography = cryptography
        self.secretEntropy = secretEntropy
        pcap = PcapFileHeader(linkType: profile.frameCheckSequenceLength > 0 ? .ieee802154 : .ieee802154WithoutFCS)
        seeds = OpenEntropy(seed: seed)
        medium = makeMedium(seeds.next())
        if isCapturing {
            var writer = ByteWriter()
            pcap.serialize(into: &writer)
            capture = writer.bytes
        }
        for (index, name) in names.enumerated() {
            var configuration = NodeEngine.Configuration(profile: profile)
            configure(name, &configuration)
            let address = ExtendedAddress(rawValue: 0x166e_0a00_0000_0000 | UInt64(index + 1))
            nodes.append(Node(index: index, name: name, engine: makeEngine(configuration, address)))
            updateAddresses(of: nodes[index])
        }
    }

    func makeEngine(_ configuration: NodeEngine.Configuration, _ address: ExtendedAddress) -> NodeEngine {
        NodeEngine(
            configuration: configuration, profile: profile, extendedAddress: address, cryptography: cryptography,
            entropy: EntropySource(secret: secretEntropy(seeds.next()), openSeed: seeds.next()))
    }

    public subscript(name: String) -> Node {
        guard let node = nodes.first(where: { $0.name == name }) else {
            preconditionFailure("no node \(name) in this network")
        }
        return node
    }

    // MARK: Operation

    /// Does something to a node now.
    public func with<Result>(_ node: Node, _ body: (NodeEngine, Instant) throws -> Result) rethrows -> Result {
        defer {
            updateAddresses(of: node)
            drain(node)
        }
        return try body(node.engine, now)
    }

    /// Gives all nodes the dataset and starts them, one after another at random within `spread`.
    public func start(_ dataset: OperationalDataset, nodes chosen: [Node]? = nil) {
        for node in chosen ?? nodes {
            with(node) { engine, now in
                _ = engine.setActiveDataset(dataset, now: now)
                engine.setInterface(isUp: true, now: now)
                _ = engine.startThread(now: now)
            }
        }
    }

    /// Lets time pass.
    public func run(for duration: Duration) {
        let end = now + duration
        while let time = nextTime, time <= end { step() }
        now = end
    }

    /// Lets time pass until a condition holds.
    /// - Returns: how long it took; nil when it did not come true in time.
    public func run(until condition: (VirtualNetwork) -> Bool, within limit: Duration) -> Duration? {
        let start = now
        let end = now + limit
        while !condition(self) {
            guard let time = nextTime, time <= end else {
                now = end
                return condition(self) ? limit : nil
            }
            step()
        }
        return now.since(start)
    }

    // MARK: Events

    private func schedule(_ kind: Event.Kind, at time: Instant) {
        sequence += 1
        queue.insert(Event(time: time, sequence: sequence, kind: kind))
    }

    /// What happens next.
    private enum Next {
        case deadline(DeadlineQueue.Entry)
        case channel
        case event
    }

    /// When the next thing happens.
    private var nextTime: Instant? { next?.time }

    private var next: (time: Instant, what: Next)? {
        var first: (time: Instant, sequence: UInt64, what: Next)?
        func consider(_ time: Instant, _ sequence: UInt64, _ what: Next) {
            if first.map({ time == $0.time ? sequence < $0.sequence : time < $0.time }) ?? true {
                first = (time, sequence, what)
            }
        }
        if let entry = deadlines.first { consider(entry.time, entry.sequence, .deadline(entry)) }
        if let channelDeadline { consider(channelDeadline.time, channelDeadline.sequence, .channel) }
        if let event = queue.min { consider(event.time, event.sequence, .event) }
        return first.map { ($0.time, $0.what) }
    }

    private func step() {
        guard let next else { return }
        now = next.time
        switch next.what {
        case .deadline(let entry):
            deadlines.remove(node: entry.node)
            let node = nodes[entry.node]
            node.scheduled = nil
            node.engine.handleDeadline(now: now)
            drain(node)
        case .channel:
            channelDeadline = nil
            medium.advance(to: now)
            drainChannel()
        case .event: perform()
        }
    }

    private func perform() {
        guard let event = queue.popMin() else { return }
        switch event.kind {
        case .assessment(let index, let life):
            let node = nodes[index]
            guard node.life == life else { return }
            node.engine.handle(.channelActivity(isBusy: medium.isBusy(at: index, now: now)), now: now)
            drain(node)
        }
    }

    private func drainChannel() {
        while let output = medium.pollOutput() {
            switch output {
            case .received(let index, let frame):
                let node = nodes[index]
                guard node.isOn else { continue }
                airObserver?(.received(node: index, frame: frame), now)
                node.engine.handle(.received(frame), now: now)
                drain(node)
            case .transmitDone(let index):
                nodes[index].engine.handle(.transmitDone(.sent), now: now)
                drain(nodes[index])
            case .lost(let index, let sender, let reason):
                losses[reason, default: 0] += 1
                airObserver?(.lost(node: index, sender: sender, reason: reason), now)
            }
        }
        scheduleChannel()
    }

    private func scheduleChannel() {
        guard let deadline = medium.nextDeadline, channelDeadline.map({ deadline < $0.time }) ?? true else { return }
        sequence += 1
        channelDeadline = (deadline, sequence)
    }

    private func updateAddresses(of node: Node) {
        let addresses = RadioAddresses(
            panID: node.engine.mac.panID, shortAddress: node.engine.mac.shortAddress,
            formerShortAddress: node.engine.mac.formerShortAddress, extendedAddress: node.engine.mac.extendedAddress)
        guard addresses != node.addresses else { return }
        node.addresses = addresses
        medium.setAddresses(addresses, of: node.index)
    }

    func drain(_ node: Node) {
        guard node.isOn else { return }
        let engine = node.engine
        while let output = engine.pollOutput() {
            node.observer?(output, now)
            switch output {
            case .transmit(let bytes): transmit(bytes, from: node)
            case .assessChannel: assess(node)
            case .setChannel: break
            case .setReceiver(let isOn): medium.setReceiver(isOn: isOn, of: node.index)
            case .deliver(let datagram): node.delivered.append(datagram)
            case .identityChanged: updateAddresses(of: node)
            case .readable, .diagnostic, .scan, .sniffed: break
            case .echoReply(let reply): node.echoReplies.append(reply)
            case .store(let record):
                guard !node.isStoreFull else {
                    node.engine.handle(.notStored(record), now: now)
                    continue
                }
                node.stored[record.name] = record
                engine.handle(.stored(record), now: now)
            case .event(let event): node.events.append((now, event))
            }
        }
        guard let deadline = engine.nextDeadline else { return }
        guard node.scheduled.map({ deadline < $0 }) ?? true else { return }
        node.scheduled = deadline
        sequence += 1
        deadlines.set(DeadlineQueue.Entry(time: max(deadline, now), sequence: sequence, node: node.index))
    }

    private func assess(_ node: Node) {
        if medium.assessmentTime > .zero {
            schedule(.assessment(node: node.index, life: node.life), at: now + medium.assessmentTime)
        } else {
            node.engine.handle(.channelActivity(isBusy: medium.isBusy(at: node.index, now: now)), now: now)
        }
    }

    private func transmit(_ bytes: [UInt8], from node: Node) {
        node.transmittedFrames += 1
        node.transmittedBytes += bytes.count
        let airtime = phy.timeOnAir(byteCount: bytes.count)
        node.airtime += airtime
        airObserver?(.transmitted(node: node.index, bytes: bytes, airtime: airtime), now)
        if isCapturing {
            var writer = ByteWriter(appendingTo: capture)
            capture = []
            PcapRecord(timestamp: now.microseconds * 1000, bytes: bytes).serialize(into: &writer, of: pcap)
            capture = writer.bytes
        }
        do throws(TransmissionError) {
            try medium.beginTransmission(bytes, by: node.index, now: now)
        } catch {
            preconditionFailure("node \(node.name) sends what its radio cannot: \(error)")
        }
        scheduleChannel()
    }
}

extension VirtualNetwork {
    /// Whether all nodes are in one partition, each with a place in it.
    public var isOnePartition: Bool {
        guard let partition = nodes.first?.engine.thread.partitionID else { return false }
        return nodes.allSatisfy { $0.engine.thread.role.isAttached && $0.engine.thread.partitionID == partition }
            && nodes.count { $0.engine.thread.role == .leader } == 1
    }

    /// Whether all nodes are routers of one partition that know a way to each other.
    public var isFullyRouted: Bool {
        isOnePartition
            && nodes.allSatisfy { node in
                let thread = node.engine.thread
                return thread.role.isRouting && thread.routers.count == nodes.count
                    && thread.routers.routers.allSatisfy {
                        $0.id == thread.rloc16.routerID || thread.routers.path(to: $0.id) != nil
                    }
            }
    }
}
