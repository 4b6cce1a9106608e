import EngineCore
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("An address whose node has moved")
struct StaleAddressTests {
    @Test("is asked for again once its former parent says so", arguments: 1...30 as ClosedRange<UInt64>)
    func isFoundAgain(seed: UInt64) throws {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isOnePartition }, within: .seconds(60)))
        // The far end may still be a child, whose place changes when it becomes a router soon after.
        let target = try #require(network["N2"].engine.thread.meshLocalEID)
        var answered = false
        for attempt in 1...8 where !answered {
            try network.with(network["N0"]) { engine, now in
                try engine.sendEcho(
                    to: target, identifier: 7, sequence: UInt16(attempt), payload: [1, 2, 3], now: now)
            }
            answered = network.run(until: { !$0["N0"].echoReplies.isEmpty }, within: .seconds(8)) != nil
        }
        #expect(answered)
    }

    @Test("is known at once to the new parent of a child that could route")
    func isKnownToNewParent() throws {
        let topology = TestNetworks.topology(
            ["N0", "N1", "C"], [(from: "N0", to: "N1", loss: 60), (from: "N0", to: "C", loss: 60)])
        let network = TestNetworks.network(topology, profile: .ieee802154, seed: 3) { name, configuration in
            if name == "C" { configuration.thread.isRouterEligible = false }
        }
        let (former, later, child) = (network["N0"], network["N1"], network["C"])
        network.start(TestNetworks.dataset, nodes: [former, later])
        _ = try #require(
            network.run(
                until: { _ in [former, later].allSatisfy { $0.engine.thread.role.isRouting } }, within: .seconds(300)))
        network.start(TestNetworks.dataset, nodes: [child])
        _ = try #require(network.run(until: { _ in child.engine.thread.role == .child }, within: .seconds(60)))
        let address = try #require(child.engine.thread.meshLocalEID)
        func isAnswered(_ sequence: UInt16) throws -> Bool {
            let before = later.echoReplies.count
            try network.with(later) { engine, now in
                try engine.sendEcho(to: address, identifier: 7, sequence: sequence, payload: [1, 2, 3], now: now)
            }
            return network.run(until: { _ in later.echoReplies.count > before }, within: .seconds(8)) != nil
        }
        // Until the parent knows the child's addresses nobody answers for it, and a query is not repeated at once.
        network.run(for: .seconds(5))
        #expect(try isAnswered(1))
        network.setLoss(former, child, nil)
        network.setLoss(later, child, Decibels(60))
        let isMoved = network.run(
            until: { _ in later.engine.thread.children.valid.count == 1 }, within: .seconds(300))
        #expect(isMoved != nil)
        network.run(for: .seconds(3))
        #expect(try isAnswered(2), "the first echo, without any query, is sent to where it was")
    }
}
