import CryptoProviders
import EngineCore
import LinkProfiles
import LinkSecurity
import ThreadWire
import WireCore

@testable import ThreadEngine

/// Thread engines wired to each other without radio, MAC or IP: what one sends the others get 5 ms later, when they
/// hear it or, for locators, wherever they are. Time jumps to the next thing that is due.
final class ThreadHarness {
    struct Sent {
        var time: Instant
        var sender: Int
        var datagram: ThreadDatagram
    }

    static let latency = Duration.milliseconds(5)
    static let key = bytes(hexadecimal: "00112233445566778899aabbccddeeff")!

    /// That of the recordings.
    static var dataset: OperationalDataset {
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 15
        dataset.channelMask = 0x07ff_f800
        dataset.extendedPANID = ExtendedPANID(rawValue: 0x1111_1111_2222_2222)
        dataset.meshLocalPrefix = IPv6Prefix("fdde:ad00:beef::/64")
        dataset.networkKey = key
        dataset.networkName = NetworkName("heddle-ref")
        dataset.panID = PANID(rawValue: 0x1234)
        dataset.pskc = bytes(hexadecimal: "445f2b5ca6f2a93a55ce570a70efeecb")
        dataset.securityPolicy = .default
        return dataset
    }

    var engines: [ThreadEngine] = []
    /// Which nodes hear each other, and how strong.
    var links: [Set<Int>: DecibelMilliwatts] = [:]
    /// What a test wants lost: asked for each delivery.
    var isLost: (Sent, _ receiver: Int) -> Bool = { _, _ in false }
    var events: [[ThreadEvent]] = []
    /// What came of diagnostic requests.
    var reports: [[DiagnosticReport]] = []
    /// Everything sent.
    private(set) var datagrams: [Sent] = []
    private var inFlight: [(at: Instant, receiver: Int, datagram: IncomingDatagram)] = []
    /// What waits at parents for sleepy children, by the child.
    private var kept: [Int: [IncomingDatagram]] = [:]
    private var polls: [(at: Instant, child: Int, parent: Int?)] = []
    /// How often each node has polled.
    private(set) var pollCounts: [Int: Int] = [:]
    private(set) var now = Instant.zero
    let profile: LinkProfile
    private let seed: UInt64
    private var restarts: UInt64 = 0
    /// What each node has had stored.
    private var stored: [[StoredRecord.Name: StoredRecord]] = []

    init(
        count: Int, profile: LinkProfile = .ieee802154, seed: UInt64 = 1,
        configure: (Int, inout ThreadEngine.Configuration) -> Void = { _, _ in }
    ) {
        self.profile = profile
        self.seed = seed
        for index in 0..<count {
            var configuration = ThreadEngine.Configuration(profile: profile)
            configure(index, &configuration)
            engines.append(engine(index, configuration, seed: seed))
            events.append([])
            stored.append([:])
            reports.append([])
        }
    }

    private func engine(_ index: Int, _ configuration: ThreadEngine.Configuration, seed: UInt64) -> ThreadEngine {
        var writer = ByteWriter()
        for word in 0..<4 { writer.write(seed &* 1000 &+ UInt64(index) &* 10 &+ UInt64(word)) }
        return ThreadEngine(
            configuration: configuration, profile: profile,
            extendedAddress: ExtendedAddress(rawValue: 0x166e_0a00_0000_0001 + UInt64(index)),
            meshLocalInterfaceIdentifier: 0x1d57_0a72_3aaf_0000 + UInt64(index), cryptography: MbedTLSCryptography(),
            entropy: EntropySource(secret: SodiumEntropy(seed: writer.bytes), openSeed: seed &+ UInt64(index)))
    }

    /// Kills a node and starts it again at once, with what it has had stored.
    func restart(_ index: Int) {
        restarts += 1
        engines[index] = engine(index, engines[index].configuration, seed: seed &+ restarts &* 1_000_000)
        if let record = stored[index][.networkState] {
            var reader = ByteReader(record.value)
            if let state = try? StoredNetworkState(parsing: &reader) { engines[index].restore(state) }
        }
        if let record = stored[index][.children] {
            var reader = ByteReader(record.value)
            if let children = try? StoredChildren(parsing: &reader) { engines[index].restore(children, now: now) }
        }
        start(index)
    }

    func connect(_ first: Int, _ second: Int, rssi: DecibelMilliwatts? = DecibelMilliwatts(-40)) {
        links[[first, second]] = rssi
    }

    /// A chain in which each hears the next.
    func connectLine() {
        for index in 1..<engines.count { connect(index - 1, index) }
    }

    func start(_ index: Int) {
        _ = engines[index].setDataset(Self.dataset, .active, now: now)
        engines[index].start(now: now)
        drain(index)
    }

    func with<Result>(_ index: Int, _ body: (inout ThreadEngine, Instant) -> Result) -> Result {
        defer { drain(index) }
        return body(&engines[index], now)
    }

    func run(for duration: Duration) {
        let end = now + duration
        while step(before: end) {}
        now = end
    }

    /// - Returns: how long it took; nil when it did not come true.
    func run(until condition: (ThreadHarness) -> Bool, within limit: Duration) -> Duration? {
        let start = now
        let end = now + limit
        while !condition(self) {
            guard step(before: end) else {
                now = end
                return nil
            }
        }
        return now.since(start)
    }

    private func step(before end: Instant) -> Bool {
        var next: Instant? = earlier(inFlight.map(\.at).min(), polls.map(\.at).min())
        for engine in engines { next = earlier(next, engine.nextDeadline) }
        guard let next, next <= end else { return false }
        now = max(now, next)
        let due = inFlight.filter { $0.at <= now }
        inFlight.removeAll { $0.at <= now }
        for delivery in due {
            engines[delivery.receiver].handle(delivery.datagram, now: now)
            drain(delivery.receiver)
        }
        let arrived = polls.filter { $0.at <= now }
        polls.removeAll { $0.at <= now }
        for poll in arrived { answer(poll.child, from: poll.parent) }
        for index in engines.indices {
            guard let deadline = engines[index].nextDeadline, deadline <= now else { continue }
            engines[index].handleDeadline(now: now)
            drain(index)
        }
        return true
    }

    private func drain(_ index: Int) {
        while let output = engines[index].pollOutput() {
            switch output {
            case .send(let datagram): send(Sent(time: now, sender: index, datagram: datagram))
            case .store(let record):
                stored[index][record.name] = record
                engines[index].confirmStored(record)
            case .event(let event): events[index].append(event)
            case .poll(let parent): poll(parent, by: index)
            case .diagnostic(let report): reports[index].append(report)
            case .sendEmpty, .setPeer, .removePeer, .supervise, .identityChanged, .resolved, .unresolved,
                .networkDataChanged, .resetLinkCounters, .sendOnLink, .discovered, .scanForPANID:
                break
            }
        }
    }

    /// How often a frame counter was used twice under one key: in no test may it happen.
    private(set) var reusedCounters = 0
    private var usedCounters: Set<[UInt8]> = []

    /// Remembers sender, network key, key sequence and frame counter of an MLE message.
    private func noteCounter(of sent: Sent) {
        guard sent.datagram.port == ThreadPort.mle, sent.datagram.payload.first == 0 else { return }
        let header = sent.datagram.payload[1..<11]
        let key = engines[sent.sender].parameters.networkKey ?? []
        if !usedCounters.insert([UInt8(sent.sender)] + key + header).inserted { reusedCounters += 1 }
    }

    private func send(_ sent: Sent) {
        datagrams.append(sent)
        noteCounter(of: sent)
        let destination = sent.datagram.destination
        for receiver in engines.indices where receiver != sent.sender {
            let rssi = links[[sent.sender, receiver]]
            let isAddressed: Bool
            if destination.multicastScope == 2 {
                isAddressed = rssi != nil
            } else if destination.isMulticast {
                isAddressed = engines[receiver].role.isRouting
            } else if destination.isLinkLocalUnicast {
                isAddressed = rssi != nil && destination == engines[receiver].linkLocalAddress
            } else {
                isAddressed =
                    destination == engines[receiver].rlocAddress
                    || destination == engines[receiver].leaderAnycastAddress
            }
            guard isAddressed, !isLost(sent, receiver) else { continue }
            let datagram = IncomingDatagram(
                source: sent.datagram.source, destination: destination, port: sent.datagram.port,
                payload: sent.datagram.payload, hopLimit: sent.datagram.hopLimit,
                isLinkSecured: sent.datagram.isLinkSecured, rssi: rssi ?? DecibelMilliwatts(-40), snr: Decibels(10))
            if engines[sent.sender].isSleepyChild(.extended(engines[receiver].extendedAddress)),
                !destination.isMulticast
            {
                kept[receiver, default: []].append(datagram)
            } else if engines[receiver].isReceiverOnWhenIdle {
                inFlight.append((at: now + Self.latency, receiver: receiver, datagram: datagram))
            }
            // The link layer acknowledges a frame to one node.
            guard !destination.isMulticast, engines[receiver].isReceiverOnWhenIdle else { continue }
            engines[sent.sender].noteTransmission(
                to: engines[receiver].extendedAddress, isAcknowledged: true, now: now)
        }
    }

    // MARK: Sleepy children

    private func poll(_ parent: LinkAddress, by child: Int) {
        pollCounts[child, default: 0] += 1
        let index = engines.firstIndex { engine in
            switch parent {
            case .none: false
            case .extended(let address): engine.extendedAddress == address
            case .short(let rloc16): engine.rloc16 == rloc16 && engine.role.isRouting
            }
        }
        let isReached = index.map { links[[child, $0]] != nil } ?? false
        polls.append((at: now + Self.latency, child: child, parent: isReached ? index : nil))
    }

    private func answer(_ child: Int, from parent: Int?) {
        guard let parent else {
            if let lost = engines[child].parent {
                engines[child].noteTransmission(to: lost.extendedAddress, isAcknowledged: false, now: now)
            }
            engines[child].notePoll(.unacknowledged, now: now)
            return drain(child)
        }
        let address = engines[child].extendedAddress
        engines[parent].noteHeard(address, rssi: DecibelMilliwatts(-40), snr: Decibels(10), now: now)
        let waiting = kept[child] ?? []
        engines[child].notePoll(.acknowledged(isFramePending: !waiting.isEmpty), now: now)
        if let first = waiting.first {
            kept[child]?.removeFirst()
            engines[child].noteFrame(isFramePending: waiting.count > 1, now: now)
            engines[child].handle(first, now: now)
            engines[parent].noteTransmission(to: address, isAcknowledged: true, now: now)
        }
        drain(child)
        drain(parent)
    }
}

extension ThreadHarness {
    func forgetMessages() { datagrams.removeAll() }

    /// The MLE message in a datagram, by the sender's present network key; nil when it is none.
    func opened(_ sent: Sent) -> MLEMessage? {
        guard sent.datagram.port == ThreadPort.mle else { return nil }
        var reader = ByteReader(sent.datagram.payload)
        guard (try? reader.readUInt8("security suite")) == MLESecuritySuite.ieee802154.rawValue,
            let header = try? AuxiliarySecurityHeader(parsing: &reader),
            let sequence = engines[sent.sender].keyRing.keySequence(for: header.keyIdentifier)
        else { return nil }
        var bytes = sent.datagram.payload
        var keyRing = engines[sent.sender].keyRing
        guard
            let content = MLESecurity.open(
                &bytes, message: 1..<bytes.count, header: header, source: sent.datagram.source,
                destination: sent.datagram.destination, extendedAddress: engines[sent.sender].extendedAddress,
                context: keyRing.contexts(for: sequence).mle)
        else { return nil }
        var inner = ByteReader(bytes, in: content)
        return try? MLEMessage(parsing: &inner)
    }

    var roles: [Role] { engines.map(\.role) }

    /// Whether all nodes are in one partition with one leader.
    var isOnePartition: Bool {
        guard let partition = engines.first?.partitionID else { return false }
        return engines.allSatisfy { $0.partitionID == partition && $0.role.isAttached }
            && engines.count { $0.role == .leader } == 1
    }

    /// Whether all are routers that know a way to each other.
    var isFullyRouted: Bool {
        isOnePartition
            && engines.allSatisfy { engine in
                engine.role.isRouting && engine.routers.count == engines.count
                    && engine.routers.routers.allSatisfy {
                        $0.id == engine.rloc16.routerID || engine.routers.path(to: $0.id) != nil
                    }
            }
    }
}
