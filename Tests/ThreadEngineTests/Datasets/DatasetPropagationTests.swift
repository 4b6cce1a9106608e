import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("How datasets reach everybody")
struct DatasetPropagationTests {
    /// A line of routers, the first the leader.
    private func line(_ count: Int, seed: UInt64 = 1) throws -> ThreadHarness {
        let harness = ThreadHarness(count: count, seed: seed)
        harness.connectLine()
        harness.start(0)
        _ = try #require(harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30)))
        for index in 1..<count { harness.start(index) }
        _ = try #require(harness.run(until: { $0.isFullyRouted }, within: .seconds(900)), "\(harness.roles)")
        harness.run(for: .seconds(60))
        return harness
    }

    private static func change(_ set: (inout OperationalDataset) -> Void) -> [UInt8] {
        var dataset = OperationalDataset()
        set(&dataset)
        return dataset.bytes
    }

    private static let newName = change {
        $0.activeTimestamp = Timestamp(seconds: 2)
        $0.networkName = NetworkName("heddle-two")
    }

    private static func pendingChannel(delay: UInt32) -> [UInt8] {
        change {
            $0.pendingTimestamp = Timestamp(seconds: 1)
            $0.activeTimestamp = Timestamp(seconds: 3)
            $0.delayTimer = delay
            $0.channel = 20
        }
    }

    // MARK: The messages

    @Test("An active dataset travels by the messages of recording keyswitch, frames 77 to 91")
    func activeMessages() throws {
        let harness = try line(3)
        harness.forgetMessages()
        let sent = harness.with(0) { engine, now in
            Result { try engine.requestDatasetChange(.active, payload: Self.newName, now: now) }
        }
        try sent.get()
        _ = try #require(
            harness.run(
                until: { $0.engines.allSatisfy { $0.parameters.networkName?.description == "heddle-two" } },
                within: .seconds(20)))
        harness.run(for: .seconds(2))
        // Frame 77: everybody hears of a new version.
        let told: [MLETLVType] = [.sourceAddress, .leaderData, .activeTimestamp, .networkData]
        for sender in 0..<3 {
            let first = try #require(harness.first(.dataResponse, of: sender, toAll: true))
            #expect(first.tlvs.map(\.type) == told, "\(sender)")
            #expect(first.activeTimestamp == Timestamp(seconds: 2))
        }
        for (asker, answerer) in [(1, 0), (2, 1)] {
            // Frames 81 and 87: who has another version asks with its own.
            let question = try #require(harness.first(.dataRequest, of: asker, toAll: false))
            #expect(question.tlvs.map(\.type) == [.tlvRequest, .activeTimestamp])
            #expect(question.tlvRequest == [.networkData])
            #expect(question.activeTimestamp == Timestamp(seconds: 1))
            // Frames 83 and 89: the answer brings the dataset, without its timestamp.
            let answer = try #require(harness.first(.dataResponse, of: answerer, toAll: false))
            #expect(answer.tlvs.map(\.type) == told + [.activeOperationalDataset])
            let dataset = try OperationalDataset(#require(answer.activeOperationalDataset))
            #expect(dataset.tlvs == [.networkName(NetworkName("heddle-two")!)])
        }
        #expect(
            harness.engines.map { $0.activeDataset?.activeTimestamp }
                == Array(repeating: Timestamp(seconds: 2), count: 3))
    }

    @Test("A pending dataset travels by the messages of recording keyswitch, frames 95 to 105, with what is left of it")
    func pendingMessages() throws {
        let harness = try line(3)
        harness.forgetMessages()
        let sent = harness.with(0) { engine, now in
            Result { try engine.requestDatasetChange(.pending, payload: Self.pendingChannel(delay: 35_000), now: now) }
        }
        try sent.get()
        let start = harness.now
        _ = try #require(
            harness.run(
                until: { harness in harness.engines.allSatisfy { $0.pendingDataset(now: harness.now) != nil } },
                within: .seconds(20)))
        let told: [MLETLVType] = [.sourceAddress, .leaderData, .activeTimestamp, .pendingTimestamp, .networkData]
        let first = try #require(harness.first(.dataResponse, of: 0, toAll: true))
        #expect(first.tlvs.map(\.type) == told)
        let question = try #require(harness.first(.dataRequest, of: 1, toAll: false))
        #expect(question.tlvs.map(\.type) == [.tlvRequest, .activeTimestamp])
        let answer = try #require(harness.first(.dataResponse, of: 0, toAll: false))
        #expect(answer.tlvs.map(\.type) == told + [.pendingOperationalDataset])
        let dataset = try OperationalDataset(#require(answer.pendingOperationalDataset))
        #expect(dataset.tlvs.map(\.type) == [.activeTimestamp, .channel, .delayTimer])
        let left = try #require(dataset.delayTimer)
        #expect(left <= 35_000)
        // Every node counts down by itself, and all end at the same moment.
        let ends = harness.engines.compactMap { $0.datasets.delay?.deadline }
        #expect(ends.count == 3)
        for end in ends {
            let off = end.since(start + .seconds(35))
            #expect(off >= .zero && off <= .milliseconds(50), "\(off)")
        }
    }

    // MARK: Networks

    @Test("A pending dataset reaches all of a line, all change over together, and all links stay")
    func changeOver() throws {
        let harness = try line(8)
        let roles = harness.roles
        let addresses = harness.engines.map(\.rloc16)
        let sent = harness.with(7) { engine, now in
            Result { try engine.requestDatasetChange(.pending, payload: Self.pendingChannel(delay: 60_000), now: now) }
        }
        try sent.get()
        harness.run(for: .seconds(50))
        for engine in harness.engines {
            let pending = try #require(engine.pendingDataset(now: harness.now))
            let left = try #require(pending.delayTimer)
            #expect(pending.channel == 20 && (9000...11_000).contains(left))
            #expect(engine.network?.channel == 15)
        }
        harness.forgetMessages()
        _ = try #require(
            harness.run(until: { $0.engines.contains { $0.network?.channel == 20 } }, within: .seconds(20)))
        let together = harness.run(
            until: { $0.engines.allSatisfy { $0.network?.channel == 20 } }, within: .milliseconds(200))
        #expect(together != nil)
        harness.run(for: .seconds(120))
        #expect(harness.isFullyRouted && harness.roles == roles && harness.engines.map(\.rloc16) == addresses)
        for engine in harness.engines {
            #expect(engine.pendingDataset(now: harness.now) == nil)
            #expect(engine.activeDataset?.tlvs.map(\.type) == [.activeTimestamp, .channel])
            #expect(engine.network?.networkKey == ThreadHarness.key)
        }
    }

    @Test("Another network key: all change over, start counting anew and stay together")
    func newKey() throws {
        let harness = try line(4)
        let key = [UInt8](repeating: 0x5a, count: 16)
        let payload = Self.change {
            $0.pendingTimestamp = Timestamp(seconds: 1)
            $0.activeTimestamp = Timestamp(seconds: 2)
            $0.delayTimer = 300_000
            $0.networkKey = key
            $0.panID = PANID(rawValue: 0x5a5a)
            $0.meshLocalPrefix = IPv6Prefix("fd5a:5a5a:5a5a::/64")
        }
        let sent = harness.with(0) { engine, now in
            Result { try engine.requestDatasetChange(.pending, payload: payload, now: now) }
        }
        try sent.get()
        harness.run(for: .seconds(290))
        #expect(harness.engines.allSatisfy { $0.network?.networkKey == ThreadHarness.key })
        let before = harness.engines.map(\.mleFrameCounter)
        harness.run(for: .seconds(120))
        for (engine, former) in zip(harness.engines, before) {
            #expect(engine.network?.networkKey == key && engine.network?.panID == PANID(rawValue: 0x5a5a))
            #expect(engine.meshLocalEID.map { IPv6Prefix("fd5a:5a5a:5a5a::/64")!.contains($0) } == true)
            #expect(engine.keySequence == 0 && engine.mleFrameCounter > former)
            #expect(engine.drops[.replayedMLE] == 0)
        }
        #expect(harness.isFullyRouted)
        // A request goes through under the new addresses.
        let again = harness.with(3) { engine, now in
            Result {
                try engine.requestDatasetChange(
                    .active,
                    payload: Self.change {
                        $0.activeTimestamp = Timestamp(seconds: 9)
                        $0.networkName = NetworkName("later")
                    }, now: now)
            }
        }
        try again.get()
        harness.run(for: .seconds(30))
        #expect(harness.engines.allSatisfy { $0.parameters.networkName?.description == "later" })
        #expect(harness.reusedCounters == 0)
    }

    @Test("A router with a newer dataset of its own tells the leader, and everybody follows")
    func registration() throws {
        let harness = try line(3)
        var dataset = ThreadHarness.dataset
        dataset.activeTimestamp = Timestamp(seconds: 7)
        dataset.networkName = NetworkName("mine")
        harness.with(2) { engine, now in _ = engine.setDataset(dataset, .active, now: now) }
        #expect(harness.engines[2].parameters.networkName?.description == "heddle-ref")
        let time = harness.run(
            until: { $0.engines.allSatisfy { $0.parameters.networkName?.description == "mine" } },
            within: .seconds(30))
        #expect(time != nil)
        #expect(harness.engines.allSatisfy { $0.activeDataset?.activeTimestamp == Timestamp(seconds: 7) })
        #expect(harness.events[2].contains(.datasetChangeAnswered(.active, isAccepted: true)))
    }

    @Test("An older dataset of one's own gives way when the node attaches, a newer one prevails")
    func attachment() throws {
        for (seconds, name) in [(UInt64(1), "net"), (9, "mine")] {
            let harness = ThreadHarness(count: 2)
            harness.connectLine()
            harness.start(0)
            _ = try #require(harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30)))
            harness.with(0) { engine, now in
                var dataset = ThreadHarness.dataset
                dataset.activeTimestamp = Timestamp(seconds: 5)
                dataset.networkName = NetworkName("net")
                _ = engine.setDataset(dataset, .active, now: now)
            }
            harness.with(1) { engine, now in
                var dataset = ThreadHarness.dataset
                dataset.activeTimestamp = Timestamp(seconds: seconds)
                dataset.networkName = NetworkName("mine")
                _ = engine.setDataset(dataset, .active, now: now)
                engine.start(now: now)
            }
            harness.run(for: .seconds(60))
            #expect(harness.isOnePartition)
            for engine in harness.engines {
                #expect(engine.parameters.networkName?.description == name)
                #expect(engine.activeDataset?.activeTimestamp == Timestamp(seconds: max(5, seconds)))
            }
        }
    }

    @Test("A node that attaches while a change is pending learns of it with what is left of the delay")
    func attachmentWhilePending() throws {
        let harness = ThreadHarness(count: 2)
        harness.connectLine()
        harness.start(0)
        _ = try #require(harness.run(until: { $0.roles[0] == .leader }, within: .seconds(30)))
        let sent = harness.with(0) { engine, now in
            Result { try engine.requestDatasetChange(.pending, payload: Self.pendingChannel(delay: 60_000), now: now) }
        }
        try sent.get()
        let end = try #require(harness.engines[0].datasets.delay?.deadline)
        harness.run(for: .seconds(20))
        harness.start(1)
        _ = try #require(harness.run(until: { $0.isOnePartition }, within: .seconds(20)))
        let deadline = try #require(harness.engines[1].datasets.delay?.deadline)
        #expect(abs(deadline.since(end).milliseconds) <= 50)
    }

    @Test(
        "A datagram cut short at any byte or changed at random teaches nothing wrong",
        arguments: 1...3 as ClosedRange<UInt64>)
    func badDatasets(seed: UInt64) throws {
        var node = ScriptedNode()
        node.attachAsChild()
        var dataset = ThreadHarness.dataset
        dataset.activeTimestamp = nil
        let whole = dataset.bytes
        var random = OpenEntropy(seed: seed)
        for round in 0..<400 {
            var bytes = whole
            if round < whole.count {
                bytes = Array(whole[0..<round])
            } else {
                for _ in 0..<3 {
                    bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            let leaderData = LeaderData(
                partitionID: ScriptedNode.partition, weighting: 64, dataVersion: UInt8(truncatingIfNeeded: round + 2),
                stableDataVersion: 1, leaderRouterID: ScriptedNode.peerRouterID)
            let message = node.received(
                .dataResponse,
                [
                    .sourceAddress(ScriptedNode.peerRouterID.rloc16), .leaderData(leaderData),
                    .activeTimestamp(Timestamp(seconds: UInt64(round + 2))), .networkData([]),
                    .activeOperationalDataset(bytes),
                ])
            node.with { $0.handleDataResponse(message, now: $1) }
            #expect((try? OperationalDataset(bytes)) != nil || node.engine.drops[.malformedMLE] > 0)
            #expect(node.engine.network != nil && node.engine.parameters.hasUsableChannels)
            #expect((node.engine.activeDataset?.byteCount ?? 0) <= OperationalDataset.maximumLength)
        }
    }
}

extension ThreadHarness {
    /// The first message of a kind that a node has sent, to all neighbors or to one.
    func first(_ command: MLECommand, of sender: Int, toAll: Bool) -> MLEMessage? {
        for sent in datagrams where sent.sender == sender && sent.datagram.destination.isMulticast == toAll {
            if let message = opened(sent), message.command == command { return message }
        }
        return nil
    }
}
