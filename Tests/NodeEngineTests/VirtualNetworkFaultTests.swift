import EngineCore
import LinkProfiles
import LoRaChannel
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("Faults of a virtual network")
struct VirtualNetworkFaultTests {
    private func formed(_ topology: Topology, seed: UInt64) throws -> VirtualNetwork {
        let network = TestNetworks.network(topology, profile: .ieee802154, seed: seed)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isOnePartition }, within: .seconds(300)))
        network.run(for: .seconds(10))
        return network
    }

    @Test("A node without power is silent, and comes back with its addresses and behind its frame counters")
    func power() throws {
        let network = try formed(TestNetworks.line(2), seed: 51)
        let node = network["N1"]
        let address = node.engine.thread.meshLocalEID
        let counter = node.engine.mac.frameCounter
        let engine = node.engine
        network.powerOff(node)
        #expect(network.running.map { $0.name } == ["N0"])
        let frames = node.transmittedFrames
        network.run(for: .seconds(120))
        #expect(node.transmittedFrames == frames)
        network.powerOn(node)
        #expect(node.engine !== engine)
        _ = try #require(network.run(until: { $0.isOnePartition }, within: .seconds(300)))
        #expect(node.engine.thread.meshLocalEID == address)
        #expect(node.engine.thread.extendedAddress == engine.thread.extendedAddress)
        #expect(node.engine.mac.frameCounter >= counter)
    }

    @Test("A frame whose sender loses its power does not arrive")
    func cutFrame() throws {
        let network = try formed(TestNetworks.line(2), seed: 52)
        let node = network["N1"]
        let known = network["N0"].engine.mac.counters.receiveTotal
        let frames = node.transmittedFrames
        // Until the frame has begun, and not ended: the simulation stops at the event that sends it.
        _ = try #require(network.run(until: { $0["N1"].transmittedFrames > frames }, within: .seconds(60)))
        network.powerOff(node)
        network.run(for: .seconds(1))
        #expect(network.losses[.cutOff] == 1)
        #expect(network["N0"].engine.mac.counters.receiveTotal == known)
    }

    @Test("A link that fails one way is heard in the other direction alone")
    func oneWay() throws {
        let network = try formed(TestNetworks.line(2), seed: 53)
        network.setLoss(from: network["N0"], to: network["N1"], nil)
        #expect(network.strength(from: network["N0"], to: network["N1"]) == nil)
        #expect(network.strength(from: network["N1"], to: network["N0"]) == DecibelMilliwatts(-76))
        let deaf = network["N1"].engine.mac.counters.receiveTotal
        let hearing = network["N0"].engine.mac.counters.receiveTotal
        network.run(for: .seconds(120))
        #expect(network["N1"].engine.mac.counters.receiveTotal == deaf)
        #expect(network["N0"].engine.mac.counters.receiveTotal > hearing)
    }

    @Test("A node that moves hears its new neighbors alone")
    func move() throws {
        let network = try formed(TestNetworks.line(3), seed: 54)
        let (first, middle, last) = (network["N0"], network["N1"], network["N2"])
        network.move(first, to: [(node: last, loss: Decibels(80))])
        #expect(network.strength(from: first, to: middle) == nil)
        #expect(network.strength(from: middle, to: first) == nil)
        #expect(network.strength(from: first, to: last) == DecibelMilliwatts(-66))
        #expect(network.strength(from: last, to: first) == DecibelMilliwatts(-66))
    }
}
