import CryptoProviders
import EngineCore
import LinkProfiles
import LoRaPHY
import MACEngine
import TestSupport
import ThreadWire

/// Engines on one channel under virtual time. Everybody hears everybody unless the test says otherwise.
final class TestAir {
    /// One engine and what came out of it.
    final class Node {
        var engine: MACEngine
        var isReceiverOn = false
        var indications: [MACIndication] = []
        var confirmations: [(handle: UInt32, outcome: MACOutcome)] = []
        /// Every frame sent, acknowledgements included.
        var sent: [(time: Instant, bytes: [UInt8])] = []
        /// The channels that the radio was tuned to, one after the other.
        var channels: [UInt8] = []
        var beacons: [BeaconReport] = []
        var scansFinished = 0
        var assessments = 0
        var reserveRequests = 0
        /// What the engine wanted stored of its air time.
        var airtimeRecords: [StoredAirtime] = []
        /// How often the receiver was on for nothing.
        var vainListens = 0

        init(_ engine: MACEngine) { self.engine = engine }

        func outcome(_ handle: UInt32) -> MACOutcome? { confirmations.first { $0.handle == handle }?.outcome }

        /// Frames sent but acknowledgements.
        var frames: [(time: Instant, bytes: [UInt8])] { sent.filter { $0.bytes[0] & 7 != 2 } }
        var acknowledgements: [(time: Instant, bytes: [UInt8])] { sent.filter { $0.bytes[0] & 7 == 2 } }
    }

    private enum Event {
        case end(node: Int, bytes: [UInt8])
        case assessment(node: Int)
    }

    static let networkKey: [UInt8] = (0..<16).map { $0 }
    static let panID = PANID(rawValue: 0x1234)

    let profile: LinkProfile
    private(set) var now = Instant.zero
    private(set) var nodes: [Node] = []
    private var events: [(time: Instant, order: Int, event: Event)] = []
    private var order = 0
    /// Whether a channel assessment finds the channel busy.
    var isBusy: (_ node: Int) -> Bool = { _ in false }
    /// Whether a frame does not reach a node.
    var isLost: (_ from: Int, _ to: Int, _ bytes: [UInt8]) -> Bool = { _, _, _ in false }
    /// Whether a record of air time is written at once; nil leaves it open.
    var storesAirtime: Bool? = true
    /// How the radio ends a transmission.
    var transmitOutcome: (_ node: Int) -> TransmitOutcome = { _ in .sent }

    init(count: Int = 2, profile: LinkProfile = .ieee802154, configuration: MACEngine.Configuration = .init()) {
        self.profile = profile
        for index in 0..<count {
            var engine = MACEngine(
                configuration: configuration, profile: profile, extendedAddress: Self.extendedAddress(index),
                cryptography: MbedTLSCryptography(), openSeed: UInt64(index + 1))
            engine.panID = Self.panID
            engine.shortAddress = Self.shortAddress(index)
            engine.setNetworkKey(Self.networkKey, keySequence: 0)
            nodes.append(Node(engine))
        }
        for index in 0..<count { drain(index) }
    }

    static func extendedAddress(_ index: Int) -> ExtendedAddress {
        ExtendedAddress(rawValue: 0x166e_0a00_0000_0001 + UInt64(index))
    }

    static func shortAddress(_ index: Int) -> ShortAddress { ShortAddress(rawValue: UInt16(index + 1) << 10) }

    /// Makes all nodes each other's peers.
    func link(sleepyChild: Int? = nil) {
        for node in nodes.indices {
            for other in nodes.indices where other != node {
                nodes[node].engine.setPeer(
                    MACPeer(
                        extendedAddress: Self.extendedAddress(other), shortAddress: Self.shortAddress(other),
                        linkFrameCounter: 0, keySequence: 0, isReceiverOnWhenIdle: other != sleepyChild,
                        isChild: other == sleepyChild))
            }
        }
    }

    static func data(
        _ handle: UInt32, to node: Int, _ payload: [UInt8] = [1, 2, 3], security: MACProtection = .link,
        priority: TransmitPriority = .data, isIndirect: Bool = false, lifetime: Duration? = nil
    ) -> MACRequest {
        MACRequest(
            handle: handle, destination: .short(shortAddress(node)), source: .short, payload: payload,
            security: security, requestsAcknowledgement: true, priority: priority, isIndirect: isIndirect,
            lifetime: lifetime)
    }

    static func poll(_ handle: UInt32, to node: Int) -> MACRequest {
        MACRequest(
            handle: handle, destination: .short(shortAddress(node)), source: .short, frameType: .macCommand,
            payload: [MACCommandIdentifier.dataRequest.rawValue], security: .link, requestsAcknowledgement: true,
            priority: .control)
    }

    func submit(_ node: Int, _ request: MACRequest) {
        nodes[node].engine.submit(request, now: now)
        drain(node)
    }

    /// Hands a node a frame that somebody else sent.
    func inject(_ bytes: [UInt8], into node: Int) {
        let frame = ReceivedFrame(bytes: bytes, rssi: DecibelMilliwatts(-50), snr: Decibels(10))
        nodes[node].engine.handle(received: frame, now: now)
        drain(node)
    }

    /// Lets time pass, jumping from event to event.
    func run(for duration: Duration) {
        let end = now + duration
        while let next = nextTime, next <= end {
            now = max(now, next)
            step()
        }
        now = end
    }

    private var nextTime: Instant? {
        nodes.reduce(events.map(\.time).min()) { earlier($0, $1.engine.nextDeadline) }
    }

    private func step() {
        let due = events.filter { $0.time <= now }.sorted { ($0.time, $0.order) < ($1.time, $1.order) }
        events.removeAll { $0.time <= now }
        for item in due {
            switch item.event {
            case .assessment(let node):
                nodes[node].engine.handle(channelActivity: isBusy(node), now: now)
                drain(node)
            case .end(let node, let bytes):
                let outcome = transmitOutcome(node)
                nodes[node].engine.handle(transmitDone: outcome, now: now)
                drain(node)
                guard outcome == .sent else { continue }
                for other in nodes.indices where other != node && nodes[other].isReceiverOn {
                    if !isLost(node, other, bytes) { inject(bytes, into: other) }
                }
            }
        }
        for index in nodes.indices {
            guard let deadline = nodes[index].engine.nextDeadline, deadline <= now else { continue }
            nodes[index].engine.handleDeadline(now: now)
            drain(index)
        }
    }

    private func schedule(_ event: Event, at time: Instant) {
        order += 1
        events.append((time, order, event))
    }

    func answerAirtime(_ index: Int, isStored: Bool) {
        if isStored {
            nodes[index].engine.confirmAirtimeStored(now: now)
        } else {
            nodes[index].engine.refuseAirtimeStored(now: now)
        }
        drain(index)
    }

    func drain(_ index: Int) {
        let node = nodes[index]
        while let output = node.engine.pollOutput() {
            switch output {
            case .transmit(let bytes):
                node.sent.append((now, bytes))
                schedule(.end(node: index, bytes: bytes), at: now + profile.airtime(of: bytes.count))
            case .assessChannel:
                node.assessments += 1
                schedule(.assessment(node: index), at: now + .microseconds(128))
            case .setReceiver(let isOn): node.isReceiverOn = isOn
            case .setChannel(let channel): node.channels.append(channel)
            case .beacon(let beacon): node.beacons.append(beacon)
            case .scanFinished: node.scansFinished += 1
            case .received(let indication): node.indications.append(indication)
            case .confirm(let handle, let outcome): node.confirmations.append((handle, outcome))
            case .listenedInVain: node.vainListens += 1
            case .frameCounterReserveNeeded: node.reserveRequests += 1
            case .storeAirtime(let record):
                node.airtimeRecords.append(record)
                if let storesAirtime { answerAirtime(index, isStored: storesAirtime) }
            }
        }
    }
}

/// The acknowledgement that the tests' radios give, when nothing else is said.
let acknowledged = MACOutcome.acknowledged(framePending: false, rssi: DecibelMilliwatts(-50), snr: Decibels(10))

extension MACIndication {
    var payloadBytes: [UInt8] { Array(bytes[payload]) }
}

/// The radio's own count of a frame's kind and addresses.
func layout(_ bytes: [UInt8], frameCheckSequenceLength: Int = 2) throws -> MACFrame {
    try MACFrame(parsing: bytes, frameCheckSequenceLength: frameCheckSequenceLength)
}
