import EngineCore
import LinkProfiles
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("A network in virtual time")
struct NetworkTests {
    @Test(
        "Three nodes in a line form one partition in at most 30 s at SF7, 250 kHz",
        arguments: 1...10 as ClosedRange<UInt64>)
    func lineForms(seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        network.start(TestNetworks.dataset)
        let time = network.run(until: { $0.isOnePartition }, within: .seconds(30))
        #expect(time != nil, "\(state(of: network))")
    }

    @Test("The ends of a line ping each other over two hops", arguments: 1...3 as ClosedRange<UInt64>)
    func pingAcrossTwoHops(seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(300)), "\(state(of: network))")
        let target = try #require(network["N2"].engine.thread.meshLocalEID)
        try network.with(network["N0"]) { engine, now in
            try engine.sendEcho(
                to: target, identifier: 1, sequence: 1, payload: [UInt8](repeating: 0x61, count: 64), now: now)
        }
        let trip = network.run(until: { !$0["N0"].echoReplies.isEmpty }, within: .seconds(10))
        #expect(trip != nil, "\(state(of: network))")
    }

    @Test("A 3 × 3 grid forms, with a route from every node to every other")
    func gridForms() throws {
        let network = TestNetworks.network(TestNetworks.grid(3), seed: 1)
        network.start(TestNetworks.dataset)
        let time = network.run(until: { $0.isFullyRouted }, within: .seconds(900))
        #expect(time != nil, "\(state(of: network))")
    }

    @Test("The same seed gives the same run, frame by frame")
    func isDeterministic() throws {
        func run(_ seed: UInt64) -> [UInt8] {
            let network = TestNetworks.network(TestNetworks.grid(3), seed: seed, isCapturing: true)
            network.start(TestNetworks.dataset)
            network.run(for: .seconds(120))
            return network.capture
        }
        let first = run(5)
        #expect(first.count > 10_000)
        #expect(first == run(5))
        #expect(first != run(6))
    }

    private func state(of network: VirtualNetwork) -> String {
        network.nodes.map { node in
            let thread = node.engine.thread
            return """
                \(node.name) \(thread.role) \(thread.rloc16) routers \(thread.routers.count) frames \
                \(node.transmittedFrames) drops \(node.engine.drops.nonzero.map { "\($0.reason) \($0.count)" })
                """
        }.joined(separator: "\n") + "\nlosses \(network.losses)"
    }
}
