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
    private let part: Part
    private(set) var engine: ThreadEngine
    private var now: Instant
    private let messages: [RecordedMessage]
    /// Said by the engine and not yet compared.
    private var said: [Said] = []
    /// What the engine was about to say after a random delay, and when that began.
    private var held: [(content: DelayedMessage.Content, since: Instant)] = []
    /// What the engine said in place of what was recorded.
    private var challenges: [[UInt8]: [UInt8]] = [:]
    private var exchanges: [UInt16: CoAPMessage] = [:]
    private(set) var differences: [String] = []

    private struct Said {
        var destination: IPv6Address
        var content: Content

        var isAdvertisement: Bool {
            if case .mle(let message) = content { message.command == .advertisement } else { false }
        }

        enum Content {
            case mle(MLEMessage)
            case discovery(MLEMessage)
            case management(CoAPMessage)
        }
    }

    /// OpenThread's simulated radio receives everything at -20 dBm, 80 dB above its noise.
    private static let recordedMargin = Decibels(80)

    /// How long the engine may take for a message that the recorded node has sent.
    private static let patience = Duration.seconds(2)

    init(_ part: Part) throws {
        self.part = part
        messages = try RecordedMessage.messages(of: part.recording, networkKey: part.networkKey)
            .filter { $0.number >= part.firstFrame && $0.number <= part.lastFrame }
            .withoutCopies(for: part.node)
        let own = messages.filter { $0.node == part.node }
        now = own.first?.time ?? .zero
        var configuration = ThreadEngine.Configuration(profile: part.profile)
        configuration.childTimeout = part.childTimeout
        configuration.identity.eui64 = part.extendedAddress
        part.configure(&configuration)
        engine = ThreadEngine(
            configuration: configuration, profile: part.profile, extendedAddress: part.extendedAddress,
            meshLocalInterfaceIdentifier: part.meshLocalIdentifier ?? Self.meshLocalIdentifier(in: own)
                ?? 0x1d57_0a72_3aaf_0001,
            cryptography: MbedTLSCryptography(),
            entropy: EntropySource(secret: SodiumEntropy(seed: [UInt8](repeating: 5, count: 32)), openSeed: 5))
        var dataset = ThreadHarness.dataset
        dataset.networkKey = part.networkKey
        dataset.activeTimestamp = Self.activeTimestamp(in: own)
        if part.profile.dialect == .pymesh { dataset.securityPolicy = .shortDefault }
        part.changeDataset(&dataset)
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
            case .discovery: return nil
            }
        }.first
    }

    /// Nil for one that never had a dataset, but values set one by one.
    private static func activeTimestamp(in own: [RecordedMessage]) -> Timestamp? {
        own.lazy.compactMap { recorded -> Timestamp? in
            guard case .mle(let message, _, _) = recorded.content else { return nil }
            return message.activeTimestamp
        }.first
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
        var commands = part.commands.sorted { $0.key < $1.key }
        for message in messages {
            pass(until: max(now, message.time))
            while let command = commands.first, command.key <= message.number {
                act(command.value)
                commands.removeFirst()
            }
            if message.node == part.node {
                guard !part.ignoredFrames.contains(message.number), isOriginal(message) else { continue }
                askAsRecorded(message)
                compare(message)
            } else if isHeard(message), !part.missedFrames.contains(message.number) {
                deliver(message)
            }
        }
        for left in said { noteUnasked(left) }
        for left in engine.delayed { noteUnasked(left) }
        for deviation in part.deviations {
            if !differences.contains(where: { $0.contains(deviation.text) }) {
                differences.append("not met: the deviation \(deviation.id), \(deviation.text)")
            }
            differences.removeAll { $0.contains(deviation.text) && !$0.hasPrefix("not met") }
        }
    }

    /// Whether the recorded node is the message's author, and not one of those that pass it on.
    private func isOriginal(_ message: RecordedMessage) -> Bool {
        switch message.content {
        case .mle, .discovery: true
        case .management:
            message.source == engine.rlocAddress || message.source == engine.meshLocalEID
                || message.source == engine.leaderAnycastAddress
                || message.source == engine.linkLocalAddress
        }
    }

    private func isHeard(_ message: RecordedMessage) -> Bool {
        switch message.content {
        // Of the same request on every channel the fixture has the first.
        case .discovery: return isInRange(message)
        case .mle: break
        case .management:
            if message.destination == .linkLocalAllNodes || message.destination == engine.linkLocalAddress {
                return isInRange(message)
                    && (engine.mode.isReceiverOnWhenIdle || !message.destination.isMulticast)
            }
            return message.destination == engine.rlocAddress || message.destination == .realmLocalAllNodes
                || (message.destination == .realmLocalAllRouters && engine.mode.isFullThreadDevice)
                || (engine.role == .leader && message.destination == engine.leaderAnycastAddress)
        }
        guard message.channel == engine.network.map({ Int($0.channel) }) else { return false }
        guard isInRange(message) else { return false }
        return message.destination.isMulticast || message.destination == engine.linkLocalAddress
    }

    private func isInRange(_ message: RecordedMessage) -> Bool {
        var heard = part.hears
        if let later = part.hearsLater, message.number >= later.from { heard = later.nodes }
        return heard?.contains(message.node) ?? true
    }

    /// The owner tells the engine which addresses there are, and what the link counted.
    private mutating func tellFacts() {
        engine.diagnosticFacts.addresses =
            [engine.linkLocalAddress] + [engine.rlocAddress, engine.meshLocalEID].compactMap { $0 }
            + engine.additionalAddresses.map(\.address)
    }

    private mutating func pass(until time: Instant) {
        while let deadline = engine.nextDeadline, deadline <= time {
            now = max(now, deadline)
            act { $0.handleDeadline(now: $1) }
        }
        now = time
    }

    mutating func act(_ body: (inout ThreadEngine, Instant) -> Void) {
        body(&engine, now)
        holdDelays()
        takeRecordedIdentifiers()
        while let output = engine.pollOutput() {
            switch output {
            case .store(let record): engine.confirmStored(record)
            // What waits at the parent comes when the recorded parent sent it.
            case .poll: engine.notePoll(.acknowledged(isFramePending: false), now: now)
            case .send(let datagram):
                if let content = opened(datagram) {
                    said.append(Said(destination: datagram.destination, content: content))
                }
                noteArrival(of: datagram)
            case .sendOnLink(let message):
                guard let content = opened(message.datagram) else { continue }
                said.append(Said(destination: message.datagram.destination, content: content))
            default: break
            }
        }
    }

    // MARK: What is random

    private static let never = Instant(microseconds: .max)

    /// Random delays end when those of the recorded node ended: `endDelay` sees to it.
    private mutating func holdDelays() {
        for index in engine.delayed.indices where engine.delayed[index].deadline != Self.never {
            engine.delayed[index].deadline = Self.never
            held.append((engine.delayed[index].content, now))
        }
        if engine.routerSelectionDeadline != nil { engine.routerSelectionDeadline = Self.never }
    }

    /// Lets the engine say now what it was about to say after a random delay.
    private mutating func endDelay(of recorded: RecordedMessage) {
        if case .management(let message) = recorded.content, message.uriPath == TMFPath.addressSolicit,
            engine.routerSelectionDeadline != nil
        {
            engine.routerSelectionDeadline = now
            return act { $0.handleDeadline(now: $1) }
        }
        guard let index = engine.delayed.firstIndex(where: { isDelayed($0.content, recorded) }) else { return }
        engine.delayed[index].deadline = now
        act { $0.sendDelayed(now: $1) }
    }

    private func isDelayed(_ content: DelayedMessage.Content, _ recorded: RecordedMessage) -> Bool {
        func goes(to address: ExtendedAddress) -> Bool {
            recorded.destination == IPv6Address(linkLocal: address.interfaceIdentifier)
        }
        let command: MLECommand
        switch recorded.content {
        case .mle(let message, _, _), .discovery(let message): command = message.command
        case .management: return false
        }
        return switch content {
        case .parentResponse(let child, let response):
            command == .parentResponse && goes(to: child) && recorded.mleMessage?.response == response
        case .linkRequest(let id):
            command == .linkRequest && engine.routers[id].map { goes(to: $0.neighbor.extendedAddress) } == true
        case .linkAccept(let neighbor, _, _, _):
            (command == .linkAccept || command == .linkAcceptAndRequest) && goes(to: neighbor)
        case .dataResponse: command == .dataResponse && recorded.destination.isMulticast
        case .advertisement(let neighbor): command == .advertisement && goes(to: neighbor)
        case .discoveryResponse(let destination, _):
            command == .discoveryResponse && recorded.destination == destination
        case .diagnosticAnswer: false
        }
    }

    /// Interface identifiers of addresses in prefixes are random: the engine takes the recorded one.
    private mutating func takeRecordedIdentifiers() {
        guard let recorded = part.prefixAddress else { return }
        for index in engine.additionalAddresses.indices {
            guard case .autoconfigured = engine.additionalAddresses[index].origin else { continue }
            engine.additionalAddresses[index].address = recorded
        }
    }

    /// In the recordings no frame was lost.
    private mutating func noteArrival(of datagram: ThreadDatagram) {
        guard datagram.destination.isLinkLocalUnicast else { return }
        engine.noteTransmission(
            to: ExtendedAddress(interfaceIdentifier: datagram.destination.low), isAcknowledged: true, now: now)
    }

    private func opened(_ datagram: ThreadDatagram) -> Said.Content? {
        if datagram.port == ThreadPort.management {
            var reader = ByteReader(datagram.payload)
            return (try? CoAPMessage(parsing: &reader)).map { .management($0) }
        }
        var reader = ByteReader(datagram.payload)
        if datagram.payload.first == MLESecuritySuite.none.rawValue {
            return (try? MLEMessage(Array(datagram.payload.dropFirst()))).map { .discovery($0) }
        }
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
        case .discovery(let message):
            port = ThreadPort.mle
            payload = [MLESecuritySuite.none.rawValue] + message.bytes
        case .management(let message):
            port = ThreadPort.management
            payload = withRecordedID(exchanged(message), after: recorded).bytes
        }
        let datagram = IncomingDatagram(
            source: recorded.source, destination: recorded.destination, port: port, payload: payload,
            hopLimit: recorded.hopLimit, isLinkSecured: port == ThreadPort.management,
            rssi: part.profile.phy.sensitivity() + Self.recordedMargin, snr: Decibels(10),
            sourcePAN: engine.network?.panID)
        tellFacts()
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
                guard later.node == part.node, case .management(let other) = later.content else { return false }
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

    /// Whether the engine has said something of the kind, or does so now because it was about to.
    private mutating func isSaid(_ recorded: RecordedMessage) -> Bool {
        if case .mle(let expected, _, _) = recorded.content, recorded.destination.isMulticast {
            if expected.command == .advertisement { advertise() }
            if expected.command == .announce { act { engine, _ in engine.sendAnnounce(on: UInt8(recorded.channel)) } }
        }
        if said.contains(where: { isSameKind($0, recorded) }) { return true }
        endDelay(of: recorded)
        return said.contains { isSameKind($0, recorded) }
    }

    private mutating func compare(_ recorded: RecordedMessage) {
        let end = now + Self.patience
        _ = isSaid(recorded)
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
        case (.discovery(let message), .discovery(let expected)): compare(message.tlvs, expected.tlvs, recorded)
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

    /// When a node advertises is a matter of chance; what it says then is not. A router says now what it has to say.
    private mutating func advertise() {
        guard engine.role.isRouting else { return }
        said.removeAll(where: \.isAdvertisement)
        act { engine, _ in engine.sendAdvertisement(to: .linkLocalAllNodes) }
    }

    private func isSameKind(_ said: Said, _ recorded: RecordedMessage) -> Bool {
        switch (said.content, recorded.content) {
        case (.mle(let message), .mle(let expected, _, _)), (.discovery(let message), .discovery(let expected)):
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
    func isEqual(_ own: MLETLV, _ expected: MLETLV) -> Bool {
        switch (own, expected) {
        case (.challenge(let one), .challenge(let other)): return one.count == other.count
        case (.linkLayerFrameCounter, .linkLayerFrameCounter), (.mleFrameCounter, .mleFrameCounter): return true
        case (.leaderData(let one), .leaderData(let other)):
            // A new leader's partition id and versions are random; it takes the recorded ones afterwards.
            return one == other
                || (engine.role == .leader && one.weighting == other.weighting
                    && one.leaderRouterID == other.leaderRouterID)
        case (.route64(let one), .route64(let other)):
            return (engine.role == .leader || one.idSequence == other.idSequence)
                && one.routerIDMask == other.routerIDMask
                && zip(one.routes, other.entries).allSatisfy { isSameRoute($0.1, $1, to: $0.0) }
        case (.connectivity(var one), .connectivity(let other)):
            if engine.role == .leader { one.idSequence = other.idSequence }
            return one == other
        case (.activeOperationalDataset(let one), .activeOperationalDataset(let other)),
            (.pendingOperationalDataset(let one), .pendingOperationalDataset(let other)):
            return isSameDataset(one, other)
        case (.networkData(let one), .networkData(let other)):
            return one == other || Self.withoutSession(one) == Self.withoutSession(other)
        default: return own == expected
        }
    }

    /// Whether two entries of routes are the same.
    /// - Deviation: docs/deviations.md#requested-links
    private func isSameRoute(_ own: RouteEntry, _ expected: RouteEntry, to id: RouterID) -> Bool {
        if own == expected { return true }
        return engine.routers[id]?.isLinkValid == false && own.linkQualityIn == 0 && expected.linkQualityOut == 0
            && own.routeCost == expected.routeCost
    }

    /// Whether two datasets have the same values, in whatever order. What is left of a delay is measured.
    private func isSameDataset(_ own: [UInt8], _ expected: [UInt8]) -> Bool {
        guard var one = try? OperationalDataset(own), var other = try? OperationalDataset(expected) else {
            return false
        }
        let difference = Int(one.delayTimer ?? 0) - Int(other.delayTimer ?? 0)
        guard (one.delayTimer == nil) == (other.delayTimer == nil), abs(difference) <= Self.delayTolerance else {
            return false
        }
        one.delayTimer = nil
        other.delayTimer = nil
        func sorted(_ dataset: OperationalDataset) -> [MeshCoPTLV] {
            dataset.tlvs.sorted { $0.type.rawValue < $1.type.rawValue }
        }
        return sorted(one) == sorted(other)
    }

    /// - Units: milliseconds
    private static let delayTolerance = 100

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
        if isDiagnostic(expected) {
            return compareDiagnostics(own.payload, expected.payload, recorded)
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

    /// Whether it is one of diagnostics, or answers one.
    private func isDiagnostic(_ message: CoAPMessage) -> Bool {
        if message.code.isRequest { return Self.isDiagnostic(path: message.uriPath) }
        return messages.contains { recorded in
            guard case .management(let request) = recorded.content else { return false }
            return request.code.isRequest && request.messageID == message.messageID
                && Self.isDiagnostic(path: request.uriPath)
        }
    }

    mutating func differ(_ recorded: RecordedMessage, _ text: String) {
        differences.append("\(recorded.name): \(text)")
    }

    /// More advertisements, or one more request before an answer, are a matter of chance; nothing else is.
    private mutating func noteUnasked(_ said: Said) {
        switch said.content {
        case .mle(let message), .discovery(let message):
            guard ![.advertisement, .parentRequest, .announce].contains(message.command) else { return }
            differences.append("unasked: \(message.command) \(message.tlvs)")
        case .management(let message):
            guard message.type != .confirmable || !exchanges.values.contains(message) else { return }
            differences.append("unasked: \(message.code) \(message.uriPath)")
        }
    }

    /// What waited in vain: the recorded node, whose delays are no longer than these, never said it.
    private mutating func noteUnasked(_ left: DelayedMessage) {
        guard let since = held.last(where: { $0.content == left.content })?.since, now.since(since) > Self.longestDelay
        else { return }
        if case .advertisement = left.content { return }
        differences.append("unasked, after a delay: \(left.content)")
    }

    private static let longestDelay = Duration.seconds(2)
}
