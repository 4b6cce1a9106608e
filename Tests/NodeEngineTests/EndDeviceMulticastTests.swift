import EngineCore
import LinkProfiles
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("Multicast of end devices")
struct EndDeviceMulticastTests {
    private final class Sent {
        var headers: [(node: String, header: MACHeader)] = []
    }

    @Test("goes to the parent alone, which acknowledges it and passes it on; a router's goes to everybody")
    func receivers() throws {
        let network = TestNetworks.network(TestNetworks.line(3), profile: .ieee802154, seed: 3) { name, configuration in
            if name == "N2" { configuration.thread.isRouterEligible = false }
        }
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isOnePartition }, within: .seconds(600)))
        network.run(for: .seconds(60))
        let child = network["N2"]
        #expect(child.engine.thread.role == .child)
        let sent = Sent()
        for node in network.nodes {
            node.observer = { output, _ in
                guard case .transmit(let bytes) = output,
                    let frame = try? MACFrame(parsing: bytes, frameCheckSequenceLength: 2), frame.header.security != nil
                else { return }
                sent.headers.append((node.name, frame.header))
            }
        }
        let before = child.echoReplies.count
        try network.with(child) { engine, now in
            try engine.sendEcho(
                to: .realmLocalAllNodes, identifier: 1, sequence: 1, payload: [1, 2, 3], now: now)
        }
        network.run(for: .seconds(5))
        // Both routers answer.
        #expect(Set(child.echoReplies.dropFirst(before).map { $0.source }).count == 2)
        let parent = try #require(child.engine.thread.parent?.rloc16)
        let own = sent.headers.filter { $0.node == "N2" }.map { $0.header }
        #expect(!own.isEmpty)
        #expect(own.allSatisfy { $0.destination == .short(parent) && $0.requestsAcknowledgement })
        #expect(sent.headers.contains { $0.node == "N1" && $0.header.destination.isBroadcast })
    }

    @Test("Nobody takes a message of its neighbor for a replay", arguments: 1...10 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        // A router's first advertisement and its answers to children are in its queue at the same time.
        let network = TestNetworks.network(TestNetworks.line(6), profile: .ieee802154, seed: seed)
        network.start(TestNetworks.dataset)
        network.run(for: .seconds(300))
        #expect(network.isOnePartition)
        #expect(network.nodes.allSatisfy { $0.engine.drops[.replayedMLE] == 0 })
    }
}
