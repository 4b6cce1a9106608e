import EngineCore
import LinkSecurity
import Simulator
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import NodeEngine
@testable import ThreadEngine

/// What a member of the network may send that has gone mad: messages with the right key and anything in them.
@Suite("Messages under the right key with wrong content")
struct SealedMutationTests {
    private static let stranger = ExtendedAddress(rawValue: 0x166e_0aff_0000_0001)

    private func formed(seed: UInt64) throws -> VirtualNetwork {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        return network
    }

    private func canPing(_ network: VirtualNetwork, attempts: UInt16 = 5) throws -> Bool {
        guard let target = network["N2"].engine.thread.meshLocalEID else { return false }
        for sequence in 1...attempts {
            let before = network["N0"].echoReplies.count
            try network.with(network["N0"]) { engine, now in
                try engine.sendEcho(to: target, identifier: 78, sequence: sequence, payload: [1, 2, 3, 4], now: now)
            }
            if network.run(until: { $0["N0"].echoReplies.count > before }, within: .seconds(30)) != nil { return true }
        }
        return false
    }

    /// Nothing that grows beyond its limit.
    private func expectBounded(_ engine: ThreadEngine, _ comment: Comment) {
        let configuration = engine.configuration
        #expect(engine.children.children.count <= configuration.childLimit, comment)
        #expect(engine.routers.count <= 63, comment)
        #expect(engine.assignedRouters.count <= 63, comment)
        #expect(engine.delayed.count <= configuration.delayedMessageLimit, comment)
        #expect(engine.management.pending.count <= configuration.pendingRequestLimit, comment)
        #expect(engine.management.answered.count <= configuration.pendingRequestLimit, comment)
        #expect(engine.resolver.entries.count <= configuration.addressCacheLimit, comment)
        #expect(engine.children.children.allSatisfy { $0.addresses.count <= 16 }, comment)
        #expect(engine.networkData.count <= 255, comment)
    }

    // MARK: MLE

    /// One message of each kind, as a node at this place could send it.
    private func messages(_ engine: ThreadEngine) -> [MLEMessage] {
        let challenge: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        let leaderData =
            engine.leaderData
            ?? LeaderData(
                partitionID: PartitionID(rawValue: 1), weighting: 64, dataVersion: 1, stableDataVersion: 1,
                leaderRouterID: RouterID(rawValue: 1))
        let route = MLETLV.route64(engine.routers.route64(self: engine.rloc16.routerID))
        let counters: [MLETLV] = [.linkLayerFrameCounter(1), .mleFrameCounter(1)]
        let own: [MLETLV] = [.sourceAddress(engine.rloc16), .leaderData(leaderData)]
        return [
            MLEMessage(command: .advertisement, tlvs: own + [route]),
            MLEMessage(
                command: .linkRequest,
                tlvs: [.version(5), .tlvRequest([.linkMargin, .route64])] + own + [.challenge(challenge)]),
            MLEMessage(
                command: .linkAccept,
                tlvs: [.version(5), .response(challenge), .linkMargin(40)] + own + counters + [route]),
            MLEMessage(
                command: .linkAcceptAndRequest,
                tlvs: [.version(5), .response(challenge), .linkMargin(40), .challenge(challenge)] + own + counters),
            MLEMessage(
                command: .parentRequest,
                tlvs: [
                    .mode(.fullThreadDevice), .challenge(challenge), .scanMask(.routersAndEndDevices), .version(5),
                ]),
            MLEMessage(
                command: .parentResponse,
                tlvs: own + counters + [
                    .response(challenge), .challenge(challenge), .linkMargin(40), .version(5),
                    .connectivity(
                        Connectivity(
                            parentPriority: 0, linkQuality3: 1, linkQuality2: 0, linkQuality1: 0, leaderCost: 1,
                            idSequence: 10, activeRouters: 3)),
                ]),
            MLEMessage(
                command: .childIDRequest,
                tlvs: counters + [
                    .response(challenge), .mode(.fullThreadDevice), .timeout(240), .version(5),
                    .tlvRequest([.address16, .networkData, .route64]),
                ]),
            MLEMessage(
                command: .childIDResponse,
                tlvs: own + [.address16(engine.rloc16), .networkData(engine.networkData), route]),
            MLEMessage(
                command: .childUpdateRequest,
                tlvs: own + [
                    .mode(.fullThreadDevice), .timeout(240), .challenge(challenge),
                    .addressRegistration([.compressed(contextID: 0, interfaceIdentifier: 1)]),
                ]),
            MLEMessage(
                command: .childUpdateResponse,
                tlvs: own + [.mode(.fullThreadDevice), .response(challenge), .timeout(240)]),
            MLEMessage(command: .dataRequest, tlvs: [.tlvRequest([.networkData])]),
            MLEMessage(command: .dataResponse, tlvs: own + [.networkData(engine.networkData)]),
            MLEMessage(command: .announce, tlvs: own),
        ]
    }

    /// Types and values of a message, so that they can be changed without regard for what they mean.
    private typealias RawTLV = (type: UInt8, value: [UInt8])

    private func rawTLVs(_ message: MLEMessage) -> [RawTLV] {
        message.tlvs.map { tlv in
            var writer = ByteWriter()
            tlv.serialize(into: &writer)
            return (writer.bytes[0], Array(writer.bytes.dropFirst(2)))
        }
    }

    private func mutated(_ message: MLEMessage, _ generator: inout SeededGenerator) -> [UInt8] {
        var tlvs = rawTLVs(message)
        var command = message.command.rawValue
        for _ in 0...Int.random(in: 0..<3, using: &generator) {
            let index = tlvs.isEmpty ? 0 : Int.random(in: 0..<tlvs.count, using: &generator)
            switch Int.random(in: 0..<9, using: &generator) {
            case 0 where !tlvs.isEmpty: tlvs.remove(at: index)
            case 1 where !tlvs.isEmpty: tlvs.append(tlvs[index])
            case 2 where !tlvs.isEmpty: tlvs.swapAt(index, 0)
            case 3 where !tlvs.isEmpty:
                tlvs[index].value = tlvs[index].value.map { _ in UInt8.random(in: 0...255, using: &generator) }
            case 4 where !tlvs.isEmpty: tlvs[index].value = generator.mutated(tlvs[index].value)
            case 5 where !tlvs.isEmpty:
                tlvs[index].value = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            case 6 where !tlvs.isEmpty: tlvs[index].type = UInt8.random(in: 0...30, using: &generator)
            case 7: command = UInt8.random(in: 0...20, using: &generator)
            default:
                tlvs.append(
                    (UInt8.random(in: 0...90, using: &generator), [UInt8.random(in: 0...255, using: &generator)]))
            }
        }
        var bytes = [command]
        for tlv in tlvs { bytes += [tlv.type, UInt8(clamping: tlv.value.count)] + tlv.value.prefix(255) }
        if Int.random(in: 0..<20, using: &generator) == 0 { bytes = generator.mutated(bytes) }
        return bytes
    }

    private func sealed(
        _ plaintext: [UInt8], from sender: ExtendedAddress, counter: UInt32, to destination: IPv6Address,
        _ engine: ThreadEngine
    ) -> IncomingDatagram {
        let sequence = engine.keySequence
        let source = IPv6Address(linkLocal: sender.interfaceIdentifier)
        var keyRing = engine.keyRing
        let bytes = MLESecurity.seal(
            plaintext,
            header: AuxiliarySecurityHeader(
                securityLevel: .encryptionWithCode32,
                keyIdentifier: .source4(sequence, index: KeySchedule.keyIndex(keySequence: sequence)),
                frameCounter: counter), source: source, destination: destination, extendedAddress: sender,
            context: keyRing.contexts(for: sequence).mle)
        return IncomingDatagram(
            source: source, destination: destination, port: ThreadPort.mle,
            payload: [MLESecuritySuite.ieee802154.rawValue] + bytes, hopLimit: 255, isLinkSecured: false,
            rssi: DecibelMilliwatts(-60), snr: Decibels(9))
    }

    private func hand(_ datagram: IncomingDatagram, to node: VirtualNetwork.Node, of network: VirtualNetwork) {
        network.with(node) { engine, now in
            engine.thread.handle(datagram, now: now)
            engine.settle(now: now)
        }
    }

    @Test(
        "20,000 mutated MLE messages of a stranger and of a neighbor trap nothing, fill nothing, and pass",
        arguments: [21])
    func mle(seed: UInt64) throws {
        let network = try formed(seed: seed)
        var generator = SeededGenerator(seed: seed)
        for number in 0..<20_000 {
            let node = network.nodes[number % 3]
            let engine = node.engine.thread
            let neighbor = engine.neighbors.first?.neighbor
            let isNeighbor = number.isMultiple(of: 5) && neighbor != nil
            let sender = isNeighbor ? neighbor!.extendedAddress : Self.stranger
            let corpus = messages(network.nodes[(number / 3) % 3].engine.thread)
            let plaintext = mutated(corpus[Int.random(in: 0..<corpus.count, using: &generator)], &generator)
            let destination = number.isMultiple(of: 2) ? IPv6Address.linkLocalAllNodes : engine.linkLocalAddress
            hand(
                sealed(
                    plaintext, from: sender, counter: isNeighbor ? neighbor!.mleFrameCounter : UInt32(number),
                    to: destination, engine), to: node, of: network)
            if number.isMultiple(of: 10) { network.run(for: .milliseconds(20)) }
            if number.isMultiple(of: 500) { expectBounded(node.engine.thread, "seed \(seed), message \(number)") }
        }
        for node in network.nodes { expectBounded(node.engine.thread, "seed \(seed), at the end") }
        // Whoever has the key may cut links for a while; they come back by themselves.
        let time = network.run(until: { $0.isFullyRouted }, within: .seconds(3600))
        #expect(time != nil, "seed \(seed)")
        #expect(try canPing(network), "seed \(seed)")
    }

    // MARK: Thread management

    private func requests(_ engine: ThreadEngine, _ target: IPv6Address) -> [(path: String, tlvs: [TMFTLV])] {
        [
            (TMFPath.addressSolicit, [.macExtendedAddress(Self.stranger), .status(.haveChildIDRequest)]),
            (
                TMFPath.addressSolicit,
                [.macExtendedAddress(Self.stranger), .rloc16(RLOC16(rawValue: 0x1000)), .status(.tooFewRouters)]
            ),
            (TMFPath.addressRelease, [.rloc16(RLOC16(rawValue: 0x1000)), .macExtendedAddress(Self.stranger)]),
            (TMFPath.addressQuery, [.targetEID(target)]),
            (
                TMFPath.addressNotification,
                [.targetEID(target), .meshLocalEID(1), .rloc16(engine.rloc16), .timeSinceLastTransaction(3)]
            ),
            (TMFPath.addressError, [.targetEID(target), .meshLocalEID(1)]),
        ]
    }

    @Test(
        "20,000 CoAP messages with wrong tokens, options and content trap nothing, fill nothing, and pass",
        arguments: [22])
    func management(seed: UInt64) throws {
        let network = try formed(seed: seed)
        var generator = SeededGenerator(seed: seed)
        for number in 0..<20_000 {
            let node = network.nodes[number % 3]
            let engine = node.engine.thread
            let target = network.nodes[(number / 3) % 3].engine.thread.meshLocalEID ?? engine.linkLocalAddress
            let requests = requests(engine, target)
            let request = requests[Int.random(in: 0..<requests.count, using: &generator)]
            let token = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            var content = request.tlvs
            if Bool.random(using: &generator), !content.isEmpty { content.removeLast() }
            let message = CoAPMessage(
                type: [.confirmable, .nonConfirmable, .acknowledgement, .reset].randomElement(using: &generator)!,
                code: [.post, .changed, .empty].randomElement(using: &generator)!,
                messageID: UInt16.random(in: 0...UInt16.max, using: &generator), token: token, path: request.path,
                payload: TMFMessage(tlvs: content).bytes)
            let bytes = Bool.random(using: &generator) ? generator.mutated(message.bytes) : message.bytes
            let source = engine.locatorAddress(RLOC16(rawValue: UInt16.random(in: 0...0xfbff, using: &generator)))
            let destination = engine.rlocAddress ?? engine.linkLocalAddress
            hand(
                IncomingDatagram(
                    source: source ?? engine.linkLocalAddress, destination: destination, port: ThreadPort.management,
                    payload: bytes, hopLimit: 64, isLinkSecured: true, rssi: DecibelMilliwatts(-60), snr: Decibels(9)),
                to: node, of: network)
            if number.isMultiple(of: 10) { network.run(for: .milliseconds(20)) }
            if number.isMultiple(of: 500) { expectBounded(node.engine.thread, "seed \(seed), message \(number)") }
        }
        for node in network.nodes { expectBounded(node.engine.thread, "seed \(seed), at the end") }
        // Ids that were given to nobody are released again, since no way leads there.
        network.run(for: .seconds(600))
        let time = network.run(until: { $0.isFullyRouted }, within: .seconds(3600))
        #expect(time != nil, "seed \(seed)")
        #expect(try canPing(network), "seed \(seed)")
    }

    @Test("A flood of Address Solicits from ever new addresses ends when there are as many routers as may be")
    func solicitFlood() throws {
        let network = try formed(seed: 23)
        let leader = try #require(network.nodes.first { $0.engine.thread.role == .leader })
        for number in 0..<2000 as Range<UInt64> {
            let engine = leader.engine.thread
            let message = CoAPMessage(
                type: .confirmable, code: .post, messageID: UInt16(number), token: [1, 2], path: TMFPath.addressSolicit,
                payload: TMFMessage(
                    tlvs: [
                        .macExtendedAddress(ExtendedAddress(rawValue: Self.stranger.rawValue + number)),
                        .status(.haveChildIDRequest),
                    ]
                ).bytes)
            hand(
                IncomingDatagram(
                    source: try #require(engine.locatorAddress(RLOC16(rawValue: 0x1001))),
                    destination: try #require(engine.rlocAddress), port: ThreadPort.management,
                    payload: message.bytes, hopLimit: 64, isLinkSecured: true, rssi: DecibelMilliwatts(-60),
                    snr: Decibels(9)), to: leader, of: network)
            #expect(leader.engine.thread.routers.count <= leader.engine.thread.configuration.routerLimit)
            #expect(leader.engine.thread.assignedRouters.count <= leader.engine.thread.configuration.routerLimit)
        }
        #expect(leader.engine.thread.routers.count == leader.engine.thread.configuration.routerLimit)
        let time = network.run(until: { $0.isFullyRouted }, within: .seconds(3600))
        #expect(time != nil)
        #expect(try canPing(network))
    }
}
