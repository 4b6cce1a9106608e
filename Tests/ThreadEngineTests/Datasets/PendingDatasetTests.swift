import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("The pending dataset")
struct PendingDatasetTests {
    private func pending(_ active: UInt64, delay: UInt32? = 60_000, key: [UInt8]? = nil) -> OperationalDataset {
        var dataset = OperationalDataset()
        dataset.pendingTimestamp = Timestamp(seconds: 1)
        dataset.activeTimestamp = Timestamp(seconds: active)
        dataset.delayTimer = delay
        dataset.channel = 20
        dataset.networkKey = key
        return dataset
    }

    private func child() -> ScriptedNode {
        var node = ScriptedNode()
        node.attachAsChild()
        return node
    }

    @Test("Its delay runs down as it is told, and never below zero")
    func countdown() {
        var node = child()
        node.with { [dataset = pending(2)] in $0.adopt(dataset, .pending, now: $1) }
        let start = node.now
        #expect(node.engine.pendingDataset(now: start)?.delayTimer == 60_000)
        #expect(node.engine.pendingDataset(now: start + .milliseconds(1500))?.delayTimer == 58_500)
        #expect(node.engine.pendingDataset(now: start + .seconds(100))?.delayTimer == 0)
        #expect(node.engine.datasets.nextDeadline == start + .seconds(60))
    }

    /// When the delay is over: the pending dataset's active timestamp beside the active one's 1, and whether it has
    /// another key.
    static let ends: [(active: UInt64, hasOtherKey: Bool, isUsed: Bool)] = [
        (2, false, true), (1, false, false), (0, false, false), (2, true, true), (1, true, true), (0, true, true),
    ]

    @Test("At its end it is used if it is newer or has another key, and forgotten in any case", arguments: 0..<6)
    func end(index: Int) {
        let (active, hasOtherKey, isUsed) = Self.ends[index]
        var node = child()
        let key = [UInt8](repeating: 3, count: 16)
        node.with { [dataset = pending(active, key: hasOtherKey ? key : nil)] in $0.adopt(dataset, .pending, now: $1) }
        node.run(for: .seconds(61))
        #expect((node.engine.network?.channel == 20) == isUsed)
        #expect((node.engine.activeDataset?.activeTimestamp == Timestamp(seconds: active)) == (isUsed || active == 1))
        #expect(node.engine.pendingDataset(now: node.now) == nil && node.engine.datasets.delay == nil)
        #expect(node.engine.activeDataset?.contains(.delayTimer) == false)
        #expect(node.engine.role == .child, "links stay")
        let stored = node.outputs.compactMap { output -> StoredRecord? in
            if case .store(let record) = output, record.name == .pendingDataset { record } else { nil }
        }
        #expect(stored.last?.value == [])
    }

    @Test("Without a delay nothing happens by itself")
    func noDelay() {
        var node = child()
        node.with { [dataset = pending(2, delay: nil)] in $0.adopt(dataset, .pending, now: $1) }
        #expect(node.engine.datasets.delay == nil)
        node.run(for: .seconds(10))
        #expect(node.engine.network?.channel == 15 && node.engine.pendingDataset(now: node.now) != nil)
    }

    @Test("The change comes also while the protocol is stopped")
    func stopped() {
        var node = child()
        node.with { [dataset = pending(2)] in $0.adopt(dataset, .pending, now: $1) }
        node.with { $0.stop(now: $1) }
        node.run(for: .seconds(61))
        #expect(node.engine.role == .disabled && node.engine.network?.channel == 20)
    }

    @Test("A change that comes while the protocol is stopped leaves a node its place, another network does not")
    func stoppedPlace() {
        var node = child()
        var other = pending(2)
        other.networkKey = [UInt8](repeating: 9, count: 16)
        node.with { $0.adopt(other, .pending, now: $1) }
        node.with { $0.stop(now: $1) }
        let place = node.engine.place
        node.run(for: .seconds(61))
        #expect(node.engine.parameters.networkKey == [UInt8](repeating: 9, count: 16))
        #expect(place?.role == .child && node.engine.place == place)
        // Chosen by the user, the same values are another network.
        _ = node.with { $0.setDataset(ThreadHarness.dataset, .active, now: $1) }
        #expect(node.engine.place == nil)
    }

    // MARK: Restart

    /// A node that was switched off while a change was pending.
    private func restarted() -> ScriptedNode {
        var node = ScriptedNode()
        node.with { [dataset = pending(2)] engine, _ in
            engine.restoreDatasets(parameters: nil, active: ThreadHarness.dataset, pending: dataset)
        }
        return node
    }

    @Test("After a restart the delay stands still until somebody tells what is left of it")
    func resumed() {
        var node = restarted()
        #expect(node.engine.datasets.delay == nil)
        #expect(node.engine.pendingDataset(now: node.now)?.delayTimer == 60_000)
        node.start()
        node.passDeadline()
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        node.passDeadline()
        // The pending dataset is asked for as if there were none.
        let question = node.sent.last { $0.message.command == .childIDRequest }?.message
        #expect(question?.activeTimestamp == Timestamp(seconds: 1) && question?.pendingTimestamp == nil)
        var left = pending(2, delay: 5000)
        left.pendingTimestamp = nil
        var answer = node.childIDResponse()
        answer.message.tlvs += [.pendingTimestamp(Timestamp(seconds: 1)), .pendingOperationalDataset(left.bytes)]
        node.with { $0.handleChildIDResponse(answer, now: $1) }
        #expect(node.engine.role == .child)
        #expect(node.engine.datasets.delay?.length == .milliseconds(5000))
    }

    @Test("A parent that knows of no pending change ends it")
    func cancelled() {
        var node = restarted()
        node.attachAsChild()
        #expect(node.engine.role == .child && node.engine.pendingDataset(now: node.now) == nil)
    }

    @Test("A node that finds nobody after a restart tries the pending dataset once, then goes back")
    func reattachment() {
        var node = restarted()
        node.start()
        #expect(node.engine.network?.channel == 15)
        for _ in 0..<40 where node.engine.network?.channel == 15 { node.passDeadline() }
        #expect(node.engine.network?.channel == 20 && node.engine.role == .detached)
        for _ in 0..<40 where node.engine.network?.channel == 20 { node.passDeadline() }
        #expect(node.engine.network?.channel == 15)
        for _ in 0..<40 where node.engine.role == .detached { node.passDeadline() }
        #expect(node.engine.role == .leader && node.engine.network?.channel == 15)
        #expect(node.engine.datasets.delay != nil, "as leader it lets the delay run again")
    }

    @Test("A node that took up its old place tries no other dataset when it loses that place later")
    func settled() {
        var node = restarted()
        node.start()
        #expect(node.engine.datasets.reattachment == .active)
        node.with { $0.becomeLeader(now: $1) }
        #expect(node.engine.datasets.reattachment == .settled)
        node.with { engine, now in
            engine.becomeDetached(now: now)
            engine.startAttach(.anyPartition, now: now)
        }
        for _ in 0..<40 where node.engine.role == .detached {
            node.passDeadline()
            #expect(node.engine.network?.channel == 15)
        }
    }

    @Test("A node that finds its network by the pending dataset has changed over")
    func changedOver() {
        var node = restarted()
        node.start()
        for _ in 0..<40 where node.engine.network?.channel == 15 { node.passDeadline() }
        node.forgetOutput()
        for _ in 0..<10 where !node.commands.contains(.parentRequest) { node.passDeadline() }
        let response = node.parentResponse(to: node.lastChallenge)
        node.with { $0.handleParentResponse(response, now: $1) }
        for _ in 0..<10 where !node.commands.contains(.childIDRequest) { node.passDeadline() }
        var dataset = ThreadHarness.dataset
        dataset.activeTimestamp = nil
        dataset.channel = 20
        var answer = node.childIDResponse()
        answer.message.tlvs += [
            .activeTimestamp(Timestamp(seconds: 2)), .activeOperationalDataset(dataset.bytes),
        ]
        node.with { $0.handleChildIDResponse(answer, now: $1) }
        #expect(node.engine.role == .child && node.engine.network?.channel == 20)
        #expect(node.engine.activeDataset?.activeTimestamp == Timestamp(seconds: 2))
        #expect(node.engine.pendingDataset(now: node.now) == nil)
    }
}
