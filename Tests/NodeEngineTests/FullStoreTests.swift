import EngineCore
import LinkProfiles
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("A store that takes nothing")
struct FullStoreTests {
    /// Pings the leader again and again.
    /// - Returns: how many were answered.
    private func ping(_ count: Int, from node: VirtualNetwork.Node, in network: VirtualNetwork) throws -> Int {
        let target = try #require(network["N0"].engine.thread.meshLocalEID)
        let before = node.echoReplies.count
        for sequence in 0..<count {
            try network.with(node) { engine, now in
                try engine.sendEcho(
                    to: target, identifier: 5, sequence: UInt16(sequence), payload: [], now: now)
            }
            network.run(for: .milliseconds(100))
        }
        return node.echoReplies.count - before
    }

    @Test("lets a node run until its frame counters end, then keeps it still, and is forgiven when it takes again")
    func full() throws {
        let network = TestNetworks.network(TestNetworks.line(2), profile: .ieee802154, seed: 5)
        let watch = FrameCounterWatch()
        for node in network.nodes {
            node.observer = { [unowned node, unowned network] output, _ in
                if case .transmit(let frame) = output { watch.note(frame, from: node, of: network) }
            }
        }
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        let node = network["N1"]
        let (role, address) = (node.engine.thread.role, node.engine.thread.meshLocalEID)

        node.isStoreFull = true
        // What is left of a reservation is used, and no more: at most a block and a half of 1000.
        let limit = node.engine.thread.linkFrameCounterLimit
        #expect(try ping(100, from: node, in: network) == 100)
        let answered = try ping(1900, from: node, in: network)
        #expect(answered < 1500)
        #expect(node.engine.mac.frameCounter == limit && node.engine.thread.linkFrameCounterLimit == limit)
        #expect(try ping(20, from: node, in: network) == 0)
        #expect(node.engine.thread.role == role && node.engine.drops[.frameCountersExhausted] > 0)
        let sent = node.transmittedFrames

        // Killed now, it goes on behind all that it used.
        let used = node.engine.mac.frameCounter
        node.isStoreFull = false
        network.restart(node)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        #expect(node.engine.thread.meshLocalEID == address)
        #expect(try ping(50, from: node, in: network) > 40)
        #expect(node.transmittedFrames > sent && node.engine.mac.frameCounter > used)
        #expect(watch.violations.isEmpty, "\(watch.violations.prefix(3))")
        #expect(watch.count > 1500)
    }

    @Test("does no lasting harm: with room again the node talks on without a restart")
    func recovery() throws {
        let network = TestNetworks.network(TestNetworks.line(2), profile: .ieee802154, seed: 6)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        let node = network["N1"]
        node.isStoreFull = true
        _ = try ping(2000, from: node, in: network)
        #expect(try ping(20, from: node, in: network) == 0)
        node.isStoreFull = false
        // The next message of its own asks again: an advertisement, within the longest interval between two.
        network.run(for: .seconds(60))
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        #expect(try ping(50, from: node, in: network) > 40)
    }
}
