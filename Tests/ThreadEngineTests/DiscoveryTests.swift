import EngineCore
import LinkProfiles
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Discovering networks")
struct DiscoveryTests {
    private static let seeker = IPv6Address("fe80::48d3:a7af:3694:1c9c")!
    private static let seekerPAN = PANID(rawValue: 0x3606)
    /// The UDP payloads of recording scan, frames 39 and 44.
    private static let recordedRequest = bytes(hexadecimal: "ff101a0480025000")!
    private static let recordedResponse = bytes(
        hexadecimal: "ff111a1e8102500002081111111122222222030a686564646c652d726566120203e8")!

    private func leader() -> ScriptedNode {
        var node = ScriptedNode()
        node.becomeLeader()
        return node
    }

    private func incoming(
        _ payload: [UInt8], from source: IPv6Address = seeker, pan: PANID? = seekerPAN, hopLimit: UInt8 = 255
    ) -> IncomingDatagram {
        IncomingDatagram(
            source: source, destination: .linkLocalAllRouters, port: ThreadPort.mle, payload: payload,
            hopLimit: hopLimit, isLinkSecured: false, rssi: DecibelMilliwatts(-20), snr: Decibels(20), sourcePAN: pan)
    }

    private func linkMessages(_ node: ScriptedNode) -> [LinkMessage] {
        node.outputs.compactMap { if case .sendOnLink(let message) = $0 { message } else { nil } }
    }

    private func responses(_ node: ScriptedNode) -> [LinkMessage] {
        linkMessages(node).filter { $0.datagram.payload.prefix(2) == [255, 17] }
    }

    @Test("The request and the answer are those of the recording, byte for byte")
    func recorded() {
        var node = leader()
        #expect(node.engine.discoveryDatagram.payload == Self.recordedRequest)
        #expect(node.engine.discoveryDatagram.destination == .linkLocalAllRouters)
        #expect(node.engine.discoveryDatagram.hopLimit == 255)
        let request = incoming(Self.recordedRequest)
        node.with { $0.handle(request, now: $1) }
        #expect(responses(node).isEmpty)
        node.run(for: LinkProfile.ieee802154.discoveryResponseMaximumDelay)
        let answers = responses(node)
        #expect(answers.map(\.datagram.payload) == [Self.recordedResponse])
        #expect(answers.first?.destinationPAN == Self.seekerPAN && answers.first?.channel == nil)
        #expect(answers.first?.isWellKnownKeyUsed == false)
        #expect(answers.first?.datagram.destination == Self.seeker)
    }

    @Test("A node without a network takes answers while it looks, and only then")
    func answers() {
        var node = ScriptedNode()
        let answer = incoming(Self.recordedResponse, from: Self.seeker, pan: PANID(rawValue: 0x1234))
        node.with { $0.handle(answer, now: $1) }
        #expect(node.engine.drops[.unexpectedMLE] == 1)
        node.engine.isDiscovering = true
        node.with { $0.handle(answer, now: $1) }
        #expect(
            node.outputs.last
                == .discovered(
                    DiscoveredNetwork(
                        identity: NetworkIdentity(
                            name: NetworkName("heddle-ref")!,
                            extendedPANID: ExtendedPANID(rawValue: 0x1111_1111_2222_2222), channels: []),
                        panID: PANID(rawValue: 0x1234),
                        extendedAddress: ExtendedAddress(interfaceIdentifier: Self.seeker.low),
                        rssi: DecibelMilliwatts(-20), version: 5, steeringData: [])))
    }

    @Test("Who has the network already, is not attached, or may not route, answers nothing")
    func silence() {
        var node = leader()
        let known = incoming(
            [255, 16, 26, 14, 0x80, 2, 0x50, 0, 2, 8] + [0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22])
        let joiner = incoming([255, 16, 26, 4, 0x80, 2, 0x58, 0])
        for request in [known, joiner] { node.with { $0.handle(request, now: $1) } }
        node.run(for: .seconds(1))
        #expect(responses(node).isEmpty)
        node.engine.configuration.isRouterEligible = false
        let request = incoming(Self.recordedRequest)
        node.with { $0.handle(request, now: $1) }
        node.run(for: .seconds(1))
        #expect(responses(node).isEmpty)
        var detached = ScriptedNode()
        detached.start()
        detached.with { $0.handle(request, now: $1) }
        detached.run(for: .milliseconds(300))
        #expect(responses(detached).isEmpty)
    }

    @Test("A joiner is answered while a commissioner lets nodes in, and told whom")
    func joining() throws {
        var node = leader()
        // Commissioning data with border agent locator, session id and steering data, as in recording joiner.
        node.with { engine, now in
            _ = engine.adoptNetworkData([0x08, 0x0b, 0x09, 2, 0x28, 0, 0x0b, 2, 0, 1, 0x08, 1, 0xff], now: now)
        }
        let request = incoming([255, 16, 26, 4, 0x80, 2, 0x58, 0])
        node.with { $0.handle(request, now: $1) }
        node.run(for: .seconds(1))
        let answer = try #require(responses(node).first)
        let message = try MLEMessage(Array(answer.datagram.payload.dropFirst()))
        #expect(
            message.threadDiscovery?.map(\.type)
                == [.discoveryResponse, .extendedPANID, .networkName, .steeringData, .joinerUDPPort])
    }

    @Test("A flood of requests is answered as often as the limit allows")
    func flood() {
        var node = leader()
        for index in 0..<500 {
            let request = incoming(
                Self.recordedRequest, from: IPv6Address(linkLocal: 0x5000_0000_0000_0000 | UInt64(index)))
            node.with { $0.handle(request, now: $1) }
        }
        node.run(for: .seconds(1))
        #expect(responses(node).count == node.engine.configuration.discoveryResponseLimit)
        #expect(node.engine.drops[.queueFull] == 492)
        // One who asks again and again in one moment gets one answer.
        node.forgetOutput()
        for _ in 0..<20 {
            let request = incoming(Self.recordedRequest)
            node.with { $0.handle(request, now: $1) }
        }
        node.run(for: .seconds(1))
        #expect(responses(node).count == 1)
    }

    @Test("Nothing but discovery may come unsecured, and nothing malformed or from afar")
    func badInput() {
        var node = leader()
        let advertisement = MLEMessage(command: .advertisement, tlvs: [.sourceAddress(RLOC16(rawValue: 0x1c00))])
        let cases: [(IncomingDatagram, DropReason)] = [
            (incoming([255] + advertisement.bytes), .unsecuredMLE), (incoming([255]), .malformedMLE),
            (incoming([255, 16, 26, 4, 0x80]), .malformedMLE), (incoming([255, 16]), .malformedMLE),
            (incoming(Self.recordedRequest, hopLimit: 64), .malformedMLE),
            (incoming(Self.recordedRequest, from: IPv6Address("fdde:ad00:beef::1")!), .malformedMLE),
        ]
        for (datagram, reason) in cases {
            let before = node.engine.drops[reason]
            node.with { $0.handle(datagram, now: $1) }
            #expect(node.engine.drops[reason] == before + 1, "\(datagram.payload)")
        }
        var random = OpenEntropy(seed: 5)
        node.engine.isDiscovering = true
        for template in [Self.recordedRequest, Self.recordedResponse] {
            for _ in 0..<3000 {
                var bytes = template
                for _ in 0...Int(random.below(3)) {
                    bytes[1 + Int(random.below(UInt64(bytes.count - 1)))] = UInt8(truncatingIfNeeded: random.next())
                }
                let datagram = incoming(Array(bytes.prefix(1 + Int(random.below(UInt64(bytes.count))))))
                node.with { $0.handle(datagram, now: $1) }
            }
        }
        node.run(for: .seconds(1))
        #expect(node.engine.role == .leader)
    }
}
