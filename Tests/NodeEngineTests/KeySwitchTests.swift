import EngineCore
import LinkProfiles
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire
import WireCore

/// Changes of keys and datasets in whole networks, with traffic.
@Suite("Changing keys under way")
struct KeySwitchTests {
    private func formed(_ count: Int, seed: UInt64, profile: LinkProfile = TestNetworks.lora) throws -> VirtualNetwork {
        let network = TestNetworks.network(TestNetworks.line(count), profile: profile, seed: seed)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        network.run(for: .seconds(60))
        return network
    }

    /// Pings from the first node to the last, one in each `interval`.
    /// - Returns: how many were not answered.
    private func ping(_ network: VirtualNetwork, count: Int, interval: Duration = .seconds(5)) throws -> Int {
        let first = network.nodes[0]
        let last = network.nodes[network.nodes.count - 1]
        let before = first.echoReplies.count
        for sequence in 0..<count {
            try network.with(first) { engine, now in
                let target = try #require(last.engine.thread.meshLocalEID)
                try engine.sendEcho(
                    to: target, identifier: 7, sequence: UInt16(sequence), payload: [UInt8](repeating: 1, count: 16),
                    now: now)
            }
            network.run(for: interval)
        }
        return count - (first.echoReplies.count - before)
    }

    private func drops(_ network: VirtualNetwork, _ reason: DropReason) -> UInt64 {
        network.nodes.reduce(0) { $0 + $1.engine.drops[reason] }
    }

    @Test("Keys rotate under traffic: no ping is lost, and no frame dropped as a replay", arguments: [UInt64(1), 2])
    func rotation(seed: UInt64) throws {
        let network = try formed(4, seed: seed)
        for node in network.nodes { network.with(node) { engine, _ in engine.keySwitchGuardTime = 0 } }
        var lost = try ping(network, count: 2)
        #expect(lost == 0)
        for sequence: UInt32 in 1...5 {
            // Each time another node begins.
            let node = network.nodes[Int(sequence) % network.nodes.count]
            let counter = node.engine.mac.frameCounter
            network.with(node) { $0.setKeySequence(sequence, now: $1) }
            #expect(node.engine.thread.keySequence == sequence)
            #expect(node.engine.mac.frameCounter == 0 && counter > 0)
            lost = try ping(network, count: 12)
            #expect(lost == 0, "\(sequence)")
            for node in network.nodes { #expect(node.engine.thread.keySequence == sequence, "\(node.name)") }
        }
        #expect(network.isFullyRouted)
        for reason: DropReason in [
            .replayedFrameCounter, .replayedMLE, .messageIntegrityCode, .unknownKey, .frameCountersExhausted,
        ] { #expect(drops(network, reason) == 0, "\(reason)") }
    }

    @Test("No frame counter is used twice under one key: over rotations, other network keys and back, restarts")
    func counters() throws {
        let network = try formed(3, seed: 3)
        var frames: [SecuredFrame: [UInt8]] = [:]
        var reused: [SecuredFrame] = []
        for node in network.nodes {
            node.observer = { output, _ in
                guard case .transmit(let bytes) = output, let frame = SecuredFrame(bytes, by: node) else { return }
                // A repetition is the same frame, byte for byte.
                if let former = frames[frame], former != bytes { reused.append(frame) }
                frames[frame] = bytes
            }
        }
        for node in network.nodes { network.with(node) { engine, _ in engine.keySwitchGuardTime = 0 } }
        for sequence: UInt32 in [1, 2, 1, 2, 3] {
            for node in network.nodes { network.with(node) { $0.setKeySequence(sequence, now: $1) } }
            _ = try ping(network, count: 4)
        }
        let keys = [[UInt8](repeating: 0x77, count: 16), TestNetworks.networkKey]
        for (round, key) in keys.enumerated() {
            var dataset = OperationalDataset()
            dataset.pendingTimestamp = Timestamp(seconds: UInt64(round) + 1)
            dataset.activeTimestamp = Timestamp(seconds: UInt64(round) + 2)
            dataset.delayTimer = 300_000
            dataset.networkKey = key
            try network.with(network.nodes[0]) { engine, now in
                try engine.requestDatasetChange(.pending, payload: dataset.bytes, now: now)
            }
            network.run(for: .seconds(320))
            _ = try ping(network, count: 4)
            for node in network.nodes { #expect(node.engine.parameters.networkKey == key, "\(node.name)") }
            let middle = network.nodes[1]
            let records = StoredRecord.Name.allCases.compactMap { middle.stored[$0] }
            network.with(middle) { engine, now in
                engine.stopThread(now: now)
                engine.restore(records, now: now)
                _ = engine.startThread(now: now)
            }
            network.run(for: .seconds(60))
            network.with(middle) { $0.setKeySequence(1, now: $1) }
            network.run(for: .seconds(60))
        }
        #expect(frames.count > 100)
        #expect(Set(frames.keys.map(\.networkKey)).count == 2 && Set(frames.keys.map(\.keyIndex)).count >= 4)
        #expect(reused.isEmpty, "\(reused.count)")
    }

    @Test("A pending dataset with another channel, PAN id and key: all change over and no ping is lost after it")
    func changeOver() throws {
        // Without announcements, for which nodes tune their radios to other channels now and then.
        var profile = LinkProfile.ieee802154
        profile.announceInterval = .zero
        let network = try formed(4, seed: 4, profile: profile)
        var tuned: [(name: String, time: Instant, channel: UInt8)] = []
        for node in network.nodes {
            node.observer = { output, time in
                if case .setChannel(let channel) = output { tuned.append((node.name, time, channel)) }
            }
        }
        var dataset = OperationalDataset()
        dataset.pendingTimestamp = Timestamp(seconds: 1)
        dataset.activeTimestamp = Timestamp(seconds: 2)
        dataset.delayTimer = 300_000
        dataset.channel = 20
        dataset.panID = PANID(rawValue: 0x4321)
        dataset.networkKey = [UInt8](repeating: 0x77, count: 16)
        try network.with(network.nodes[3]) { engine, now in
            try engine.requestDatasetChange(.pending, payload: dataset.bytes, now: now)
        }
        let roles = network.nodes.map(\.engine.thread.role)
        var lost = try ping(network, count: 58)
        #expect(lost == 0)
        #expect(tuned.isEmpty)
        network.run(for: .seconds(20))
        #expect(tuned.map(\.channel) == [20, 20, 20, 20] && Set(tuned.map(\.name)).count == 4)
        let spread = try #require(tuned.last).time.since(try #require(tuned.first).time)
        #expect(spread < .seconds(1), "\(spread)")
        lost = try ping(network, count: 24)
        #expect(lost == 0)
        #expect(network.nodes.map(\.engine.thread.role) == roles && network.isFullyRouted)
        for node in network.nodes {
            #expect(node.engine.mac.panID == PANID(rawValue: 0x4321) && node.engine.mac.channel == 20)
            #expect(node.engine.parameters.networkKey == dataset.networkKey)
        }
    }

    @Test("A node that was switched off during a change comes back with its stored pending dataset")
    func absent() throws {
        let network = try formed(3, seed: 5, profile: .ieee802154)
        var dataset = OperationalDataset()
        dataset.pendingTimestamp = Timestamp(seconds: 1)
        dataset.activeTimestamp = Timestamp(seconds: 2)
        dataset.delayTimer = 60_000
        dataset.panID = PANID(rawValue: 0x4321)
        try network.with(network.nodes[0]) { engine, now in
            try engine.requestDatasetChange(.pending, payload: dataset.bytes, now: now)
        }
        network.run(for: .seconds(20))
        let absent = network.nodes[2]
        #expect(absent.engine.thread.pendingDataset(now: network.now) != nil)
        // Off: what it would do after a restart is to take its records and start anew.
        network.setLoss(network.nodes[1], absent, nil)
        let records = StoredRecord.Name.allCases.compactMap { absent.stored[$0] }
        network.with(absent) { $0.stopThread(now: $1) }
        network.with(absent) { $0.restore(records, now: $1) }
        let kept = absent.engine.thread.pendingDataset(now: network.now)?.delayTimer
        network.run(for: .seconds(100))
        #expect(absent.engine.thread.pendingDataset(now: network.now)?.delayTimer == kept, "the delay stands still")
        #expect(network.nodes[0].engine.mac.panID == PANID(rawValue: 0x4321))
        #expect(absent.engine.mac.panID == PANID(rawValue: 0x1234))
        network.setLoss(network.nodes[1], absent, Decibels(90))
        network.with(absent) { _ = $0.startThread(now: $1) }
        let time = network.run(until: { $0.isOnePartition }, within: .seconds(120))
        #expect(time != nil, "\(absent.engine.thread.role) \(absent.engine.mac.panID)")
        #expect(absent.engine.mac.panID == PANID(rawValue: 0x4321))
        #expect(absent.engine.thread.pendingDataset(now: network.now) == nil)
    }
}

/// What a secured frame may not share with another: sender, keys and counter.
private struct SecuredFrame: Hashable {
    var sender: ExtendedAddress
    var networkKey: [UInt8]
    var keyIndex: UInt8
    var frameCounter: UInt32

    init?(_ bytes: [UInt8], by node: VirtualNetwork.Node) {
        var reader = ByteReader(bytes)
        guard let header = try? MACHeader(parsing: &reader), let security = header.security,
            case .index(let index) = security.keyIdentifier, let key = node.engine.parameters.networkKey
        else { return nil }
        sender = node.engine.thread.extendedAddress
        networkKey = key
        keyIndex = index
        frameCounter = security.frameCounter
    }
}
