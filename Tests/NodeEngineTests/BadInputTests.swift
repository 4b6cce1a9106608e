import EngineCore
import NodeEngine
import Simulator
import TestSupport
import Testing
import ThreadEngine
import ThreadWire

@testable import NodeEngine

@Suite("A formed network and bad input")
struct BadInputTests {
    /// A line of three nodes that is one partition, and every frame that its nodes have sent.
    private func formed(seed: UInt64) throws -> (network: VirtualNetwork, recorder: Recorder) {
        let network = TestNetworks.network(TestNetworks.line(3), seed: seed)
        let recorder = Recorder()
        for node in network.nodes {
            node.observer = { output, _ in
                if case .transmit(let frame) = output { recorder.frames.append((node.index, frame)) }
            }
        }
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        return (network, recorder)
    }

    private final class Recorder {
        var frames: [(sender: Int, bytes: [UInt8])] = []
    }

    private func inject(_ bytes: [UInt8], into node: VirtualNetwork.Node, of network: VirtualNetwork) {
        network.with(node) { engine, now in
            engine.handle(
                .received(ReceivedFrame(bytes: bytes, rssi: DecibelMilliwatts(-60), snr: Decibels(9))), now: now)
        }
    }

    /// Whether one end of the line still reaches the other.
    private func canPing(_ network: VirtualNetwork, attempts: Int = 5) throws -> Bool {
        let target = try #require(network["N2"].engine.thread.meshLocalEID)
        for sequence in 1...UInt16(attempts) {
            let before = network["N0"].echoReplies.count
            try network.with(network["N0"]) { engine, now in
                try engine.sendEcho(to: target, identifier: 77, sequence: sequence, payload: [1, 2, 3, 4], now: now)
            }
            if network.run(until: { $0["N0"].echoReplies.count > before }, within: .seconds(20)) != nil { return true }
        }
        return false
    }

    @Test(
        "100,000 mutated frames trap nothing, fill nothing beyond its limit, and the network goes on", arguments: [11])
    func mutatedFrames(seed: UInt64) throws {
        let (network, recorder) = try formed(seed: seed)
        #expect(try canPing(network))
        var frames = recorder.frames.map { $0.bytes }
        for recording in ["thread/attach", "thread/line_traffic", "thread/merge"] {
            frames += try Fixtures.recording(recording).map { Array($0.psdu.dropLast(2)) }
        }
        let node = network["N1"]
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100_000 {
            let frame = frames[Int.random(in: 0..<frames.count, using: &generator)]
            let mutated = generator.mutated(frame).prefix(TestNetworks.lora.maximumPSDU)
            inject(Array(mutated), into: node, of: network)
            network.run(for: .milliseconds(2))
        }
        let engine = node.engine
        let thread = engine.thread
        #expect(thread.children.children.count <= thread.configuration.childLimit, "seed \(seed)")
        #expect(thread.routers.count <= thread.configuration.routerLimit, "seed \(seed)")
        #expect(thread.addressCache.entries.count <= thread.configuration.addressCacheLimit, "seed \(seed)")
        #expect(engine.transfers.count <= engine.configuration.transferLimit, "seed \(seed)")
        #expect(engine.unresolved.count <= engine.configuration.unresolvedLimit, "seed \(seed)")
        let dropped = engine.drops.nonzero.reduce(0) { $0 + $1.count }
        #expect(dropped > 50_000, "seed \(seed): \(engine.drops.nonzero)")
        // What was queued may go; then all is as before.
        network.run(for: .seconds(60))
        #expect(
            network.run(until: { $0.isFullyRouted }, within: .seconds(300)) != nil,
            "seed \(seed): \(network.nodes.map { $0.engine.thread.role }) \(engine.drops.nonzero)")
        #expect(try canPing(network), "seed \(seed): \(engine.drops.nonzero)")
    }

    @Test("Frames and messages that are played again are dropped and counted")
    func replays() throws {
        let (network, recorder) = try formed(seed: 12)
        #expect(try canPing(network))
        network.run(for: .seconds(5))
        let node = network["N1"]
        let before = node.engine.drops
        let roles = network.nodes.map { $0.engine.thread.role }
        let played = recorder.frames.filter { $0.sender != 1 }.suffix(60)
        for (number, frame) in played.enumerated() {
            // Another sequence number, so that the filter of duplicates does not hide the check behind it.
            var bytes = frame.bytes
            if bytes.count > 20 { bytes[2] = UInt8(truncatingIfNeeded: 100 + number) }
            inject(bytes, into: node, of: network)
            network.run(for: .milliseconds(300))
        }
        let after = node.engine.drops
        #expect(after[.replayedMLE] > before[.replayedMLE], "\(after.nonzero)")
        #expect(after[.replayedFrameCounter] > before[.replayedFrameCounter], "\(after.nonzero)")
        #expect(network.nodes.map { $0.engine.thread.role } == roles)
        #expect(try canPing(network))
    }

    @Test("A frame of another PAN is dropped and counted")
    func foreignPAN() throws {
        let (network, recorder) = try formed(seed: 13)
        let node = network["N1"]
        let before = node.engine.drops[.foreignPAN]
        let frame = try #require(recorder.frames.last { $0.sender == 0 && $0.bytes.count > 20 })
        var bytes = frame.bytes
        bytes[3] ^= 0x55
        inject(bytes, into: node, of: network)
        #expect(node.engine.drops[.foreignPAN] == before + 1)
    }

    @Test("A node with another network key is heard by nobody and joins nothing")
    func wrongKey() throws {
        let network = TestNetworks.network(TestNetworks.line(2), seed: 14)
        var other = TestNetworks.dataset
        other.networkKey = [UInt8](repeating: 0x42, count: 16)
        network.start(TestNetworks.dataset, nodes: [network["N0"]])
        network.start(other, nodes: [network["N1"]])
        network.run(for: .seconds(300))
        #expect(network.nodes.allSatisfy { $0.engine.thread.role == .leader })
        #expect(network.nodes.allSatisfy { $0.engine.thread.isSingleton && $0.engine.thread.neighbors.isEmpty })
        #expect(network.nodes.allSatisfy { $0.engine.drops[.messageIntegrityCode] > 0 })
    }
}
