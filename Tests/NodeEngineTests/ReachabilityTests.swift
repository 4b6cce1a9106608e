import EngineCore
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("Reaching every node")
struct ReachabilityTests {
    /// Sends an echo until it is answered; a datagram may be lost on the air.
    private func ping(
        _ source: VirtualNetwork.Node, _ target: IPv6Address, byteCount: Int, in network: VirtualNetwork
    ) throws -> [UInt8]? {
        let payload = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) }
        for sequence in 1...3 as ClosedRange<UInt16> {
            let before = source.echoReplies.count
            try network.with(source) { engine, now in
                try engine.sendEcho(to: target, identifier: 5, sequence: sequence, payload: payload, now: now)
            }
            if network.run(until: { _ in source.echoReplies.count > before }, within: .seconds(30)) != nil {
                return source.echoReplies.last?.payload
            }
        }
        return nil
    }

    @Test("In a 3 × 3 grid every node reaches the mesh-local address of every other")
    func grid() throws {
        let network = TestNetworks.network(TestNetworks.grid(3), seed: 21)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(1200)))
        for source in network.nodes {
            for target in network.nodes where target.index != source.index {
                let address = try #require(target.engine.thread.meshLocalEID)
                let answer = try ping(source, address, byteCount: 16, in: network)
                #expect(answer?.count == 16, "\(source.name) to \(target.name): \(source.engine.drops.nonzero)")
            }
        }
    }

    @Test("Echoes of 8 bytes and those that fill 1280 bytes cross three hops whole", arguments: [8, 1232])
    func sizes(byteCount: Int) throws {
        let network = TestNetworks.network(TestNetworks.line(4), seed: 22)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        let address = try #require(network["N3"].engine.thread.meshLocalEID)
        let answer = try ping(network["N0"], address, byteCount: byteCount, in: network)
        #expect(answer == (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) })
    }
}
