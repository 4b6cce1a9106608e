import CryptoProviders
import EngineCore
import LinkProfiles
import LinkSecurity
import ThreadWire
import WireCore

@testable import ThreadEngine

/// One engine whose neighbors are played by the test: messages are handed in as if they had arrived and passed their
/// security, and what the engine sends is opened.
struct ScriptedNode {
    static let peer = ExtendedAddress(rawValue: 0x166e_0a00_0000_00aa)
    static let stranger = ExtendedAddress(rawValue: 0x166e_0a00_0000_00bb)
    static let peerRouterID = RouterID(rawValue: 7)
    static let partition = PartitionID(rawValue: 0x4000_0000)

    var engine: ThreadEngine
    var now = Instant(microseconds: 1_000_000)
    private(set) var sent: [(destination: IPv6Address, message: MLEMessage)] = []
    private(set) var datagrams: [ThreadDatagram] = []
    private(set) var outputs: [ThreadOutput] = []

    init(profile: LinkProfile = .ieee802154, configure: (inout ThreadEngine.Configuration) -> Void = { _ in }) {
        var configuration = ThreadEngine.Configuration(profile: profile)
        configure(&configuration)
        engine = ThreadEngine(
            configuration: configuration, profile: profile,
            extendedAddress: ExtendedAddress(rawValue: 0x166e_0a00_0000_0001),
            meshLocalInterfaceIdentifier: 0x1d57_0a72_3aaf_0001, cryptography: MbedTLSCryptography(),
            entropy: EntropySource(secret: SodiumEntropy(seed: [UInt8](repeating: 3, count: 32)), openSeed: 3))
        _ = engine.setDataset(ThreadHarness.dataset, .active, now: now)
    }

    /// Does something, then takes all output.
    @discardableResult
    mutating func with<Result>(_ body: (inout ThreadEngine, Instant) -> Result) -> Result {
        let result = body(&engine, now)
        takeOutput()
        return result
    }

    private mutating func takeOutput() {
        while let output = engine.pollOutput() {
            outputs.append(output)
            if case .store(let record) = output { engine.confirmStored(record) }
            if case .sendOnLink(let message) = output, let opened = opened(message.datagram) {
                sent.append((destination: message.datagram.destination, message: opened))
            }
            guard case .send(let datagram) = output else { continue }
            datagrams.append(datagram)
            if let message = opened(datagram) { sent.append((destination: datagram.destination, message: message)) }
        }
    }

    func opened(_ datagram: ThreadDatagram) -> MLEMessage? {
        guard datagram.port == ThreadPort.mle else { return nil }
        var reader = ByteReader(datagram.payload)
        guard (try? reader.readUInt8("security suite")) == MLESecuritySuite.ieee802154.rawValue,
            let header = try? AuxiliarySecurityHeader(parsing: &reader)
        else { return nil }
        var bytes = datagram.payload
        var keyRing = engine.keyRing
        guard
            let content = MLESecurity.open(
                &bytes, message: 1..<bytes.count, header: header, source: datagram.source,
                destination: datagram.destination, extendedAddress: engine.extendedAddress,
                context: keyRing.contexts(for: engine.keySequence).mle)
        else { return nil }
        var inner = ByteReader(bytes, in: content)
        return try? MLEMessage(parsing: &inner)
    }

    mutating func start() { with { $0.start(now: $1) } }

    mutating func forgetOutput() {
        sent.removeAll()
        datagrams.removeAll()
        outputs.removeAll()
    }

    /// Lets time pass up to the next deadline and handles it.
    mutating func passDeadline() {
        guard let deadline = engine.nextDeadline else { return }
        now = max(now, deadline)
        with { $0.handleDeadline(now: $1) }
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while let deadline = engine.nextDeadline, deadline <= end { passDeadline() }
        now = end
    }

    var commands: [MLECommand] { sent.map { $0.message.command } }
    var events: [ThreadEvent] {
        outputs.compactMap { if case .event(let event) = $0 { event } else { nil } }
    }

    // MARK: What a neighbor says

    func received(
        _ command: MLECommand, _ tlvs: [MLETLV], from sender: ExtendedAddress = peer, frameCounter: UInt32 = 1000,
        margin: Double = 40, isMulticast: Bool = false
    ) -> ReceivedMLE {
        ReceivedMLE(
            message: MLEMessage(command: command, tlvs: tlvs),
            source: IPv6Address(linkLocal: sender.interfaceIdentifier), sender: sender, isMulticast: isMulticast,
            frameCounter: frameCounter, keySequence: 0, rssi: DecibelMilliwatts(margin - 100), margin: Decibels(margin))
    }

    static func leaderData(
        _ partition: PartitionID = partition, weighting: UInt8 = 64, leader: RouterID = peerRouterID
    ) -> LeaderData {
        LeaderData(
            partitionID: partition, weighting: weighting, dataVersion: 1, stableDataVersion: 1, leaderRouterID: leader)
    }

    func parentResponse(
        to challenge: [UInt8], from sender: ExtendedAddress = peer, routerID: RouterID = peerRouterID,
        childID: UInt16 = 0,
        challenge own: [UInt8] = [9, 9, 9, 9, 9, 9, 9, 9], leaderData: LeaderData = leaderData(), margin: Double = 40,
        idSequence: UInt8 = 10, activeRouters: UInt8 = 2
    ) -> ReceivedMLE {
        received(
            .parentResponse,
            [
                .sourceAddress(RLOC16(routerID: routerID, childID: childID)), .leaderData(leaderData),
                .linkLayerFrameCounter(5),
                .mleFrameCounter(1000), .response(challenge), .challenge(own), .linkMargin(UInt8(margin)),
                .connectivity(
                    Connectivity(
                        parentPriority: 0, linkQuality3: 1, linkQuality2: 0, linkQuality1: 0, leaderCost: 1,
                        idSequence: idSequence, activeRouters: activeRouters)), .version(5),
            ], from: sender, margin: margin)
    }

    func childIDResponse(
        from sender: ExtendedAddress = peer, routerID: RouterID = peerRouterID, leaderData: LeaderData = leaderData(),
        childID: UInt16 = 1, idSequence: UInt8 = 10
    ) -> ReceivedMLE {
        received(
            .childIDResponse,
            [
                .sourceAddress(routerID.rloc16), .leaderData(leaderData),
                .address16(RLOC16(routerID: routerID, childID: childID)), .networkData([]),
                .route64(
                    Route64(
                        idSequence: idSequence, routerIDMask: RouterIDMask([routerID]),
                        entries: [RouteEntry(linkQualityOut: 0, linkQualityIn: 0, routeCost: 1)])),
            ], from: sender)
    }

    func advertisement(
        from sender: ExtendedAddress = peer, routerIDs: [RouterID] = [peerRouterID],
        leaderData: LeaderData = leaderData(), idSequence: UInt8 = 10, margin: Double = 40, source: RLOC16? = nil
    ) -> ReceivedMLE {
        received(
            .advertisement,
            [
                .sourceAddress(source ?? Self.peerRouterID.rloc16), .leaderData(leaderData),
                .route64(
                    Route64(
                        idSequence: idSequence, routerIDMask: RouterIDMask(routerIDs),
                        entries: routerIDs.map { _ in RouteEntry(linkQualityOut: 3, linkQualityIn: 3, routeCost: 1) })),
            ], from: sender, margin: margin, isMulticast: true)
    }

    // MARK: Ready-made places

    /// The challenge of the last Parent Request.
    var lastChallenge: [UInt8] { sent.last { $0.message.command == .parentRequest }?.message.challenge ?? [] }

    /// Attached as a child of `peer`.
    mutating func attachAsChild() {
        start()
        passDeadline()
        let response = parentResponse(to: lastChallenge)
        with { $0.handleParentResponse(response, now: $1) }
        passDeadline()
        let identifier = childIDResponse()
        with { $0.handleChildIDResponse(identifier, now: $1) }
        forgetOutput()
    }

    /// A leader with a near router, and a far one behind that.
    static func leader(near: RouterID, far: RouterID) -> ScriptedNode {
        var node = ScriptedNode()
        node.becomeLeader()
        node.with { engine, now in
            for id in [near, far] {
                _ = engine.routers.allocate(preferring: id, limit: 32, now: now, entropy: &engine.entropy.open)
            }
            engine.routers.modify(near) {
                $0.link = .valid
                $0.neighbor.extendedAddress = Self.peer
                $0.neighbor.signal.add(rssi: DecibelMilliwatts(-50), margin: Decibels(40))
                $0.neighbor.linkQualityOut = .good
            }
            engine.routers.modify(far) {
                $0.nextHop = near
                $0.cost = 1
            }
        }
        node.forgetOutput()
        return node
    }

    /// Alone, as leader of a partition of its own.
    mutating func becomeLeader() {
        start()
        while engine.role != .leader { passDeadline() }
        forgetOutput()
    }
}

extension ChildTable {
    /// A child with this address.
    mutating func keep(_ rloc16: RLOC16) {
        _ = update(
            Child(
                neighbor: Neighbor(extendedAddress: ScriptedNode.peer, rloc16: rloc16, now: .zero), state: .valid,
                answeredAt: .zero))
    }
}
