import EngineCore
import LoRaChannel
import LoRaPHY
import NIOCore
import RadioDrivers

/// The ether without its socket: who is there, what they say, what the channel makes of it.
///
/// Sans-IO: messages and times go in, messages come out. `Ether` runs it in real time.
struct EtherExchange {
    /// What is to be done outside.
    enum Output: Equatable {
        case send(EtherMessage, to: SocketAddress)
        /// A frame begins, to be captured.
        case onAir(bytes: [UInt8], hasFrameCheckSequence: Bool)
        /// Something worth a line in the log.
        case notice(String)
    }

    /// A node that has a process behind it.
    private struct Session {
        let address: SocketAddress
        var registration: EtherRegistration
        var lastHeard: Instant
        /// The command whose end is to be told.
        var transmitToken: UInt32?
        /// Whose place this process took: they do not get it back while it is there.
        var predecessors: [SocketAddress] = []
    }

    /// A channel activity detection that is under way.
    private struct Assessment {
        let node: Int
        let address: SocketAddress
        let token: UInt32
        let end: Instant
    }

    /// How many processes are remembered that another one took the place of.
    private static let predecessorLimit = 4

    /// After how long without a message a node's place is free.
    static let silenceLimit = Duration.seconds(3)

    let topology: Topology
    /// Whether all frames must be of one kind, since one file holds them.
    let isCaptured: Bool
    private var channel: LoRaChannel
    private var sessions: [Session?]
    private var nodes: [SocketAddress: Int] = [:]
    private var assessments: [Assessment] = []
    private var counters: [NodeStatistics]
    private var outputs: [Output] = []

    init(topology: Topology, seed: UInt64, isCaptured: Bool) {
        self.topology = topology
        self.isCaptured = isCaptured
        channel = LoRaChannel(topology: topology, seed: seed)
        sessions = Array(repeating: nil, count: topology.nodes.count)
        counters = Array(repeating: NodeStatistics(), count: topology.nodes.count)
    }

    var statistics: EtherStatistics {
        EtherStatistics(nodes: Dictionary(uniqueKeysWithValues: zip(topology.nodes, counters)))
    }

    /// When something happens by itself.
    var nextDeadline: Instant? {
        let silence = sessions.compactMap { $0?.lastHeard }.min().map { $0 + Self.silenceLimit }
        return earlier(earlier(channel.nextDeadline, assessments.map(\.end).min()), silence)
    }

    mutating func pollOutput() -> Output? {
        outputs.isEmpty ? nil : outputs.removeFirst()
    }

    /// Does what was due until now, in its order.
    mutating func advance(to now: Instant) {
        while let next = assessments.enumerated().min(by: { $0.element.end < $1.element.end }), next.element.end <= now
        {
            advanceChannel(to: next.element.end)
            finish(assessments.remove(at: next.offset))
        }
        advanceChannel(to: now)
        for (node, session) in sessions.enumerated() {
            if let session, session.lastHeard + Self.silenceLimit <= now { leave(node, "is no longer heard of") }
        }
    }

    /// Takes a message from a node.
    mutating func handle(_ message: EtherMessage, from address: SocketAddress, now: Instant) {
        advance(to: now)
        switch message {
        case .register(let registration): register(registration, from: address, now: now)
        case .statisticsRequest(let name): tellStatistics(of: name, to: address)
        case .configure, .transmit, .assess, .receiver, .keepAlive, .leave:
            guard let node = nodes[address] else {
                outputs.append(.send(.unregistered, to: address))
                return
            }
            sessions[node]?.lastHeard = now
            handle(message, of: node, at: address, now: now)
        case .registered, .refused, .transmitDone, .received, .assessment, .alive, .statistics, .unregistered:
            // Only the ether says these.
            return
        }
    }

    private mutating func handle(_ message: EtherMessage, of node: Int, at address: SocketAddress, now: Instant) {
        switch message {
        case .configure(let setting):
            sessions[node]?.registration.setting = setting
            setRadio(of: node)
        case .receiver(let isOn):
            sessions[node]?.registration.setting.isReceiving = isOn
            setRadio(of: node)
        case .transmit(let token, let bytes): transmit(bytes, token, by: node, at: address, now: now)
        case .assess(let token):
            guard let phy = sessions[node]?.registration.setting.phy else { return }
            let assessment = Assessment(
                node: node, address: address, token: token, end: now + phy.channelAssessmentTime)
            assessments.append(assessment)
        case .keepAlive: outputs.append(.send(.alive, to: address))
        case .leave: leave(node, "has left")
        case .register, .statisticsRequest, .registered, .refused, .transmitDone, .received, .assessment, .alive,
            .statistics, .unregistered:
            return
        }
    }

    private mutating func register(_ registration: EtherRegistration, from address: SocketAddress, now: Instant) {
        func refuse(_ reason: String) {
            outputs.append(.send(.refused(reason: reason), to: address))
            outputs.append(.notice("refused \(address.typed): \(reason)"))
        }
        guard let node = topology.number(of: registration.node) else {
            let names = topology.nodes.prefix(20).joined(separator: ", ")
            return refuse("the topology has no node \(registration.node); it has \(names)")
        }
        // A new process takes the place of one that was there, which may have been killed a moment ago; two that live
        // must not take it from each other again and again.
        let former = sessions[node].flatMap { $0.address == address ? nil : $0 }
        if let former, former.predecessors.contains(address) {
            return refuse("node \(registration.node) is there already, from \(former.address.typed)")
        }
        if isCaptured, let reason = contradiction(registration, of: node) { return refuse(reason) }
        // A process that comes back as another node gives its first place up.
        if let previous = nodes[address], previous != node { leave(previous, "has become \(registration.node)") }
        if former != nil { leave(node, "is replaced") }
        let isNew = sessions[node] == nil
        let token = sessions[node]?.transmitToken
        let predecessors = former.map { $0.predecessors + [$0.address] } ?? sessions[node]?.predecessors ?? []
        sessions[node] = Session(
            address: address, registration: registration, lastHeard: now, transmitToken: token,
            predecessors: predecessors.suffix(Self.predecessorLimit))
        nodes[address] = node
        setRadio(of: node)
        outputs.append(.send(.registered, to: address))
        if isNew { outputs.append(.notice("node \(registration.node) is there, from \(address.typed)")) }
    }

    /// Why a node's frames do not fit into the capture file; nil when they do.
    private func contradiction(_ registration: EtherRegistration, of node: Int) -> String? {
        for (number, session) in sessions.enumerated() where number != node {
            guard let other = session?.registration else { continue }
            guard other.hasFrameCheckSequence != registration.hasFrameCheckSequence else { return nil }
            let (with, without) =
                other.hasFrameCheckSequence
                ? (other.node, registration.node) : (registration.node, other.node)
            return "one capture file cannot hold frames with a frame check sequence (\(with)) and without (\(without))"
        }
        return nil
    }

    private mutating func setRadio(of node: Int) {
        guard let setting = sessions[node]?.registration.setting else { return }
        channel.setRadio(
            RadioSetting(
                phy: setting.phy, frequency: setting.frequency, transmitPower: setting.power,
                isReceiving: setting.isReceiving), of: node)
    }

    private mutating func transmit(
        _ bytes: [UInt8], _ token: UInt32, by node: Int, at address: SocketAddress, now: Instant
    ) {
        do {
            let end = try channel.beginTransmission(bytes, by: node, now: now)
            sessions[node]?.transmitToken = token
            counters[node].countSent(byteCount: bytes.count, airtime: end.since(now))
            let hasFrameCheckSequence = sessions[node]?.registration.hasFrameCheckSequence ?? false
            outputs.append(.onAir(bytes: bytes, hasFrameCheckSequence: hasFrameCheckSequence))
        } catch {
            outputs.append(.send(.refused(reason: error.description), to: address))
            outputs.append(.send(.transmitDone(token: token, outcome: .failed), to: address))
        }
    }

    private mutating func finish(_ assessment: Assessment) {
        // A radio that sends cannot listen.
        let isBusy =
            channel.isTransmitting(assessment.node) || channel.isBusy(at: assessment.node, now: assessment.end)
        outputs.append(.send(.assessment(token: assessment.token, isBusy: isBusy), to: assessment.address))
    }

    private mutating func advanceChannel(to now: Instant) {
        channel.advance(to: now)
        while let output = channel.pollOutput() {
            switch output {
            case .transmitDone(let node):
                guard let session = sessions[node], let token = session.transmitToken else { continue }
                sessions[node]?.transmitToken = nil
                outputs.append(.send(.transmitDone(token: token, outcome: .sent), to: session.address))
            case .received(let node, let frame):
                counters[node].framesReceived += 1
                if let session = sessions[node] { outputs.append(.send(.received(frame), to: session.address)) }
            case .lost(let node, _, let reason): counters[node].countLost(reason)
            }
        }
    }

    private mutating func tellStatistics(of name: String, to address: SocketAddress) {
        guard let node = topology.number(of: name) else {
            outputs.append(.send(.refused(reason: "the topology has no node \(name)"), to: address))
            return
        }
        outputs.append(.send(.statistics(json: counters[node].json), to: address))
    }

    private mutating func leave(_ node: Int, _ what: String) {
        guard let session = sessions[node] else { return }
        sessions[node] = nil
        nodes[session.address] = nil
        assessments.removeAll { $0.node == node }
        channel.setRadio(nil, of: node)
        outputs.append(.notice("node \(topology.nodes[node]) \(what)"))
    }
}
