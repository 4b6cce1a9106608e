import CryptoProviders
import EngineCore
import LinkProfiles
import LinkSecurity
import ThreadWire
import WireCore

@testable import ThreadEngine

/// A Heddle engine that takes the part of one node in a recording.
///
/// What the other nodes said is handed in when they said it, secured anew; what they answered is made an answer to
/// what this engine asked: challenges, tokens and message ids are exchanged. What the recorded node said is compared
/// with what the engine says instead, TLV by TLV.
struct Understudy {
    /// The part.
    struct Part {
        var recording: String
        var node: String
        var extendedAddress: ExtendedAddress
        var mode = DeviceMode.fullThreadDevice
        var childTimeout: UInt32 = 240
        /// The last frame that is played.
        var lastFrame: Int
        /// The nodes that it hears; nil for all.
        var hears: Set<String>?
        var profile = LinkProfile.ieee802154
        var networkKey = ThreadHarness.key
        /// Sent by the recorded node for reasons that lie outside the protocol, such as a command.
        var ignoredFrames: Set<Int> = []
        var configure: (inout ThreadEngine.Configuration) -> Void = { _ in }
    }

    private let part: Part
    private(set) var engine: ThreadEngine
    private var now: Instant
    private let messages: [RecordedMessage]
    /// Said by the engine and not yet compared.
    private var said: [Said] = []
    /// What the engine said in place of what was recorded.
    private var challenges: [[UInt8]: [UInt8]] = [:]
    private var exchanges: [UInt16: CoAPMessage] = [:]
    private(set) var differences: [String] = []

    private struct Said {
        var destination: IPv6Address
        var content: Content

        enum Content {
            case mle(MLEMessage)
            case management(CoAPMessage)
        }
    }

    /// OpenThread's simulated radio receives everything at -20 dBm, 80 dB above its noise.
    private static let recordedMargin = Decibels(80)

    /// How long the engine may take for a message that the recorded node has sent.
    private static let patience = Duration.seconds(40)

    init(_ part: Part) throws {
        self.part = part
        messages = try RecordedMessage.messages(of: part.recording, networkKey: part.networkKey)
            .filter { $0.number <= part.lastFrame }
        let own = messages.filter { $0.node == part.node }
        now = own.first?.time ?? .zero
        var configuration = ThreadEngine.Configuration(profile: part.profile)
        configuration.childTimeout = part.childTimeout
        part.configure(&configuration)
        engine = ThreadEngine(
            configuration: configuration, profile: part.profile, extendedAddress: part.extendedAddress,
            meshLocalInterfaceIdentifier: Self.meshLocalIdentifier(in: own) ?? 0x1d57_0a72_3aaf_0001,
            cryptography: MbedTLSCryptography(),
            entropy: EntropySource(secret: SodiumEntropy(seed: [UInt8](repeating: 5, count: 32)), openSeed: 5))
        var dataset = ThreadHarness.dataset
        dataset.networkKey = part.networkKey
        dataset.activeTimestamp = Self.activeTimestamp(in: own)
        if part.profile.dialect == .pymesh { dataset.securityPolicy = .shortDefault }
        _ = engine.setDataset(dataset, .active, now: now)
        _ = engine.setMode(part.mode, now: now)
        // The id that the recorded node was given as leader is the one that this engine asks itself for.
        if let id = Self.leadersOwnID(in: own) { engine.previousRouterID = id }
    }

    private static func meshLocalIdentifier(in own: [RecordedMessage]) -> UInt64? {
        own.lazy.compactMap { recorded -> UInt64? in
            switch recorded.content {
            case .mle(let message, _, _):
                guard case .compressed(0, let identifier)? = message.addressRegistration?.first,
                    message.command == .childIDRequest || message.command == .childUpdateRequest
                else { return nil }
                return identifier
            case .management(let message):
                guard message.uriPath == TMFPath.addressNotification else { return nil }
                return (try? TMFMessage(message.payload))?.meshLocalEID
            }
        }.first
    }

    private static func activeTimestamp(in own: [RecordedMessage]) -> Timestamp {
        let told = own.lazy.compactMap { recorded -> Timestamp? in
            guard case .mle(let message, _, _) = recorded.content else { return nil }
            return message.activeTimestamp
        }.first
        return told ?? Timestamp(seconds: 0)
    }

    private static func leadersOwnID(in own: [RecordedMessage]) -> RouterID? {
        own.lazy.compactMap { recorded -> RouterID? in
            guard case .mle(let message, _, _) = recorded.content, message.command == .dataResponse,
                let source = message.sourceAddress, source.routerID == message.leaderData?.leaderRouterID
            else { return nil }
            return source.routerID
        }.first
    }

    // MARK: Playing

    /// Plays the part from its first message on.
    mutating func play() {
        act { $0.start(now: $1) }
        for message in messages {
            pass(until: max(now, message.time))
            if message.node == part.node {
                guard !part.ignoredFrames.contains(message.number), isOriginal(message) else { continue }
                compare(message)
            } else if isHeard(message) {
                deliver(message)
            }
        }
        for left in said { noteUnasked(left) }
    }

    /// Whether the recorded node is the message's author, and not one of those that pass it on.
    private func isOriginal(_ message: RecordedMessage) -> Bool {
        if case .mle = message.content { return true }
        return message.source == engine.rlocAddress || message.source == engine.meshLocalEID
    }

    private func isHeard(_ message: RecordedMessage) -> Bool {
        if case .mle = message.content {
            guard part.hears?.contains(message.node) ?? true else { return false }
            return message.destination.isMulticast || message.destination == engine.linkLocalAddress
        }
        return message.destination == engine.rlocAddress || message.destination == .realmLocalAllRouters
            || (engine.role == .leader && message.destination == engine.leaderAnycastAddress)
    }

    private mutating func pass(until time: Instant) {
        while let deadline = engine.nextDeadline, deadline <= time {
            now = max(now, deadline)
            act { $0.handleDeadline(now: $1) }
        }
        now = time
    }

    private mutating func act(_ body: (inout ThreadEngine, Instant) -> Void) {
        body(&engine, now)
        while let output = engine.pollOutput() {
            if case .store(let record) = output { engine.confirmStored(record) }
            guard case .send(let datagram) = output, let content = opened(datagram) else { continue }
            said.append(Said(destination: datagram.destination, content: content))
        }
    }

    private func opened(_ datagram: ThreadDatagram) -> Said.Content? {
        if datagram.port == ThreadPort.management {
            var reader = ByteReader(datagram.payload)
            return (try? CoAPMessage(parsing: &reader)).map { .management($0) }
        }
        var reader = ByteReader(datagram.payload)
        guard (try? reader.readUInt8("security suite")) == MLESecuritySuite.ieee802154.rawValue,
            let header = try? AuxiliarySecurityHeader(parsing: &reader),
            case .source4(let sequence, _) = header.keyIdentifier
        else { return nil }
        var bytes = datagram.payload
        var ring = KeyRing(
            networkKey: part.networkKey, keySequence: sequence, cryptography: MbedTLSCryptography())
        guard
            let content = MLESecurity.open(
                &bytes, message: 1..<bytes.count, header: header, source: datagram.source,
                destination: datagram.destination, extendedAddress: engine.extendedAddress,
                context: ring.contexts(for: sequence).mle)
        else { return nil }
        var inner = ByteReader(bytes, in: content)
        return (try? MLEMessage(parsing: &inner)).map { .mle($0) }
    }

    // MARK: What others said

    private mutating func deliver(_ recorded: RecordedMessage) {
        let payload: [UInt8]
        let port: UInt16
        switch recorded.content {
        case .mle(let message, let sequence, let counter):
            port = ThreadPort.mle
            payload = sealed(exchanged(message), recorded, sequence, counter)
        case .management(let message):
            port = ThreadPort.management
            payload = withRecordedID(exchanged(message), after: recorded).bytes
        }
        let datagram = IncomingDatagram(
            source: recorded.source, destination: recorded.destination, port: port, payload: payload,
            hopLimit: recorded.hopLimit, isLinkSecured: port == ThreadPort.management,
            rssi: part.profile.phy.sensitivity() + Self.recordedMargin, snr: Decibels(10))
        act { $0.handle(datagram, now: $1) }
    }

    /// A response to the recorded node's challenge becomes one to the engine's.
    private func exchanged(_ message: MLEMessage) -> MLEMessage {
        var message = message
        message.tlvs = message.tlvs.map { tlv in
            guard case .response(let response) = tlv, let own = challenges[response] else { return tlv }
            return .response(own)
        }
        return message
    }

    private func exchanged(_ message: CoAPMessage) -> CoAPMessage {
        guard !message.code.isRequest, let request = exchanges[message.messageID] else { return message }
        return CoAPMessage(
            type: message.type, code: message.code, messageID: request.messageID, token: request.token,
            options: message.options, payload: message.payload)
    }

    /// A leader gives out ids at random: the request asks for the one that the recorded leader gave.
    private func withRecordedID(_ message: CoAPMessage, after recorded: RecordedMessage) -> CoAPMessage {
        guard message.uriPath == TMFPath.addressSolicit, engine.role == .leader,
            let content = try? TMFMessage(message.payload), content.rloc16 == nil,
            let answer = messages.first(where: { later in
                guard later.number > recorded.number, case .management(let other) = later.content else { return false }
                return other.messageID == message.messageID && !other.code.isRequest
            }), case .management(let response) = answer.content,
            let given = (try? TMFMessage(response.payload))?.rloc16
        else { return message }
        return CoAPMessage(
            type: message.type, code: message.code, messageID: message.messageID, token: message.token,
            options: message.options, payload: TMFMessage(tlvs: [.rloc16(given)] + content.tlvs).bytes)
    }

    private func sealed(
        _ message: MLEMessage, _ recorded: RecordedMessage, _ sequence: UInt32, _ counter: UInt32
    ) -> [UInt8] {
        var ring = KeyRing(
            networkKey: part.networkKey, keySequence: sequence, cryptography: MbedTLSCryptography())
        let header = AuxiliarySecurityHeader(
            securityLevel: .encryptionWithCode32,
            keyIdentifier: .source4(sequence, index: KeySchedule.keyIndex(keySequence: sequence)),
            frameCounter: counter)
        let bytes = MLESecurity.seal(
            message.bytes, header: header, source: recorded.source, destination: recorded.destination,
            extendedAddress: ExtendedAddress(interfaceIdentifier: recorded.source.low),
            context: ring.contexts(for: sequence).mle)
        return [MLESecuritySuite.ieee802154.rawValue] + bytes
    }

    // MARK: What the recorded node said

    private mutating func compare(_ recorded: RecordedMessage) {
        let end = now + Self.patience
        while !said.contains(where: { isSameKind($0, recorded) }) {
            guard let deadline = engine.nextDeadline, deadline <= end else {
                return differ(recorded, "was not sent")
            }
            pass(until: deadline)
        }
        guard let index = said.firstIndex(where: { isSameKind($0, recorded) }) else { return }
        let own = said.remove(at: index)
        if own.destination != recorded.destination {
            differ(recorded, "goes to \(own.destination) instead of \(recorded.destination)")
        }
        switch (own.content, recorded.content) {
        case (.mle(let message), .mle(let expected, _, _)):
            if let challenge = message.challenge, let recordedChallenge = expected.challenge {
                challenges[recordedChallenge] = challenge
            }
            compare(message.tlvs, expected.tlvs, recorded)
            if engine.role == .leader, let leaderData = expected.leaderData { takePartition(leaderData) }
        case (.management(let message), .management(let expected)):
            exchanges[expected.messageID] = message
            compare(message, expected, recorded)
        default: break
        }
    }

    /// From the recorded leader's first message on the engine leads the recorded partition.
    private mutating func takePartition(_ recorded: LeaderData) {
        engine.leaderData?.partitionID = recorded.partitionID
        engine.leaderData?.dataVersion = recorded.dataVersion
        engine.leaderData?.stableDataVersion = recorded.stableDataVersion
    }

    private func isSameKind(_ said: Said, _ recorded: RecordedMessage) -> Bool {
        switch (said.content, recorded.content) {
        case (.mle(let message), .mle(let expected, _, _)):
            return message.command == expected.command
                && said.destination.isMulticast == recorded.destination.isMulticast
                && (said.destination.isMulticast || said.destination == recorded.destination)
        case (.management(let message), .management(let expected)):
            // An acknowledgement belongs to the request that it carries the message id of.
            return message.code == expected.code && message.uriPath == expected.uriPath
                && (message.code.isRequest || message.messageID == expected.messageID)
        default: return false
        }
    }

    private mutating func compare(_ own: [MLETLV], _ expected: [MLETLV], _ recorded: RecordedMessage) {
        guard own.map(\.type) == expected.map(\.type) else {
            return differ(
                recorded,
                "has TLVs \(own.map { "\($0.type)" }) instead of \(expected.map { "\($0.type)" })")
        }
        for (one, other) in zip(own, expected) where !isEqual(one, other) {
            differ(recorded, "says \(one) instead of \(other)")
        }
    }

    /// Whether two TLVs say the same, but for what is random or counted.
    private func isEqual(_ own: MLETLV, _ expected: MLETLV) -> Bool {
        switch (own, expected) {
        case (.challenge(let one), .challenge(let other)): return one.count == other.count
        case (.linkLayerFrameCounter, .linkLayerFrameCounter), (.mleFrameCounter, .mleFrameCounter): return true
        case (.leaderData(let one), .leaderData(let other)):
            // A new leader's partition id and versions are random; it takes the recorded ones afterwards.
            return one == other
                || (engine.role == .leader && one.weighting == other.weighting
                    && one.leaderRouterID == other.leaderRouterID)
        case (.route64(let one), .route64(let other)):
            guard engine.role == .leader else { return one == other }
            return one.routerIDMask == other.routerIDMask && one.entries == other.entries
        case (.connectivity(var one), .connectivity(let other)):
            if engine.role == .leader { one.idSequence = other.idSequence }
            return one == other
        case (.networkData(let one), .networkData(let other)):
            return one == other || Self.withoutSession(one) == Self.withoutSession(other)
        default: return own == expected
        }
    }

    /// Network data without the commissioning session's number, which is random.
    private static func withoutSession(_ bytes: [UInt8]) -> NetworkData? {
        guard var data = try? NetworkData(bytes) else { return nil }
        data.tlvs.removeAll { if case .commissioningData = $0 { true } else { false } }
        return data
    }

    private mutating func compare(_ own: CoAPMessage, _ expected: CoAPMessage, _ recorded: RecordedMessage) {
        if own.type != expected.type { differ(recorded, "is \(own.type) instead of \(expected.type)") }
        if own.token.count != expected.token.count {
            differ(recorded, "has a token of \(own.token.count) bytes instead of \(expected.token.count)")
        }
        guard let one = try? TMFMessage(own.payload), let other = try? TMFMessage(expected.payload) else {
            return differ(recorded, "cannot be read")
        }
        guard one.tlvs.map(\.type) == other.tlvs.map(\.type) else {
            return differ(recorded, "has TLVs \(one.tlvs) instead of \(other.tlvs)")
        }
        for (mine, theirs) in zip(one.tlvs, other.tlvs) where mine != theirs {
            if case .routerMask(let mask) = mine, case .routerMask(let theirMask) = theirs,
                mask.routerIDMask == theirMask.routerIDMask
            {
                continue
            }
            differ(recorded, "says \(mine) instead of \(theirs)")
        }
    }

    private mutating func differ(_ recorded: RecordedMessage, _ text: String) {
        differences.append("\(recorded.name): \(text)")
    }

    /// More advertisements, or one more request before an answer, are a matter of chance; nothing else is.
    private mutating func noteUnasked(_ said: Said) {
        switch said.content {
        case .mle(let message):
            guard message.command != .advertisement, message.command != .parentRequest else { return }
            differences.append("unasked: \(message.command) \(message.tlvs)")
        case .management(let message):
            guard message.type != .confirmable || !exchanges.values.contains(message) else { return }
            differences.append("unasked: \(message.code) \(message.uriPath)")
        }
    }
}
