import CryptoProviders
import EngineCore
import LinkProfiles
import ThreadEngine
import ThreadWire
import WireCore

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

    var engines: [ThreadEngine] = []
    /// Which nodes hear each other, and how strong.
    var links: [Set<Int>: DecibelMilliwatts] = [:]
    /// What a test wants lost: asked for each delivery.
    var isLost: (Sent, _ receiver: Int) -> Bool = { _, _ in false }
    var events: [[ThreadEvent]] = []
    /// What came of diagnostic requests.
    var reports: [[DiagnosticReport]] = []
    /// Everything sent, opened with the network key.
    private(set) var messages: [(sender: Int, time: Instant, message: MLEMessage)] = []
    private(set) var datagrams: [Sent] = []
    private var inFlight: [(at: Instant, receiver: Int, datagram: IncomingDatagram)] = []
    private(set) var now = Instant.zero
    let profile: LinkProfile

    init(
        count: Int, profile: LinkProfile = .ieee802154, seed: UInt64 = 1,
        configure: (Int, inout ThreadEngine.Configuration) -> Void = { _, _ in }
    ) {
        self.profile = profile
        for index in 0..<count {
            var configuration = ThreadEngine.Configuration(profile: profile)
            configure(index, &configuration)
            var writer = ByteWriter()
            for word in 0..<4 { writer.write(seed &* 1000 &+ UInt64(index) &* 10 &+ UInt64(word)) }
            engines.append(
                ThreadEngine(
                    configuration: configuration, profile: profile,
                    extendedAddress: ExtendedAddress(rawValue: 0x166e_0a00_0000_0001 + UInt64(index)),
                    meshLocalInterfaceIdentifier: 0x1d57_0a72_3aaf_0000 + UInt64(index),
                    cryptography: MbedTLSCryptography(),
                    entropy: EntropySource(secret: SodiumEntropy(seed: writer.bytes), openSeed: seed &+ UInt64(index))))
            events.append([])
            reports.append([])
        }
    }

    func connect(_ first: Int, _ second: Int, rssi: DecibelMilliwatts? = DecibelMilliwatts(-40)) {
        links[[first, second]] = rssi
    }

    /// A chain in which each hears the next.
    func connectLine() {
        for index in 1..<engines.count { connect(index - 1, index) }
    }

    func start(_ index: Int) {
        engines[index].setNetwork(
            ThreadEngine.Network(
                networkKey: Self.key, panID: PANID(rawValue: 0x1234), channel: 15,
                meshLocalPrefix: IPv6Prefix("fdde:ad00:beef::/64")!,
                activeTimestamp: Timestamp(seconds: 1, ticks: 0, isAuthoritative: false)), now: now)
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
        var next: Instant? = inFlight.map(\.at).min()
        for engine in engines { next = earlier(next, engine.nextDeadline) }
        guard let next, next <= end else { return false }
        now = max(now, next)
        let due = inFlight.filter { $0.at <= now }
        inFlight.removeAll { $0.at <= now }
        for delivery in due {
            engines[delivery.receiver].handle(delivery.datagram, now: now)
            drain(delivery.receiver)
        }
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
            case .store(let record): engines[index].confirmStored(record)
            case .event(let event): events[index].append(event)
            case .diagnostic(let report): reports[index].append(report)
            case .setPeer, .removePeer, .identityChanged, .resolved, .unresolved, .networkDataChanged,
                .resetLinkCounters, .sendOnLink, .discovered, .scanForPANID:
                break
            }
        }
    }

    private func send(_ sent: Sent) {
        datagrams.append(sent)
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
                isAddressed = destination == engines[receiver].rlocAddress
            }
            guard isAddressed, !isLost(sent, receiver) else { continue }
            let strength = rssi ?? DecibelMilliwatts(-40)
            inFlight.append(
                (
                    at: now + Self.latency, receiver: receiver,
                    datagram: IncomingDatagram(
                        source: sent.datagram.source, destination: destination, port: sent.datagram.port,
                        payload: sent.datagram.payload, hopLimit: sent.datagram.hopLimit,
                        isLinkSecured: sent.datagram.isLinkSecured, rssi: strength, snr: Decibels(10))
                ))
        }
    }
}

extension ThreadHarness {
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
